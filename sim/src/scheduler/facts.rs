//! A pod with what the scheduler reads from its spec, worked out once and shared by all pods of that spec.
//! Source: `pkg/scheduler/framework/types.go` (PodInfo, AffinityTerm).

use super::resources::{PodAmounts, resizing};
use crate::object::{Container, LabelSelector, Labels, Pod, PodSpec, RestartPolicy, Str};
use serde::Deserialize;
use serde_json::Value;
use std::sync::Arc;

/// A pod that is to be scheduled or counts on a node, with what its spec says to the scheduler.
#[derive(Clone, Debug)]
pub struct PodInfo {
    /// The pod.
    pub pod: Arc<Pod>,
    /// What its spec says.
    pub facts: Arc<Facts>,
}

impl PodInfo {
    /// A pod with its facts worked out.
    pub fn new(pod: Arc<Pod>) -> PodInfo {
        PodInfo { facts: Arc::new(Facts::of(&pod)), pod }
    }
    /// As [`PodInfo::new`], with the facts of another pod if that has the same spec: replicas as a rule do.
    pub fn like(other: Option<&PodInfo>, pod: Arc<Pod>) -> PodInfo {
        match other.filter(|o| Arc::ptr_eq(&o.pod.spec, &pod.spec) && !o.facts.resizing && !resizing(&pod)) {
            Some(o) => PodInfo { facts: o.facts.clone(), pod },
            None => PodInfo::new(pod),
        }
    }
    /// Its priority.
    pub fn priority(&self) -> i32 {
        self.pod.spec.priority.unwrap_or(0)
    }
}

/// What the scheduler reads from a pod's spec.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// What it counts for.
    pub amounts: PodAmounts,
    /// Whether the status had a part in the amounts, so that they hold for this pod alone.
    pub resizing: bool,
    /// `podAffinity.requiredDuringSchedulingIgnoredDuringExecution`.
    pub affinity: Vec<Term>,
    /// `podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution`.
    pub anti_affinity: Vec<Term>,
    /// Preferred pod affinity, and preferred anti-affinity with negative weights.
    pub preferred: Vec<(i64, Term)>,
    /// `topologySpreadConstraints`.
    pub spread: Vec<Spread>,
    /// The host ports of containers and sidecars.
    pub ports: Vec<HostPort>,
    /// The images of all containers, with a tag.
    pub images: Vec<Str>,
    /// `volumes`, as they came.
    pub volumes: Vec<Value>,
    /// Whether it has `resourceClaims`.
    pub claims_devices: bool,
    /// What in the spec could not be read, and why. Such a pod is not scheduled.
    pub malformed: Option<String>,
}

/// A term of pod affinity or anti-affinity.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Term {
    /// Which pods; none if absent.
    pub label_selector: Option<LabelSelector>,
    /// In which namespaces. With `namespace_selector` absent too, in that of the pod whose term it is.
    pub namespaces: Vec<Str>,
    /// In the namespaces with such labels, too. An empty one means all.
    pub namespace_selector: Option<LabelSelector>,
    /// The label of nodes that makes them one place.
    pub topology_key: Str,
}

impl Term {
    /// Whether the term of a pod in namespace `own` is about `other`, whose namespace has these labels
    /// (`AffinityTerm.Matches`).
    pub fn matches(&self, own: &Str, other: &Pod, namespace: Option<&Labels>) -> bool {
        let here = &other.metadata.namespace;
        let named = self.namespaces.contains(here)
            || self.namespaces.is_empty() && self.namespace_selector.is_none() && here == own;
        let none = Labels::default();
        (named || self.namespace_selector.as_ref().is_some_and(|s| s.matches(namespace.unwrap_or(&none))))
            && self.label_selector.as_ref().is_some_and(|s| s.matches(&other.metadata.labels))
    }
}

/// A topology spread constraint.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Spread {
    /// By how much a domain may be ahead of the emptiest.
    pub max_skew: i64,
    /// The label of nodes that makes them one domain.
    pub topology_key: Str,
    /// `DoNotSchedule` or `ScheduleAnyway`.
    #[serde(default)]
    pub when_unsatisfiable: Str,
    /// Which pods are counted; none if absent.
    #[serde(default)]
    pub label_selector: Option<LabelSelector>,
    /// With fewer domains than this, the emptiest counts as empty.
    #[serde(default)]
    pub min_domains: Option<i64>,
    /// `Honor` (the default) or `Ignore`: whether nodes that the pod's node affinity refuses are left out.
    #[serde(default)]
    pub node_affinity_policy: Option<Str>,
    /// `Honor` or `Ignore` (the default): whether nodes with taints that the pod does not tolerate are left out.
    #[serde(default)]
    pub node_taints_policy: Option<Str>,
    /// Labels of which counted pods must have the same value as the pod.
    #[serde(default)]
    pub match_label_keys: Vec<Str>,
}

impl Spread {
    /// Whether nodes that break it are refused, rather than scored low.
    pub fn hard(&self) -> bool {
        self.when_unsatisfiable != "ScheduleAnyway"
    }
}

/// A port of the node that a container takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostPort {
    /// The address; `0.0.0.0` for all.
    pub ip: Str,
    /// `TCP`, `UDP` or `SCTP`.
    pub protocol: Str,
    /// The number.
    pub port: i64,
}

impl HostPort {
    /// Whether both cannot be had on one node (`HostPortInfo.CheckConflict`).
    pub fn conflicts(&self, other: &HostPort) -> bool {
        let any = |p: &HostPort| p.ip == "0.0.0.0";
        self.port == other.port
            && self.protocol == other.protocol
            && (self.ip == other.ip || any(self) || any(other))
    }
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Required {
    #[serde(rename = "requiredDuringSchedulingIgnoredDuringExecution")]
    required: Vec<Term>,
    #[serde(rename = "preferredDuringSchedulingIgnoredDuringExecution")]
    preferred: Vec<Weighted>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Weighted {
    weight: i64,
    pod_affinity_term: Term,
}

impl Facts {
    /// What the spec of a pod says.
    pub fn of(pod: &Pod) -> Facts {
        let spec = &pod.spec;
        let mut facts = Facts {
            amounts: PodAmounts::of(pod),
            resizing: resizing(pod),
            ports: host_ports(spec),
            images: spec
                .init_containers
                .iter()
                .chain(&spec.containers)
                .map(|c| image_name(&c.image))
                .collect(),
            claims_devices: list(spec, "resourceClaims").is_some_and(|l| !l.is_empty()),
            volumes: list(spec, "volumes").cloned().unwrap_or_default(),
            ..Facts::default()
        };
        if let Some(a) = &spec.affinity {
            let own = facts.read::<Required>(&a.other, "podAffinity", "spec.affinity.podAffinity");
            let anti = facts.read::<Required>(&a.other, "podAntiAffinity", "spec.affinity.podAntiAffinity");
            facts.affinity = own.required;
            facts.anti_affinity = anti.required;
            facts.preferred = own.preferred.into_iter().map(|w| (w.weight, w.pod_affinity_term)).collect();
            facts.preferred.extend(anti.preferred.into_iter().map(|w| (-w.weight, w.pod_affinity_term)));
        }
        let path = "spec.topologySpreadConstraints";
        facts.spread = facts.read(&spec.other, "topologySpreadConstraints", path);
        facts
    }

    /// Whether it has terms about other pods.
    pub fn has_affinity(&self) -> bool {
        !(self.affinity.is_empty() && self.anti_affinity.is_empty() && self.preferred.is_empty())
    }

    fn read<T: serde::de::DeserializeOwned + Default>(
        &mut self,
        from: &crate::object::Other,
        key: &str,
        path: &str,
    ) -> T {
        let Some(v) = from.get(key).filter(|v| !v.is_null()) else { return T::default() };
        match serde_path_to_error::deserialize(v) {
            Ok(t) => t,
            Err(e) => {
                self.malformed.get_or_insert_with(|| format!("{path}.{}: {}", e.path(), e.inner()));
                T::default()
            }
        }
    }
}

fn list<'a>(spec: &'a PodSpec, key: &str) -> Option<&'a Vec<Value>> {
    spec.other.get(key).and_then(Value::as_array)
}

/// The host ports of containers and sidecars (`util.GetHostPorts`).
fn host_ports(spec: &PodSpec) -> Vec<HostPort> {
    let sidecar = |c: &&Container| c.restart_policy == Some(RestartPolicy::Always);
    let all = spec.init_containers.iter().filter(sidecar).chain(&spec.containers);
    all.flat_map(|c| &c.ports)
        .filter(|p| p.host_port > 0)
        .map(|p| HostPort {
            ip: if p.host_ip.is_empty() { "0.0.0.0".into() } else { p.host_ip.clone() },
            protocol: if p.protocol.is_empty() { "TCP".into() } else { p.protocol.clone() },
            port: p.host_port,
        })
        .collect()
}

/// An image's name with a tag (`normalizedImageName`).
pub fn image_name(image: &Str) -> Str {
    match (image.rfind(':'), image.rfind('/')) {
        (None, _) => Str::from(format!("{image}:latest")),
        (Some(colon), Some(slash)) if colon < slash => Str::from(format!("{image}:latest")),
        _ => image.clone(),
    }
}
