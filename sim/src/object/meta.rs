//! Metadata, labels, owners, conditions: what all kinds have in common.

use super::{List, Other, Str};
use crate::api_util::Time;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::Arc;

/// Labels or annotations. Shared: the pods of a template hold one map among them.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Labels(Option<Arc<BTreeMap<Str, Str>>>);

impl Labels {
    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&Str> {
        self.0.as_ref()?.get(key)
    }
    /// All pairs, in key order.
    pub fn iter(&self) -> impl Iterator<Item = (&Str, &Str)> {
        self.0.iter().flat_map(|m| m.iter())
    }
    /// Whether there is none. Also used by serde to leave an empty map out.
    pub fn is_empty(&self) -> bool {
        self.0.as_ref().is_none_or(|m| m.is_empty())
    }
    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.as_ref().map_or(0, |m| m.len())
    }
    /// Sets a key.
    pub fn insert(&mut self, key: impl Into<Str>, value: impl Into<Str>) {
        Arc::make_mut(self.0.get_or_insert_with(Default::default)).insert(key.into(), value.into());
    }
    /// Removes a key; returns what it had.
    pub fn remove(&mut self, key: &str) -> Option<Str> {
        self.get(key)?;
        Arc::make_mut(self.0.as_mut()?).remove(key)
    }
    /// Whether both are the same allocation (a quick test for "same template").
    pub fn same(&self, other: &Labels) -> bool {
        match (&self.0, &other.0) {
            (Some(a), Some(b)) => Arc::ptr_eq(a, b),
            (None, None) => true,
            _ => false,
        }
    }
}

impl FromIterator<(Str, Str)> for Labels {
    fn from_iter<T: IntoIterator<Item = (Str, Str)>>(iter: T) -> Self {
        let m: BTreeMap<Str, Str> = iter.into_iter().collect();
        if m.is_empty() { Labels(None) } else { Labels(Some(Arc::new(m))) }
    }
}

impl fmt::Debug for Labels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

impl Serialize for Labels {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_map(self.iter())
    }
}

impl<'de> Deserialize<'de> for Labels {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let m = Option::<BTreeMap<Str, Str>>::deserialize(d)?.unwrap_or_default();
        Ok(m.into_iter().collect())
    }
}

/// An object's identity over time: 128 bits, printed as a UUID.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Uid(pub u128);

impl fmt::Display for Uid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let h = format!("{:032x}", self.0);
        write!(f, "{}-{}-{}-{}-{}", &h[..8], &h[8..12], &h[12..16], &h[16..20], &h[20..])
    }
}
impl fmt::Debug for Uid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
impl Uid {
    /// Whether it is unset.
    pub fn is_zero(&self) -> bool {
        self.0 == 0
    }
    /// Both halves in one number, for hash tables. Its bits are drawn at random; those of a foreign identity are a hash.
    pub fn mixed(&self) -> u64 {
        ((self.0 >> 64) as u64 ^ (self.0 as u64).rotate_left(32)).wrapping_mul(0x9e37_79b9_7f4a_7c15)
    }
    /// A version-4 UUID from random bits.
    pub fn v4(bits: u128) -> Uid {
        Uid(bits & !(0xf << 76) & !(0x3 << 62) | (4 << 76) | (2 << 62))
    }
}

/// A map by identity. Identities are random enough as they are, so that they are mixed and not hashed.
pub type UidMap<V> = HashMap<Uid, V, BuildHasherDefault<UidHasher>>;

/// See [`UidMap`].
#[derive(Clone, Copy, Debug, Default)]
pub struct UidHasher(u64);

impl Hasher for UidHasher {
    fn write(&mut self, bytes: &[u8]) {
        for b in bytes {
            self.0 = (self.0.rotate_left(5) ^ u64::from(*b)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        }
    }
    fn write_u128(&mut self, v: u128) {
        self.0 = Uid(v).mixed();
    }
    fn finish(&self) -> u64 {
        self.0 ^ self.0 >> 32
    }
}

impl Serialize for Uid {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}
impl<'de> Deserialize<'de> for Uid {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let s = String::deserialize(d)?;
        let hex: String = s.chars().filter(|c| *c != '-').collect();
        match u128::from_str_radix(&hex, 16) {
            Ok(v) if hex.len() == 32 => Ok(Uid(v)),
            // A foreign identity that is no UUID keeps its identity as a hash of its text.
            _ => Ok(Uid(s.bytes().fold(0x6c62272e07bb014262b821756295c58d, |h, b| {
                (h ^ u128::from(b)).wrapping_mul(0x0000000001000000000000000000013B)
            }))),
        }
    }
}

/// `metav1.ObjectMeta`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[allow(missing_docs)]
pub struct ObjectMeta {
    #[serde(skip_serializing_if = "Str::is_empty")]
    pub name: Str,
    #[serde(skip_serializing_if = "Str::is_empty")]
    pub generate_name: Str,
    #[serde(skip_serializing_if = "Str::is_empty")]
    pub namespace: Str,
    #[serde(skip_serializing_if = "Uid::is_zero")]
    pub uid: Uid,
    /// Revision of the last write; 0 before the first one. A decimal string in JSON.
    #[serde(with = "revision", skip_serializing_if = "is_zero_u64")]
    pub resource_version: u64,
    #[serde(skip_serializing_if = "is_zero_i64")]
    pub generation: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub creation_timestamp: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deletion_timestamp: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deletion_grace_period_seconds: Option<i64>,
    #[serde(skip_serializing_if = "Labels::is_empty")]
    pub labels: Labels,
    #[serde(skip_serializing_if = "Labels::is_empty")]
    pub annotations: Labels,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub owner_references: List<OwnerReference>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub finalizers: List<Str>,
    #[serde(flatten)]
    pub other: Other,
}

impl ObjectMeta {
    /// The owner that is marked as the managing controller, if any.
    pub fn controller(&self) -> Option<&OwnerReference> {
        self.owner_references.iter().find(|o| o.controller)
    }
    /// Whether deletion has been asked for.
    pub fn deleting(&self) -> bool {
        self.deletion_timestamp.is_some()
    }
}

pub(crate) fn is_zero_u64(v: &u64) -> bool {
    *v == 0
}
pub(crate) fn is_zero_i64(v: &i64) -> bool {
    *v == 0
}
pub(crate) fn is_false(v: &bool) -> bool {
    !*v
}

mod revision {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};
    pub fn serialize<S: Serializer>(v: &u64, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(v)
    }
    pub fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<u64, D::Error> {
        match Option::<String>::deserialize(d)?.as_deref() {
            None | Some("") => Ok(0),
            Some(s) => s.parse().map_err(|_| D::Error::custom(format!("invalid resource version {s:?}"))),
        }
    }
}

/// `metav1.OwnerReference`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[allow(missing_docs)]
pub struct OwnerReference {
    pub api_version: Str,
    pub kind: Str,
    pub name: Str,
    pub uid: Uid,
    #[serde(skip_serializing_if = "is_false")]
    pub controller: bool,
    #[serde(skip_serializing_if = "is_false")]
    pub block_owner_deletion: bool,
}

/// `True`, `False` or `Unknown`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[allow(missing_docs)]
pub enum ConditionStatus {
    True,
    False,
    #[default]
    Unknown,
}

impl ConditionStatus {
    /// Its text in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::True => "True",
            Self::False => "False",
            Self::Unknown => "Unknown",
        }
    }
}
impl From<bool> for ConditionStatus {
    fn from(b: bool) -> Self {
        if b { Self::True } else { Self::False }
    }
}

/// One condition of a pod, node, deployment or namespace.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[allow(missing_docs)]
pub struct Condition {
    #[serde(rename = "type")]
    pub type_: Str,
    pub status: ConditionStatus,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_heartbeat_time: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_update_time: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_transition_time: Option<Time>,
    #[serde(skip_serializing_if = "Str::is_empty")]
    pub reason: Str,
    #[serde(skip_serializing_if = "Str::is_empty")]
    pub message: Str,
}

/// `metav1.LabelSelector`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[allow(missing_docs)]
pub struct LabelSelector {
    #[serde(skip_serializing_if = "Labels::is_empty")]
    pub match_labels: Labels,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub match_expressions: Vec<SelectorRequirement>,
}

/// One expression of a label selector.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct SelectorRequirement {
    pub key: Str,
    pub operator: SelectorOperator,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<Str>,
}

/// The operators of a label selector.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub enum SelectorOperator {
    In,
    NotIn,
    Exists,
    DoesNotExist,
}

impl LabelSelector {
    /// Whether it selects everything.
    pub fn is_empty(&self) -> bool {
        self.match_labels.is_empty() && self.match_expressions.is_empty()
    }
    /// Whether these labels are selected. An empty selector selects all.
    pub fn matches(&self, labels: &Labels) -> bool {
        self.match_labels.iter().all(|(k, v)| labels.get(k) == Some(v))
            && self.match_expressions.iter().all(|r| {
                let have = labels.get(&r.key);
                match r.operator {
                    SelectorOperator::In => have.is_some_and(|v| r.values.contains(v)),
                    SelectorOperator::NotIn => have.is_none_or(|v| !r.values.contains(v)),
                    SelectorOperator::Exists => have.is_some(),
                    SelectorOperator::DoesNotExist => have.is_none(),
                }
            })
    }
}

/// As kubectl prints it: `app=web,tier in (a,b)`; `<none>` when empty.
impl fmt::Display for LabelSelector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_empty() {
            return f.write_str("<none>");
        }
        let labels = self.match_labels.iter().map(|(k, v)| format!("{k}={v}"));
        let exprs = self.match_expressions.iter().map(|r| match r.operator {
            SelectorOperator::In => format!("{} in ({})", r.key, r.values.join(",")),
            SelectorOperator::NotIn => format!("{} notin ({})", r.key, r.values.join(",")),
            SelectorOperator::Exists => r.key.to_string(),
            SelectorOperator::DoesNotExist => format!("!{}", r.key),
        });
        f.write_str(&labels.chain(exprs).collect::<Vec<_>>().join(","))
    }
}
