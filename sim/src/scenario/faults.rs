//! `fault:` in a step: one of [`crate::fault::ALL`] with its arguments, and when it is mended.

use super::values::{Dur, EXPECTED};
use crate::fault::{ALL, Fault, kind};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, Deserializer, MapAccess, Visitor};
use serde::{Deserialize, Serialize, Serializer};
use serde_json::Value;
use std::borrow::Cow;
use std::fmt;

/// `fault: {nodeCrash: {node: node-2}, for: 90s}`.
#[derive(Clone, Debug, PartialEq)]
pub struct FaultAction {
    /// What goes wrong.
    pub fault: Fault,
    /// Mended at this time of the run.
    pub until: Option<Dur>,
    /// Mended after so long.
    pub lasts: Option<Dur>,
    /// The name by which `mend` finds it; the step's name otherwise.
    pub name: Option<String>,
}

impl<'de> Deserialize<'de> for FaultAction {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        struct V;
        impl<'de> Visitor<'de> for V {
            type Value = FaultAction;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a fault with its arguments, such as `{nodeCrash: {node: node-2}, for: 90s}`")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<FaultAction, A::Error> {
                let (mut fault, mut until, mut lasts, mut name) = (None::<Fault>, None, None, None);
                while let Some(key) = map.next_key::<String>()? {
                    match key.as_str() {
                        "until" => until = Some(map.next_value()?),
                        "for" => lasts = Some(map.next_value()?),
                        "as" => name = Some(map.next_value()?),
                        word => {
                            if kind(word).is_none() {
                                return Err(unknown(word));
                            }
                            let args: Value = map.next_value()?;
                            let args = if args.is_null() { Value::Object(Default::default()) } else { args };
                            if let Some(first) = &fault {
                                return Err(de::Error::custom(format_args!(
                                    "a step has one fault, and this one has `{}` and `{word}`{EXPECTED}a step for each fault",
                                    first.name
                                )));
                            }
                            fault = Some(Fault { name: key, args });
                        }
                    }
                }
                let Some(fault) = fault else {
                    return Err(de::Error::custom(format_args!(
                        "no fault is named here{EXPECTED}one of {}",
                        ALL.iter().map(|f| format!("`{}`", f.name)).collect::<Vec<_>>().join(", ")
                    )));
                };
                Ok(FaultAction { fault, until, lasts, name })
            }
        }
        d.deserialize_map(V)
    }
}

fn unknown<E: de::Error>(word: &str) -> E {
    let names: Vec<String> =
        ALL.iter().map(|f| f.name).chain(["until", "for", "as"]).map(|n| format!("`{n}`")).collect();
    E::custom(format_args!("unknown field `{word}`, expected one of {}", names.join(", ")))
}

impl Serialize for FaultAction {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        let mut m = serde_json::Map::new();
        m.insert(self.fault.name.clone(), self.fault.args.clone());
        let dur = |d: &Dur| serde_json::to_value(d).unwrap_or_default();
        m.extend(self.until.as_ref().map(|d| ("until".to_owned(), dur(d))));
        m.extend(self.lasts.as_ref().map(|d| ("for".to_owned(), dur(d))));
        m.extend(self.name.as_ref().map(|n| ("as".to_owned(), Value::from(n.clone()))));
        m.serialize(s)
    }
}

impl JsonSchema for FaultAction {
    fn schema_name() -> Cow<'static, str> {
        "Fault".into()
    }
    fn json_schema(g: &mut SchemaGenerator) -> Schema {
        let dur = g.subschema_for::<Dur>();
        let mut props = serde_json::Map::new();
        for f in ALL {
            let arg = |(name, _, about): &(&str, bool, &str)| {
                ((*name).to_owned(), serde_json::json!({"description": about}))
            };
            let args: serde_json::Map<String, Value> = f.args.iter().map(arg).collect();
            let required: Vec<&str> = f.args.iter().filter(|(_, r, _)| *r).map(|(a, _, _)| *a).collect();
            props.insert(
                f.name.to_owned(),
                serde_json::json!({"type": ["object", "null"], "description": f.about, "properties": args,
                    "required": required, "additionalProperties": false}),
            );
        }
        props.insert("until".to_owned(), dur.clone().to_value());
        props.insert("for".to_owned(), dur.to_value());
        props.insert("as".to_owned(), serde_json::json!({"type": "string"}));
        json_schema!({"type": "object", "properties": props, "additionalProperties": false})
    }
}
