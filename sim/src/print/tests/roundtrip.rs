//! YAML that is printed reads back as the same value, by another hand's parser.

use super::*;
use proptest::prelude::*;
use saphyr_parser::{Event, Parser, ScalarStyle};

/// A plain text that YAML 1.1 or 1.2 readers take for something other than a string.
fn plain(text: &str) -> Value {
    let unsigned = text.trim_start_matches(['+', '-']);
    match text {
        "null" => return Value::Null,
        "true" => return Value::Bool(true),
        "false" => return Value::Bool(false),
        _ => {}
    }
    if let Ok(n) = text.parse::<i64>() {
        return n.into();
    }
    if unsigned.starts_with(|c: char| c.is_ascii_digit() || c == '.')
        && let Ok(f) = text.parse::<f64>()
    {
        return f.into();
    }
    let words = [
        "", "~", "y", "n", "yes", "no", "on", "off", "null", "true", "false", ".inf", "+.inf", "-.inf",
        ".nan", "<<",
    ];
    assert!(!words.contains(&text.to_lowercase().as_str()), "{text:?} must not be plain");
    Value::String(text.to_owned())
}

/// Reads one node; `events` stands at its first event.
fn node(events: &mut dyn Iterator<Item = Event<'_>>, first: Event<'_>) -> Value {
    match first {
        Event::Scalar(text, ScalarStyle::Plain, ..) => plain(&text),
        Event::Scalar(text, ..) => Value::String(text.into_owned()),
        Event::SequenceStart(..) => {
            let mut all = Vec::new();
            loop {
                match events.next().unwrap() {
                    Event::SequenceEnd => return Value::Array(all),
                    e => all.push(node(events, e)),
                }
            }
        }
        Event::MappingStart(..) => {
            let mut all = serde_json::Map::new();
            loop {
                match events.next().unwrap() {
                    Event::MappingEnd => return Value::Object(all),
                    e => {
                        let key = node(events, e);
                        let Value::String(key) = key else { panic!("{key} is no key") };
                        let first = events.next().unwrap();
                        let value = node(events, first);
                        all.insert(key, value);
                    }
                }
            }
        }
        e => panic!("{e:?}"),
    }
}

fn read(text: &str) -> Value {
    let events: Vec<Event<'_>> =
        Parser::new_from_str(text).map(|e| e.unwrap_or_else(|e| panic!("{e}\n{text}")).0).collect();
    let body = events.into_iter().filter(|e| {
        !matches!(
            e,
            Event::StreamStart
                | Event::StreamEnd
                | Event::DocumentStart(_)
                | Event::DocumentEnd
                | Event::Nothing
        )
    });
    let mut body = body.peekable();
    let first = body.next().unwrap();
    let value = node(&mut body, first);
    assert!(body.next().is_none(), "more than one document in\n{text}");
    value
}

/// Whole numbers are printed without a point, as kubectl does.
fn whole(v: &Value) -> Value {
    match v {
        Value::Number(n) => match n.as_f64() {
            Some(f) if n.is_f64() && f.fract() == 0.0 && f.abs() < 9.2e18 => (f as i64).into(),
            _ => v.clone(),
        },
        Value::Array(a) => a.iter().map(whole).collect(),
        Value::Object(m) => {
            m.iter().map(|(k, v)| (k.clone(), whole(v))).collect::<serde_json::Map<_, _>>().into()
        }
        v => v.clone(),
    }
}

/// Texts that are near something that needs care, and some of anything.
fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        6 => "[a-z0-9]{1,8}",
        4 => " {1,3}",
        2 => "\n{1,2}",
        3 => prop::sample::select(vec![
            ":", ": ", "#", " #", "-", "- ", "?", "? ", "'", "\"", "\\", "{", "}", "[", "]", ",", "&", "*", "!", "|", ">",
            "%", "@", "`", "~", "<<", "=", "---", "...", "0x", "1e3", ".5", "1:20", "2026-01-02", "null", "true", "No",
            "\t", "\r", "\u{1}", "\u{85}", "\u{a0}", "\u{2028}", "\u{feff}", "é", "世", "😀", "\u{ffff}", "\u{7f}",
        ]).prop_map(str::to_owned),
        1 => any::<char>().prop_map(String::from),
    ];
    prop::collection::vec(piece, 0..30).prop_map(|p| p.concat())
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        // Eighths and small powers: what every reader of decimal fractions agrees on.
        any::<i32>().prop_map(|n| Value::from(f64::from(n) / 8.0)),
        (0..20).prop_map(|n| Value::from(0.5f64.powi(n))),
        text().prop_map(Value::from),
    ];
    let any = leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(text(), inner, 0..4)
                .prop_map(|m| Value::from(m.into_iter().collect::<serde_json::Map<_, _>>())),
        ]
    });
    // An object, as all that is printed; go-yaml's own text of a bare scalar does not always read back.
    any.prop_map(|v| json!({ "root": v }))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn yaml_reads_back(v in value()) {
        let yaml = to_yaml(&v);
        prop_assert_eq!(read(&yaml), whole(&v), "\n{}", yaml);
    }

    #[test]
    fn json_reads_back(v in value()) {
        let json = to_json(&v);
        prop_assert_eq!(serde_json::from_str::<Value>(&json).unwrap(), whole(&v), "\n{}", json);
    }
}

#[test]
fn texts_that_kubectl_garbles_read_back() {
    for text in ["a\u{2028}b", "a\u{85}b", "a\u{2029}", "<<"] {
        let v = json!({ text: text });
        assert_eq!(read(&to_yaml(&v)), v, "{text:?}");
    }
}
