//! What a pod asks for and what a node offers, as integers.
//!
//! Sources: `k8s.io/component-helpers/resource/helpers.go` (PodRequests), `pkg/scheduler/framework/types.go`
//! (Resource, calculateResource), `pkg/scheduler/util/pod_resources.go` (the defaults for scoring).
//!
//! Amounts are bounded: of a pod at 2⁶⁰, of a node at one less, so that a pod that asks for more than any number holds
//! fits nowhere and the sums over a node's pods hold.

use crate::api_util::Quantity;
use crate::object::{Container, Pod, PodSpec, ResourceList, RestartPolicy, Str};

/// Processor time that a container without a request counts for in scores: 0.1 core.
pub const DEFAULT_MILLI_CPU: i64 = 100;
/// Memory that a container without a request counts for in scores: 200 MiB.
pub const DEFAULT_MEMORY: i64 = 200 * 1024 * 1024;

/// The most that a pod counts for.
const MOST: i64 = 1 << 60;

/// A resource that the scheduler counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Resource {
    /// Thousandths of a core.
    Cpu,
    /// Bytes.
    Memory,
    /// Bytes.
    Ephemeral,
    /// An extended resource or a size of huge pages.
    Scalar(Str),
}

impl Resource {
    /// The resource of that name.
    pub fn named(name: &str) -> Resource {
        match name {
            "cpu" => Resource::Cpu,
            "memory" => Resource::Memory,
            "ephemeral-storage" => Resource::Ephemeral,
            other => Resource::Scalar(Str::from(other)),
        }
    }
}

/// Amounts of all resources that the scheduler counts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Amounts {
    /// Thousandths of a core.
    pub milli_cpu: i64,
    /// Bytes.
    pub memory: i64,
    /// Bytes.
    pub ephemeral: i64,
    /// How many pods: of a node, how many it takes.
    pub pods: i64,
    /// Extended resources and huge pages, sorted by name.
    pub scalar: Vec<(Str, i64)>,
}

impl Amounts {
    /// The amounts of a resource list; resources that the scheduler does not count are left out.
    pub fn of(list: &ResourceList) -> Amounts {
        let mut a = Amounts::default();
        for (name, q) in list {
            match name.as_str() {
                "cpu" => a.milli_cpu = q.milli().min(MOST - 1),
                "memory" => a.memory = q.value().min(MOST - 1),
                "ephemeral-storage" => a.ephemeral = q.value().min(MOST - 1),
                "pods" => a.pods = q.value().min(MOST - 1),
                // A BTreeMap is walked in key order, so that this stays sorted.
                n if is_scalar(n) => a.scalar.push((name.clone(), q.value().min(MOST - 1))),
                _ => {}
            }
        }
        a
    }

    /// The amount of one resource.
    pub fn get(&self, resource: &Resource) -> i64 {
        match resource {
            Resource::Cpu => self.milli_cpu,
            Resource::Memory => self.memory,
            Resource::Ephemeral => self.ephemeral,
            Resource::Scalar(name) => self.scalar(name),
        }
    }

    /// The amount of an extended resource.
    pub fn scalar(&self, name: &str) -> i64 {
        self.scalar.binary_search_by(|(n, _)| n.as_str().cmp(name)).map_or(0, |i| self.scalar[i].1)
    }

    /// Adds `sign` times the other, but for `pods`.
    pub fn add(&mut self, other: &Amounts, sign: i64) {
        self.milli_cpu = self.milli_cpu.wrapping_add(sign * other.milli_cpu);
        self.memory = self.memory.wrapping_add(sign * other.memory);
        self.ephemeral = self.ephemeral.wrapping_add(sign * other.ephemeral);
        for (name, n) in &other.scalar {
            match self.scalar.binary_search_by(|(x, _)| x.cmp(name)) {
                Ok(i) => self.scalar[i].1 = self.scalar[i].1.wrapping_add(sign * n),
                Err(i) => self.scalar.insert(i, (name.clone(), sign * n)),
            }
        }
        if sign < 0 && !other.scalar.is_empty() {
            self.scalar.retain(|(_, n)| *n != 0);
        }
    }

    /// Whether nothing at all is asked for (`pods` aside).
    pub fn is_none(&self) -> bool {
        self.milli_cpu == 0 && self.memory == 0 && self.ephemeral == 0 && self.scalar.is_empty()
    }
}

/// `schedutil.IsScalarResourceName`: has a domain, or is a huge page size or an attachable volume limit.
pub fn is_scalar(name: &str) -> bool {
    name.contains('/') && !name.starts_with("requests.")
        || name.starts_with("hugepages-")
        || name.starts_with("attachable-volumes-")
}

/// What one pod counts for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PodAmounts {
    /// What it asks for.
    pub request: Amounts,
    /// Thousandths of a core that scores count: missing requests have a default.
    pub scored_milli_cpu: i64,
    /// Bytes that scores count.
    pub scored_memory: i64,
    /// As `request`, but for NodeResourcesFit's score of the pod that is being placed: requests on the pod itself do
    /// not count there. (Upstream does not tell that scorer of the PodLevelResources gate; its recorded answers show it.)
    pub asked: Amounts,
    /// As `scored_milli_cpu`, but for the pod that is being placed.
    pub asked_milli_cpu: i64,
    /// As `scored_memory`, but for the pod that is being placed.
    pub asked_memory: i64,
}

/// Requests of the containers whose status says what is set aside for them (an in-place resize that is not done):
/// the larger of what is wanted and what is held counts (`determineContainerReqs`).
type Held = Vec<(Str, ResourceList)>;

fn held(pod: &Pod) -> Held {
    let infeasible = |c: &crate::object::Condition| c.type_ == "PodResizePending" && c.reason == "Infeasible";
    let infeasible = pod.status.conditions.iter().any(infeasible);
    let list = |v: Option<&serde_json::Value>| -> ResourceList {
        v.and_then(|v| serde_json::from_value(v.clone()).ok()).unwrap_or_default()
    };
    let statuses = pod.status.container_statuses.iter().chain(&pod.status.init_container_statuses);
    let mut out = Held::new();
    for s in statuses {
        let Some(resources) = s.other.get("resources") else { continue };
        let actual = list(resources.get("requests"));
        let allocated = list(s.other.get("allocatedResources"));
        let all = pod.spec.containers.iter().chain(&pod.spec.init_containers);
        let wanted = all.filter(|c| c.name == s.name && !infeasible).map(|c| c.resources.requests.clone());
        let mut most = ResourceList::new();
        for (name, q) in wanted.chain([actual, allocated]).flatten() {
            most.entry(name).and_modify(|m| *m = (*m).max(q)).or_insert(q);
        }
        out.push((s.name.clone(), most));
    }
    out
}

/// Whether a pod counts for more than its spec says.
pub(super) fn resizing(pod: &Pod) -> bool {
    let statuses = pod.status.container_statuses.iter().chain(&pod.status.init_container_statuses);
    statuses.into_iter().any(|s| s.other.contains_key("resources"))
}

impl PodAmounts {
    /// What a pod counts for.
    pub fn of(pod: &Pod) -> PodAmounts {
        let spec = &pod.spec;
        let held = held(pod);
        let levels = pod_level(spec);
        let by_containers = |name: &str, default: Quantity| {
            let q = containers(spec, &held, name, default);
            spec.overhead.get(name).map_or(q, |o| q.plus(*o))
        };
        let total = |name: &str, default: Quantity| {
            let level =
                levels.as_ref().and_then(|l| l.get(name).filter(|_| pod_level_supports(name)).copied());
            match level {
                Some(q) => spec.overhead.get(name).map_or(q, |o| q.plus(*o)),
                None => by_containers(name, default),
            }
        };
        let names: Vec<&Str> = {
            let lists = spec.containers.iter().chain(&spec.init_containers).map(|c| &c.resources.requests);
            let lists =
                lists.chain(held.iter().map(|(_, l)| l)).chain([&spec.overhead]).chain(levels.as_ref());
            let mut names: Vec<&Str> = lists.flat_map(|l| l.keys()).filter(|n| is_scalar(n)).collect();
            names.sort();
            names.dedup();
            names
        };
        let amounts = |of: &dyn Fn(&str, Quantity) -> Quantity| Amounts {
            milli_cpu: of("cpu", Quantity::ZERO).milli().min(MOST),
            memory: of("memory", Quantity::ZERO).value().min(MOST),
            ephemeral: of("ephemeral-storage", Quantity::ZERO).value().min(MOST),
            pods: 0,
            scalar: names.iter().map(|n| ((*n).clone(), of(n, Quantity::ZERO).value().min(MOST))).collect(),
        };
        // With requests on the pod itself, a container's missing request counts only if the pod has none at all.
        let asks = |name: &str| {
            levels.is_some()
                && (levels.as_ref().is_some_and(|l| l.contains_key(name))
                    || spec.overhead.contains_key(name)
                    || held.iter().any(|(_, l)| l.contains_key(name))
                    || spec
                        .containers
                        .iter()
                        .chain(&spec.init_containers)
                        .any(|c| c.resources.requests.contains_key(name)))
        };
        let cpu = if asks("cpu") { Quantity::ZERO } else { default_cpu() };
        let memory = if asks("memory") { Quantity::ZERO } else { default_memory() };
        PodAmounts {
            request: amounts(&total),
            scored_milli_cpu: total("cpu", cpu).milli().min(MOST),
            scored_memory: total("memory", memory).value().min(MOST),
            asked: amounts(&by_containers),
            asked_milli_cpu: by_containers("cpu", default_cpu()).milli().min(MOST),
            asked_memory: by_containers("memory", default_memory()).value().min(MOST),
        }
    }
}

fn default_cpu() -> Quantity {
    Quantity::from_milli(DEFAULT_MILLI_CPU, crate::api_util::quantity::Format::DecimalSi)
}
fn default_memory() -> Quantity {
    Quantity::new(DEFAULT_MEMORY, crate::api_util::quantity::Format::BinarySi)
}

/// `spec.resources.requests` (KEP-2837), if there are any.
fn pod_level(spec: &PodSpec) -> Option<ResourceList> {
    let requests = spec.other.get("resources")?.get("requests")?;
    serde_json::from_value::<ResourceList>(requests.clone())
        .ok()
        .filter(|l| l.keys().any(|k| pod_level_supports(k)))
}

fn pod_level_supports(name: &str) -> bool {
    name == "cpu" || name == "memory" || name.starts_with("hugepages-")
}

/// max(containers and sidecars together, each init container with the sidecars before it).
fn containers(spec: &PodSpec, held: &Held, name: &str, default: Quantity) -> Quantity {
    let of = |c: &Container| {
        let held = held.iter().find(|(n, _)| *n == c.name).map(|(_, l)| l);
        held.unwrap_or(&c.resources.requests).get(name).copied().unwrap_or(default)
    };
    let mut sidecars = Quantity::ZERO;
    let mut init = Quantity::ZERO;
    for c in &spec.init_containers {
        if c.restart_policy == Some(RestartPolicy::Always) {
            sidecars = sidecars.plus(of(c));
            init = init.max(sidecars);
        } else {
            init = init.max(sidecars.plus(of(c)));
        }
    }
    spec.containers.iter().fold(sidecars, |sum, c| sum.plus(of(c))).max(init)
}
