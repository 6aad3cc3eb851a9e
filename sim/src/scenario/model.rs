//! A scenario file as types: what the cluster is made of, and what happens in it.

use super::lesson::Lesson;
use super::steps::Step;
use super::values::{Amount, Bytes, Dur, Until};
use crate::config::{NodeConfig, Timings, WorldConfig};
use crate::links::LatencyProfile;
use crate::object::{Str, Taint};
use crate::time::Span;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The `apiVersion` of scenario files.
pub const API_VERSION: &str = "podium.dev/v1alpha1";

/// A scenario: a cluster, a timeline of what happens in it, and what must come of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Scenario {
    /// `podium.dev/v1alpha1`.
    pub api_version: String,
    /// `Scenario`.
    pub kind: String,
    /// Name and labels.
    #[serde(default)]
    pub metadata: Meta,
    /// What it says.
    #[serde(default)]
    pub spec: Spec,
}

/// What a scenario is called.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Meta {
    /// Its name.
    pub name: String,
    /// Labels, to choose scenarios by.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
}

/// What a scenario says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Spec {
    /// The seed of all that is random; the same seed gives the same run.
    pub seed: u64,
    /// How long messages take: `instant`, `lan` or `classroom`.
    #[schemars(with = "LatencyName")]
    pub latency: LatencyProfile,
    /// When the run ends; without it, when the last step has passed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<Until>,
    /// The nodes, and the cluster's timers.
    pub cluster: Cluster,
    /// How containers behave, by image; the first match wins.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(with = "Vec<std::collections::BTreeMap<String, serde_json::Value>>")]
    pub images: Vec<Image>,
    /// Refuse kinds and fields that nothing acts on, instead of warning.
    pub strict: bool,
    /// What happens, in order.
    pub steps: Vec<Step>,
    /// Faults drawn from the seed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chaos: Option<Chaos>,
    /// What makes this a lesson.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lesson: Option<Lesson>,
}

impl Default for Spec {
    fn default() -> Self {
        Spec {
            seed: 1,
            latency: LatencyProfile::default(),
            until: None,
            cluster: Cluster::default(),
            images: Vec::new(),
            strict: false,
            steps: Vec::new(),
            chaos: None,
            lesson: None,
        }
    }
}

/// How containers of an image behave: the runtime's own model.
pub use crate::runtime::ImageModel as Image;

/// For the schema alone: the names of latency profiles.
#[derive(JsonSchema)]
#[serde(rename_all = "lowercase")]
#[allow(dead_code)]
enum LatencyName {
    Instant,
    Lan,
    Classroom,
}

/// The nodes, and the cluster's timers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Cluster {
    /// How many nodes of one make (`node-1`, `node-2`, …), or a list of makes. Three if not given.
    pub nodes: Nodes,
    /// The make of the nodes, and what listed ones leave out.
    pub node: NodeMake,
    /// A set of timers: `default`, as in Kubernetes, or `classroom`, ten times as fast.
    pub preset: Preset,
    /// Single timers, over the preset.
    pub timings: TimingsPatch,
    /// The scheduler's configuration, a `KubeSchedulerConfiguration` as kube-scheduler takes it with `--config`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "BTreeMap<String, serde_json::Value>")]
    pub scheduler: Option<serde_json::Value>,
}

/// How many nodes, or which.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum Nodes {
    /// So many, named node-1, node-2, …
    Count(u32),
    /// These.
    List(Vec<NodeMake>),
}

impl Default for Nodes {
    fn default() -> Self {
        Nodes::Count(3)
    }
}

impl<'de> Deserialize<'de> for Nodes {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        struct V;
        impl<'de> serde::de::Visitor<'de> for V {
            type Value = Nodes;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a number of nodes, or a list such as `[{name: big, cpu: \"16\"}, {count: 2}]`")
            }
            fn visit_u64<E: serde::de::Error>(self, n: u64) -> Result<Nodes, E> {
                match u32::try_from(n) {
                    Ok(n) if n <= MAX_NODES => Ok(Nodes::Count(n)),
                    _ => Err(E::custom(format_args!(
                        "{n} nodes are too many{}at most {MAX_NODES}",
                        super::values::EXPECTED
                    ))),
                }
            }
            fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut seq: A) -> Result<Nodes, A::Error> {
                let mut out = Vec::new();
                while let Some(make) = seq.next_element()? {
                    out.push(make);
                }
                Ok(Nodes::List(out))
            }
        }
        d.deserialize_any(V)
    }
}

/// The largest cluster that a scenario may ask for.
pub const MAX_NODES: u32 = 20_000;

/// One node's machine, or several alike.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct NodeMake {
    /// Its name; with a `count`, the names are this with -1, -2, … behind.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// How many of this make.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<u32>,
    /// Processor time that pods may ask for; 4 if not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpu: Option<Amount>,
    /// Memory that pods may ask for; 8Gi if not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory: Option<Amount>,
    /// How many pods it takes; 110 if not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pods: Option<u32>,
    /// Extended resources, such as `example.com/gpu`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub extended: BTreeMap<String, Amount>,
    /// Labels besides the usual ones.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// Taints.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(with = "Vec<std::collections::BTreeMap<String, String>>")]
    pub taints: Vec<Taint>,
    /// Bytes a second from the registry: `50MB`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bandwidth: Option<Bytes>,
}

/// A named set of timers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Preset {
    /// As in the Kubernetes version that is modelled.
    #[default]
    Default,
    /// Ten times as fast, so that a class need not wait.
    Classroom,
}

macro_rules! timings_patch {
    ($($(#[$doc:meta])* $field:ident,)*) => {
        /// Timers that a scenario sets itself, each by the name that it has in the cluster.
        #[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
        #[serde(rename_all = "camelCase", deny_unknown_fields, default)]
        pub struct TimingsPatch {
            $($(#[$doc])* #[serde(skip_serializing_if = "Option::is_none")] pub $field: Option<Dur>,)*
            /// Seconds for which pods tolerate a node that is not ready or out of reach.
            #[serde(skip_serializing_if = "Option::is_none")]
            pub toleration: Option<Dur>,
            /// First wait before a crashed container starts again.
            #[serde(skip_serializing_if = "Option::is_none")]
            pub crash_backoff_first: Option<Dur>,
            /// Longest wait before a crashed container starts again.
            #[serde(skip_serializing_if = "Option::is_none")]
            pub crash_backoff_max: Option<Dur>,
            /// First wait before an image is pulled again.
            #[serde(skip_serializing_if = "Option::is_none")]
            pub image_backoff_first: Option<Dur>,
            /// Longest wait before an image is pulled again.
            #[serde(skip_serializing_if = "Option::is_none")]
            pub image_backoff_max: Option<Dur>,
        }

        impl TimingsPatch {
            /// Sets what is given.
            pub fn apply(&self, t: &mut Timings) {
                $(if let Some(d) = self.$field { t.$field = d.0; })*
                if let Some(d) = self.toleration { t.default_toleration_s = (d.0.0 / 1_000_000_000) as i64; }
                if let Some(d) = self.crash_backoff_first { t.crash_backoff.0 = d.0; }
                if let Some(d) = self.crash_backoff_max { t.crash_backoff.1 = d.0; }
                if let Some(d) = self.image_backoff_first { t.image_backoff.0 = d.0; }
                if let Some(d) = self.image_backoff_max { t.image_backoff.1 = d.0; }
            }
        }
    };
}

timings_patch! {
    /// Life of a node's lease; it is renewed at a quarter of it.
    node_lease_duration,
    /// How often the kubelet looks at its node's status.
    node_status_update,
    /// How often an unchanged status is sent all the same.
    node_status_report,
    /// How often the controller manager looks at the leases.
    node_monitor_period,
    /// How long a node may be silent before it is Unknown.
    node_monitor_grace,
    /// How long a client waits for an answer.
    client_timeout,
    /// How long the API server waits for etcd.
    etcd_timeout,
    /// How long Event objects are kept.
    event_ttl,
    /// How often watches get a bookmark.
    bookmark_period,
    /// How often etcd is compacted.
    compaction_interval,
}

impl Preset {
    /// The timers.
    pub fn timings(self) -> Timings {
        let t = Timings::default();
        match self {
            Preset::Default => t,
            Preset::Classroom => {
                let tenth = |s: Span| Span(s.0 / 10);
                Timings {
                    node_lease_duration: tenth(t.node_lease_duration),
                    node_status_update: tenth(t.node_status_update),
                    node_status_report: tenth(t.node_status_report),
                    node_monitor_period: tenth(t.node_monitor_period),
                    node_monitor_grace: tenth(t.node_monitor_grace),
                    default_toleration_s: t.default_toleration_s / 10,
                    crash_backoff: (
                        tenth(t.crash_backoff.0),
                        tenth(t.crash_backoff.1),
                        tenth(t.crash_backoff.2),
                    ),
                    image_backoff: (tenth(t.image_backoff.0), tenth(t.image_backoff.1)),
                    ..t
                }
            }
        }
    }
}

/// Faults drawn at random from the seed, between two steps.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Chaos {
    /// How many faults.
    pub faults: u32,
    /// The time over which they are spread.
    pub over: Dur,
    /// Which kinds of faults; all, if not given.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub kinds: Vec<String>,
    /// How long the shortest and the longest lasts; 10s to 3m if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lasting: Option<(Dur, Dur)>,
    /// The peace after the last has been mended, before the next step begins; 15m if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quiet: Option<Dur>,
    /// The step after which they begin; the first if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
}

impl Scenario {
    /// A scenario of that name which says nothing yet.
    pub fn named(name: &str) -> Scenario {
        Scenario {
            api_version: API_VERSION.into(),
            kind: "Scenario".into(),
            metadata: Meta { name: name.into(), labels: BTreeMap::new() },
            spec: Spec::default(),
        }
    }

    /// The step of a name.
    pub fn step(&self, name: &str) -> Option<&Step> {
        self.spec.steps.iter().find(|s| s.name == name)
    }

    /// Whether it demands anything. A bare manifest does not.
    pub fn asserts(&self) -> bool {
        self.spec.steps.iter().any(|s| !s.assert.0.is_empty() || s.expect_error.is_some())
    }

    /// What its world is built from.
    pub fn world_config(&self) -> WorldConfig {
        let mut timings = self.spec.cluster.preset.timings();
        self.spec.cluster.timings.apply(&mut timings);
        WorldConfig {
            nodes: self.spec.cluster.node_configs(),
            images: self.spec.images.clone(),
            latency: self.spec.latency,
            timings,
            scheduler: self.spec.cluster.scheduler.clone(),
            ..WorldConfig::default()
        }
    }
}

impl Cluster {
    /// The nodes, in the order in which they join.
    pub fn node_configs(&self) -> Vec<NodeConfig> {
        let base = self.node.over(&NodeConfig::default());
        match &self.nodes {
            Nodes::Count(n) => NodeConfig::many(*n as usize, &base),
            Nodes::List(makes) => {
                let mut out: Vec<NodeConfig> = Vec::new();
                for make in makes {
                    let node = make.over(&base);
                    for i in 1..=make.count.unwrap_or(1) {
                        let name = match (&make.name, make.count) {
                            (Some(n), None) => n.clone(),
                            (Some(n), Some(_)) => format!("{n}-{i}"),
                            (None, _) => format!("node-{}", out.len() + 1),
                        };
                        out.push(NodeConfig { name: Str::from(name), ..node.clone() });
                    }
                }
                out
            }
        }
    }
}

impl NodeMake {
    /// A machine like `base` but for what is given here.
    fn over(&self, base: &NodeConfig) -> NodeConfig {
        let mut node = base.clone();
        if let Some(Amount(q)) = &self.cpu {
            node.cpu = *q;
        }
        if let Some(Amount(q)) = &self.memory {
            node.memory = *q;
        }
        if let Some(n) = self.pods {
            node.pods = i64::from(n);
        }
        for (name, Amount(q)) in &self.extended {
            node.extended.insert(Str::from(name.as_str()), *q);
        }
        for (k, v) in &self.labels {
            node.labels.insert(k.as_str(), v.as_str());
        }
        node.taints.extend(self.taints.iter().cloned());
        if let Some(Bytes(n)) = self.bandwidth {
            node.bandwidth = n;
        }
        node
    }
}
