//! The patch formats of the API server, on JSON values.
//!
//! JSON merge patch (RFC 7386), JSON patch (RFC 6902, with the words of `evanphx/json-patch`,
//! which Kubernetes uses), and strategic merge patch
//! (`k8s.io/apimachinery/pkg/util/strategicpatch`) with the three-way diff of `kubectl apply`.

use serde_json::{Map, Value};
use thiserror::Error;

pub use super::json_patch::json_patch;
pub use super::strategic::strategic_merge_patch;
pub use super::strategic_diff::{three_way_strategic, two_way_strategic};
pub use super::strategic_schema::supports_strategic;

/// Why a patch could not be applied or computed.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum PatchError {
    /// A strategic merge patch for a kind that has no built-in type: HTTP 415.
    #[error(
        "the body of the request was in an unknown format - accepted media types include: \
         application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml"
    )]
    UnsupportedMediaType,
    /// The patch or the document is not of the JSON type that its format asks for: HTTP 400.
    #[error("invalid JSON document")]
    BadDocument,
    /// A list inside a merged list.
    #[error("lists of lists are not supported")]
    ListOfLists,
    /// A list mixes objects with scalars, or is one where the other is asked for.
    #[error("list element types are not identical: {0}")]
    MixedList(String),
    /// An element of a merged list lacks its merge key.
    #[error("map: {0} does not contain declared merge key: {1}")]
    NoMergeKey(String, String),
    /// A `$patch` directive that is not known.
    #[error("unknown patch type: {0} in map: {1}")]
    BadDirective(String, String),
    /// `$patch: merge` in an element of a list.
    #[error("merging lists cannot yet be specified in the patch")]
    MergeDirectiveInList,
    /// `$deleteFromPrimitiveList/x` is not a list.
    #[error("invalid patch format of primitive list")]
    BadPrimitiveList,
    /// `$retainKeys` is not a list that covers the patch.
    #[error("invalid patch format of retainKeys")]
    BadRetainKeys,
    /// `$setElementOrder/x` is not a list.
    #[error("invalid patch format of setElementOrder list")]
    BadElementOrder,
    /// The patched items are not in the order that `$setElementOrder` gives, or missing from it.
    #[error("The order in patch list:\n{0}\n doesn't match $setElementOrder list:\n{1}\n")]
    OrderMismatch(String, String),
    /// A step of a JSON patch does not apply: HTTP 422.
    #[error("{0}")]
    JsonPatch(String),
    /// A JSON patch of more steps than the API server takes: HTTP 413.
    #[error("The allowed maximum operations in a JSON patch is 10000, got {0}")]
    TooManyOperations(usize),
}

/// Applies an RFC 7386 merge patch: objects merge, null deletes, all else replaces.
pub fn json_merge_patch(target: &mut Value, patch: &Value) {
    let Value::Object(patch) = patch else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    let Value::Object(target) = target else { return };
    for (key, value) in patch {
        if value.is_null() {
            target.remove(key);
        } else {
            json_merge_patch(target.entry(key.clone()).or_insert(Value::Null), value);
        }
    }
}

/// The RFC 7386 merge patch that turns `old` into `new`, `{}` when they are equal objects.
///
/// A merge patch cannot set a member to null: where `new` has a null inside an object, applying
/// the result leaves that member out.
#[must_use]
pub fn diff_merge_patch(old: &Value, new: &Value) -> Value {
    let (Value::Object(old), Value::Object(new)) = (old, new) else {
        return new.clone();
    };
    let mut patch = Map::new();
    for (key, value) in new {
        match old.get(key) {
            Some(was) if was == value => {}
            Some(was) if was.is_object() && value.is_object() => {
                patch.insert(key.clone(), diff_merge_patch(was, value));
            }
            _ => {
                patch.insert(key.clone(), value.clone());
            }
        }
    }
    for key in old.keys().filter(|key| !new.contains_key(*key)) {
        patch.insert(key.clone(), Value::Null);
    }
    Value::Object(patch)
}

#[cfg(test)]
#[path = "patch_tests.rs"]
mod tests;
