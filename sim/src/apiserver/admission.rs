//! Admission: what the API server's built-in plugins set on the way in.
//!
//! Modelled: ServiceAccount (the name), DefaultTolerationSeconds, NamespaceLifecycle (in `write`),
//! Priority (from the class). Left out: LimitRanger, ResourceQuota, PodSecurity, the token volume.
//! Besides, as the strategy of pods does on creation: `matchLabelKeys` become a part of selectors.

use super::defaults;
use crate::object::{Key, Kind, Labels, Obj, ObjectSet, Pod, PodSpec, Str, TaintEffect, Toleration, lit};
use serde_json::{Value, json};
use std::sync::Arc;

/// The classes that every cluster has: name, value, description (`pkg/apis/scheduling/v1/helpers.go`).
const SYSTEM_CLASSES: [(&str, i32, &str); 2] = [
    (
        "system-node-critical",
        2_000_001_000,
        "Used for system critical pods that must not be moved from their current node.",
    ),
    (
        "system-cluster-critical",
        2_000_000_000,
        "Used for system critical pods that must run in the cluster, but can be moved to another node if necessary.",
    ),
];

/// The objects of these classes, which the API server makes when it starts (`pkg/registry/scheduling/rest`).
pub(super) fn system_classes() -> impl Iterator<Item = Obj> {
    SYSTEM_CLASSES.iter().filter_map(|(name, value, description)| {
        let v = json!({"apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass", "metadata": {"name": name},
            "value": value, "description": description, "preemptionPolicy": "PreemptLowerPriority"});
        Obj::from_value(v).ok()
    })
}

/// What the admission plugin Priority works out for a pod. Source: `plugin/pkg/admission/priority/admission.go`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Priority {
    class: Str,
    value: i32,
    /// `Never` or `PreemptLowerPriority`.
    policy: Str,
}

fn class_kind() -> Kind {
    Kind::other("scheduling.k8s.io/v1", "PriorityClass")
}

impl Priority {
    fn of_class(o: &Obj) -> Option<Priority> {
        let Obj::Inert(c) = o else { return None };
        let value = c.other.get("value").and_then(Value::as_i64).and_then(|v| i32::try_from(v).ok());
        let policy = c.other.get("preemptionPolicy").and_then(Value::as_str);
        Some(Priority {
            class: c.metadata.name.clone(),
            value: value.unwrap_or(0),
            policy: Str::from(policy.unwrap_or("PreemptLowerPriority")),
        })
    }

    /// Of a spec whose class has been looked up already.
    pub(super) fn known(spec: &PodSpec, value: i32) -> Priority {
        let policy = spec.other.get("preemptionPolicy").and_then(Value::as_str);
        let policy = Str::from(policy.unwrap_or("PreemptLowerPriority"));
        Priority { class: spec.priority_class_name.clone(), value, policy }
    }

    /// Of the class that is named, or of the default one: of several, that of the lowest value.
    ///
    /// # Errors
    /// In upstream's words, when there is no such class, or the spec says another priority than its class.
    pub(super) fn of(spec: &PodSpec, objects: &ObjectSet) -> Result<Priority, String> {
        let name = &spec.priority_class_name;
        let system = SYSTEM_CLASSES.iter().find(|(n, ..)| n == name);
        let found = if let Some((_, value, _)) = system {
            Priority { class: name.clone(), value: *value, policy: lit!("PreemptLowerPriority") }
        } else if name.is_empty() {
            let from = Key::new(class_kind(), "", "");
            let all = objects.range(from..).take_while(|(k, _)| k.kind == class_kind()).map(|(_, o)| o);
            let global = |o: &&Obj| matches!(o, Obj::Inert(c) if c.other.get("globalDefault").is_some_and(|g| *g == true));
            let none = || Priority { class: Str::new(), value: 0, policy: lit!("PreemptLowerPriority") };
            all.filter(global).filter_map(Self::of_class).min_by_key(|p| p.value).unwrap_or_else(none)
        } else {
            let class = objects.get(&Key::new(class_kind(), "", name)).and_then(Self::of_class);
            class.ok_or_else(|| format!("no PriorityClass with name {name} was found"))?
        };
        let told = "must not be provided in pod spec; priority admission controller computed";
        if let Some(p) = spec.priority.filter(|p| *p != found.value) {
            let value = found.value;
            return Err(format!(
                "the integer value of priority ({p}) {told} {value} from the given PriorityClass name"
            ));
        }
        let policy = spec.other.get("preemptionPolicy").and_then(Value::as_str);
        if let Some(p) = policy.filter(|p| *p != found.policy) {
            let policy = &found.policy;
            return Err(format!(
                "the string value of PreemptionPolicy ({p}) {told} {policy} from the given PriorityClass name"
            ));
        }
        Ok(found)
    }
}

/// Why a priority class is refused: of two default classes it would be the second (`validatePriorityClass`).
pub(super) fn second_default(o: &Obj, objects: &ObjectSet) -> Option<String> {
    let default =
        |o: &Obj| matches!(o, Obj::Inert(c) if c.other.get("globalDefault").is_some_and(|g| *g == true));
    if o.kind() != class_kind() || !default(o) {
        return None;
    }
    let from = Key::new(class_kind(), "", "");
    let mut all = objects.range(from..).take_while(|(k, _)| k.kind == class_kind()).map(|(_, o)| o);
    let other = all.find(|other| default(other) && other.meta().name != o.meta().name)?;
    let name = &other.meta().name;
    Some(format!("PriorityClass {name} is already marked as default. Only one default can exist"))
}

/// A spec that came in, what was worked out for it, the labels if they matter, and what became of it.
#[derive(Clone, Debug)]
struct Known {
    from: Arc<PodSpec>,
    priority: Priority,
    labels: Option<Labels>,
    to: Arc<PodSpec>,
}

/// The latest specs that came in and what became of them: the replicas of a template share both.
#[derive(Clone, Debug, Default)]
pub(super) struct Memo(std::collections::VecDeque<Known>);

/// How many templates are remembered.
const MEMORY: usize = 256;

impl Memo {
    /// The spec of a pod with defaults and admission applied; the same result is shared by equal inputs.
    pub(super) fn admit(&mut self, pod: &Pod, toleration_s: i64, priority: Priority) -> Arc<PodSpec> {
        let (spec, labels) = (&pod.spec, &pod.metadata.labels);
        let known = self.0.iter().find(|k| {
            let same = |l: &Labels| l.same(labels) || l == labels;
            Arc::ptr_eq(&k.from, spec) && k.priority == priority && k.labels.as_ref().is_none_or(same)
        });
        if let Some(known) = known {
            return known.to.clone();
        }
        let mut s = PodSpec::clone(spec);
        defaults::pod_spec(&mut s);
        s.other.entry("enableServiceLinks".into()).or_insert_with(|| true.into());
        if s.service_account_name.is_empty() {
            s.service_account_name = lit!("default");
        }
        s.priority = Some(priority.value);
        s.priority_class_name = priority.class.clone();
        s.other.entry("preemptionPolicy".into()).or_insert_with(|| priority.policy.as_str().into());
        // The deprecated name of the same field, which the server still fills in.
        let account = s.service_account_name.as_str().into();
        s.other.entry("serviceAccount".into()).or_insert(account);
        for key in [lit!("node.kubernetes.io/not-ready"), lit!("node.kubernetes.io/unreachable")] {
            let covered = s.tolerations.iter().any(|t| {
                (t.key == key || t.key.is_empty()) && t.effect.is_none_or(|e| e == TaintEffect::NoExecute)
            });
            if !covered {
                s.tolerations.push(Toleration {
                    key,
                    operator: lit!("Exists"),
                    value: Str::new(),
                    effect: Some(TaintEffect::NoExecute),
                    toleration_seconds: Some(toleration_s),
                });
            }
        }
        let labels = match_label_keys(&mut s, labels).then(|| labels.clone());
        let to = if s == **spec { spec.clone() } else { Arc::new(s) };
        if self.0.len() == MEMORY {
            self.0.pop_front();
        }
        self.0.push_back(Known { from: spec.clone(), priority, labels, to: to.clone() });
        to
    }
}

/// Makes `matchLabelKeys` and `mismatchLabelKeys` of pod affinity, and `matchLabelKeys` of spread constraints, a part of
/// their selectors; says whether there are any (`pkg/registry/core/pod/strategy.go`,
/// applyMatchLabelKeysAndMismatchLabelKeys; the gate MatchLabelKeysInPodTopologySpreadSelectorMerge is on in v1.34).
fn match_label_keys(spec: &mut PodSpec, labels: &Labels) -> bool {
    let mut any = false;
    let mut apply = |v: &mut Value| {
        let keys = |v: &Value, field: &str| -> Vec<String> {
            let list = v.get(field).and_then(Value::as_array).into_iter().flatten();
            list.filter_map(|k| Some(k.as_str()?.to_owned())).collect()
        };
        let wanted = keys(v, "matchLabelKeys").into_iter().map(|k| ("In", k));
        let unwanted = keys(v, "mismatchLabelKeys").into_iter().map(|k| ("NotIn", k));
        let all: Vec<(&str, String)> = wanted.chain(unwanted).collect();
        any |= !all.is_empty();
        // Without a selector nothing is selected, whatever the keys.
        let Some(selector) = v.get_mut("labelSelector").and_then(Value::as_object_mut) else { return };
        for (operator, key) in all {
            let Some(value) = labels.get(&key) else { continue };
            let list = selector.entry("matchExpressions").or_insert_with(|| json!([]));
            if let Some(list) = list.as_array_mut() {
                list.push(json!({"key": key, "operator": operator, "values": [value.as_str()]}));
            }
        }
    };
    let items = |v: &mut Value, field: &str, each: &mut dyn FnMut(&mut Value)| {
        v.get_mut(field).and_then(Value::as_array_mut).into_iter().flatten().for_each(each);
    };
    if let Some(affinity) = &mut spec.affinity {
        for side in ["podAffinity", "podAntiAffinity"] {
            let Some(side) = affinity.other.get_mut(side) else { continue };
            items(side, "requiredDuringSchedulingIgnoredDuringExecution", &mut apply);
            items(side, "preferredDuringSchedulingIgnoredDuringExecution", &mut |w| {
                if let Some(term) = w.get_mut("podAffinityTerm") {
                    apply(term);
                }
            });
        }
    }
    if let Some(Value::Array(list)) = spec.other.get_mut("topologySpreadConstraints") {
        list.iter_mut().for_each(apply);
    }
    any
}
