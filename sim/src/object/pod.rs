//! Pods. Source of names and strings: `k8s.io/api/core/v1`.

use super::meta::{is_false, is_zero_i64};
use super::{Condition, Labels, List, ObjectMeta, Other, Str, TaintEffect};
use crate::api_util::{IntOrString, Quantity, Time};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Amounts by resource name (`cpu`, `memory`, `pods`, …).
pub type ResourceList = BTreeMap<Str, Quantity>;

/// `v1.Pod`. The spec is shared among the replicas of a template; where the pod runs is its own.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(from = "PodWire", into = "PodWire")]
#[allow(missing_docs)]
pub struct Pod {
    pub metadata: ObjectMeta,
    pub spec: Arc<PodSpec>,
    /// `spec.nodeName`: empty until the pod is bound.
    pub node_name: Str,
    pub status: PodStatus,
}

#[derive(Clone, Serialize, Deserialize, Default)]
#[serde(default)]
struct PodWire {
    metadata: ObjectMeta,
    spec: SpecWire,
    status: PodStatus,
}

#[derive(Clone, Serialize, Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct SpecWire {
    #[serde(skip_serializing_if = "Str::is_empty")]
    node_name: Str,
    #[serde(flatten)]
    spec: Arc<PodSpec>,
}

impl From<PodWire> for Pod {
    fn from(w: PodWire) -> Pod {
        Pod { metadata: w.metadata, spec: w.spec.spec, node_name: w.spec.node_name, status: w.status }
    }
}
impl From<Pod> for PodWire {
    fn from(p: Pod) -> PodWire {
        PodWire {
            metadata: p.metadata,
            spec: SpecWire { node_name: p.node_name, spec: p.spec },
            status: p.status,
        }
    }
}

impl Pod {
    /// Whether it has ended for good (phase Succeeded or Failed).
    pub fn terminal(&self) -> bool {
        matches!(self.status.phase, PodPhase::Succeeded | PodPhase::Failed)
    }
    /// Not ended and not being deleted: what a replica set counts (`controller.IsPodActive`).
    pub fn active(&self) -> bool {
        !self.terminal() && !self.metadata.deleting()
    }
    /// Whether its Ready condition is True.
    pub fn ready(&self) -> bool {
        self.condition("Ready").is_some_and(|c| c.status == super::ConditionStatus::True)
    }
    /// One of its conditions.
    pub fn condition(&self, type_: &str) -> Option<&Condition> {
        self.status.conditions.iter().find(|c| c.type_ == type_)
    }
    /// Ready for at least `min_ready_seconds` at `now` (`podutil.IsPodAvailable`).
    pub fn available(&self, min_ready_seconds: i64, now: Time) -> bool {
        let Some(c) = self.condition("Ready").filter(|c| c.status == super::ConditionStatus::True) else {
            return false;
        };
        min_ready_seconds == 0 || c.last_transition_time.is_some_and(|t| t.0 + min_ready_seconds <= now.0)
    }
    /// Sum of the container restarts.
    pub fn restarts(&self) -> i64 {
        self.status.container_statuses.iter().map(|c| c.restart_count).sum()
    }
    /// Effective request of a resource in `milli` units for cpu, base units otherwise:
    /// max(sum of containers and sidecars, each init container) + overhead (KEP-753's rule).
    pub fn request(&self, name: &str) -> i64 {
        self.spec.request(name)
    }
}

/// `v1.PodSpec` without `nodeName`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[allow(missing_docs)]
pub struct PodSpec {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub init_containers: Vec<Container>,
    pub containers: Vec<Container>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub restart_policy: Option<RestartPolicy>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub termination_grace_period_seconds: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub active_deadline_seconds: Option<i64>,
    #[serde(skip_serializing_if = "Str::is_empty")]
    pub scheduler_name: Str,
    #[serde(skip_serializing_if = "Labels::is_empty")]
    pub node_selector: Labels,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub affinity: Option<Affinity>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tolerations: Vec<Toleration>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub priority: Option<i32>,
    #[serde(skip_serializing_if = "Str::is_empty")]
    pub priority_class_name: Str,
    #[serde(skip_serializing_if = "Str::is_empty")]
    pub service_account_name: Str,
    #[serde(skip_serializing_if = "is_false")]
    pub host_network: bool,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub overhead: ResourceList,
    #[serde(flatten)]
    pub other: Other,
}

impl PodSpec {
    /// See [`Pod::request`].
    pub fn request(&self, name: &str) -> i64 {
        let of = |c: &Container| {
            c.resources.requests.get(name).map_or(0, |q| if name == "cpu" { q.milli() } else { q.value() })
        };
        let sidecar = |c: &&Container| c.restart_policy == Some(RestartPolicy::Always);
        let mut sidecars = 0i64;
        let mut init_max = 0i64;
        for c in &self.init_containers {
            if sidecar(&c) {
                sidecars = sidecars.saturating_add(of(c));
                init_max = init_max.max(sidecars);
            } else {
                init_max = init_max.max(of(c).saturating_add(sidecars));
            }
        }
        let main = self.containers.iter().fold(sidecars, |a, c| a.saturating_add(of(c)));
        let overhead =
            self.overhead.get(name).map_or(0, |q| if name == "cpu" { q.milli() } else { q.value() });
        main.max(init_max).saturating_add(overhead)
    }
    /// The restart policy, `Always` unless set.
    pub fn restart(&self) -> RestartPolicy {
        self.restart_policy.unwrap_or_default()
    }
    /// Seconds between the polite signal and the kill.
    pub fn grace_seconds(&self) -> i64 {
        self.termination_grace_period_seconds.unwrap_or(30)
    }
}

/// When a container is started again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub enum RestartPolicy {
    #[default]
    Always,
    OnFailure,
    Never,
}

/// `v1.Container`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[allow(missing_docs)]
pub struct Container {
    pub name: Str,
    #[serde(skip_serializing_if = "Str::is_empty")]
    pub image: Str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub command: Vec<Str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub args: Vec<Str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ports: Vec<ContainerPort>,
    #[serde(skip_serializing_if = "Resources::is_empty")]
    pub resources: Resources,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub liveness_probe: Option<Probe>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub readiness_probe: Option<Probe>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub startup_probe: Option<Probe>,
    /// Only `Always`, and only for init containers: a sidecar (KEP-753).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub restart_policy: Option<RestartPolicy>,
    #[serde(skip_serializing_if = "Str::is_empty")]
    pub image_pull_policy: Str,
    #[serde(skip_serializing_if = "Str::is_empty")]
    pub termination_message_path: Str,
    #[serde(skip_serializing_if = "Str::is_empty")]
    pub termination_message_policy: Str,
    #[serde(flatten)]
    pub other: Other,
}

/// `v1.ContainerPort`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[allow(missing_docs)]
pub struct ContainerPort {
    #[serde(skip_serializing_if = "Str::is_empty")]
    pub name: Str,
    pub container_port: i64,
    #[serde(skip_serializing_if = "is_zero_i64")]
    pub host_port: i64,
    #[serde(rename = "hostIP", skip_serializing_if = "Str::is_empty")]
    pub host_ip: Str,
    #[serde(skip_serializing_if = "Str::is_empty")]
    pub protocol: Str,
}

/// `v1.ResourceRequirements`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[allow(missing_docs)]
pub struct Resources {
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub limits: ResourceList,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub requests: ResourceList,
    #[serde(flatten)]
    pub other: Other,
}

impl Resources {
    fn is_empty(&self) -> bool {
        self.limits.is_empty() && self.requests.is_empty() && self.other.is_empty()
    }
}

/// `v1.Probe`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[allow(missing_docs)]
pub struct Probe {
    #[serde(flatten)]
    pub action: ProbeAction,
    #[serde(skip_serializing_if = "is_zero_i64")]
    pub initial_delay_seconds: i64,
    #[serde(skip_serializing_if = "is_zero_i64")]
    pub timeout_seconds: i64,
    #[serde(skip_serializing_if = "is_zero_i64")]
    pub period_seconds: i64,
    #[serde(skip_serializing_if = "is_zero_i64")]
    pub success_threshold: i64,
    #[serde(skip_serializing_if = "is_zero_i64")]
    pub failure_threshold: i64,
    #[serde(flatten)]
    pub other: Other,
}

/// What a probe does.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[allow(missing_docs)]
pub struct ProbeAction {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub http_get: Option<HttpGet>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tcp_socket: Option<Other>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exec: Option<Other>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grpc: Option<Other>,
}

/// `v1.HTTPGetAction`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[allow(missing_docs)]
pub struct HttpGet {
    #[serde(skip_serializing_if = "Str::is_empty")]
    pub path: Str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub port: Option<IntOrString>,
    #[serde(skip_serializing_if = "Str::is_empty")]
    pub scheme: Str,
    #[serde(flatten)]
    pub other: Other,
}

/// `v1.Affinity`: the node part is typed, pod affinity is kept for its plugin.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[allow(missing_docs)]
pub struct Affinity {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub node_affinity: Option<NodeAffinity>,
    #[serde(flatten)]
    pub other: Other,
}

/// `v1.NodeAffinity`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[allow(missing_docs)]
pub struct NodeAffinity {
    #[serde(
        rename = "requiredDuringSchedulingIgnoredDuringExecution",
        skip_serializing_if = "Option::is_none"
    )]
    pub required: Option<NodeSelector>,
    #[serde(
        rename = "preferredDuringSchedulingIgnoredDuringExecution",
        skip_serializing_if = "Vec::is_empty"
    )]
    pub preferred: Vec<PreferredTerm>,
}

/// `v1.NodeSelector`: terms are ORed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[allow(missing_docs)]
pub struct NodeSelector {
    pub node_selector_terms: Vec<NodeSelectorTerm>,
}

/// `v1.PreferredSchedulingTerm`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[allow(missing_docs)]
pub struct PreferredTerm {
    pub weight: i64,
    pub preference: NodeSelectorTerm,
}

/// `v1.NodeSelectorTerm`: requirements are ANDed; an empty term matches nothing.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[allow(missing_docs)]
pub struct NodeSelectorTerm {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub match_expressions: Vec<NodeSelectorRequirement>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub match_fields: Vec<NodeSelectorRequirement>,
}

/// `v1.NodeSelectorRequirement`; operators In, NotIn, Exists, DoesNotExist, Gt, Lt.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[allow(missing_docs)]
pub struct NodeSelectorRequirement {
    pub key: Str,
    pub operator: Str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<Str>,
}

/// `v1.Toleration`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[allow(missing_docs)]
pub struct Toleration {
    #[serde(skip_serializing_if = "Str::is_empty")]
    pub key: Str,
    #[serde(skip_serializing_if = "Str::is_empty")]
    pub operator: Str,
    #[serde(skip_serializing_if = "Str::is_empty")]
    pub value: Str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub effect: Option<TaintEffect>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub toleration_seconds: Option<i64>,
}

impl Toleration {
    /// Whether it tolerates a taint (`corev1.Toleration.ToleratesTaint`).
    pub fn tolerates(&self, taint: &super::Taint) -> bool {
        if self.effect.is_some_and(|e| e != taint.effect) || (!self.key.is_empty() && self.key != taint.key) {
            return false;
        }
        match self.operator.as_str() {
            "" | "Equal" => self.value == taint.value,
            "Exists" => true,
            _ => false,
        }
    }
}

/// `status.phase`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[allow(missing_docs)]
pub enum PodPhase {
    #[default]
    Pending,
    Running,
    Succeeded,
    Failed,
    Unknown,
}

impl PodPhase {
    /// Its text in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "Pending",
            Self::Running => "Running",
            Self::Succeeded => "Succeeded",
            Self::Failed => "Failed",
            Self::Unknown => "Unknown",
        }
    }
}

/// `v1.PodStatus`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[allow(missing_docs)]
pub struct PodStatus {
    pub phase: PodPhase,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub conditions: List<Condition>,
    #[serde(skip_serializing_if = "Str::is_empty")]
    pub reason: Str,
    #[serde(skip_serializing_if = "Str::is_empty")]
    pub message: Str,
    #[serde(rename = "hostIP", skip_serializing_if = "Str::is_empty")]
    pub host_ip: Str,
    #[serde(rename = "podIP", skip_serializing_if = "Str::is_empty")]
    pub pod_ip: Str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_time: Option<Time>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub init_container_statuses: List<ContainerStatus>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub container_statuses: List<ContainerStatus>,
    #[serde(skip_serializing_if = "Str::is_empty")]
    pub nominated_node_name: Str,
    #[serde(skip_serializing_if = "Str::is_empty")]
    pub qos_class: Str,
    #[serde(flatten)]
    pub other: Other,
}

/// `v1.ContainerStatus`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[allow(missing_docs)]
pub struct ContainerStatus {
    pub name: Str,
    pub state: ContainerState,
    #[serde(skip_serializing_if = "ContainerState::is_none")]
    pub last_state: ContainerState,
    pub ready: bool,
    pub restart_count: i64,
    pub image: Str,
    #[serde(rename = "imageID")]
    pub image_id: Str,
    #[serde(rename = "containerID", skip_serializing_if = "Str::is_empty")]
    pub container_id: Str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started: Option<bool>,
    #[serde(flatten)]
    pub other: Other,
}

/// `v1.ContainerState`: one of waiting, running, terminated, or (only as `lastState`) none.
#[derive(Clone, Debug, Default, PartialEq)]
#[allow(missing_docs)]
pub enum ContainerState {
    #[default]
    None,
    Waiting(Waiting),
    /// Running since.
    Running(Time),
    Terminated(Arc<Terminated>),
}

/// Why a container is not running yet.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[allow(missing_docs)]
pub struct Waiting {
    #[serde(skip_serializing_if = "Str::is_empty")]
    pub reason: Str,
    #[serde(skip_serializing_if = "Str::is_empty")]
    pub message: Str,
}

/// How a container ended.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[allow(missing_docs)]
pub struct Terminated {
    pub exit_code: i64,
    #[serde(skip_serializing_if = "is_zero_i64")]
    pub signal: i64,
    #[serde(skip_serializing_if = "Str::is_empty")]
    pub reason: Str,
    #[serde(skip_serializing_if = "Str::is_empty")]
    pub message: Str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started_at: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<Time>,
    #[serde(rename = "containerID", skip_serializing_if = "Str::is_empty")]
    pub container_id: Str,
}

#[derive(Serialize, Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct StateWire {
    #[serde(skip_serializing_if = "Option::is_none")]
    waiting: Option<Waiting>,
    #[serde(skip_serializing_if = "Option::is_none")]
    running: Option<RunningWire>,
    #[serde(skip_serializing_if = "Option::is_none")]
    terminated: Option<Arc<Terminated>>,
}
#[derive(Serialize, Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct RunningWire {
    started_at: Option<Time>,
}

impl ContainerState {
    fn is_none(&self) -> bool {
        matches!(self, Self::None)
    }
}
impl Serialize for ContainerState {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        let mut w = StateWire::default();
        match self {
            Self::None => {}
            Self::Waiting(x) => w.waiting = Some(x.clone()),
            Self::Running(t) => w.running = Some(RunningWire { started_at: Some(*t) }),
            Self::Terminated(t) => w.terminated = Some(t.clone()),
        }
        w.serialize(s)
    }
}
impl<'de> Deserialize<'de> for ContainerState {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let w = StateWire::deserialize(d)?;
        Ok(if let Some(t) = w.terminated {
            Self::Terminated(t)
        } else if let Some(r) = w.running {
            Self::Running(r.started_at.unwrap_or(Time(0)))
        } else if let Some(x) = w.waiting {
            Self::Waiting(x)
        } else {
            Self::None
        })
    }
}
