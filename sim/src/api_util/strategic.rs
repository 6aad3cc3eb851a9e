//! Applying a strategic merge patch, as the API server does
//! (`strategicpatch.StrategicMergeMapPatch`).

use serde_json::{Map, Value};

use super::patch::PatchError;
use super::strategic_schema::{Field, List, TypeName, field, root};

type Object = Map<String, Value>;

pub(super) const DIRECTIVE: &str = "$patch";
pub(super) const RETAIN_KEYS: &str = "$retainKeys";
pub(super) const DELETE_PREFIX: &str = "$deleteFromPrimitiveList/";
pub(super) const ORDER_PREFIX: &str = "$setElementOrder/";

/// Applies a strategic merge patch to an object of kind `root_type`.
///
/// Of the directive `$patch: merge`, which is what happens without it, upstream's code refuses
/// what its documentation describes; here it is taken on an object and refused in a list.
///
/// # Errors
/// [`PatchError::UnsupportedMediaType`] for kinds that are not built in; others when the patch is
/// malformed.
pub fn strategic_merge_patch(current: &Value, patch: &Value, root_type: &str) -> Result<Value, PatchError> {
    let ty = root(root_type).ok_or(PatchError::UnsupportedMediaType)?;
    let (Value::Object(current), Value::Object(patch)) = (current, patch) else {
        return Err(PatchError::BadDocument);
    };
    merge_object(current.clone(), patch.clone(), ty).map(Value::Object)
}

fn merge_object(mut original: Object, mut patch: Object, ty: TypeName) -> Result<Object, PatchError> {
    match patch.remove(DIRECTIVE) {
        None => {}
        Some(directive) => match directive.as_str() {
            Some("merge") => {}
            Some("replace") => original = Object::new(),
            Some("delete") => return Ok(Object::new()),
            _ => {
                let name = directive.as_str().map_or_else(|| directive.to_string(), str::to_owned);
                return Err(PatchError::BadDirective(name, Value::Object(patch).to_string()));
            }
        },
    }
    if let Some(keys) = patch.remove(RETAIN_KEYS) {
        retain_keys(&mut original, &patch, &keys)?;
    }
    let (mut orders, mut deletions) = (Vec::new(), Vec::new());
    let mut rest = Object::new();
    for (key, value) in patch {
        if let Some(name) = key.strip_prefix(ORDER_PREFIX) {
            let Value::Array(order) = value else { return Err(PatchError::BadElementOrder) };
            orders.push((name.to_owned(), order));
        } else if let Some(name) = key.strip_prefix(DELETE_PREFIX) {
            let Value::Array(list) = value else { return Err(PatchError::BadPrimitiveList) };
            deletions.push((name.to_owned(), list));
        } else if key.starts_with("$setElementOrder") {
            return Err(PatchError::BadElementOrder);
        } else if key.starts_with("$deleteFromPrimitiveList") {
            return Err(PatchError::BadPrimitiveList);
        } else {
            rest.insert(key, value);
        }
    }
    for (key, order) in orders {
        let info = field(ty, &key);
        let patched = rest.remove(&key);
        check_order(patched.as_ref(), &order, info)?;
        match (original.remove(&key), patched) {
            (None, None) => {}
            (Some(Value::Array(was)), None) => {
                let merged = merge_list(was, Vec::new(), info, Some(&order))?;
                original.insert(key, Value::Array(merged));
            }
            (was, Some(Value::Array(list))) => {
                let was = match was {
                    Some(Value::Array(was)) => was,
                    None | Some(Value::Null) => Vec::new(),
                    Some(_) => return Err(PatchError::BadElementOrder),
                };
                let merged = merge_list(was, list, info, Some(&order))?;
                original.insert(key, Value::Array(merged));
            }
            _ => return Err(PatchError::BadElementOrder),
        }
    }
    for (key, value) in rest {
        let info = field(ty, &key);
        let was = original.remove(&key);
        if let Some(merged) = merge_value(was, value, info)? {
            original.insert(key, merged);
        }
    }
    for (key, list) in deletions {
        if let Some(Value::Array(was)) = original.get_mut(&key) {
            was.retain(|item| !list.contains(item));
        }
    }
    Ok(original)
}

/// One member merged; none when the patch deletes it.
fn merge_value(was: Option<Value>, patch: Value, info: Field) -> Result<Option<Value>, PatchError> {
    Ok(Some(match (was, patch) {
        (_, Value::Null) => return Ok(None),
        (was, Value::Object(patch)) => {
            let existed = was.is_some();
            let was = match was {
                Some(Value::Object(was)) if !info.replace => was,
                _ => Object::new(),
            };
            let deleted = patch.get(DIRECTIVE).is_some_and(|d| d == "delete");
            if deleted && !existed {
                return Ok(None);
            }
            Value::Object(merge_object(was, patch, info.ty)?)
        }
        (was, Value::Array(patch)) => {
            let was = match was {
                Some(Value::Array(was)) => was,
                _ => Vec::new(),
            };
            Value::Array(merge_list(was, patch, info, None)?)
        }
        (_, scalar) => scalar,
    }))
}

fn retain_keys(original: &mut Object, patch: &Object, keys: &Value) -> Result<(), PatchError> {
    let Value::Array(keys) = keys else { return Err(PatchError::BadRetainKeys) };
    let listed = |name: &str| keys.iter().any(|key| key == name);
    let covered = |(name, value): (&String, &Value)| value.is_null() || name.starts_with('$') || listed(name);
    if !patch.iter().all(covered) {
        return Err(PatchError::BadRetainKeys);
    }
    original.retain(|name, _| listed(name));
    Ok(())
}

/// What identifies an element of a merged list: its merge key's value, or itself.
pub(super) fn identity(item: &Value, list: List) -> Result<&Value, PatchError> {
    match (list, item) {
        (_, Value::Array(_)) => Err(PatchError::ListOfLists),
        (List::Map(key), Value::Object(map)) => {
            map.get(key).ok_or_else(|| PatchError::NoMergeKey(item.to_string(), key.to_owned()))
        }
        (List::Map(_), _) | (List::Set, Value::Object(_)) => Err(PatchError::MixedList(item.to_string())),
        _ => Ok(item),
    }
}

/// Every element's identity.
pub(super) fn identities(items: &[Value], list: List) -> Result<Vec<&Value>, PatchError> {
    items.iter().map(|item| identity(item, list)).collect()
}

fn directive(item: &Value) -> Option<&Value> {
    item.as_object().and_then(|map| map.get(DIRECTIVE))
}

/// The patched items must be in `$setElementOrder`, in that order.
fn check_order(patched: Option<&Value>, order: &[Value], info: Field) -> Result<(), PatchError> {
    let Some(Value::Array(patched)) = patched else { return Ok(()) };
    if info.list == List::Replace || order.is_empty() {
        return Ok(());
    }
    let mut ids = identities(order, info.list)?.into_iter();
    for item in patched.iter().filter(|item| directive(item).is_none()) {
        let id = identity(item, info.list)?;
        if !ids.any(|other| other == id) {
            return Err(PatchError::OrderMismatch(
                Value::from(patched.as_slice()).to_string(),
                Value::from(order).to_string(),
            ));
        }
    }
    Ok(())
}

fn merge_list(
    mut original: Vec<Value>,
    patch: Vec<Value>,
    info: Field,
    order: Option<&[Value]>,
) -> Result<Vec<Value>, PatchError> {
    if info.list == List::Replace {
        return Ok(if order.is_some() && patch.is_empty() { original } else { patch });
    }
    let mut changes = Vec::new();
    let mut replaced = false;
    for mut item in patch {
        match directive(&item).map(Value::as_str) {
            None => changes.push(item),
            Some(Some("delete")) => {
                let id = identity(&item, info.list)?;
                let mut kept = Vec::with_capacity(original.len());
                for was in original {
                    if identity(&was, info.list)? != id {
                        kept.push(was);
                    }
                }
                original = kept;
            }
            Some(Some("replace")) => replaced = true,
            Some(Some("merge")) => return Err(PatchError::MergeDirectiveInList),
            Some(_) => {
                let name = item.as_object_mut().and_then(|map| map.remove(DIRECTIVE)).unwrap_or_default();
                return Err(PatchError::BadDirective(
                    name.as_str().map_or_else(|| name.to_string(), str::to_owned),
                    item.to_string(),
                ));
            }
        }
    }
    if replaced {
        original = Vec::new();
    }
    let server: Vec<Value> = cloned(identities(&original, info.list)?);
    let wanted: Vec<Value> = cloned(identities(order.unwrap_or(&changes), info.list)?);
    let mut merged = original;
    for change in changes {
        let id = identity(&change, info.list)?;
        let mut found = None;
        for (at, item) in merged.iter().enumerate() {
            if identity(item, info.list)? == id {
                found = Some(at);
                break;
            }
        }
        match (found, change) {
            (Some(at), Value::Object(change)) => {
                let Value::Object(was) = merged[at].take() else { continue };
                merged[at] = Value::Object(merge_object(was, change, info.ty)?);
            }
            (Some(_), _) => {}
            (None, Value::Object(change)) => {
                merged.push(Value::Object(merge_object(Object::new(), change, info.ty)?));
            }
            (None, scalar) => merged.push(scalar),
        }
    }
    arrange(merged, &wanted, &server, info.list)
}

fn cloned(ids: Vec<&Value>) -> Vec<Value> {
    ids.into_iter().cloned().collect()
}

/// Orders a merged list: named items as `wanted` has them, the others where the server had them.
fn arrange(
    merged: Vec<Value>,
    wanted: &[Value],
    server: &[Value],
    list: List,
) -> Result<Vec<Value>, PatchError> {
    // Each item with its place in `wanted` and in `server`.
    let (mut named, mut others) = (Vec::new(), Vec::new());
    for item in merged {
        let id = identity(&item, list)?;
        let on_server = server.iter().position(|s| s == id);
        match wanted.iter().position(|w| w == id) {
            Some(place) => named.push((place, on_server, item)),
            None => others.push((on_server, item)),
        }
    }
    named.sort_by_key(|(place, _, _)| *place);
    let mut result = Vec::with_capacity(named.len() + others.len());
    let mut others = others.into_iter().peekable();
    for (_, place, item) in named {
        while let Some((other, _)) = others.peek() {
            if !matches!((other, place), (Some(other), Some(place)) if *other < place) {
                break;
            }
            result.extend(others.next().map(|(_, item)| item));
        }
        result.push(item);
    }
    result.extend(others.map(|(_, item)| item));
    Ok(result)
}
