//! Workloads of scheduler_perf as their files have them, and as they are run.

use super::template::Value;
use crate::diagnostic::{SourceText, Span as Place};
use crate::time::Span;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A text of the file and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Text {
    /// The text.
    pub text: String,
    /// Its place in the file.
    pub span: Place,
}

/// A file of test cases.
#[derive(Clone, Debug)]
pub struct Suite {
    /// The file.
    pub source: Arc<SourceText>,
    /// Its test cases.
    pub cases: Vec<Case>,
}

/// A test case: operations, and workloads that run them in several sizes.
#[derive(Clone, Debug)]
pub struct Case {
    /// Its name.
    pub name: Text,
    /// Labels of all its workloads.
    pub labels: Vec<String>,
    /// Feature gates of all its workloads.
    pub gates: BTreeMap<String, bool>,
    /// The template of pods whose operation names none.
    pub pod_template: Option<Text>,
    /// A KubeSchedulerConfiguration.
    pub scheduler_config: Option<Text>,
    /// What its workloads do.
    pub ops: Vec<OpSpec>,
    /// Its workloads.
    pub workloads: Vec<Workload>,
    /// What thresholds are compared with, unless a workload says otherwise.
    pub selector: Option<Selector>,
}

/// A workload: a test case in one size.
#[derive(Clone, Debug)]
pub struct Workload {
    /// Its name.
    pub name: Text,
    /// Its labels.
    pub labels: Vec<String>,
    /// Its feature gates.
    pub gates: BTreeMap<String, bool>,
    /// Values for the `$names` of the operations.
    pub params: Vec<(Text, Value)>,
    /// Upstream's threshold; 0 stands for none. Of several topics' thresholds, the highest.
    pub threshold: f64,
    /// What the threshold is compared with.
    pub selector: Option<Selector>,
}

/// What a threshold is compared with.
#[derive(Clone, Debug, PartialEq)]
pub struct Selector {
    /// The metric, such as `SchedulingThroughput`.
    pub name: String,
    /// `Average`, `Perc50` …
    pub bucket: String,
    /// Whether the threshold is an upper bound.
    pub lower: bool,
}

/// An operation with its place in the file.
#[derive(Clone, Debug)]
pub struct OpSpec {
    /// What to do.
    pub op: Op,
    /// Where it begins.
    pub span: Place,
    /// Its path in the file.
    pub path: String,
}

/// A number, or the name of a parameter that has it.
#[derive(Clone, Debug, Default)]
pub struct Amount {
    /// The number.
    pub fixed: Option<u64>,
    /// The parameter, without its `$`; it wins over the number.
    pub param: Option<Text>,
    /// A parameter to multiply with.
    pub times: Option<Text>,
}

/// A length of time, or the name of a parameter that has it.
#[derive(Clone, Debug, Default)]
pub struct Length {
    /// The length.
    pub fixed: Option<Span>,
    /// The parameter, without its `$`.
    pub param: Option<Text>,
}

/// A value for templates: as it is, or a parameter's.
#[derive(Clone, Debug)]
pub enum Given {
    /// The value.
    Value(Value),
    /// The parameter, without its `$`.
    Param(Text),
}

/// Values for templates by name.
pub type TemplateParams = Vec<(String, Given)>;

/// What `createNodes` does to its nodes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Prepare {
    /// A label with values that the nodes get in turn.
    pub label: Option<(String, Vec<String>)>,
    /// A label with a value of its own on each node.
    pub unique_label: Option<String>,
    /// Resources added to what the nodes offer.
    pub allocatable: BTreeMap<String, String>,
    /// How many volumes of each CSI driver a node takes.
    pub csi: BTreeMap<String, u64>,
    /// Volume plugins that are served by a CSI driver.
    pub migrated: Vec<String>,
}

/// `createPods`.
#[derive(Clone, Debug, Default)]
#[allow(missing_docs)]
pub struct CreatePods {
    pub count: Amount,
    pub namespace: Option<String>,
    pub template: Option<Text>,
    pub collect: bool,
    pub skip_wait: bool,
    pub volume: Option<Text>,
    pub claim: Option<Text>,
    pub steady: bool,
    pub steady_param: Option<Text>,
    pub duration: Length,
    pub params: TemplateParams,
    /// So many pods in a row have the same `signature` label.
    pub batch: Option<Amount>,
}

/// An operation, in the order of scheduler_perf's documentation.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub enum Op {
    CreateNodes {
        count: Amount,
        template: Option<Text>,
        prepare: Prepare,
        params: TemplateParams,
    },
    CreateNamespaces {
        prefix: String,
        count: Amount,
        template: Option<Text>,
    },
    CreatePods(Box<CreatePods>),
    CreatePodSets {
        count: Amount,
        prefix: String,
        pods: Box<CreatePods>,
    },
    DeletePods {
        namespace: String,
        labels: Labels,
        per_second: u64,
        skip_wait: bool,
    },
    Churn {
        recreate: bool,
        number: u64,
        interval: Span,
        namespace: Option<String>,
        templates: Vec<Text>,
    },
    Barrier {
        namespaces: Vec<String>,
        labels: Labels,
        attempted: bool,
    },
    Sleep(Length),
    StartCollecting {
        name: String,
        namespaces: Vec<String>,
        labels: Labels,
    },
    StopCollecting,
    CreateAny {
        namespace: String,
        template: Text,
        count: Amount,
        params: TemplateParams,
    },
    UpdateAny {
        namespace: String,
        template: Text,
        count: Amount,
        per_second: u64,
        params: TemplateParams,
    },
    /// An operation that podium knows of and does not model: its name, and what it would need.
    Unmodelled(String, &'static str),
}

/// Labels that pods must have.
pub type Labels = BTreeMap<String, String>;

/// Whether a workload's labels fit a filter such as `performance,-slow`: each word must be a label, and a word with
/// `-` before it must not be one.
pub fn fits(filter: &str, labels: &[String]) -> bool {
    filter.split(',').map(str::trim).filter(|w| !w.is_empty()).all(|w| match w.strip_prefix('-') {
        Some(not) => !labels.iter().any(|l| l == not),
        None => {
            let word = w.strip_prefix('+').unwrap_or(w);
            labels.iter().any(|l| l == word)
        }
    })
}

impl Case {
    /// A workload's full name: `SchedulingBasic/5000Nodes_10000Pods`.
    pub fn full_name(&self, w: &Workload) -> String {
        format!("{}/{}", self.name.text, w.name.text)
    }

    /// The labels of a workload and of the test case.
    pub fn labels_of(&self, w: &Workload) -> Vec<String> {
        self.labels.iter().chain(&w.labels).cloned().collect()
    }
}
