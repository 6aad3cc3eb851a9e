//! Whatever the text: reading it ends without a panic, and what is reported points into it.

use podium_sim::diagnostic::SourceText;
use podium_sim::manifest::node::{Node, NodeValue};
use podium_sim::manifest::parse_manifests;
use podium_sim::manifest::yaml::{MAX_ALIAS_BYTES, MAX_DEPTH, MAX_DIAGNOSTICS, parse_documents};
use proptest::prelude::*;

fn depth(node: &Node) -> usize {
    match &node.value {
        NodeValue::Scalar(_) => 0,
        NodeValue::Seq(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
        NodeValue::Map(entries) => 1 + entries.iter().map(|e| depth(&e.value)).max().unwrap_or(0),
    }
}

fn holds(text: &str) {
    let (docs, found) = parse_manifests(SourceText::new("any", text));
    assert!(found.len() <= MAX_DIAGNOSTICS);
    for one in &found {
        let span = one.span.expect("every finding about a manifest has a place");
        assert!(span.start <= text.len(), "{one:?}");
        let (line, column) = one.line_col();
        assert!(line <= text.matches('\n').count() + 1 && column >= 1, "{one}");
        assert!(one.to_string().starts_with("any:"));
        assert!(!one.message.contains('\n'), "{one}");
    }
    for doc in &docs {
        assert!(depth(&doc.node) <= MAX_DEPTH + 1);
        assert_eq!(doc.value["kind"], doc.kind.as_str());
        assert!(doc.node.locate("kind").exact);
    }
}

/// Pieces that manifests are made of, in an order that makes little sense.
fn pieces() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "apiVersion: v1\n",
        "apiVersion: apps/v1\n",
        "kind: Pod\n",
        "kind: Deployment\n",
        "kind: List\n",
        "items:\n",
        "- ",
        "  ",
        "    ",
        "metadata:\n",
        "name: é\n",
        "spec:\n",
        "containers:\n",
        "env: ",
        "value: 8080\n",
        "<<: *a\n",
        "&a ",
        "*a",
        "{",
        "}",
        "[",
        "]",
        ",",
        ": ",
        "? ",
        "|\n",
        ">-\n",
        "\"",
        "'",
        "\t",
        "\r\n",
        "\n",
        "---\n",
        "...\n",
        "# x\n",
        "!!str ",
        "!x ",
        "%YAML 1.2\n",
        "0x",
        "1e999",
        ".inf",
        "~",
        "yes",
        "\\u12",
        "\u{feff}",
        "\0",
        "\u{85}",
        "{{ x }}",
        "labels: {a: 1}\n",
        "\"apiVersion\": \"v1\", ",
        "\"kind\": \"Pod\"",
        "😀",
    ]);
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text(text in any::<String>()) {
        holds(&text);
    }

    #[test]
    fn any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        holds(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn any_pieces(text in pieces()) {
        holds(&text);
    }

    #[test]
    fn any_damage_to_a_good_text(at in 0usize..400, cut in 0usize..20, put in pieces()) {
        let good = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, labels: &l {app: web}}\nspec:\n  replicas: 3\n  \
                    selector: {matchLabels: *l}\n  template:\n    metadata: {labels: {<<: *l}}\n    spec:\n      containers:\n      \
                    - name: web\n        image: \"nginx\"\n        resources: {limits: {cpu: 500m, memory: 1Gi}}\n";
        let at = at.min(good.len());
        let end = (at + cut).min(good.len());
        holds(&format!("{}{put}{}", &good[..at], &good[end..]));
    }

    #[test]
    fn json_is_read_as_serde_json_reads_it(keys in prop::collection::btree_map("[a-z\\\\\"é😀\n]{0,6}", any::<(i64, bool, String)>(), 1..5)) {
        let value = serde_json::json!(keys);
        let text = serde_json::to_string_pretty(&value).unwrap();
        if !text.contains('\0') {
            let (documents, found) = parse_documents(&SourceText::new("any", text.clone()));
            prop_assert!(found.is_empty(), "{text}\n{found:?}");
            prop_assert_eq!(documents[0].to_json(), value);
        }
    }
}

#[test]
fn hostile_texts_end_quickly() {
    let started = std::time::Instant::now();
    for text in [
        "[".repeat(200_000),
        "{\"a\":".repeat(200_000),
        "- ".repeat(200_000),
        "? ".repeat(50_000),
        "a: &a [*a, *a]\n".repeat(1000),
        "&a ".repeat(10_000),
        "---\n".repeat(50_000),
        "a: b: c\n---\n".repeat(20_000),
        "\"".repeat(50_001),
        "a\n".repeat(50_000),
    ] {
        holds(&text);
    }
    assert!(started.elapsed().as_secs() < 60, "{:?}", started.elapsed());
}

#[test]
fn what_aliases_expand_to_is_bounded() {
    let limits = |text: String| {
        let (documents, found) = parse_documents(&SourceText::new("any", text));
        assert!(documents.is_empty() || found.is_empty());
        found.iter().map(|d| (d.code, d.message.clone())).collect::<Vec<_>>()
    };
    let bytes = |times: usize| format!("a: &a {}\nb: [{}]\n", "x".repeat(1 << 20), "*a, ".repeat(times));
    assert_eq!(limits(bytes(20)), []);
    assert_eq!(
        limits(bytes(40)),
        [("yaml.limit", format!("aliases expand to more than {MAX_ALIAS_BYTES} bytes"))]
    );
    let deep = |levels: usize| {
        let lines = (1..=levels).map(|n| format!("a{n}: &a{n} [*a{}]\n", n - 1));
        format!("a0: &a0 x\n{}", lines.collect::<String>())
    };
    assert_eq!(limits(deep(99)), []);
    let message = format!("aliases expand to more than {MAX_DEPTH} levels of nesting");
    assert_eq!(limits(deep(100)), [("yaml.limit", message)]);
}
