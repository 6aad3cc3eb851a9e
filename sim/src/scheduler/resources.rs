//! What a pod asks for and what a node offers, as integers.
//!
//! Sources: `k8s.io/component-helpers/resource/helpers.go` (PodRequests), `pkg/scheduler/framework/types.go`
//! (Resource, calculateResource), `pkg/scheduler/util/pod_resources.go` (the defaults for scoring).
//! Left out: `status.containerStatuses[].allocatedResources` of an unfinished in-place resize.

use crate::api_util::Quantity;
use crate::object::{Container, PodSpec, ResourceList, RestartPolicy, Str};

/// Processor time that a container without a request counts for in scores: 0.1 core.
pub const DEFAULT_MILLI_CPU: i64 = 100;
/// Memory that a container without a request counts for in scores: 200 MiB.
pub const DEFAULT_MEMORY: i64 = 200 * 1024 * 1024;

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
                "cpu" => a.milli_cpu = q.milli(),
                "memory" => a.memory = q.value(),
                "ephemeral-storage" => a.ephemeral = q.value(),
                "pods" => a.pods = q.value(),
                // A BTreeMap is walked in key order, so that this stays sorted.
                n if is_scalar(n) => a.scalar.push((name.clone(), q.value())),
                _ => {}
            }
        }
        a
    }

    /// The amount of an extended resource.
    pub fn scalar(&self, name: &str) -> i64 {
        self.scalar.binary_search_by(|(n, _)| n.as_str().cmp(name)).map_or(0, |i| self.scalar[i].1)
    }

    /// Adds `sign` times the other, but for `pods`.
    pub fn add(&mut self, other: &Amounts, sign: i64) {
        self.milli_cpu += sign * other.milli_cpu;
        self.memory += sign * other.memory;
        self.ephemeral += sign * other.ephemeral;
        for (name, n) in &other.scalar {
            match self.scalar.binary_search_by(|(x, _)| x.cmp(name)) {
                Ok(i) => self.scalar[i].1 += sign * n,
                Err(i) => self.scalar.insert(i, (name.clone(), sign * n)),
            }
        }
    }

    /// Whether nothing at all is asked for (`pods` aside).
    pub fn is_none(&self) -> bool {
        self.milli_cpu == 0 && self.memory == 0 && self.ephemeral == 0 && self.scalar.is_empty()
    }
}

/// `schedutil.IsScalarResourceName`: has a domain, or is a huge page size or an attachable volume limit.
fn is_scalar(name: &str) -> bool {
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
    /// As `scored_milli_cpu`, but for the pod that is being placed: requests on the pod itself do not count
    /// there. (Upstream's scorer is not told of the PodLevelResources gate; its recorded answers show it.)
    pub asked_milli_cpu: i64,
    /// As `scored_memory`, but for the pod that is being placed.
    pub asked_memory: i64,
}

impl PodAmounts {
    /// What a pod of that spec counts for.
    pub fn of(spec: &PodSpec) -> PodAmounts {
        let levels = pod_level(spec);
        let total = |name: &str, default: Quantity| {
            let q = levels
                .as_ref()
                .and_then(|l| l.get(name).filter(|_| pod_level_supports(name)).copied())
                .unwrap_or_else(|| containers(spec, name, default));
            spec.overhead.get(name).map_or(q, |o| q.plus(*o))
        };
        let by_containers = |name: &str, default: Quantity| {
            let q = containers(spec, name, default);
            spec.overhead.get(name).map_or(q, |o| q.plus(*o))
        };
        let mut request = Amounts {
            milli_cpu: total("cpu", Quantity::ZERO).milli(),
            memory: total("memory", Quantity::ZERO).value(),
            ephemeral: total("ephemeral-storage", Quantity::ZERO).value(),
            ..Amounts::default()
        };
        let lists = spec
            .containers
            .iter()
            .chain(&spec.init_containers)
            .map(|c| &c.resources.requests)
            .chain([&spec.overhead])
            .chain(levels.as_ref());
        for name in lists.flat_map(|l| l.keys()).filter(|n| is_scalar(n)) {
            if let Err(i) = request.scalar.binary_search_by(|(x, _)| x.cmp(name)) {
                request.scalar.insert(i, (name.clone(), total(name, Quantity::ZERO).value()));
            }
        }
        // With requests on the pod itself, a container's missing request counts only if the pod has none at all.
        let asks = |name: &str| {
            levels.is_some()
                && (levels.as_ref().is_some_and(|l| l.contains_key(name))
                    || spec.containers.iter().any(|c| c.resources.requests.contains_key(name)))
        };
        let cpu = if asks("cpu") { Quantity::ZERO } else { default_cpu() };
        let memory = if asks("memory") { Quantity::ZERO } else { default_memory() };
        PodAmounts {
            scored_milli_cpu: total("cpu", cpu).milli(),
            scored_memory: total("memory", memory).value(),
            asked_milli_cpu: by_containers("cpu", default_cpu()).milli(),
            asked_memory: by_containers("memory", default_memory()).value(),
            request,
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
fn containers(spec: &PodSpec, name: &str, default: Quantity) -> Quantity {
    let of = |c: &Container| c.resources.requests.get(name).copied().unwrap_or(default);
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
