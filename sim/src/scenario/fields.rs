//! Whether the fields that an assertion names exist: a mistyped one would be true, or false, for ever.

use super::paths::{self, Seg};
use crate::diagnostic::nearest;
use crate::manifest::schema::{FieldType, lookup, type_info};
use crate::object::Kind;
use serde_json::Value;

/// A field that objects of the kind do not have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Unknown {
    /// Where in a partial object, such as `status`; empty for a path of its own.
    pub at: String,
    /// The word.
    pub word: String,
    /// The field that it is most like.
    pub near: Option<&'static str>,
}

/// The type of a kind's objects; `None` for custom kinds, of which nothing is known.
fn type_of(kind: &Kind) -> Option<FieldType> {
    lookup(kind.api_version(), kind.name()).map(|k| FieldType::Object(k.ty))
}

/// Follows one step; `None` where the schema says no more.
fn step(ty: &FieldType, seg: &Seg) -> Result<Option<FieldType>, Unknown> {
    match (ty, seg) {
        (FieldType::Object(id), Seg::Key(k)) => match type_info(*id).field(k) {
            Some(f) => Ok(Some(f.ty.clone())),
            None => Err(Unknown {
                at: String::new(),
                word: k.clone(),
                near: nearest(k, type_info(*id).fields.iter().map(|f| f.name)),
            }),
        },
        (FieldType::Map(inner), Seg::Key(_)) | (FieldType::List(inner), Seg::Index(_)) => {
            Ok(Some((**inner).clone()))
        }
        (FieldType::List(inner), Seg::Item(k, _)) => {
            step(inner, &Seg::Key(k.clone()))?;
            Ok(Some((**inner).clone()))
        }
        _ => Ok(None),
    }
}

fn follow(mut ty: FieldType, path: &[Seg]) -> Result<Option<FieldType>, Unknown> {
    for seg in path {
        match step(&ty, seg)? {
            Some(next) => ty = next,
            None => return Ok(None),
        }
    }
    Ok(Some(ty))
}

/// The first step of a path that leads nowhere.
pub(super) fn unknown_in_path(kind: &Kind, path: &str) -> Option<Unknown> {
    follow(type_of(kind)?, &paths::parse(path).ok()?).err()
}

/// The fields of a partial object that do not exist. Its keys may be paths.
pub(super) fn unknown_in_object(kind: &Kind, partial: &Value) -> Vec<Unknown> {
    let mut found = Vec::new();
    if let Some(ty) = type_of(kind) {
        walk(&ty, partial, "", &mut found);
    }
    found
}

fn walk(ty: &FieldType, v: &Value, at: &str, found: &mut Vec<Unknown>) {
    match (ty, v) {
        (FieldType::List(inner), Value::Array(items)) => {
            for (i, item) in items.iter().enumerate() {
                walk(inner, item, &format!("{at}[{i}]"), found);
            }
        }
        (_, Value::Object(m)) => {
            for (k, v) in m {
                let Ok(path) = paths::parse(k) else { continue };
                let here = if at.is_empty() { k.clone() } else { format!("{at}.{k}") };
                // A label's key may hold dots and slashes: below a free mapping nothing is a path.
                if matches!(ty, FieldType::Map(_) | FieldType::Any) {
                    continue;
                }
                match follow(ty.clone(), &path) {
                    Ok(Some(next)) => walk(&next, v, &here, found),
                    Ok(None) => {}
                    Err(u) => found.push(Unknown { at: at.to_owned(), ..u }),
                }
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn paths_are_held_against_the_schema() {
        let cases = [
            ("status.phase", None),
            ("status.phse", Some(("phse", Some("phase")))),
            ("status.containerStatuses[name=main].state.waiting.reason", None),
            ("status.containerStatuses[nme=main].ready", Some(("nme", Some("name")))),
            ("spec.containers[0].imagge", Some(("imagge", Some("image")))),
            ("metadata.labels[app.kubernetes.io/name]", None),
            ("metadata.labels.anything", None),
        ];
        for (path, expected) in cases {
            let got = unknown_in_path(&Kind::Pod, path);
            assert_eq!(got.as_ref().map(|u| (u.word.as_str(), u.near)), expected, "{path}");
        }
        assert_eq!(unknown_in_path(&Kind::other("example.org/v1", "Cache"), "spec.x"), None);
        let partial = json!({"metadata": {"labels": {"a.b/c": "d"}}, "status": {"readyReplica": 3, "conditions[type=Ready]": {"sttus": "True"}}});
        let found: Vec<String> = unknown_in_object(&Kind::Deployment, &partial)
            .into_iter()
            .map(|u| format!("{}:{}", u.at, u.word))
            .collect();
        assert_eq!(found, ["status.conditions[type=Ready]:sttus", "status:readyReplica"]);
    }
}
