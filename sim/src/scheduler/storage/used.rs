//! The volumes in a pod's spec. Sources: `k8s.io/api/core/v1` (Volume), `k8s.io/component-helpers/storage/ephemeral`.

use crate::object::{Pod, Str};
use serde_json::Value;
use std::borrow::Cow;

/// A source of a volume (`persistentVolumeClaim`, `rbd`, …), if that is what the volume has.
pub fn source<'a>(volume: &'a Value, kind: &str) -> Option<&'a Value> {
    volume.get(kind).filter(|v| !v.is_null())
}

/// A text in a source; empty if it is absent.
pub fn text<'a>(v: &'a Value, key: &str) -> &'a str {
    v.get(key).and_then(Value::as_str).unwrap_or("")
}

/// The name of the claim that a volume refers to by name.
pub fn named_claim(volume: &Value) -> Option<&str> {
    source(volume, "persistentVolumeClaim").map(|c| text(c, "claimName"))
}

/// A claim that a pod needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Needed<'a> {
    /// Its name. It is in the pod's namespace.
    pub name: Cow<'a, str>,
    /// Whether it is made for the pod, by the controller of ephemeral volumes.
    pub ephemeral: bool,
}

/// The claim that stands behind a volume of a pod, if one does (`ephemeral.VolumeClaimName`).
pub fn claim<'a>(pod: &Pod, volume: &'a Value) -> Option<Needed<'a>> {
    if let Some(name) = named_claim(volume) {
        return Some(Needed { name: Cow::Borrowed(name), ephemeral: false });
    }
    source(volume, "ephemeral")?;
    let name = format!("{}-{}", pod.metadata.name, text(volume, "name"));
    Some(Needed { name: Cow::Owned(name), ephemeral: true })
}

/// The claims that stand behind a pod's volumes, in their order.
pub fn claims<'a>(pod: &'a Pod, volumes: &'a [Value]) -> impl Iterator<Item = Needed<'a>> {
    volumes.iter().filter_map(|v| claim(pod, v))
}

/// The volumes in a pod's spec, as they came.
pub fn volumes(pod: &Pod) -> &[Value] {
    pod.spec.other.get("volumes").and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// That a named object is not there, as the listers say it.
pub fn missing(kind: &str, name: &str) -> Str {
    Str::from(format!("{kind} \"{name}\" not found"))
}
