//! The small values that scenario files are made of: durations, sizes, selectors, kinds, one-or-many lists.
//!
//! An error from here reads `what is wrong␟what was expected`, so that the parser can print the two apart.

use crate::api_util::Quantity;
use crate::api_util::time::{format_ns, parse_duration};
use crate::manifest::schema as k8s;
use crate::object::{Kind, LabelSelector, Labels, SelectorOperator, SelectorRequirement, Str};
use crate::time::Span;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Serialize, Serializer};
use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

/// Stands between the message and what was expected in an error's text.
pub const EXPECTED: char = '\u{1f}';

fn wrong<E: de::Error>(what: impl fmt::Display, expected: &str) -> E {
    E::custom(format_args!("{what}{EXPECTED}{expected}"))
}

/// A length of time, written as Go writes it: `90s`, `1m30s`, `250ms`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Dur(pub Span);

const DUR_EXPECTED: &str = "a duration with its unit, such as `90s`, `1m30s` or `250ms`";

impl<'de> Deserialize<'de> for Dur {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        struct V;
        impl Visitor<'_> for V {
            type Value = Dur;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(DUR_EXPECTED)
            }
            fn visit_str<E: de::Error>(self, s: &str) -> Result<Dur, E> {
                parse_duration(s)
                    .map(|ns| Dur(Span(ns)))
                    .map_err(|_| wrong(format_args!("`{s}` is not a duration"), DUR_EXPECTED))
            }
            fn visit_u64<E: de::Error>(self, n: u64) -> Result<Dur, E> {
                if n == 0 {
                    return Ok(Dur::default());
                }
                Err(wrong(
                    format_args!("a duration needs a unit, and `{n}` has none"),
                    &format!("`{n}s`, if seconds were meant"),
                ))
            }
            fn visit_i64<E: de::Error>(self, n: i64) -> Result<Dur, E> {
                Err(wrong(format_args!("`{n}` is not a duration"), DUR_EXPECTED))
            }
            fn visit_f64<E: de::Error>(self, n: f64) -> Result<Dur, E> {
                Err(wrong(
                    format_args!("a duration needs a unit, and `{n}` has none"),
                    &format!("`{n}s`, if seconds were meant"),
                ))
            }
        }
        d.deserialize_any(V)
    }
}

impl Serialize for Dur {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(&format_ns(self.0.0))
    }
}

impl JsonSchema for Dur {
    fn schema_name() -> Cow<'static, str> {
        "Duration".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "description": "A length of virtual time, such as 90s, 1m30s or 250ms.",
            "pattern": r"^([0-9]+(\.[0-9]+)?(ns|us|µs|ms|s|m|h))+$"
        })
    }
}

/// A length of time, or `end`: as long as the run lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lasting {
    /// So long.
    For(Span),
    /// Until the run ends, beside the steps that follow.
    End,
}

impl<'de> Deserialize<'de> for Lasting {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let v = serde_json::Value::deserialize(d)?;
        if v == "end" {
            return Ok(Lasting::End);
        }
        Dur::deserialize(v).map(|d| Lasting::For(d.0)).map_err(de::Error::custom)
    }
}

impl Serialize for Lasting {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        match self {
            Lasting::End => s.serialize_str("end"),
            Lasting::For(d) => Dur(*d).serialize(s),
        }
    }
}

impl JsonSchema for Lasting {
    fn schema_name() -> Cow<'static, str> {
        "Lasting".into()
    }
    fn json_schema(g: &mut SchemaGenerator) -> Schema {
        let dur = g.subschema_for::<Dur>();
        json_schema!({
            "description": "How long it must hold; `end` watches it until the run ends, beside the steps that follow.",
            "anyOf": [dur, {"const": "end"}]
        })
    }
}

/// When a scenario ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Until {
    /// At this time.
    At(Span),
    /// When nothing is under way any more.
    Quiet,
}

impl<'de> Deserialize<'de> for Until {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let v = serde_json::Value::deserialize(d)?;
        if v == "quiet" {
            return Ok(Until::Quiet);
        }
        Dur::deserialize(v).map(|d| Until::At(d.0)).map_err(de::Error::custom)
    }
}

impl Serialize for Until {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        match self {
            Until::Quiet => s.serialize_str("quiet"),
            Until::At(d) => Dur(*d).serialize(s),
        }
    }
}

impl JsonSchema for Until {
    fn schema_name() -> Cow<'static, str> {
        "Until".into()
    }
    fn json_schema(g: &mut SchemaGenerator) -> Schema {
        let dur = g.subschema_for::<Dur>();
        json_schema!({
            "description": "When the run ends: a virtual time, or `quiet`, when nothing is under way any more.",
            "anyOf": [dur, {"const": "quiet"}]
        })
    }
}

/// Bytes, or bytes a second: `50MB`, `12MiB`, `1Gi`, a plain number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bytes(pub u64);

const BYTES_EXPECTED: &str = "a size, such as `50MB`, `12MiB`, `1Gi` or a number of bytes";

impl Bytes {
    /// Reads a size.
    pub fn parse(s: &str) -> Option<Bytes> {
        let q = s.trim().trim_end_matches("/s").trim_end_matches('B');
        let n = Quantity::parse(q).ok()?.value();
        u64::try_from(n).ok().map(Bytes)
    }
}

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        struct V;
        impl Visitor<'_> for V {
            type Value = Bytes;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(BYTES_EXPECTED)
            }
            fn visit_u64<E>(self, n: u64) -> Result<Bytes, E> {
                Ok(Bytes(n))
            }
            fn visit_str<E: de::Error>(self, s: &str) -> Result<Bytes, E> {
                Bytes::parse(s).ok_or_else(|| wrong(format_args!("`{s}` is not a size"), BYTES_EXPECTED))
            }
        }
        d.deserialize_any(V)
    }
}

impl Serialize for Bytes {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_u64(self.0)
    }
}

impl JsonSchema for Bytes {
    fn schema_name() -> Cow<'static, str> {
        "Bytes".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": ["string", "integer"], "description": "Bytes, or bytes a second: 50MB, 12MiB, 1Gi."})
    }
}

/// A Kubernetes quantity: `500m`, `8Gi`, `4`.
#[derive(Clone, Debug, PartialEq)]
pub struct Amount(pub Quantity);

const AMOUNT_EXPECTED: &str = "a quantity, such as `500m`, `4` or `8Gi`";

impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        struct V;
        impl Visitor<'_> for V {
            type Value = Amount;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(AMOUNT_EXPECTED)
            }
            fn visit_str<E: de::Error>(self, s: &str) -> Result<Amount, E> {
                Quantity::parse(s)
                    .map(Amount)
                    .map_err(|_| wrong(format_args!("`{s}` is not a quantity"), AMOUNT_EXPECTED))
            }
            fn visit_u64<E: de::Error>(self, n: u64) -> Result<Amount, E> {
                self.visit_str(&n.to_string())
            }
            fn visit_i64<E: de::Error>(self, n: i64) -> Result<Amount, E> {
                self.visit_str(&n.to_string())
            }
            fn visit_f64<E: de::Error>(self, n: f64) -> Result<Amount, E> {
                self.visit_str(&n.to_string())
            }
        }
        d.deserialize_any(V)
    }
}

impl Serialize for Amount {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(&self.0)
    }
}

impl JsonSchema for Amount {
    fn schema_name() -> Cow<'static, str> {
        "Quantity".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": ["string", "number"], "description": "A Kubernetes quantity: 500m, 4, 8Gi."})
    }
}

/// A kind of object, written as kubectl takes it (`pod`, `pods`, `deploy`) or as `apps/v1/Deployment`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KindName(pub Kind);

impl KindName {
    /// Reads a kind's name.
    ///
    /// # Errors
    /// When no kind goes by that word; the text is a suggestion, or empty.
    pub fn parse(word: &str) -> Result<KindName, String> {
        if let Some((version, kind)) = word.rsplit_once('/') {
            return Ok(KindName(Kind::of(version, kind)));
        }
        if let Some(k) = k8s::find_by_word(word) {
            return Ok(KindName(Kind::of(k.api_version, k.kind)));
        }
        let near = crate::diagnostic::nearest(word, k8s::kinds().iter().map(|k| k.kind));
        Err(near.unwrap_or_default().to_owned())
    }
}

impl<'de> Deserialize<'de> for KindName {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let word = String::deserialize(d)?;
        KindName::parse(&word).map_err(|near| {
            let expected = if near.is_empty() {
                "a kind such as `Pod`, `deployment` or `apps/v1/Deployment`".to_owned()
            } else {
                format!("did you mean `{near}`?")
            };
            wrong(format_args!("there is no kind `{word}`"), &expected)
        })
    }
}

impl Serialize for KindName {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(self.0.name())
    }
}

impl JsonSchema for KindName {
    fn schema_name() -> Cow<'static, str> {
        "Kind".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "description": "A kind as kubectl takes it: Pod, pods, deploy, apps/v1/Deployment."})
    }
}

/// A label selector: `{app: web}`, `"app=web,tier in (a,b)"` or `{matchLabels: …, matchExpressions: …}`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Selector(pub LabelSelector);

const SELECTOR_EXPECTED: &str = "labels such as `{app: web}`, or text such as `app=web,tier in (a,b),!old`";

impl Selector {
    /// Reads a selector as kubectl's `-l` takes it.
    pub fn parse(text: &str) -> Option<Selector> {
        let mut out = LabelSelector::default();
        for term in split_terms(text) {
            let term = term.trim();
            let values = |s: &str| -> Option<Vec<Str>> {
                let inner = s.trim().strip_prefix('(')?.strip_suffix(')')?;
                Some(inner.split(',').map(|v| Str::from(v.trim())).collect())
            };
            let need = |key: &str, operator, values| {
                let key = key.trim();
                let ok = !key.is_empty() && !key.contains([' ', '=', '(', ')']);
                ok.then(|| SelectorRequirement { key: key.into(), operator, values })
            };
            let req = if let Some((k, v)) = term.split_once(" notin ") {
                need(k, SelectorOperator::NotIn, values(v)?)?
            } else if let Some((k, v)) = term.split_once(" in ") {
                need(k, SelectorOperator::In, values(v)?)?
            } else if let Some((k, v)) = term.split_once("!=") {
                need(k, SelectorOperator::NotIn, vec![v.trim().into()])?
            } else if let Some((k, v)) = term.split_once('=') {
                need(k, SelectorOperator::In, vec![v.trim_start_matches('=').trim().into()])?
            } else if let Some(k) = term.strip_prefix('!') {
                need(k, SelectorOperator::DoesNotExist, Vec::new())?
            } else {
                need(term, SelectorOperator::Exists, Vec::new())?
            };
            out.match_expressions.push(req);
        }
        Some(Selector(out))
    }

    /// Whether these labels are selected.
    pub fn matches(&self, labels: &Labels) -> bool {
        self.0.matches(labels)
    }
}

/// Splits at commas that are not inside parentheses.
fn split_terms(text: &str) -> Vec<&str> {
    let (mut out, mut depth, mut start) = (Vec::new(), 0, 0);
    for (i, c) in text.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            ',' if depth == 0 => {
                out.push(&text[start..i]);
                start = i + 1;
            }
            _ => {}
        }
    }
    out.push(&text[start..]);
    out
}

impl<'de> Deserialize<'de> for Selector {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        struct V;
        impl<'de> Visitor<'de> for V {
            type Value = Selector;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(SELECTOR_EXPECTED)
            }
            fn visit_str<E: de::Error>(self, s: &str) -> Result<Selector, E> {
                Selector::parse(s)
                    .ok_or_else(|| wrong(format_args!("`{s}` is not a label selector"), SELECTOR_EXPECTED))
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Selector, A::Error> {
                let mut labels = Vec::new();
                let mut out = LabelSelector::default();
                while let Some(key) = map.next_key::<String>()? {
                    match key.as_str() {
                        "matchLabels" => out.match_labels = map.next_value()?,
                        "matchExpressions" => out.match_expressions = map.next_value()?,
                        _ => labels.push((Str::from(key), map.next_value::<Str>()?)),
                    }
                }
                if !labels.is_empty() {
                    out.match_labels =
                        out.match_labels.iter().map(|(k, v)| (k.clone(), v.clone())).chain(labels).collect();
                }
                Ok(Selector(out))
            }
        }
        d.deserialize_any(V)
    }
}

impl Serialize for Selector {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(s)
    }
}

impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl JsonSchema for Selector {
    fn schema_name() -> Cow<'static, str> {
        "Selector".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": ["object", "string"], "description": "Labels, a LabelSelector, or kubectl's -l text."})
    }
}

/// A list, of which a single item may be written without its dash.
#[derive(Clone, Debug, PartialEq)]
pub struct Many<T>(pub Vec<T>);

impl<T> Default for Many<T> {
    fn default() -> Self {
        Many(Vec::new())
    }
}

impl<T> Many<T> {
    /// Whether there is none; serde leaves it out then.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
    /// The items.
    pub fn iter(&self) -> std::slice::Iter<'_, T> {
        self.0.iter()
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Many<T> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        struct V<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for V<T> {
            type Value = Many<T>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a mapping, or a list of mappings")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Many<T>, A::Error> {
                let mut out = Vec::new();
                while let Some(item) = seq.next_element()? {
                    out.push(item);
                }
                Ok(Many(out))
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Many<T>, A::Error> {
                T::deserialize(de::value::MapAccessDeserializer::new(map)).map(|t| Many(vec![t]))
            }
            fn visit_str<E: de::Error>(self, s: &str) -> Result<Many<T>, E> {
                T::deserialize(de::value::StrDeserializer::<E>::new(s)).map(|t| Many(vec![t]))
            }
        }
        d.deserialize_any(V(PhantomData))
    }
}

impl<T: Serialize> Serialize for Many<T> {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        match &self.0[..] {
            [one] => one.serialize(s),
            many => many.serialize(s),
        }
    }
}

impl<T: JsonSchema> JsonSchema for Many<T> {
    fn schema_name() -> Cow<'static, str> {
        format!("OneOrMany_{}", T::schema_name()).into()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(g: &mut SchemaGenerator) -> Schema {
        let one = g.subschema_for::<T>();
        let many = one.clone();
        json_schema!({"anyOf": [one, {"type": "array", "items": many}]})
    }
}
