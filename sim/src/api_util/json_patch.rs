//! JSON patch (RFC 6902) with the error words of `evanphx/json-patch` v4.

use serde_json::Value;

use super::patch::PatchError;

const MISSING: &str = "missing value";

fn fail(message: impl Into<String>) -> PatchError {
    PatchError::JsonPatch(message.into())
}

/// One token of a JSON pointer, unescaped (RFC 6901).
fn unescape(token: &str) -> String {
    token.replace("~1", "/").replace("~0", "~")
}

/// Splits a pointer into its parent's tokens and its last token; none for the whole document.
fn split(path: &str) -> Option<(Vec<String>, String)> {
    let mut tokens: Vec<String> = path.split('/').skip(1).map(unescape).collect();
    let last = tokens.pop()?;
    Some((tokens, last))
}

/// An index into a list of `len` items. Below zero counts from the end, which the RFC does not
/// have and upstream does.
fn index(key: &str, len: usize) -> Result<usize, String> {
    let at: i64 = key.parse().map_err(|_| format!("strconv.Atoi: parsing \"{key}\": invalid syntax"))?;
    let from_end = if at < 0 { at.saturating_add(len as i64) } else { at };
    usize::try_from(from_end)
        .ok()
        .filter(|i| *i < len)
        .ok_or_else(|| format!("Unable to access invalid index: {at}: invalid index referenced"))
}

fn child<'v>(value: &'v mut Value, key: &str) -> Option<&'v mut Value> {
    match value {
        Value::Object(map) => map.get_mut(key),
        Value::Array(list) => {
            let at = index(key, list.len()).ok()?;
            list.get_mut(at)
        }
        _ => None,
    }
}

/// The object or list that holds the last token of a path.
fn container<'v>(doc: &'v mut Value, tokens: &[String]) -> Option<&'v mut Value> {
    let found = tokens.iter().try_fold(doc, |value, token| child(value, token))?;
    (found.is_object() || found.is_array()).then_some(found)
}

fn get(container: &Value, key: &str) -> Result<Value, String> {
    match container {
        Value::Array(list) => index(key, list.len()).map(|i| list[i].clone()),
        other => {
            other.get(key).cloned().ok_or_else(|| format!("unable to get nonexistent key: {key}: {MISSING}"))
        }
    }
}

fn add(container: &mut Value, key: &str, value: Value) -> Result<(), String> {
    match container {
        Value::Array(list) if key == "-" => list.push(value),
        Value::Array(list) => {
            let at = index(key, list.len() + 1).map_err(|e| {
                if e.starts_with("strconv") {
                    format!("value was not a proper array index: '{key}': {e}")
                } else {
                    e
                }
            })?;
            list.insert(at, value);
        }
        Value::Object(map) => {
            map.insert(key.to_owned(), value);
        }
        _ => return Err(MISSING.to_owned()),
    }
    Ok(())
}

fn remove(container: &mut Value, key: &str) -> Result<Value, String> {
    match container {
        Value::Array(list) => index(key, list.len()).map(|i| list.remove(i)),
        Value::Object(map) => {
            map.remove(key).ok_or_else(|| format!("Unable to remove nonexistent key: {key}: {MISSING}"))
        }
        _ => Err(MISSING.to_owned()),
    }
}

/// The value at a path, for `move` and `copy`.
fn read(doc: &mut Value, op: &str, from: &str) -> Result<Value, PatchError> {
    let Some((tokens, key)) = split(from) else { return Ok(doc.clone()) };
    let parent = container(doc, &tokens).ok_or_else(|| {
        fail(format!("{op} operation does not apply: doc is missing from path: {from}: {MISSING}"))
    })?;
    let (preposition, place) = if op == "copy" { ("from", from) } else { ("path", key.as_str()) };
    get(parent, &key).map_err(|e| fail(format!("error in {op} for {preposition}: '{place}': {e}")))
}

/// Puts a value at the destination of `move` or `copy`.
fn write(doc: &mut Value, op: &str, path: &str, value: Value) -> Result<(), PatchError> {
    let Some((tokens, key)) = split(path) else {
        *doc = value;
        return Ok(());
    };
    let parent = container(doc, &tokens).ok_or_else(|| {
        fail(format!("{op} operation does not apply: doc is missing destination path: {path}: {MISSING}"))
    })?;
    add(parent, &key, value).map_err(|e| match op {
        "copy" => fail(format!("error while adding value during copy: {e}")),
        _ => fail(format!("error in {op} for path: '{path}': {e}")),
    })
}

/// Applies an RFC 6902 patch, a list of steps; none is applied when one fails.
///
/// # Errors
/// When the patch is not a list of objects, has too many steps, or a step does not apply.
pub fn json_patch(doc: &Value, patch: &Value) -> Result<Value, PatchError> {
    let Value::Array(steps) = patch else { return Err(PatchError::BadDocument) };
    if steps.len() > 10_000 {
        return Err(PatchError::TooManyOperations(steps.len()));
    }
    let mut doc = doc.clone();
    for step in steps {
        if !step.is_object() {
            return Err(PatchError::BadDocument);
        }
        apply(&mut doc, step)?;
    }
    Ok(doc)
}

fn apply(doc: &mut Value, step: &Value) -> Result<(), PatchError> {
    let text = |name: &str| step.get(name).and_then(Value::as_str);
    let op = text("op").unwrap_or("unknown");
    if !["add", "remove", "replace", "move", "copy", "test"].contains(&op) {
        return Err(fail(format!("Unexpected kind: {op}")));
    }
    let path = text("path").filter(|p| p.is_empty() || p.starts_with('/')).ok_or_else(|| {
        fail(format!("{op} operation failed to decode path: operation missing path field: {MISSING}"))
    })?;
    let value = || {
        step.get("value").cloned().ok_or_else(|| {
            fail(format!("{op} operation failed to decode value: missing value field: {MISSING}"))
        })
    };
    if op == "move" || op == "copy" {
        let from = text("from").ok_or_else(|| {
            fail(format!("{op} operation failed to decode from: operation, missing from field: {MISSING}"))
        })?;
        let moved = read(doc, op, from)?;
        if op == "move" {
            if path.strip_prefix(from).is_some_and(|below| below.starts_with('/')) {
                return Err(fail(format!(
                    "error in move for path: '{path}': a value cannot move into itself"
                )));
            }
            if let Some((tokens, key)) = split(from)
                && let Some(parent) = container(doc, &tokens)
            {
                remove(parent, &key).map_err(|e| fail(format!("error in move for path: '{key}': {e}")))?;
            }
        }
        return write(doc, op, path, moved);
    }
    let Some((tokens, key)) = split(path) else {
        // The whole document.
        match op {
            "remove" => *doc = Value::Null,
            "test" if *doc == value()? => {}
            "test" => return Err(fail(format!("testing value {path} failed: test failed"))),
            _ => *doc = value()?,
        }
        return Ok(());
    };
    let parent = container(doc, &tokens).ok_or_else(|| {
        fail(match op {
            "add" | "remove" => {
                format!("{op} operation does not apply: doc is missing path: \"{path}\": {MISSING}")
            }
            "replace" => format!("replace operation does not apply: doc is missing path: {path}: {MISSING}"),
            _ => format!("test operation does not apply: is missing path: {path}: {MISSING}"),
        })
    })?;
    match op {
        "add" => {
            add(parent, &key, value()?).map_err(|e| fail(format!("error in add for path: '{path}': {e}")))
        }
        "remove" => remove(parent, &key)
            .map(|_| ())
            .map_err(|e| fail(format!("error in remove for path: '{path}': {e}"))),
        "replace" => {
            let value = value()?;
            let slot = child(parent, &key).ok_or_else(|| {
                fail(format!("replace operation does not apply: doc is missing key: {path}: {MISSING}"))
            })?;
            *slot = value;
            Ok(())
        }
        _ => {
            let want = step.get("value").unwrap_or(&Value::Null);
            let found = match get(parent, &key) {
                Ok(found) => found,
                Err(_) if parent.is_object() && want.is_null() => Value::Null,
                Err(e) => return Err(fail(format!("error in test for path: '{path}': {e}"))),
            };
            if found == *want {
                Ok(())
            } else {
                Err(fail(format!("testing value {path} failed: test failed")))
            }
        }
    }
}
