//! A workload with its parameters filled in, its templates read and its numbers checked: ready to be run.

use super::model::{
    Amount, Case, CreatePods, Given, Labels, Length, Op, OpSpec, Prepare, Suite, TemplateParams, Text,
    Workload,
};
use super::objects::{Library, Maker, unmodelled};
use super::read::{MAX_COUNT, unused};
use super::read_ops::duration;
use super::template::{Env, Value};
use crate::diagnostic::{Diagnostic, Span as Place, nearest};
use crate::object::{Obj, Str};
use crate::scheduler::profile::Profile;
use crate::time::Span;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Pods a virtual second where nothing else is known.
const USUAL_RATE: f64 = 500.0;

/// A workload to run.
pub struct Plan {
    /// `Case/Workload`.
    pub name: String,
    /// The plugins that schedule.
    pub profile: Arc<Profile>,
    /// Upstream's threshold of throughput, and with which figure it is compared.
    pub threshold: Option<(f64, String)>,
    /// Attempts a virtual second: the threshold, or the highest one of the same test case, or 500.
    pub rate: f64,
    /// What to do.
    pub steps: Vec<Step>,
    /// How many nodes there will be, those that churn left out.
    pub nodes: u64,
    /// How many pods will be measured, as far as it is known beforehand.
    pub measured: u64,
    /// Why it cannot be run, if podium does not model what it needs.
    pub refused: Option<String>,
    /// What is not as upstream runs it.
    pub notes: Vec<String>,
    /// Feature gates that the workload sets.
    pub gates: Vec<(String, bool)>,
}

/// What `createPods` does, with numbers.
#[allow(missing_docs)]
pub struct Pods {
    pub count: u64,
    pub namespace: Str,
    pub maker: Arc<Maker>,
    pub collect: bool,
    pub skip_wait: bool,
    /// The templates of a volume and of its claim.
    pub volume: Option<(Arc<Maker>, Arc<Maker>)>,
    /// For how long pods are replaced as soon as they are scheduled.
    pub steady: Option<Span>,
    pub env: Env,
    /// So many pods in a row have the same `signature` label; 0 for no such label.
    pub batch: u64,
}

/// One operation.
#[allow(missing_docs)]
pub enum Step {
    Nodes { count: u64, maker: Arc<Maker>, prepare: Prepare, env: Env },
    Namespaces { prefix: String, count: u64, maker: Arc<Maker> },
    Pods(Box<Pods>),
    Delete { namespace: Str, labels: Labels, per_second: u64, skip_wait: bool },
    Churn { recreate: bool, number: u64, interval: Span, namespace: Str, makers: Vec<Arc<Maker>> },
    Barrier { namespaces: Vec<Str>, labels: Labels, attempted: bool },
    Sleep(Span),
    Start { name: String, namespaces: Vec<Str>, labels: Labels },
    Stop,
    Any { namespace: Str, maker: Arc<Maker>, count: u64, env: Env },
    Update { namespace: Str, maker: Arc<Maker>, count: u64, per_second: u64, env: Env },
}

/// Prepares a workload.
///
/// # Errors
/// All that is wrong with it: parameters that are missing or unused, templates that cannot be read, numbers that
/// are too large.
pub fn plan(
    suite: &Suite,
    case: &Case,
    workload: &Workload,
    library: &mut Library<'_>,
) -> Result<Plan, Vec<Diagnostic>> {
    let mut p =
        Planner { suite, case, workload, library, used: BTreeSet::new(), found: Vec::new(), refused: None };
    let mut steps = Vec::new();
    for op in &case.ops {
        p.op(op, &mut steps);
    }
    p.check(&steps);
    if p.refused.is_none() {
        for name in unused(workload, &p.used) {
            let message = format!("no operation uses the parameter `{}`", name.text);
            let found = Diagnostic::error("perf.param", &suite.source, message).at(name.span);
            let help = match nearest(&name.text, p.used.iter().map(String::as_str)) {
                Some(near) => format!("did you mean `{near}`?"),
                None => "remove it, or name it in an operation: `countParam: $name`".into(),
            };
            p.found.push(found.help(help));
        }
    }
    if !p.found.is_empty() {
        return Err(p.found);
    }
    let throughput = |w: &Workload| {
        let s = w.selector.as_ref().or(case.selector.as_ref());
        let bucket = s.map_or("Average", |s| s.bucket.as_str());
        let ours = s.is_none_or(|s| s.name == "SchedulingThroughput" && !s.lower);
        (ours && w.threshold > 0.0).then(|| (w.threshold, bucket.to_owned()))
    };
    let threshold = throughput(workload);
    let highest = case.workloads.iter().filter_map(throughput).map(|t| t.0).fold(0.0, f64::max);
    let rate = threshold.as_ref().map_or(highest, |t| t.0);
    let notes = Vec::new();
    let profile = p.library.profile(case.scheduler_config.as_ref(), &suite.source)?;
    let (mut nodes, mut measured) = (0, 0);
    for s in &steps {
        match s {
            Step::Nodes { count, .. } => nodes += count,
            Step::Pods(p) if p.collect => measured += p.count,
            _ => {}
        }
    }
    let mut gates = case.gates.clone();
    gates.extend(workload.gates.clone());
    Ok(Plan {
        name: case.full_name(workload),
        profile,
        threshold,
        rate: if rate > 0.0 { rate } else { USUAL_RATE },
        steps,
        nodes,
        measured,
        refused: p.refused,
        notes,
        gates: gates.into_iter().collect(),
    })
}

struct Planner<'a, 'b> {
    suite: &'a Suite,
    case: &'a Case,
    workload: &'a Workload,
    library: &'a mut Library<'b>,
    used: BTreeSet<String>,
    found: Vec<Diagnostic>,
    refused: Option<String>,
}

impl Planner<'_, '_> {
    fn error(&mut self, span: Place, message: impl Into<String>) -> &mut Diagnostic {
        let text = self.suite.source.slice(span);
        let len = text.find(['\n', '\r']).unwrap_or(text.len()).max(1);
        let place = Place::new(span.start, span.start + len);
        self.found.push(Diagnostic::error("perf.plan", &self.suite.source, message).at(place));
        self.found.last_mut().expect("one was just added")
    }

    fn param(&mut self, name: &Text) -> Option<Value> {
        self.used.insert(name.text.clone());
        let found = self.workload.params.iter().find(|(n, _)| n.text == name.text);
        if let Some((_, v)) = found {
            return Some(v.clone());
        }
        let known: Vec<&str> = self.workload.params.iter().map(|(n, _)| n.text.as_str()).collect();
        let near = nearest(&name.text, known.iter().copied()).map(|n| format!("did you mean `${n}`?"));
        let help = near.unwrap_or_else(|| format!("add `{}: …` to its `params`", name.text));
        let message =
            format!("the workload {} has no parameter `{}`", self.case.full_name(self.workload), name.text);
        self.error(name.span, message).help = Some(help);
        None
    }

    fn whole(&mut self, name: &Text) -> Option<u64> {
        let n = match self.param(name)? {
            Value::Int(n) => u64::try_from(n).ok(),
            _ => None,
        };
        if n.is_none_or(|n| n > MAX_COUNT) {
            let message = format!("the parameter `{}` is not a number of objects", name.text);
            self.error(name.span, message).expected = Some(format!("a whole number from 0 to {MAX_COUNT}"));
            return None;
        }
        n
    }

    fn amount(&mut self, a: &Amount, span: Place) -> u64 {
        let n = match &a.param {
            Some(p) => self.whole(p),
            None => a.fixed,
        };
        let times = a.times.as_ref().map_or(Some(1), |t| self.whole(t));
        let (Some(n), Some(times)) = (n, times) else { return 0 };
        match n.checked_mul(times).filter(|n| *n <= MAX_COUNT) {
            Some(n) => n,
            None => {
                self.error(span, format!("{n} times {times} objects are too many")).expected =
                    Some(format!("at most {MAX_COUNT}"));
                0
            }
        }
    }

    fn length(&mut self, l: &Length) -> Span {
        let Some(p) = &l.param else { return l.fixed.unwrap_or(Span::ZERO) };
        let value = self.param(p);
        let length = match &value {
            Some(Value::Text(t)) => duration(t),
            _ => None,
        };
        if value.is_some() && length.is_none() {
            self.error(p.span, format!("the parameter `{}` is no length of time", p.text)).expected =
                Some("numbers with units, such as `10s` or `1m30s`".into());
        }
        length.unwrap_or(Span::ZERO)
    }

    fn env(&mut self, params: &TemplateParams) -> Env {
        let mut env = Env::new();
        for (name, given) in params {
            let value = match given {
                Given::Value(v) => Some(v.clone()),
                Given::Param(p) => self.param(p),
            };
            env.extend(value.map(|v| (name.clone(), v)));
        }
        env
    }

    /// A template whose objects are of a kind; tried out once.
    fn maker(&mut self, path: Option<&Text>, kind: &str, env: &Env, count: u64) -> Option<Arc<Maker>> {
        let Some(path) = path else { return Some(Library::built_in(kind)) };
        let made = self.library.get(path, &self.suite.source).and_then(|m| {
            let obj = m.make(&with_index(env, 0, count))?;
            Ok((m, obj))
        });
        match made {
            Ok((m, obj)) => {
                let is = obj.kind();
                if !kind.is_empty() && is.name() != kind {
                    let message = format!("{} makes a {}", path.text, is.name());
                    self.error(path.span, message).expected = Some(format!("a template of a {kind}"));
                    return None;
                }
                if self.refused.is_none() {
                    self.refused = unmodelled(&obj);
                }
                Some(m)
            }
            Err(found) => {
                if !self.found.contains(&found) {
                    self.found.push(*found);
                }
                None
            }
        }
    }

    fn op(&mut self, spec: &OpSpec, out: &mut Vec<Step>) {
        // As upstream: a number that counts operations after sets are unrolled.
        let own = |n: &Option<String>, i: usize| {
            n.as_ref().map_or_else(|| Str::from(format!("namespace-{i}")), |n| Str::from(n.as_str()))
        };
        let i = out.len();
        let strings = |v: &[String]| v.iter().map(|s| Str::from(s.as_str())).collect::<Vec<Str>>();
        match &spec.op {
            Op::CreateNodes { count, template, prepare, params } => {
                let (count, env) = (self.amount(count, spec.span), self.env(params));
                if let Some(maker) = self.maker(template.as_ref(), "Node", &env, count) {
                    out.push(Step::Nodes { count, maker, prepare: prepare.clone(), env });
                }
            }
            Op::CreateNamespaces { prefix, count, template } => {
                let count = self.amount(count, spec.span);
                if let Some(maker) = self.maker(template.as_ref(), "Namespace", &Env::new(), count) {
                    out.push(Step::Namespaces { prefix: prefix.clone(), count, maker });
                }
            }
            Op::CreatePods(pods) => {
                let namespace = own(&pods.namespace, i);
                out.extend(self.pods(pods, namespace, spec.span).map(|p| Step::Pods(Box::new(p))));
            }
            Op::CreatePodSets { count, prefix, pods } => {
                let sets = self.amount(count, spec.span);
                if sets > 100_000 {
                    self.error(spec.span, format!("{sets} sets of pods are too many")).expected =
                        Some("at most 100000".into());
                    return;
                }
                for set in 0..sets {
                    let namespace = Str::from(format!("{prefix}-{set}"));
                    match self.pods(pods, namespace, spec.span) {
                        Some(p) => out.push(Step::Pods(Box::new(p))),
                        None => return,
                    }
                }
            }
            Op::DeletePods { namespace, labels, per_second, skip_wait } => out.push(Step::Delete {
                namespace: Str::from(namespace.as_str()),
                labels: labels.clone(),
                per_second: *per_second,
                skip_wait: *skip_wait,
            }),
            Op::Churn { recreate, number, interval, namespace, templates } => {
                let makers: Option<Vec<_>> =
                    templates.iter().map(|t| self.maker(Some(t), "", &Env::new(), 1)).collect();
                out.extend(makers.map(|makers| Step::Churn {
                    recreate: *recreate,
                    number: *number,
                    interval: *interval,
                    namespace: own(namespace, i),
                    makers,
                }));
            }
            Op::Barrier { namespaces, labels, attempted } => out.push(Step::Barrier {
                namespaces: strings(namespaces),
                labels: labels.clone(),
                attempted: *attempted,
            }),
            Op::Sleep(length) => {
                let length = self.length(length);
                out.push(Step::Sleep(length));
            }
            Op::StartCollecting { name, namespaces, labels } => out.push(Step::Start {
                name: name.clone(),
                namespaces: strings(namespaces),
                labels: labels.clone(),
            }),
            Op::StopCollecting => out.push(Step::Stop),
            Op::CreateAny { namespace, template, count, params } => {
                let (count, env) = (self.amount(count, spec.span), self.env(params));
                let namespace = Str::from(namespace.as_str());
                if let Some(maker) = self.maker(Some(template), "", &env, count) {
                    out.push(Step::Any { namespace, maker, count, env });
                }
            }
            Op::UpdateAny { namespace, template, count, per_second, params } => {
                let (count, env) = (self.amount(count, spec.span), self.env(params));
                let namespace = Str::from(namespace.as_str());
                if let Some(maker) = self.maker(Some(template), "", &env, count) {
                    out.push(Step::Update { namespace, maker, count, per_second: *per_second, env });
                }
            }
            Op::Unmodelled(code, why) => self.refused = Some(format!("{code}: {why}")),
        }
    }

    fn pods(&mut self, pods: &CreatePods, namespace: Str, span: Place) -> Option<Pods> {
        let (count, env) = (self.amount(&pods.count, span), self.env(&pods.params));
        let template = pods.template.as_ref().or(self.case.pod_template.as_ref());
        let maker = self.maker(template, "Pod", &env, count);
        let volume = match (&pods.volume, &pods.claim) {
            (Some(v), Some(c)) => {
                let v = self.maker(Some(v), "PersistentVolume", &env, count);
                let c = self.maker(Some(c), "PersistentVolumeClaim", &env, count);
                Some((v?, c?))
            }
            _ => None,
        };
        let steady = match &pods.steady_param {
            None => pods.steady,
            Some(p) => match self.param(p)? {
                Value::Bool(b) => b,
                _ => {
                    self.error(p.span, format!("the parameter `{}` is not `true` or `false`", p.text));
                    false
                }
            },
        };
        let duration = self.length(&pods.duration);
        if steady && duration == Span::ZERO {
            self.error(span, "a steady state needs a `duration`").help = Some("add `duration: 10s`".into());
        }
        let batch = pods.batch.as_ref().map_or(0, |b| self.amount(b, span).max(1));
        Some(Pods {
            count,
            namespace,
            maker: maker?,
            collect: pods.collect,
            skip_wait: pods.skip_wait,
            volume,
            steady: steady.then_some(duration),
            env,
            batch,
        })
    }

    /// What concerns all operations together.
    fn check(&mut self, steps: &[Step]) {
        let span = self.workload.name.span;
        let count = |s: &Step| match s {
            Step::Nodes { count, .. } | Step::Namespaces { count, .. } | Step::Any { count, .. } => *count,
            Step::Pods(p) => p.count,
            _ => 0,
        };
        let total = steps.iter().fold(0_u64, |n, s| n.saturating_add(count(s)));
        if total > MAX_COUNT {
            self.error(span, format!("this workload creates {total} objects")).expected =
                Some(format!("at most {MAX_COUNT} in one workload"));
        }
        let collects =
            steps.iter().any(|s| matches!(s, Step::Pods(p) if p.collect) || matches!(s, Step::Stop));
        if !collects && self.found.is_empty() && self.refused.is_none() {
            let message = format!("no operation of {} measures anything", self.case.name.text);
            self.error(self.case.name.span, message).help =
                Some("add `collectMetrics: true` to the `createPods` that is to be measured".into());
        }
    }
}

/// The values that every template gets.
pub(super) fn with_index(env: &Env, index: u64, count: u64) -> Env {
    let mut env = env.clone();
    env.insert("Index".into(), Value::Int(index as i64));
    env.insert("Count".into(), Value::Int(count as i64));
    env
}

/// The object of a template, filled in for one of several.
pub(super) fn make(maker: &Maker, env: &Env, index: u64, count: u64) -> Result<Obj, Box<Diagnostic>> {
    maker.make(&with_index(env, index, count))
}
