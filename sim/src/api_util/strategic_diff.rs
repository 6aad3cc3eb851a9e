//! Computing strategic merge patches, as `kubectl apply` does
//! (`strategicpatch.CreateThreeWayMergePatch`).

use serde_json::{Map, Value, json};

use super::patch::PatchError;
use super::strategic::{DELETE_PREFIX, DIRECTIVE, ORDER_PREFIX, RETAIN_KEYS, identities, identity};
use super::strategic_schema::{Field, List, TypeName, field, root};

type Object = Map<String, Value>;

/// The patch that `kubectl apply` sends: what `modified` sets differently from `current`, and the
/// deletion of what `original` (the last applied configuration, null if there is none) set and
/// `modified` does not. `{}` when nothing changes.
///
/// # Errors
/// [`PatchError::UnsupportedMediaType`] for kinds that are not built in; others when an argument is
/// not an object or an element of a merged list lacks its key.
pub fn three_way_strategic(
    original: &Value,
    modified: &Value,
    current: &Value,
    kind: &str,
) -> Result<Value, PatchError> {
    let ty = root(kind).ok_or(PatchError::UnsupportedMediaType)?;
    let object = |value: &Value| match value {
        Value::Object(map) => Ok(map.clone()),
        Value::Null => Ok(Object::new()),
        _ => Err(PatchError::BadDocument),
    };
    let (original, modified, current) = (object(original)?, object(modified)?, object(current)?);
    diff_objects(&original, &modified, &current, ty, false).map(Value::Object)
}

/// The strategic merge patch that turns `old` into `new` (`CreateTwoWayMergePatch`).
///
/// # Errors
/// As [`three_way_strategic`].
pub fn two_way_strategic(old: &Value, new: &Value, kind: &str) -> Result<Value, PatchError> {
    three_way_strategic(old, new, old, kind)
}

fn diff_objects(
    original: &Object,
    modified: &Object,
    current: &Object,
    ty: TypeName,
    retain: bool,
) -> Result<Object, PatchError> {
    let mut patch = Object::new();
    for (key, new) in modified {
        let info = field(ty, key);
        match (current.get(key), new) {
            (None, _) => {
                patch.insert(key.clone(), new.clone());
            }
            (Some(Value::Object(now)), Value::Object(new)) if !info.replace => {
                let empty = Object::new();
                let was = original.get(key).and_then(Value::as_object).unwrap_or(&empty);
                let inner = diff_objects(was, new, now, info.ty, info.retain_keys)?;
                if !inner.is_empty() {
                    patch.insert(key.clone(), Value::Object(inner));
                }
            }
            (Some(Value::Array(now)), Value::Array(new)) if info.list != List::Replace => {
                let was = original.get(key).and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
                diff_lists(key, was, new, now, info, &mut patch)?;
            }
            (Some(now), new) if now == new => {}
            (Some(_), new) => {
                patch.insert(key.clone(), new.clone());
            }
        }
    }
    for key in original.keys().filter(|key| !modified.contains_key(*key)) {
        patch.insert(key.clone(), Value::Null);
    }
    if retain {
        let kept: Vec<&String> = modified.iter().filter(|(_, v)| !v.is_null()).map(|(k, _)| k).collect();
        let extra = |map: &Object| map.iter().any(|(k, v)| !v.is_null() && !modified.contains_key(k));
        if !kept.is_empty() && (!patch.is_empty() || extra(current) || extra(original)) {
            patch.insert(RETAIN_KEYS.to_owned(), json!(kept));
        }
    }
    Ok(patch)
}

/// Two merge keys are the same when they print the same.
fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn diff_lists(
    key: &str,
    original: &[Value],
    modified: &[Value],
    current: &[Value],
    info: Field,
    patch: &mut Object,
) -> Result<(), PatchError> {
    let was = identities(original, info.list)?;
    let new = identities(modified, info.list)?;
    let now = identities(current, info.list)?;
    let mut gone: Vec<&Value> = was.into_iter().filter(|id| !new.contains(id)).collect();
    gone.sort_by_key(|id| text(id));
    gone.dedup();
    if current.is_empty() && gone.is_empty() {
        if !modified.is_empty() {
            patch.insert(key.to_owned(), json!(modified));
        }
        return Ok(());
    }

    let mut changes = Vec::new();
    for (item, id) in modified.iter().zip(&new) {
        let Some(at) = now.iter().position(|other| other == id) else {
            changes.push(item.clone());
            continue;
        };
        let (List::Map(merge_key), Value::Object(item), Value::Object(now)) = (info.list, item, &current[at])
        else {
            continue;
        };
        let empty = Object::new();
        let mut was = &empty;
        for candidate in original {
            if identity(candidate, info.list)? == *id {
                was = candidate.as_object().unwrap_or(&empty);
            }
        }
        let mut inner = diff_objects(was, item, now, info.ty, info.retain_keys)?;
        if !inner.is_empty() {
            inner.insert(merge_key.to_owned(), (*id).clone());
            changes.push(Value::Object(inner));
        }
    }
    if changes.is_empty() && gone.is_empty() && new == now {
        return Ok(());
    }
    let order: Vec<Value> = match info.list {
        List::Map(merge_key) => new.iter().map(|id| json!({merge_key: id})).collect(),
        _ => modified.to_vec(),
    };
    patch.insert(format!("{ORDER_PREFIX}{key}"), Value::Array(order));
    if let List::Map(merge_key) = info.list {
        changes.extend(gone.into_iter().map(|id| json!({merge_key: id, DIRECTIVE: "delete"})));
    } else if !gone.is_empty() {
        patch.insert(format!("{DELETE_PREFIX}{key}"), json!(gone));
    }
    if !changes.is_empty() {
        patch.insert(key.to_owned(), Value::Array(changes));
    }
    Ok(())
}
