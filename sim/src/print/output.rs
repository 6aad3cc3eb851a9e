//! `kubectl get -o …`: one object or a list of them as text
//! (`k8s.io/cli-runtime/pkg/printers`, `kubectl/pkg/cmd/get`).

use super::table::{render_all, tables, word};
use super::yaml::to_yaml;
use crate::api_util::Time;
use crate::object::Obj;
use serde_json::{Value, json};
use std::str::FromStr;

/// An output format.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// A table.
    #[default]
    Table,
    /// A table with more columns.
    Wide,
    /// YAML.
    Yaml,
    /// JSON, indented by four spaces.
    Json,
    /// `pod/web-1`, a line each.
    Name,
}

impl Format {
    /// The formats that can be asked for by name.
    pub const ALL: [(&'static str, Format); 4] =
        [("json", Format::Json), ("name", Format::Name), ("wide", Format::Wide), ("yaml", Format::Yaml)];
}

/// An output format that does not exist.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "unable to match a printer suitable for the output format {0:?}, allowed formats are: json,name,wide,yaml"
)]
pub struct UnknownFormat(pub String);

impl FromStr for Format {
    type Err = UnknownFormat;
    fn from_str(s: &str) -> Result<Format, UnknownFormat> {
        let found = Format::ALL.into_iter().find(|(name, _)| *name == s);
        found.map(|(_, f)| f).ok_or_else(|| UnknownFormat(s.to_owned()))
    }
}

/// What to print besides the objects.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// The format.
    pub format: Format,
    /// Whether tables begin with a NAMESPACE column (`-A`).
    pub show_namespace: bool,
    /// Whether tables have no header.
    pub no_headers: bool,
    /// Whether the objects were asked for as a list: then YAML and JSON wrap even a single one.
    pub list: bool,
}

/// Objects as kubectl prints them. No object at all gives an empty table, or an empty `List`.
pub fn print(objs: &[Obj], options: Options, now: Time) -> String {
    let table = |wide| render_all(&tables(objs, now), wide, options.show_namespace, options.no_headers);
    match options.format {
        Format::Table => table(false),
        Format::Wide => table(true),
        Format::Name => objs.iter().map(|o| format!("{}/{}\n", word(&o.kind()), o.meta().name)).collect(),
        Format::Yaml => to_yaml(&value(objs, options.list)),
        Format::Json => to_json(&value(objs, options.list)),
    }
}

/// The one object asked for by name, or a `v1.List` of them all, without managed fields.
fn value(objs: &[Obj], list: bool) -> Value {
    let one = |o: &Obj| {
        let mut v = o.to_value();
        if let Some(meta) = v.get_mut("metadata").and_then(Value::as_object_mut) {
            meta.remove("managedFields");
        }
        v
    };
    match objs {
        [o] if !list => one(o),
        _ => json!({
            "apiVersion": "v1",
            "items": objs.iter().map(one).collect::<Vec<_>>(),
            "kind": "List",
            "metadata": {"resourceVersion": ""},
        }),
    }
}

/// JSON as Go's `json.Indent` has it: four spaces, sorted keys, and `<`, `>`, `&` escaped.
pub fn to_json(value: &Value) -> String {
    let mut out = String::new();
    write_json(value, 0, &mut out);
    out.push('\n');
    out
}

fn write_json(value: &Value, level: usize, out: &mut String) {
    let new_line = |level: usize, out: &mut String| {
        out.push('\n');
        out.extend(std::iter::repeat_n("    ", level));
    };
    match value {
        Value::Object(m) if !m.is_empty() => {
            let mut entries: Vec<(&String, &Value)> = m.iter().collect();
            entries.sort_by(|a, b| a.0.cmp(b.0));
            out.push('{');
            for (i, (key, value)) in entries.into_iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                new_line(level + 1, out);
                out.push_str(&escaped(key));
                out.push_str(": ");
                write_json(value, level + 1, out);
            }
            new_line(level, out);
            out.push('}');
        }
        Value::Array(items) if !items.is_empty() => {
            out.push('[');
            for (i, item) in items.iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                new_line(level + 1, out);
                write_json(item, level + 1, out);
            }
            new_line(level, out);
            out.push(']');
        }
        Value::String(s) => out.push_str(&escaped(s)),
        Value::Number(n) => match n.as_f64() {
            Some(f) if n.is_f64() && f.fract() == 0.0 && f.abs() < 9.2e18 => {
                out.push_str(&(f as i64).to_string());
            }
            _ => out.push_str(&n.to_string()),
        },
        v => out.push_str(&v.to_string()),
    }
}

/// A JSON string with Go's HTML-safe escapes.
fn escaped(s: &str) -> String {
    let quoted = Value::String(s.to_owned()).to_string();
    quoted
        .replace('<', "\\u003c")
        .replace('>', "\\u003e")
        .replace('&', "\\u0026")
        .replace('\u{2028}', "\\u2028")
        .replace('\u{2029}', "\\u2029")
}
