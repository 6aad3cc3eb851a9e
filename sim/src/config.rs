//! What a world is made of: nodes, images, latencies and the timings of a Kubernetes version.

use crate::api_util::Quantity;
use crate::links::LatencyProfile;
use crate::object::{Labels, Str, Taint};
use crate::runtime::ImageModel;
use crate::time::Span;
use std::collections::BTreeMap;

/// The Kubernetes version whose defaults and timings are modelled.
pub const KUBERNETES_VERSION: &str = "v1.34.1";

/// Everything that a world is built from, besides its seed.
#[derive(Clone, Debug)]
pub struct WorldConfig {
    /// The nodes, in the order in which they join.
    pub nodes: Vec<NodeConfig>,
    /// How containers behave, the first match wins.
    pub images: Vec<ImageModel>,
    /// How long messages take.
    pub latency: LatencyProfile,
    /// Timers and periods.
    pub timings: Timings,
    /// What the trace keeps.
    pub trace: crate::trace::Level,
    /// The wall-clock time at which the world begins, in seconds since the Unix epoch.
    pub epoch_s: i64,
    /// How many committed events the API server's watch cache remembers before a watch from an older
    /// revision is answered with 410 Gone.
    pub watch_window: usize,
    /// The scheduler's configuration, a `KubeSchedulerConfiguration`; upstream's defaults if there is none. One that
    /// cannot be read ([`Profiles::from_value`](crate::scheduler::profiles::Profiles::from_value) says why) counts as
    /// none: who takes it from outside checks it first.
    pub scheduler: Option<serde_json::Value>,
}

impl Default for WorldConfig {
    fn default() -> Self {
        WorldConfig {
            nodes: NodeConfig::many(3, &NodeConfig::default()),
            images: Vec::new(),
            latency: LatencyProfile::default(),
            timings: Timings::default(),
            trace: crate::trace::Level::Full,
            // 2026-01-01T00:00:00Z
            epoch_s: 1_767_225_600,
            watch_window: 4096,
            scheduler: None,
        }
    }
}

/// One node's machine.
#[derive(Clone, Debug)]
pub struct NodeConfig {
    /// Its name.
    pub name: Str,
    /// Processor time that pods may ask for.
    pub cpu: Quantity,
    /// Memory that pods may ask for.
    pub memory: Quantity,
    /// How many pods it takes.
    pub pods: i64,
    /// Extended resources.
    pub extended: BTreeMap<Str, Quantity>,
    /// Labels besides the usual ones.
    pub labels: Labels,
    /// Taints that the kubelet registers with.
    pub taints: Vec<Taint>,
    /// Bytes a second from the registry.
    pub bandwidth: u64,
}

impl Default for NodeConfig {
    fn default() -> Self {
        NodeConfig {
            name: Str::new(),
            cpu: "4".parse().expect("a quantity"),
            memory: "8Gi".parse().expect("a quantity"),
            pods: 110,
            extended: BTreeMap::new(),
            labels: Labels::default(),
            taints: Vec::new(),
            bandwidth: 50_000_000,
        }
    }
}

impl NodeConfig {
    /// `n` nodes of one make, named node-1, node-2, …
    pub fn many(n: usize, make: &NodeConfig) -> Vec<NodeConfig> {
        (1..=n).map(|i| NodeConfig { name: Str::from(format!("node-{i}")), ..make.clone() }).collect()
    }
}

/// Timers and periods, pinned to [`KUBERNETES_VERSION`]. Each names where upstream sets it.
#[derive(Clone, Debug, PartialEq)]
pub struct Timings {
    /// kubelet `nodeLeaseDurationSeconds`; the lease is renewed at a quarter of it.
    pub node_lease_duration: Span,
    /// kubelet `nodeStatusUpdateFrequency`: how often the kubelet computes its node's status.
    pub node_status_update: Span,
    /// kubelet `nodeStatusReportFrequency`: how often an unchanged status is sent all the same.
    pub node_status_report: Span,
    /// controller manager `--node-monitor-period`.
    pub node_monitor_period: Span,
    /// controller manager `--node-monitor-grace-period` (50 s since v1.32).
    pub node_monitor_grace: Span,
    /// admission plugin DefaultTolerationSeconds.
    pub default_toleration_s: i64,
    /// kubelet CrashLoopBackOff: first wait, longest wait, and the run time that resets it.
    pub crash_backoff: (Span, Span, Span),
    /// kubelet image pull back-off: first wait and longest wait.
    pub image_backoff: (Span, Span),
    /// How long a client waits for an answer that does not come.
    pub client_timeout: Span,
    /// How long the API server waits for etcd.
    pub etcd_timeout: Span,
    /// Life of an Event object: API server `--event-ttl`.
    pub event_ttl: Span,
    /// Period of watch bookmarks.
    pub bookmark_period: Span,
    /// Period of etcd compaction (API server `--etcd-compaction-interval`).
    pub compaction_interval: Span,
}

impl Default for Timings {
    fn default() -> Self {
        Timings {
            node_lease_duration: Span::secs(40),
            node_status_update: Span::secs(10),
            node_status_report: Span::secs(300),
            node_monitor_period: Span::secs(5),
            node_monitor_grace: Span::secs(50),
            default_toleration_s: 300,
            crash_backoff: (Span::secs(10), Span::secs(300), Span::secs(600)),
            image_backoff: (Span::secs(10), Span::secs(300)),
            client_timeout: Span::secs(10),
            etcd_timeout: Span::secs(5),
            event_ttl: Span::secs(3600),
            bookmark_period: Span::secs(60),
            compaction_interval: Span::secs(300),
        }
    }
}
