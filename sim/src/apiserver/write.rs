//! Preparing a write: what the object would be, if etcd still has what we think it has.

use super::{ApiServer, Patch, Request, Status, Verb, admission, defaults, delete, validate};
use crate::api_util::patch as json;
use crate::core::Cx;
use crate::object::{
    Condition, ConditionStatus, Key, Kind, Labels, Namespace, Obj, ObjectMeta, Pod, PodPhase, Str, Uid, lit,
};
use crate::scheduler::plugins::scheduling_gates::gated;
use serde_json::Value;
use std::sync::Arc;

/// What a write comes to.
pub(super) enum Outcome {
    /// Nothing would change: no write, no new revision.
    Unchanged(Obj),
    /// Write this version.
    Put(Obj),
    /// Remove the key.
    Remove(Key),
}

impl ApiServer {
    /// Works out a write against `current`, the newest known version.
    pub(super) fn prepare(
        &mut self,
        cx: &mut Cx<'_>,
        request: &Request,
        current: Option<&Obj>,
    ) -> Result<Outcome, Status> {
        match &request.verb {
            Verb::Create(o) => self.create(cx, o.clone()),
            Verb::Update(o) => {
                let old = current.ok_or_else(|| Status::not_found(&o.key()))?;
                same_version(o, old)?;
                self.replace(cx, old, o.clone())
            }
            Verb::UpdateStatus(o) => {
                let old = current.ok_or_else(|| Status::not_found(&o.key()))?;
                same_version(o, old)?;
                Ok(changed(old, with_status(old, o)))
            }
            Verb::Patch { key, uid, patch } => {
                let old = current.ok_or_else(|| Status::not_found(key))?;
                if let Some(uid) = uid.filter(|u| *u != old.meta().uid) {
                    return Err(uid_conflict(key, uid, old.meta().uid));
                }
                self.patch(cx, key, old, patch)
            }
            Verb::Delete { key, options } => {
                let old = current.ok_or_else(|| Status::not_found(key))?;
                // NamespaceLifecycle's immortal namespaces.
                if key.kind == Kind::Namespace
                    && ["default", "kube-system", "kube-public"].contains(&key.name.as_str())
                {
                    return Err(Status::forbidden(key, "this namespace may not be deleted"));
                }
                if let Some(uid) = options.uid.filter(|u| *u != old.meta().uid) {
                    return Err(uid_conflict(key, uid, old.meta().uid));
                }
                Ok(delete::delete(old, options, cx.wall()))
            }
            Verb::Bind { pod, uid, node } => {
                let old = current.ok_or_else(|| Status::not_found(pod))?;
                bind(pod, old, *uid, node, cx)
            }
            Verb::Get(_) | Verb::List { .. } | Verb::Watch { .. } => {
                unreachable!("reads are answered before")
            }
        }
    }

    fn create(&mut self, cx: &mut Cx<'_>, mut o: Obj) -> Result<Outcome, Status> {
        let kind = o.kind();
        let m = o.meta_mut();
        if kind.namespaced() {
            if m.namespace.is_empty() {
                m.namespace = lit!("default");
            }
        } else {
            m.namespace = Str::new();
        }
        if m.name.is_empty() && !m.generate_name.is_empty() {
            let suffix = cx.rng().name_suffix();
            let suffix = std::str::from_utf8(&suffix).unwrap_or_default();
            // The server cuts the prefix so that the whole stays a valid label (63 characters).
            let mut end = m.generate_name.len().min(58);
            while !m.generate_name.is_char_boundary(end) {
                end -= 1;
            }
            let prefix = &m.generate_name[..end];
            m.name = Str::from(format!("{prefix}{suffix}"));
        }
        let key = o.key();
        if kind.namespaced() {
            self.namespace_takes(&key)?;
        }
        if self.cache.contains_key(&key) {
            return Err(Status::already_exists(&key));
        }
        if let Some(why) = admission::second_default(&o, &self.cache) {
            return Err(Status::forbidden(&key, &why));
        }
        let seconds = cx.config().timings.default_toleration_s;
        match &mut o {
            Obj::Pod(p) => {
                let p = Arc::make_mut(p);
                let priority = self.references(&key, &p.spec)?;
                p.spec = self.admitted.admit(p, seconds, priority);
                p.metadata.generation = 1;
                let gated = gated(p);
                p.status = crate::object::PodStatus {
                    phase: PodPhase::Pending,
                    // `applySchedulingGatedCondition` (pkg/registry/core/pod/strategy.go)
                    conditions: if gated { vec![scheduling_gated()].into() } else { Default::default() },
                    qos_class: defaults::qos_class(&p.spec),
                    ..Default::default()
                };
            }
            Obj::Deployment(d) => {
                let d = Arc::make_mut(d);
                defaults::deployment(d);
                d.status = Default::default();
                d.metadata.generation = 1;
            }
            Obj::ReplicaSet(r) => {
                let r = Arc::make_mut(r);
                defaults::replica_set(r);
                r.status = Default::default();
                r.metadata.generation = 1;
            }
            Obj::Namespace(n) => admit_namespace(Arc::make_mut(n)),
            Obj::Secret(s) if s.type_.is_empty() => Arc::make_mut(s).type_ = lit!("Opaque"),
            Obj::Secret(_)
            | Obj::Node(_)
            | Obj::ConfigMap(_)
            | Obj::ServiceAccount(_)
            | Obj::Lease(_)
            | Obj::Event(_)
            | Obj::Inert(_) => {}
        }
        if let Obj::Secret(s) = &mut o
            && s.other.contains_key("stringData")
        {
            string_data(Arc::make_mut(s));
        }
        let now = cx.wall();
        let uid = Uid::v4(cx.rng().next_u128());
        let m = o.meta_mut();
        m.uid = uid;
        m.creation_timestamp = Some(now);
        m.deletion_timestamp = None;
        m.deletion_grace_period_seconds = None;
        m.resource_version = 0;
        let causes = validate::object(&o);
        if !causes.is_empty() {
            return Err(Status::invalid(&key, &causes));
        }
        Ok(Outcome::Put(o))
    }

    /// What a pod refers to must exist (admission plugins ServiceAccount and Priority); returns what its priority is.
    fn references(&self, key: &Key, spec: &crate::object::PodSpec) -> Result<admission::Priority, Status> {
        let account = &spec.service_account_name;
        let missing = |a: &Str| {
            !self.cache.contains_key(&Key { kind: Kind::ServiceAccount, ns: key.ns.clone(), name: a.clone() })
        };
        // The namespace's own account may still be on its way: upstream's clients try again, here it is taken for granted.
        if !account.is_empty() && account != "default" && missing(account) {
            let why = format!(
                "error looking up service account {}/{account}: serviceaccount \"{account}\" not found",
                key.ns
            );
            return Err(Status::forbidden(key, &why));
        }
        admission::Priority::of(spec, &self.cache).map_err(|why| Status::forbidden(key, &why))
    }

    /// NamespaceLifecycle: nothing is created in a namespace that is missing or going away.
    fn namespace_takes(&self, key: &Key) -> Result<(), Status> {
        let ns_key = Key { kind: Kind::Namespace, ns: Str::new(), name: key.ns.clone() };
        match self.cache.get(&ns_key) {
            None => Err(Status::not_found(&ns_key)),
            Some(o) if o.meta().deleting() => Err(Status::forbidden(
                key,
                &format!(
                    "unable to create new content in namespace {} because it is being terminated",
                    key.ns
                ),
            )),
            Some(_) => Ok(()),
        }
    }

    /// A new version of everything but the status.
    fn replace(&mut self, cx: &mut Cx<'_>, old: &Obj, mut new: Obj) -> Result<Outcome, Status> {
        if new.meta().name != old.meta().name {
            return Err(Status::bad_request(format!(
                "the name of the object ({}) does not match the name on the URL ({})",
                new.meta().name,
                old.meta().name
            )));
        }
        keep_server_fields(&mut new, old);
        match (&mut new, old) {
            (Obj::Pod(n), Obj::Pod(o)) => {
                let n = Arc::make_mut(n);
                n.status = o.status.clone();
                if n.node_name.is_empty() {
                    n.node_name = o.node_name.clone();
                }
                if n.spec == o.spec {
                    n.spec = o.spec.clone();
                } else {
                    let mut s = (*n.spec).clone();
                    defaults::pod_spec(&mut s);
                    n.spec = Arc::new(s);
                }
            }
            (Obj::Node(n), Obj::Node(o)) => Arc::make_mut(n).status = o.status.clone(),
            (Obj::Deployment(n), Obj::Deployment(o)) => {
                let n = Arc::make_mut(n);
                defaults::deployment(n);
                n.status = o.status.clone();
                if n.spec.template.spec == o.spec.template.spec {
                    n.spec.template.spec = o.spec.template.spec.clone();
                }
                if n.spec != o.spec {
                    n.metadata.generation += 1;
                }
            }
            (Obj::ReplicaSet(n), Obj::ReplicaSet(o)) => {
                let n = Arc::make_mut(n);
                defaults::replica_set(n);
                n.status = o.status.clone();
                if n.spec.template.spec == o.spec.template.spec {
                    n.spec.template.spec = o.spec.template.spec.clone();
                }
                if n.spec != o.spec {
                    n.metadata.generation += 1;
                }
            }
            (Obj::Namespace(n), Obj::Namespace(o)) => Arc::make_mut(n).status = o.status.clone(),
            (Obj::Secret(n), _) if n.other.contains_key("stringData") => string_data(Arc::make_mut(n)),
            _ => {}
        }
        if let Some(why) = admission::second_default(&new, &self.cache) {
            return Err(Status::forbidden(&old.key(), &why));
        }
        let causes = validate::update(old, &new);
        if !causes.is_empty() {
            return Err(Status::invalid(&old.key(), &causes));
        }
        let _ = cx;
        if delete::finished(&new) {
            return Ok(Outcome::Remove(old.key()));
        }
        Ok(changed(old, new))
    }

    /// What a patch has made of the whole. One that sets a `resourceVersion` holds for that version only.
    fn patched(&mut self, cx: &mut Cx<'_>, key: &Key, old: &Obj, v: Value) -> Result<Outcome, Status> {
        let new = decode(key, v)?;
        same_version(&new, old)?;
        self.replace(cx, old, new)
    }

    fn patch(&mut self, cx: &mut Cx<'_>, key: &Key, old: &Obj, patch: &Patch) -> Result<Outcome, Status> {
        let mut new = old.clone();
        match (patch, &mut new) {
            (Patch::Merge(p), _) => {
                let mut v = old.to_value();
                json::json_merge_patch(&mut v, p);
                return self.patched(cx, key, old, v);
            }
            (Patch::Strategic(p), _) => {
                let v = json::strategic_merge_patch(&old.to_value(), p, key.kind.name()).map_err(|e| {
                    Status { code: 415, reason: "UnsupportedMediaType", message: e.to_string() }
                })?;
                return self.patched(cx, key, old, v);
            }
            (Patch::Json(p), _) => {
                let v = json::json_patch(&old.to_value(), p)
                    .map_err(|e| Status::invalid(key, &[e.to_string()]))?;
                return self.patched(cx, key, old, v);
            }
            (Patch::PodStatus(s), Obj::Pod(p)) => {
                let p = Arc::make_mut(p);
                let mut status = (**s).clone();
                // These belong to others: the kubelet's patch carries them as it last saw them.
                for c in &p.status.conditions {
                    if foreign(&c.type_) {
                        status.conditions.retain(|x| x.type_ != c.type_);
                        status.conditions.push(c.clone());
                    }
                }
                status.qos_class = p.status.qos_class.clone();
                status.nominated_node_name = p.status.nominated_node_name.clone();
                p.status = status;
            }
            (Patch::PodCondition(c), Obj::Pod(p)) => {
                set_condition(&mut Arc::make_mut(p).status.conditions, (**c).clone());
            }
            (Patch::Nomination { node, condition }, Obj::Pod(p)) => {
                let status = &mut Arc::make_mut(p).status;
                status.nominated_node_name = node.clone();
                if let Some(c) = condition {
                    set_condition(&mut status.conditions, (**c).clone());
                }
            }
            (Patch::NodeStatus(s), Obj::Node(n)) => Arc::make_mut(n).status = (**s).clone(),
            (Patch::NodeConditions(cs), Obj::Node(n)) => {
                let n = Arc::make_mut(n);
                for c in cs {
                    set_condition(&mut n.status.conditions, c.clone());
                }
            }
            (Patch::Taints(t), Obj::Node(n)) => Arc::make_mut(n).spec.taints = t.clone(),
            (Patch::Scale(n), Obj::Deployment(d)) => {
                if *n < 0 {
                    return Err(Status::invalid(key, &[validate::negative("spec.replicas", *n)]));
                }
                let d = Arc::make_mut(d);
                if d.spec.replicas != Some(*n) {
                    d.spec.replicas = Some(*n);
                    d.metadata.generation += 1;
                }
            }
            (Patch::Scale(n), Obj::ReplicaSet(r)) => {
                if *n < 0 {
                    return Err(Status::invalid(key, &[validate::negative("spec.replicas", *n)]));
                }
                let r = Arc::make_mut(r);
                if r.spec.replicas != Some(*n) {
                    r.spec.replicas = Some(*n);
                    r.metadata.generation += 1;
                }
            }
            (Patch::Finalizers(f), o) => {
                o.meta_mut().finalizers = f.clone().into();
                if delete::finished(o) {
                    return Ok(Outcome::Remove(key.clone()));
                }
            }
            (Patch::Owners(r), o) => o.meta_mut().owner_references = r.clone().into(),
            (Patch::Renew { holder, seconds, at }, Obj::Lease(l)) => {
                let s = &mut Arc::make_mut(l).spec;
                s.holder_identity = holder.clone();
                s.lease_duration_seconds = Some(*seconds);
                s.renew_time = Some(*at);
            }
            (Patch::EventCount { count, last }, Obj::Event(e)) => {
                let e = Arc::make_mut(e);
                e.count = *count;
                e.last_timestamp = Some(*last);
            }
            (Patch::Scale(_), _) => return Err(Status::not_found(key)),
            (
                Patch::PodStatus(_)
                | Patch::PodCondition(_)
                | Patch::Nomination { .. }
                | Patch::NodeStatus(_)
                | Patch::NodeConditions(_)
                | Patch::Taints(_)
                | Patch::Renew { .. }
                | Patch::EventCount { .. },
                _,
            ) => return Err(Status::bad_request(format!("this patch does not fit a {}", key.kind))),
        }
        Ok(changed(old, new))
    }
}

/// The condition of a pod that waits for its gates to be lifted.
fn scheduling_gated() -> Condition {
    Condition {
        type_: lit!("PodScheduled"),
        status: ConditionStatus::False,
        reason: lit!("SchedulingGated"),
        message: lit!("Scheduling is blocked due to non-empty scheduling gates"),
        ..Default::default()
    }
}

/// Conditions of a pod that its kubelet does not own.
fn foreign(type_: &str) -> bool {
    !matches!(type_, "PodReadyToStartContainers" | "Initialized" | "Ready" | "ContainersReady")
}

/// Sets a condition by its type; the time of transition moves only when the status does.
fn set_condition(list: &mut Vec<Condition>, mut c: Condition) {
    match list.iter_mut().find(|x| x.type_ == c.type_) {
        Some(x) => {
            if x.status == c.status {
                c.last_transition_time = x.last_transition_time;
            }
            *x = c;
        }
        None => list.push(c),
    }
}

fn decode(key: &Key, mut v: Value) -> Result<Obj, Status> {
    if let Value::Object(m) = &mut v {
        m.insert("apiVersion".into(), key.kind.api_version().into());
        m.insert("kind".into(), key.kind.name().into());
    }
    Obj::from_value(v)
        .map_err(|e| Status::invalid(key, &[format!("{}: Invalid value: {}", e.path, e.message)]))
}

fn changed(old: &Obj, new: Obj) -> Outcome {
    if *old == new { Outcome::Unchanged(old.clone()) } else { Outcome::Put(new) }
}

fn same_version(new: &Obj, old: &Obj) -> Result<(), Status> {
    let (n, o) = (new.meta(), old.meta());
    if !n.uid.is_zero() && n.uid != o.uid {
        return Err(uid_conflict(&old.key(), n.uid, o.uid));
    }
    if n.resource_version != 0 && n.resource_version != o.resource_version {
        return Err(Status::modified(&old.key()));
    }
    Ok(())
}

fn uid_conflict(key: &Key, want: Uid, have: Uid) -> Status {
    Status::conflict(
        key,
        &format!("Precondition failed: UID in precondition: {want}, UID in object meta: {have}"),
    )
}

/// What a client cannot change: identity, times, revision, generation.
fn keep_server_fields(new: &mut Obj, old: &Obj) {
    let o: &ObjectMeta = old.meta();
    let n = new.meta_mut();
    n.uid = o.uid;
    n.creation_timestamp = o.creation_timestamp;
    n.deletion_timestamp = o.deletion_timestamp;
    n.deletion_grace_period_seconds = o.deletion_grace_period_seconds;
    n.generation = o.generation;
    n.resource_version = o.resource_version;
    n.generate_name = o.generate_name.clone();
    n.namespace = o.namespace.clone();
}

/// The old object with the new one's status.
fn with_status(old: &Obj, new: &Obj) -> Obj {
    let mut o = old.clone();
    match (&mut o, new) {
        (Obj::Pod(o), Obj::Pod(n)) => Arc::make_mut(o).status = n.status.clone(),
        (Obj::Node(o), Obj::Node(n)) => Arc::make_mut(o).status = n.status.clone(),
        (Obj::Deployment(o), Obj::Deployment(n)) => Arc::make_mut(o).status = n.status.clone(),
        (Obj::ReplicaSet(o), Obj::ReplicaSet(n)) => Arc::make_mut(o).status = n.status.clone(),
        (Obj::Namespace(o), Obj::Namespace(n)) => Arc::make_mut(o).status = n.status.clone(),
        (Obj::Inert(o), Obj::Inert(n)) => {
            if let Some(s) = n.other.get("status") {
                Arc::make_mut(o).other.insert("status".into(), s.clone());
            }
        }
        _ => {}
    }
    o
}

fn admit_namespace(n: &mut Namespace) {
    n.metadata.labels.insert("kubernetes.io/metadata.name", n.metadata.name.clone());
    if !n.spec.finalizers.iter().any(|f| *f == "kubernetes") {
        n.spec.finalizers.push(lit!("kubernetes"));
    }
    n.status.phase = lit!("Active");
}

/// `stringData` is written into `data`, base64-encoded (`pkg/apis/core/v1/conversion.go`).
fn string_data(s: &mut crate::object::Secret) {
    let Some(Value::Object(plain)) = s.other.remove("stringData") else { return };
    let mut data: Labels = s.data.clone();
    for (k, v) in plain {
        if let Value::String(v) = v {
            data.insert(k.as_str(), base64(v.as_bytes()));
        }
    }
    s.data = data;
}

fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let n = chunk.iter().fold(0u32, |n, b| n << 8 | u32::from(*b)) << (8 * (3 - chunk.len()));
        for i in 0..4 {
            if i <= chunk.len() {
                out.push(char::from(ALPHABET[(n >> (18 - 6 * i) & 63) as usize]));
            } else {
                out.push('=');
            }
        }
    }
    out
}

/// `pods/binding`: the one way in which a pod gets its node.
fn bind(key: &Key, old: &Obj, uid: Uid, node: &Str, cx: &Cx<'_>) -> Result<Outcome, Status> {
    let Obj::Pod(p) = old else { return Err(Status::not_found(key)) };
    if !uid.is_zero() && uid != p.metadata.uid {
        return Err(uid_conflict(key, uid, p.metadata.uid));
    }
    if p.metadata.deleting() {
        return Err(Status::conflict(
            key,
            &format!("pod {} is being deleted, cannot be assigned to a host", key.name),
        ));
    }
    if !p.node_name.is_empty() {
        return Err(Status::conflict(
            key,
            &format!("pod {} is already assigned to node \"{}\"", key.name, p.node_name),
        ));
    }
    let mut p = Pod::clone(p);
    p.node_name = node.clone();
    let condition = Condition {
        type_: lit!("PodScheduled"),
        status: ConditionStatus::True,
        last_transition_time: Some(cx.wall()),
        ..Default::default()
    };
    set_condition(&mut p.status.conditions, condition);
    Ok(Outcome::Put(Obj::Pod(Arc::new(p))))
}

#[cfg(test)]
mod tests {
    #[test]
    fn base64_matches_rfc_4648() {
        for (plain, coded) in [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg==")]
        {
            assert_eq!(super::base64(plain.as_bytes()), coded);
        }
    }
}
