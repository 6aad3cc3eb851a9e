//! Makes the objects of a workload.

use super::model::Prepare;
use super::objects::{Maker, add_allocatable, use_claim};
use super::plan::{Pods, make};
use super::run::{Done, Runner, Tracked};
use super::template::Env;
use crate::object::{Node, Obj, ObjectMeta, Pod, Str, Uid};
use serde_json::json;
use std::sync::Arc;

impl Runner<'_> {
    /// A name as the API server would make it, but with a number in place of chance.
    pub(super) fn name(&mut self, meta: &mut ObjectMeta, otherwise: &str) {
        self.seq += 1;
        if meta.name.is_empty() {
            let stem = if meta.generate_name.is_empty() { otherwise } else { meta.generate_name.as_str() };
            meta.name = Str::from(format!("{stem}{:05}", self.seq));
        }
        meta.uid = Uid::v4(self.rng.next_u128());
    }

    pub(super) fn nodes(&mut self, count: u64, maker: &Maker, prepare: &Prepare, env: &Env) -> Done {
        let mut all = Vec::with_capacity(count as usize);
        for i in 0..count {
            let obj = make(maker, env, i, count).map_err(|e| e.to_string())?;
            let Obj::Node(mut node) = obj else { return Err("the template makes no node".into()) };
            let n = Arc::make_mut(&mut node);
            self.finish_node(n);
            if let Some((key, values)) = &prepare.label {
                n.metadata.labels.insert(key.as_str(), values[i as usize % values.len()].as_str());
            }
            if let Some(key) = &prepare.unique_label {
                n.metadata.labels.insert(key.as_str(), format!("{:x}", n.metadata.uid.0));
            }
            for (name, amount) in &prepare.allocatable {
                add_allocatable(n, name, amount)?;
            }
            if !prepare.csi.is_empty() {
                let driver =
                    |(d, n): (&String, &u64)| json!({"name": d, "nodeID": d, "allocatable": {"count": n}});
                let spec = json!({"drivers": prepare.csi.iter().map(driver).collect::<Vec<_>>()});
                let migrated =
                    json!({"storage.alpha.kubernetes.io/migrated-plugins": prepare.migrated.join(",")});
                let csi = json!({"apiVersion": "storage.k8s.io/v1", "kind": "CSINode", "spec": spec,
                    "metadata": {"name": n.metadata.name.as_str(), "annotations": migrated}});
                let csi = Obj::from_value(csi).map_err(|e| e.to_string())?;
                self.machine.add_object(&csi);
            }
            all.push(node);
        }
        self.metered(|m| m.add_nodes(all));
        Ok(())
    }

    pub(super) fn finish_node(&mut self, n: &mut Node) {
        self.name(&mut n.metadata, "node-");
        let name = n.metadata.name.clone();
        n.metadata.labels.insert("kubernetes.io/hostname", name);
    }

    pub(super) fn namespaces(&mut self, prefix: &str, count: u64, maker: &Maker) -> Done {
        for i in 0..count {
            let mut obj = make(maker, &Env::new(), i, count).map_err(|e| e.to_string())?;
            let meta = obj.meta_mut();
            meta.name = Str::from(format!("{prefix}-{i}"));
            let name = meta.name.clone();
            meta.labels.insert("kubernetes.io/metadata.name", name);
            self.machine.add_object(&obj);
        }
        Ok(())
    }

    /// Creates any object; returns it as it was created.
    pub(super) fn create(&mut self, obj: Obj, namespace: &Str) -> Result<Obj, String> {
        match obj {
            Obj::Pod(p) => {
                let p = self.make_pod((*p).clone(), namespace, false);
                self.metered(|m| m.add_pod(p.clone()));
                Ok(Obj::Pod(p))
            }
            Obj::Node(mut n) => {
                self.finish_node(Arc::make_mut(&mut n));
                self.metered(|m| m.add_nodes(vec![n.clone()]));
                Ok(Obj::Node(n))
            }
            mut other => {
                let kind = other.kind().name().to_lowercase();
                if other.kind().namespaced() {
                    other.meta_mut().namespace = namespace.clone();
                }
                self.name(other.meta_mut(), &format!("{kind}-"));
                self.metered(|m| m.add_object(&other));
                Ok(other)
            }
        }
    }

    /// A pod with a name and an identity, remembered.
    pub(super) fn make_pod(&mut self, mut pod: Pod, namespace: &Str, measured: bool) -> Arc<Pod> {
        let named = !pod.metadata.name.is_empty();
        pod.metadata.namespace = namespace.clone();
        self.name(&mut pod.metadata, "pod-");
        let uid = pod.metadata.uid;
        if named {
            self.by_name.insert((namespace.clone(), pod.metadata.name.clone()), uid);
        }
        let labels = pod.metadata.labels.clone();
        let scheduled = !pod.node_name.is_empty();
        let t = Tracked {
            namespace: namespace.clone(),
            labels,
            scheduled,
            attempted: scheduled,
            waited: None,
            measured,
        };
        self.pods.insert(uid, t);
        self.by_namespace.entry(namespace.clone()).or_default().push(uid);
        self.out.pods += 1;
        Arc::new(pod)
    }

    /// One pod of `createPods`, with its volume if it has one.
    pub(super) fn pod_of(&mut self, p: &Pods, i: u64) -> Result<Arc<Pod>, String> {
        let obj = make(&p.maker, &p.env, i, p.count).map_err(|e| e.to_string())?;
        let Obj::Pod(pod) = obj else { return Err("the template makes no pod".into()) };
        let mut pod = Arc::unwrap_or_clone(pod);
        if let Some(n) = i.checked_div(p.batch) {
            pod.metadata.labels.insert("signature", format!("signature-label-{n}"));
        }
        if let Some((volume, claim)) = &p.volume {
            let claim_name = format!("pvc-{i}");
            let volume_name = format!("{}-pv-{i}", p.namespace);
            let value =
                |m: &Maker| make(m, &p.env, i, p.count).map(|o| o.to_value()).map_err(|e| e.to_string());
            let (mut v, mut c) = (value(volume)?, value(claim)?);
            v["metadata"]["name"] = json!(volume_name);
            v["spec"]["claimRef"] = json!({"apiVersion": "v1", "kind": "PersistentVolumeClaim",
                "namespace": p.namespace.as_str(), "name": claim_name});
            v["status"]["phase"] = json!("Bound");
            if v["spec"].get("csi").is_some() {
                v["spec"]["csi"]["volumeHandle"] = json!(volume_name);
            }
            c["metadata"]["name"] = json!(claim_name);
            c["metadata"]["namespace"] = json!(p.namespace.as_str());
            c["metadata"]["annotations"]["pv.kubernetes.io/bind-completed"] = json!("true");
            c["spec"]["volumeName"] = json!(volume_name);
            c["status"]["phase"] = json!("Bound");
            for value in [v, c] {
                let obj = Obj::from_value(value).map_err(|e| e.to_string())?;
                self.machine.add_object(&obj);
            }
            use_claim(&mut pod, &claim_name);
        }
        Ok(self.make_pod(pod, &p.namespace, p.collect))
    }
}
