//! Tests of templates, files and runs, with files that exist only here.

use super::model::fits;
use super::objects::{Library, Maker};
use super::template::{Env, Template, Value};
use super::{Meter, Outcome, Plan, plan, read, run};
use crate::diagnostic::SourceText;
use std::sync::Arc;

fn env() -> Env {
    let pairs = [("Index", Value::Int(7)), ("Count", Value::Int(10)), ("mode", Value::Text("all".into()))];
    pairs.into_iter().map(|(k, v)| (k.to_owned(), v)).collect()
}

fn render(text: &str) -> Result<String, String> {
    let source = SourceText::new("t.yaml", text);
    Template::parse(&source).and_then(|t| t.render(&env())).map_err(|d| d.to_string())
}

#[test]
fn templates_are_filled_in() {
    for (template, text) in [
        ("plain", "plain"),
        ("{{.Index}}-{{ .Count }}", "7-10"),
        ("{{Mod .Index 3}}", "1"),
        ("{{AddInt 1 .Index 2}} {{SubtractInt .Index 9}} {{MultiplyInt 2 3}}", "10 -2 6"),
        ("{{DivideInt 30000 .Count}}Mi {{DivideFloat 1 4}} {{div 7 2}}", "3000Mi 0.25 3"),
        ("{{AddInt 1 (MultiplyInt 2 .Index)}}", "15"),
        ("{{if .none}}a{{else}}b{{end}}", "b"),
        ("{{if eq .mode \"all\"}}a{{else if eq .mode `one`}}b{{else}}c{{end}}", "a"),
        ("{{if gt .Index 7}}a{{else if ge .Index 7}}b{{end}}", "b"),
        ("{{if and .Index (not .none)}}x{{end}}{{if or .none 0}}y{{end}}", "x"),
        ("a {{- /* left out */ -}} b", "ab"),
        ("a\n{{- if .mode }}\nb\n{{- end }}", "a\nb"),
    ] {
        assert_eq!(render(template).as_deref(), Ok(text), "{template}");
    }
}

#[test]
fn what_templates_cannot_have_is_refused_at_its_place() {
    for (template, at, words) in [
        ("a\n{{range .x}}{{end}}", "2:3", "`range` is not known"),
        ("{{.Indx}}", "1:3", "did you mean `.Index`?"),
        ("{{.other}}", "1:3", "templateParams"),
        ("{{Modd 1 2}}", "1:3", "did you mean `Mod`?"),
        ("{{Mod 1}}", "1:3", "takes 2 arguments"),
        ("{{Mod 1 0}}", "1:3", "divide by zero"),
        ("{{Mod -9223372036854775808 -1}}", "1:3", "divide by zero"),
        ("{{AddInt 1 .mode}}", "1:3", "`all` is not a number"),
        ("{{MultiplyInt 9000000000000000 9000000000000000}}", "1:3", "no whole number"),
        ("x {{ .Index", "1:3", "never closed"),
        ("{{if .Index}}a", "1:1", "never ends"),
        ("a{{end}}", "1:2", "ends nothing"),
        ("{{if .a}}{{else}}{{else}}{{end}}", "1:18", "second `{{else}}`"),
        ("{{else if}}", "1:10", "empty"),
        ("{{if}}{{end}}", "1:5", "empty"),
        ("{{}}", "1:3", "empty"),
        ("{{.Index | printf}}", "1:10", "`|` is not understood"),
        ("{{.Index 1}}", "1:10", "nothing may follow"),
        ("{{(AddInt 1}}", "1:3", "never closed"),
        ("{{\"a}}", "1:3", "never closed"),
        ("{{1x}}", "1:3", "not a number"),
        ("{{.}}", "1:3", "needs a name"),
        ("é{{ü}}", "1:4", "not known"),
    ] {
        let said = render(template).expect_err(template);
        let place = format!("t.yaml:{at}: error: ");
        assert!(
            said.starts_with(&place) && said.contains(words),
            "{template}\n{said}\nexpected {place}… {words}"
        );
    }
    let deep = "{{if .a}}".repeat(2_000);
    assert!(render(&deep).is_err());
    assert!(render(&format!("{{{{{}}}}}", "(".repeat(5_000))).is_err());
}

const POD: &str = "apiVersion: v1\nkind: Pod\nmetadata: {generateName: p-, labels: {app: a}}\nspec:\n  containers:\n  \
    - {name: c, image: i, resources: {requests: {cpu: 100m}}}\n";
const NODE: &str = "apiVersion: v1\nkind: Node\nmetadata: {generateName: n-}\nstatus: {capacity: {cpu: \"4\", \
    memory: 8Gi, pods: \"110\"}}\n";
const BIG: &str = "apiVersion: v1\nkind: Pod\nmetadata: {generateName: big-}\nspec:\n  containers:\n  \
    - {name: c, image: i, resources: {requests: {cpu: \"9\"}}}\n";
const GATED: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: 'gated-{{.Index}}'}\nspec:\n  \
    schedulingGates: [{name: wait}]\n  containers: [{name: c, image: i}]\n";
const OPEN: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: 'gated-{{.Index}}'}\nspec:\n  \
    containers: [{name: c, image: i}]\n";
const CLAIM: &str = "apiVersion: resource.k8s.io/v1\nkind: ResourceClaim\nmetadata: {name: a}\n";

fn load(path: &str) -> Result<Arc<SourceText>, String> {
    let text = match path {
        "pod.yaml" => POD,
        "node.yaml" => NODE,
        "big.yaml" => BIG,
        "gated.yaml" => GATED,
        "open.yaml" => OPEN,
        "claim.yaml" => CLAIM,
        "wrong.yaml" => "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {contaners: []}\n",
        "case.yaml" => "apiVersion: v1\nkind: Pod\nspec: {Containers: [{Name: c, image: i}]}\n",
        "two.yaml" => "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n---\nkind: Pod\n",
        "text.yaml" => "just text\n",
        _ => return Err("there is no such file".into()),
    };
    Ok(SourceText::new(path, text))
}

/// A test case with these operations and one workload, whose parameters are `n: 3` and what else is given.
fn suite(ops: &str, params: &str) -> String {
    format!(
        "- name: Case\n  defaultPodTemplatePath: pod.yaml\n  workloadTemplate:\n{ops}\n  workloads:\n  - name: W\n    \
         params: {{{params}}}\n"
    )
}

fn planned(text: &str) -> Result<Plan, String> {
    let source = SourceText::new("w.yaml", text);
    let (suite, found) = read(&source);
    let Some(suite) = suite else {
        return Err(found.iter().map(|d| format!("{d}\n")).collect());
    };
    let mut library = Library::new(&load);
    let case = &suite.cases[0];
    plan(&suite, case, &case.workloads[0], &mut library)
        .map_err(|found| found.iter().map(|d| format!("{d}\n")).collect())
}

#[derive(Default)]
struct Counting {
    scheduled: u64,
    running: bool,
    named: Vec<String>,
}

impl Meter for Counting {
    fn start(&mut self) {
        assert!(!self.running, "started twice");
        self.running = true;
    }
    fn stop(&mut self) {
        assert!(self.running, "stopped twice");
        self.running = false;
    }
    fn scheduled(&mut self, n: u64) {
        self.scheduled += n;
    }
    fn begin(&mut self, name: &str, _: u64) {
        self.named.push(name.to_owned());
    }
}

fn ran(ops: &str, params: &str) -> (Outcome, Counting) {
    let plan = planned(&suite(ops, params)).unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(plan.refused, None);
    let mut meter = Counting::default();
    let outcome = run(&plan, 1, &mut meter);
    assert_eq!(outcome.measured, meter.scheduled);
    (outcome, meter)
}

const NODES: &str = "  - {opcode: createNodes, countParam: $n, nodeTemplatePath: node.yaml}\n";
const MEASURED: &str = "  - {opcode: createPods, count: 50, collectMetrics: true}";

fn good(ops: &str) -> Outcome {
    let (outcome, _) = ran(&format!("{NODES}{ops}"), "n: 3");
    assert_eq!(outcome.problems, Vec::<String>::new(), "{ops}");
    outcome
}

#[test]
fn pods_get_nodes_and_the_same_ones_each_time() {
    let (one, meter) = ran(&format!("{NODES}{MEASURED}"), "n: 3");
    assert_eq!((one.nodes, one.measured, one.failed, one.decisions), (3, 50, 0, 50));
    assert_eq!(meter.named, ["namespace-1"]);
    let (two, _) = ran(&format!("{NODES}{MEASURED}"), "n: 3");
    assert_eq!(one.fingerprint, two.fingerprint);
    let (other, _) = ran(&format!("{NODES}{MEASURED}"), "n: 4");
    assert_ne!(one.fingerprint, other.fingerprint);
}

#[test]
fn churn_happens_among_the_pods() {
    let churn = "  - {opcode: churn, mode: create, intervalMilliseconds: 20, templatePaths: [big.yaml]}\n";
    let o = good(&format!("{churn}{MEASURED}"));
    // 50 pods and the others take 2 ms each: some five intervals.
    assert!((4..=6).contains(&o.failed), "{}", o.failed);
    let churn = "  - {opcode: churn, mode: recreate, number: 2, intervalMilliseconds: 10, \
                 templatePaths: [big.yaml, node.yaml]}\n";
    let o = good(&format!("{churn}{MEASURED}"));
    assert!(o.failed >= 2 && (3..=5).contains(&o.nodes), "{o:?}");
    let churn =
        "  - {opcode: churn, mode: create, number: 2, intervalMilliseconds: 10, templatePaths: [big.yaml]}\n";
    assert_eq!(good(&format!("{churn}{MEASURED}")).pods, 52);
}

#[test]
fn all_operations_work() {
    for (ops, measured) in [
        ("  - {opcode: createNamespaces, prefix: a, count: 2}\n", 50),
        (
            "  - {opcode: createPodSets, count: 2, namespacePrefix: a, createPodsOp: {opcode: createPods, count: 2}}\n",
            50,
        ),
        ("  - {opcode: createPods, count: 4, skipWaitToCompletion: true}\n  - {opcode: barrier}\n", 50),
        (
            "  - {opcode: createPods, count: 4, podTemplatePath: big.yaml, skipWaitToCompletion: true}\n  \
          - {opcode: barrier, stageRequirement: Attempted}\n",
            50,
        ),
        (
            "  - {opcode: createPods, count: 4, podTemplatePath: gated.yaml, skipWaitToCompletion: true, namespace: a}\n  \
          - {opcode: barrier, stageRequirement: Attempted}\n  \
          - {opcode: startCollectingMetrics, name: x, namespaces: [a]}\n  \
          - {opcode: updateAny, templatePath: open.yaml, count: 4, namespace: a, updatePerSecond: 10}\n  \
          - {opcode: barrier, namespaces: [a]}\n  - {opcode: stopCollectingMetrics}\n",
            54,
        ),
        (
            "  - {opcode: createPods, count: 4, namespace: a}\n  - {opcode: deletePods, namespace: a, deletePodsPerSecond: 9}\n",
            50,
        ),
        (
            "  - {opcode: createPods, count: 4, namespace: a}\n  - {opcode: deletePods, namespace: a, labelSelector: {app: a}}\n",
            50,
        ),
        ("  - {opcode: sleep, duration: 1m30s}\n", 50),
        ("  - {opcode: createAny, templatePath: node.yaml, count: 2}\n", 50),
        ("  - {opcode: createPods, count: 4, signatureBatchSize: 2}\n", 50),
    ] {
        assert_eq!(good(&format!("{ops}{MEASURED}")).measured, measured, "{ops}");
    }
    let steady = "  - {opcode: createPods, count: 10, steadyState: true, duration: 1s, collectMetrics: true}";
    // Half a thousand a second, each of them replaced at once.
    let o = good(steady);
    assert!((490..=510).contains(&o.measured), "{}", o.measured);
}

#[test]
fn pods_that_never_fit_are_told() {
    let ops = format!(
        "{NODES}  - {{opcode: createPods, count: 2, podTemplatePath: big.yaml, collectMetrics: true}}"
    );
    let (o, _) = ran(&ops, "n: 3");
    assert!(
        o.problems[0].contains("2 pods wait for a node") && o.problems[0].contains("Insufficient cpu"),
        "{o:?}"
    );
    let ops = format!(
        "{NODES}  - {{opcode: createPods, count: 2, podTemplatePath: gated.yaml, collectMetrics: true}}"
    );
    let (o, _) = ran(&ops, "n: 3");
    assert!(o.problems[0].contains("scheduling gates"), "{o:?}");
    let ops = format!("{NODES}  - {{opcode: updateAny, templatePath: gated.yaml, namespace: a}}\n{MEASURED}");
    let (o, _) = ran(&ops, "n: 3");
    assert!(o.problems[0].contains("there is no pod gated-0"), "{o:?}");
    let (o, _) = ran("  - {opcode: createPods, count: 1, collectMetrics: true}", "");
    assert_eq!(o.problems.len(), 1, "{o:?}");
}

#[test]
fn what_is_not_modelled_is_refused_with_its_reason() {
    for ops in [
        "  - {opcode: createResourceDriver, driverName: a, nodes: x, maxClaimsPerNode: 1}\n",
        "  - {opcode: createAny, templatePath: claim.yaml}\n",
    ] {
        let plan =
            planned(&suite(&format!("{NODES}{ops}{MEASURED}"), "n: 3")).unwrap_or_else(|e| panic!("{e}"));
        assert!(plan.refused.is_some_and(|w| w.contains("dynamic resource allocation")), "{ops}");
    }
}

#[test]
fn thresholds_make_the_rate() {
    let text =
        suite(&format!("{NODES}{MEASURED}"), "n: 3").replace("    params", "    threshold: 250\n    params");
    let plan = planned(&text).expect("good");
    assert_eq!((plan.rate, plan.threshold), (250.0, Some((250.0, "Average".into()))));
    let topics = text.replace("250", "{a: 10, b: 30.5}");
    assert_eq!(planned(&topics).expect("good").rate, 30.5);
    let other = text.replace(
        "    params",
        "    thresholdMetricSelector: {name: x, dataBucket: Perc50, expectLower: true}\n    params",
    );
    assert_eq!(planned(&other).expect("good").threshold, None);
}

#[test]
fn mistakes_are_told_with_line_and_column() {
    let ops = |line: &str| suite(&format!("  - {line}"), "n: 3");
    let mut wrong = Vec::new();
    for (text, at, words) in [
        (String::new(), "w.yaml: ", "no test case"),
        ("a: 1".into(), "1:1", "a list of test cases"),
        ("- 3".into(), "1:3", "a mapping with the fields"),
        ("- name: A\n---\n- name: B".into(), "3:1", "one YAML document"),
        ("- nam: A".into(), "1:3", "did you mean `name`?"),
        ("- name: A".into(), "1:3", "no operations"),
        ("- {name: [], workloadTemplate: 1, workloads: 2}".into(), "1:10", "a text"),
        ("- name: A\n  workloadTemplate: [[]]".into(), "2:22", "a mapping with `opcode`"),
        (ops("{opcode: createPod}"), "4:14", "did you mean `createPods`?"),
        (ops("{opcde: createPods}"), "4:5", "`opcode` is missing"),
        (ops("{opcode: createPods, cuont: 1}"), "4:26", "did you mean `count`?"),
        (ops("{opcode: createPods, count: -1}"), "4:33", "a whole number from 0"),
        (ops("{opcode: createPods, count: 1.5}"), "4:33", "a whole number from 0"),
        (ops("{opcode: createPods, count: 99999999999999999999}"), "4:33", "a whole number from 0"),
        (ops("{opcode: createPods, count: $n}"), "4:33", "countParam: $n"),
        (ops("{opcode: createPods, countParam: n}"), "4:38", "countParam: $n"),
        (ops("{opcode: createPods, countParam: $m, collectMetrics: true}"), "4:38", "no parameter `m`"),
        (ops("{opcode: createPods, count: 1, collectMetrics: 1}"), "4:52", "`true` or `false`"),
        (ops("{opcode: createPods, count: 1, collectMetrics: true}"), "7:14", "no operation uses"),
        (ops("{opcode: createPods, countParam: $n}"), "1:9", "measures anything"),
        (ops("{opcode: createPods}"), "4:5", "`count` is missing"),
        (
            ops("{opcode: createPods, count: 9999999, countMultiplierParam: $n, collectMetrics: true}"),
            "4:5",
            "are too many",
        ),
        (
            ops("{opcode: createPods, countParam: $n, podTemplatePath: none.yaml, collectMetrics: true}"),
            "4:59",
            "there is no such file",
        ),
        (
            ops("{opcode: createPods, countParam: $n, podTemplatePath: node.yaml, collectMetrics: true}"),
            "4:59",
            "a template of a Pod",
        ),
        (
            ops("{opcode: createPods, countParam: $n, podTemplatePath: wrong.yaml, collectMetrics: true}"),
            "wrong.yaml:4:8",
            "did you mean `containers`?",
        ),
        (
            ops("{opcode: createPods, countParam: $n, podTemplatePath: two.yaml, collectMetrics: true}"),
            "two.yaml:",
            "error",
        ),
        (
            ops("{opcode: createPods, countParam: $n, podTemplatePath: text.yaml, collectMetrics: true}"),
            "text.yaml:1:1",
            "a manifest is a mapping",
        ),
        (
            ops("{opcode: createPods, count: 1, collectMetrics: true, skipWaitToCompletion: true}"),
            "4:58",
            "exclude each other",
        ),
        (ops("{opcode: createPods, count: 1, persistentVolumeTemplatePath: a}"), "4:36", "needs"),
        (ops("{opcode: createPods, count: 1, steadyState: true, collectMetrics: true}"), "4:5", "`duration`"),
        (ops("{opcode: churn, mode: create}"), "4:5", "`templatePaths`"),
        (ops("{opcode: churn, mode: recraete, templatePaths: [a]}"), "4:27", "did you mean `recreate`?"),
        (ops("{opcode: churn, mode: recreate, templatePaths: [a]}"), "4:5", "`number` is missing"),
        (
            ops("{opcode: churn, mode: create, intervalMilliseconds: 0, templatePaths: [a]}"),
            "4:57",
            "milliseconds",
        ),
        (ops("{opcode: barrier, stageRequirement: scheduled}"), "4:41", "did you mean `Scheduled`?"),
        (ops("{opcode: sleep}"), "4:5", "`duration` is missing"),
        (ops("{opcode: sleep, duration: 3 days}"), "4:31", "no length of time"),
        (ops("{opcode: sleep, duration: 25h}"), "4:31", "no length of time"),
        (ops("{opcode: sleep, durationParam: $n}"), "4:36", "no length of time"),
        (ops("{opcode: startCollectingMetrics}"), "4:5", "`namespaces` is missing"),
        (ops("{opcode: createPodSets, count: 1, namespacePrefix: a}"), "4:5", "`createPodsOp` is missing"),
        (ops("{opcode: createAny}"), "4:5", "`templatePath` is missing"),
        (ops("{opcode: deletePods}"), "4:5", "`namespace` is missing"),
        (
            ops("{opcode: createNodes, count: 1, labelNodePrepareStrategy: {labelKey: a}}"),
            "4:63",
            "`labelValues` is missing",
        ),
    ] {
        let said = planned(&text).err().unwrap_or_else(|| panic!("no mistake in\n{text}"));
        let place = if at.contains(".yaml") { at.to_owned() } else { format!("w.yaml:{at}: error: ") };
        if !said.contains(&place) || !said.contains(words) {
            wrong.push(format!("{text}\n{said}\nexpected {place}… {words}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn keys_are_known_whatever_their_case_as_go_knows_them() {
    let maker = Maker::new(&load("case.yaml").expect("there")).unwrap_or_else(|e| panic!("{e}"));
    let pod = maker.make(&Env::new()).unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(pod.as_pod().map(|p| p.spec.containers[0].name.as_str()), Some("c"));
}

#[test]
fn labels_are_filtered() {
    let labels = ["performance".to_owned(), "short".to_owned()];
    for (filter, is) in [
        ("", true),
        ("short", true),
        ("+short,performance", true),
        ("performance,-short", false),
        ("-slow", true),
        ("slow", false),
    ] {
        assert_eq!(fits(filter, &labels), is, "{filter}");
    }
}
