//! What the scheduler knows besides pods and nodes: namespaces, the owners whose selectors spread pods, disruption
//! budgets and storage.

use super::storage::Storage;
use crate::object::{Inert, LabelSelector, Labels, Obj, Pod, SelectorOperator, SelectorRequirement, Str};
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A PodDisruptionBudget, as far as preemption heeds it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Budget {
    /// Its namespace.
    pub namespace: Str,
    /// The pods it is about.
    pub selector: LabelSelector,
    /// `status.disruptionsAllowed`.
    pub allowed: i64,
    /// The names in `status.disruptedPods`.
    pub disrupted: Vec<Str>,
}

/// Namespace and name.
pub type Name = (Str, Str);

/// Objects other than pods and nodes.
#[derive(Clone, Debug, Default)]
pub struct Listers {
    namespaces: BTreeMap<Str, Labels>,
    services: BTreeMap<Name, Labels>,
    /// Selectors of ReplicationControllers, ReplicaSets and StatefulSets, by kind.
    owners: BTreeMap<(Str, Name), LabelSelector>,
    budgets: BTreeMap<Name, Budget>,
    /// Claims, volumes, classes and what CSI drivers say.
    pub storage: Storage,
    /// Rises when something changed that counts kept by plugins may rest on.
    epoch: u64,
    budget_epoch: u64,
}

fn name(o: &Obj) -> Name {
    (o.meta().namespace.clone(), o.meta().name.clone())
}

fn field<T: serde::de::DeserializeOwned>(o: &Inert, path: &[&str]) -> Option<T> {
    let mut v = o.other.get(path[0])?;
    for p in &path[1..] {
        v = v.get(p)?;
    }
    serde_json::from_value(v.clone()).ok()
}

/// Sets or removes an entry; says whether that changed anything.
fn put<K: Ord, V: PartialEq>(map: &mut BTreeMap<K, V>, key: K, value: Option<V>) -> bool {
    match value {
        Some(v) => {
            let same = map.get(&key) == Some(&v);
            map.insert(key, v);
            !same
        }
        None => map.remove(&key).is_some(),
    }
}

impl Listers {
    /// An object came or changed.
    pub fn set(&mut self, o: &Obj) {
        self.change(o, true);
    }

    /// An object is gone; its last version.
    pub fn remove(&mut self, o: &Obj) {
        self.change(o, false);
    }

    fn change(&mut self, o: &Obj, there: bool) {
        let changed = match o {
            Obj::Namespace(n) => {
                let labels = there.then(|| n.metadata.labels.clone());
                put(&mut self.namespaces, n.metadata.name.clone(), labels)
            }
            Obj::ReplicaSet(r) => {
                let selector = there.then(|| r.spec.selector.clone());
                put(&mut self.owners, ("ReplicaSet".into(), name(o)), selector)
            }
            Obj::Inert(i) => self.inert(o, i, there),
            _ => false,
        };
        self.epoch += u64::from(changed);
    }

    fn inert(&mut self, o: &Obj, i: &Arc<Inert>, there: bool) -> bool {
        let key = name(o);
        match i.kind.as_str() {
            "Service" => {
                let selector = field::<Labels>(i, &["spec", "selector"]).unwrap_or_default();
                put(&mut self.services, key, there.then_some(selector))
            }
            "StatefulSet" => {
                let selector = field::<LabelSelector>(i, &["spec", "selector"]).unwrap_or_default();
                put(&mut self.owners, (i.kind.clone(), key), there.then_some(selector))
            }
            "ReplicationController" => {
                let match_labels = field::<Labels>(i, &["spec", "selector"]).unwrap_or_default();
                let selector = LabelSelector { match_labels, ..LabelSelector::default() };
                put(&mut self.owners, (i.kind.clone(), key), there.then_some(selector))
            }
            "PodDisruptionBudget" => {
                let budget = Budget {
                    namespace: key.0.clone(),
                    selector: field(i, &["spec", "selector"]).unwrap_or_default(),
                    allowed: field(i, &["status", "disruptionsAllowed"]).unwrap_or(0),
                    disrupted: field::<BTreeMap<Str, Value>>(i, &["status", "disruptedPods"])
                        .unwrap_or_default()
                        .into_keys()
                        .collect(),
                };
                let changed = put(&mut self.budgets, key, there.then_some(budget));
                self.budget_epoch += u64::from(changed);
                false
            }
            _ => {
                self.storage.change(i, there);
                false
            }
        }
    }

    /// Rises when a namespace, a service or an owner changed.
    pub fn epoch(&self) -> u64 {
        self.epoch
    }
    /// Rises when a disruption budget changed.
    pub fn budget_epoch(&self) -> u64 {
        self.budget_epoch
    }
    /// The labels of a namespace, if it is known.
    pub fn namespace(&self, name: &str) -> Option<&Labels> {
        self.namespaces.get(name)
    }
    /// The disruption budgets.
    pub fn budgets(&self) -> impl Iterator<Item = &Budget> {
        self.budgets.values()
    }

    /// The selector that stands for a pod's likes: of the services that select it and of the controller that owns it,
    /// all together (`helper.DefaultSelector`). `None` if there is nothing to go by.
    pub fn default_selector(&self, pod: &Pod) -> Option<LabelSelector> {
        let namespace = &pod.metadata.namespace;
        let mut all = LabelSelector::default();
        let from = (namespace.clone(), Str::new());
        for ((_, _), selector) in self.services.range(from..).take_while(|((ns, _), _)| ns == namespace) {
            if !selector.is_empty() && selector.iter().all(|(k, v)| pod.metadata.labels.get(k) == Some(v)) {
                for (k, v) in selector.iter() {
                    all.match_labels.insert(k.clone(), v.clone());
                }
            }
        }
        if let Some(owner) = pod.metadata.controller() {
            let known = matches!(
                (owner.api_version.as_str(), owner.kind.as_str()),
                ("v1", "ReplicationController") | ("apps/v1", "ReplicaSet" | "StatefulSet")
            );
            let key = (owner.kind.clone(), (namespace.clone(), owner.name.clone()));
            if let Some(s) = self.owners.get(&key).filter(|_| known) {
                for (k, v) in s.match_labels.iter() {
                    let contradicts = all.match_labels.get(k).is_some_and(|have| have != v);
                    if contradicts && owner.kind != "ReplicationController" {
                        // Both hold, so that nothing is selected.
                        all.match_expressions.push(SelectorRequirement {
                            key: k.clone(),
                            operator: SelectorOperator::In,
                            values: vec![v.clone()],
                        });
                    } else {
                        all.match_labels.insert(k.clone(), v.clone());
                    }
                }
                all.match_expressions.extend(s.match_expressions.iter().cloned());
            }
        }
        (!all.is_empty()).then_some(all)
    }
}
