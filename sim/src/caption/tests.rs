//! The catalogues are complete, agree with each other and with the code; each record reads well.

mod samples;

use super::*;
use crate::msg::Comp;
use crate::object::{Kind, lit};
use crate::time::SimTime;
use crate::trace::{Actor, Code, RecordId, What, WriteVerb};
use fluent_syntax::ast;
use samples::{node, obj, pod, samples};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

type Set = BTreeSet<String>;

/// The variables of each message and attribute (`id` or `id.attribute`) of one file.
fn messages(source: &str) -> BTreeMap<String, Set> {
    let resource = fluent_syntax::parser::parse(source).expect("a Fluent file");
    let mut found = BTreeMap::new();
    for entry in &resource.body {
        match entry {
            ast::Entry::Message(m) => {
                let value = m.value.iter().map(|v| (m.id.name.to_owned(), v));
                let attributes =
                    m.attributes.iter().map(|a| (format!("{}.{}", m.id.name, a.id.name), &a.value));
                for (id, pattern) in value.chain(attributes) {
                    let mut vars = Set::new();
                    in_pattern(pattern, &mut vars);
                    assert!(found.insert(id.clone(), vars).is_none(), "{id} stands twice");
                }
            }
            ast::Entry::Junk { content } => panic!("not Fluent: {content}"),
            _ => {}
        }
    }
    found
}

fn in_pattern(pattern: &ast::Pattern<&str>, vars: &mut Set) {
    for element in &pattern.elements {
        if let ast::PatternElement::Placeable { expression } = element {
            in_expression(expression, vars);
        }
    }
}

fn in_expression(expression: &ast::Expression<&str>, vars: &mut Set) {
    match expression {
        ast::Expression::Inline(inline) => in_inline(inline, vars),
        ast::Expression::Select { selector, variants } => {
            in_inline(selector, vars);
            variants.iter().for_each(|v| in_pattern(&v.value, vars));
        }
    }
}

fn in_inline(inline: &ast::InlineExpression<&str>, vars: &mut Set) {
    match inline {
        ast::InlineExpression::VariableReference { id } => {
            vars.insert(id.name.to_owned());
        }
        ast::InlineExpression::Placeable { expression } => in_expression(expression, vars),
        _ => {}
    }
}

fn file(lang: Lang, name: &str) -> BTreeMap<String, Set> {
    let source = lang.sources().into_iter().find(|(n, _)| *n == name).expect("a file").1;
    messages(source)
}

fn ids(name: &str) -> Set {
    file(Lang::En, name).into_keys().collect()
}

fn set<const N: usize>(names: [&str; N]) -> Set {
    names.map(str::to_owned).into()
}

#[test]
fn both_languages_have_the_same_messages_and_variables() {
    let mut all = Set::new();
    for (name, _) in Lang::En.sources() {
        let (en, zh) = (file(Lang::En, name), file(Lang::ZhCn, name));
        for id in en.keys() {
            assert!(all.insert(id.clone()), "{id} stands in two files");
            assert_eq!(id.starts_with("ui-"), name == "ui.ftl", "{id} is in the wrong file");
            assert_eq!(id.starts_with("view-"), name == "view.ftl", "{id} is in the wrong file");
        }
        for (id, vars) in &en {
            assert_eq!(Some(vars), zh.get(id), "{name}: {id} in English and in Chinese");
        }
        let only_zh: Vec<_> = zh.keys().filter(|id| !en.contains_key(*id)).collect();
        assert!(only_zh.is_empty(), "{name}: only in Chinese: {only_zh:?}");
    }
    for lang in Lang::ALL {
        assert_eq!(Catalogue::new(lang).lang(), lang);
    }
}

/// The args that the doc comment of each code in `record.rs` promises.
fn promised_args() -> BTreeMap<String, Set> {
    let mut promised = BTreeMap::new();
    let mut args = Set::new();
    for line in include_str!("../trace/record.rs").lines().map(str::trim) {
        if let Some(doc) = line.strip_prefix("///") {
            args = doc.split_once("Args: ").map_or_else(Set::new, |(_, list)| {
                list.trim_end_matches('.').split(", ").map(str::to_owned).collect()
            });
        } else if let Some((_, text)) = line.trim_end_matches(',').split_once(" = \"") {
            promised.insert(text.trim_end_matches('"').to_owned(), std::mem::take(&mut args));
        }
    }
    promised
}

/// The messages that are told instead of a code's own.
const OTHERS: &[&str] = &[
    "gc-collected-first",
    "kubelet-exited-asked",
    "kubelet-exited-lost",
    "node-retainted",
    "node-untainted",
    "scheduler-retried-anyway",
];

#[test]
fn each_code_has_a_sentence_whose_variables_are_supplied() {
    let promised = promised_args();
    let mut sentences = file(Lang::En, "codes.ftl");
    // Sentences that stand in for a code's own where its values say so.
    for other in OTHERS {
        sentences.remove(*other).unwrap_or_else(|| panic!("{other} is gone"));
    }
    for code in Code::ALL {
        let id = code.as_str().replace('.', "-");
        let used = sentences.remove(&id).unwrap_or_else(|| panic!("{id} has no sentence"));
        let mut supplied =
            promised.get(code.as_str()).unwrap_or_else(|| panic!("{code:?} has no doc")).clone();
        supplied.extend(set(["name", "thing", "actor"]));
        if id.starts_with("kubelet-") {
            supplied.insert("node".into());
        }
        let missing: Vec<_> = used.difference(&supplied).collect();
        assert!(missing.is_empty(), "{id} uses {missing:?}, which nobody supplies");
    }
    assert!(sentences.is_empty(), "no code has this text: {:?}", sentences.keys());
}

/// All string literals in the sources that name messages.
fn literals() -> Set {
    let sources = [
        include_str!("telling.rs"),
        include_str!("change.rs"),
        include_str!("render.rs"),
        include_str!("../trace/why.rs"),
    ];
    sources.iter().flat_map(|s| s.split('"')).map(str::to_owned).collect()
}

#[test]
fn no_message_is_missing_or_unused() {
    let literals = literals();
    let have: Set = ["codes.ftl", "records.ftl", "words.ftl"].iter().flat_map(|f| ids(f)).collect();
    let computed: Set = FAULTS
        .iter()
        .chain(&["other"])
        .flat_map(|f| [format!("fault-{f}"), format!("mend-{f}")])
        .chain(TIMERS.iter().map(|t| format!("timer-{t}")))
        .chain(Kind::ALL.iter().map(|k| format!("kind-{}", k.name())))
        .chain(Code::ALL.iter().map(|c| c.as_str().replace('.', "-")))
        .collect();
    for fault in crate::fault::ALL {
        assert!(FAULTS.contains(&fault.name), "the fault {} has no sentences", fault.name);
    }
    for id in &computed {
        assert!(have.contains(id), "{id} has no message");
    }
    for id in &have {
        let base = id.trim_end_matches(".the");
        // A controller's name comes from the controller itself.
        let used = computed.contains(base) || literals.contains(base) || base.starts_with("part-");
        assert!(used, "{id} is used nowhere");
    }
    let prefixes = [
        "write-",
        "root-",
        "phrase-",
        "lost-",
        "decision-",
        "refused-",
        "why-",
        "reason-",
        "span-",
        "actor-",
    ];
    for literal in literals.iter().filter(|l| prefixes.iter().any(|p| l.starts_with(p) && l.len() > p.len()))
    {
        assert!(have.contains(literal), "{literal} has no message");
    }
}

fn told(lang: Lang) -> (Set, String) {
    let catalogue = Catalogue::new(lang);
    let samples = samples();
    let nodes = [lit!("node-1"), lit!("node-2")];
    let (mut ids, mut text) = (Set::new(), String::new());
    for (record, previous) in &samples {
        let sent = match record.what {
            What::Dropped { sent, .. } => samples.iter().map(|(r, _)| r).find(|r| r.id == sent),
            _ => None,
        };
        let context = Context { nodes: &nodes, previous: previous.as_ref(), sent };
        let Some(telling) = tell(record, &context) else { continue };
        let weight = match telling.weight {
            Weight::Noise => ' ',
            Weight::Detail => '-',
            Weight::Headline => '#',
        };
        let line = catalogue.caption(record, &context).expect("told");
        assert!(!line.contains("{$"), "{lang}: {}: a value is missing: {line}", telling.id);
        assert!(!line.contains(['\u{2068}', '\u{2069}']), "{lang}: isolation marks: {line}");
        text += &format!("{weight} {line}\n");
        ids.insert(telling.id.into_owned());
    }
    (ids, text)
}

#[test]
fn every_record_says_something_with_all_its_values() {
    for lang in Lang::ALL {
        let (mut told, _) = told(lang);
        told.extend(ids("records.ftl").into_iter().filter(|id| id.starts_with("why-")));
        let all: Set = ["codes.ftl", "records.ftl"].iter().flat_map(|f| ids(f)).collect();
        assert_eq!(told, all);
    }
}

#[test]
fn captions_in_english() {
    expect_test::expect_file!["../../locales/en/captions.txt"].assert_eq(&told(Lang::En).1);
}

#[test]
fn captions_in_chinese() {
    expect_test::expect_file!["../../locales/zh-CN/captions.txt"].assert_eq(&told(Lang::ZhCn).1);
}

#[test]
fn dull_writes_are_silent() {
    let cases: [(&str, Obj, Obj); 3] = [
        (
            "heartbeat of a node",
            node("True", json!({})),
            node("True", json!({"metadata": {"resourceVersion": "9"}})),
        ),
        (
            "address of a pod",
            pod("node-2", "Pending", false, json!({})),
            pod("node-2", "Pending", false, json!({"status": {"podIP": "10.0.0.1"}})),
        ),
        ("a lease", lease(), lease()),
    ];
    for (name, was, now) in cases {
        let what = What::Write {
            verb: WriteVerb::Update,
            revision: 1,
            previous: RecordId(0),
            by: lit!("kubectl"),
            obj: now,
        };
        let actor = Actor { comp: Comp::Api, part: lit!("") };
        let record = Record { id: RecordId(1), at: SimTime(0), cause: RecordId(0), actor, what };
        let context = Context { previous: Some(&was), ..Context::default() };
        assert_eq!(tell(&record, &context), None, "{name}");
    }
}

fn lease() -> Obj {
    obj(json!({"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": {"name": "node-1"}}))
}

#[test]
fn languages_are_recognised() {
    let cases = [
        ("zh_CN.UTF-8", Lang::ZhCn),
        ("zh-Hans", Lang::ZhCn),
        ("ZH", Lang::ZhCn),
        ("fr:zh:en", Lang::ZhCn),
        ("en_GB.UTF-8", Lang::En),
        ("C.UTF-8", Lang::En),
        ("", Lang::En),
        ("zhuang", Lang::En),
    ];
    for (locale, lang) in cases {
        assert_eq!(Lang::parse(locale), lang, "{locale:?}");
    }
}

#[test]
fn lengths_of_time_read_well() {
    let cases = [
        ("50.0s", "50 s", "50 秒"),
        ("83.4s", "83.4 s", "83.4 秒"),
        ("300", "5 min", "5 分钟"),
        ("5m30s", "5 min 30 s", "5 分 30 秒"),
        ("2h05m", "2 h 5 min", "2 小时 5 分"),
        ("0.8s", "800 ms", "800 毫秒"),
        ("0.0s", "0 s", "0 秒"),
    ];
    for (text, en, zh) in cases {
        let ms = render::millis(text).unwrap_or_else(|| panic!("{text}"));
        assert_eq!(
            (Catalogue::new(Lang::En).span(ms), Catalogue::new(Lang::ZhCn).span(ms)),
            (en.into(), zh.into())
        );
    }
    for text in ["", "soon", "1.2.3s", "5 s", "9x"] {
        assert_eq!(render::millis(text), None, "{text:?}");
    }
}

#[test]
fn a_catalogue_can_be_shared_among_threads() {
    fn shared<T: Send + Sync>(_: &T) {}
    shared(&Catalogue::new(Lang::En));
}

#[test]
fn headlines_use_only_what_they_are_given() {
    for (id, used) in file(Lang::En, "records.ftl").into_iter().filter(|(id, _)| id.starts_with("why-")) {
        let more: &[&str] = match id.as_str() {
            "why-pod-running" | "why-pod-starting" => &["name", "kind", "node"],
            "why-pod-ended" => &["name", "kind", "phase"],
            "why-deployment" | "why-replicaset" => &["name", "kind", "have", "want"],
            "why-record" => &[],
            _ => &["name", "kind"],
        };
        assert!(used.iter().all(|v| more.contains(&v.as_str())), "{id} uses {used:?}");
    }
}
