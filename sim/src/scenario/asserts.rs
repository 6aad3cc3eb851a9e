//! Assertions as types: when something must be true, and what.

use super::values::{Dur, KindName, Lasting, Many, Selector};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// When something must be true, and what. Exactly one of `within`, `for` and `never`; all else that is given
/// must hold together, at one revision of the store. (In a lesson's options none of the three: the moment is given there.)
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Assertion {
    /// It becomes true within this time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub within: Option<Dur>,
    /// With `within`: it is not true before this time has passed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_before: Option<Dur>,
    /// It is true at every revision for this time, or until the `end`.
    #[serde(rename = "for", skip_serializing_if = "Option::is_none")]
    pub lasting: Option<Lasting>,
    /// It is true at no revision for this time, or until the `end`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub never: Option<Lasting>,
    /// The times count from the start of that step, instead of from now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    /// An object like this exists: a part of it, as in a manifest.
    #[serde(skip_serializing_if = "Many::is_empty")]
    #[schemars(with = "Many<BTreeMap<String, Value>>")]
    pub resource: Many<Value>,
    /// With `resource`: no such object exists.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub absent: bool,
    /// So many objects exist.
    #[serde(skip_serializing_if = "Many::is_empty")]
    pub count: Many<Count>,
    /// Events have been reported.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub events: Option<Events>,
    /// `kubectl get` prints this, in the columns that are named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub table: Option<Table>,
    /// A field is as it was when the assertion began.
    #[serde(skip_serializing_if = "Many::is_empty")]
    pub unchanged: Many<Field>,
    /// A field is as it was when it was saved.
    #[serde(skip_serializing_if = "Many::is_empty")]
    pub same: Many<Compare>,
    /// A field is no longer as it was when it was saved.
    #[serde(skip_serializing_if = "Many::is_empty")]
    pub differs: Many<Compare>,
    /// What an object's newest record follows from.
    #[serde(skip_serializing_if = "Many::is_empty")]
    pub chain: Many<Chain>,
    /// The time between two steps.
    #[serde(skip_serializing_if = "Many::is_empty")]
    pub elapsed: Many<Elapsed>,
    /// Nothing is under way but periodic work.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub quiet: bool,
    /// The line at which it stands in its file; 0 if unknown.
    #[serde(skip)]
    pub line: usize,
}

impl Assertion {
    /// Whether it claims anything.
    pub fn claims(&self) -> bool {
        !self.resource.is_empty()
            || !self.count.is_empty()
            || self.events.is_some()
            || self.table.is_some()
            || !self.unchanged.is_empty()
            || !self.same.is_empty()
            || !self.differs.is_empty()
            || !self.chain.is_empty()
            || !self.elapsed.is_empty()
            || self.quiet
    }
}

/// One object, or those that a selector finds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Source {
    /// The kind.
    pub kind: KindName,
    /// The name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The namespace; `default` if not given, `*` for all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// Which ones, by label.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub selector: Option<Selector>,
    /// Which ones, by the values of fields.
    #[serde(default, rename = "where", skip_serializing_if = "BTreeMap::is_empty")]
    pub filter: BTreeMap<String, Value>,
}

/// How many objects there are.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Count {
    /// The kind.
    pub kind: KindName,
    /// The namespace; `default` if not given, `*` for all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// Which ones, by label.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub selector: Option<Selector>,
    /// Which ones, by the values of fields: `{status.phase: Running, spec.priority: ">=10"}`.
    #[serde(default, rename = "where", skip_serializing_if = "BTreeMap::is_empty")]
    pub filter: BTreeMap<String, Value>,
    /// At least.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min: Option<u32>,
    /// At most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<u32>,
    /// Exactly.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub equals: Option<u32>,
}

/// Events that must be there.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Events {
    /// Each of these has been reported.
    pub contains: Vec<EventMatch>,
    /// They come in this order.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub ordered: bool,
}

/// One event. What is not given may be anything.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct EventMatch {
    /// Its reason, such as `Scheduled`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// `Normal` or `Warning`.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub type_: Option<String>,
    /// What it is about, such as `pod/web-*`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub object: Option<String>,
    /// Its message; `*` stands for anything.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

/// What `kubectl get` prints.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Table {
    /// The kind, as behind `kubectl get`.
    pub get: KindName,
    /// The namespace; `default` if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// Which ones, by label.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub selector: Option<Selector>,
    /// The text. Only the columns of its header are compared; ages are not; `*` stands for anything.
    pub text: String,
}

/// A field of an object.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Field {
    /// The kind.
    pub kind: KindName,
    /// The name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The namespace; `default` if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// Which ones, by label.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub selector: Option<Selector>,
    /// The field, such as `metadata.generation`.
    pub field: String,
}

/// A field compared with what was saved.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Compare {
    /// The name that `save` gave it.
    #[serde(rename = "as")]
    pub name: String,
    /// Whose field now; as saved, if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Source>,
    /// Which field now; as saved, if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// With `differs`: exactly so many of the values were not there before. Without it, all of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub new: Option<u32>,
}

/// The causes of an object's record.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Chain {
    /// Whose record. Where a selector finds several, one of them must fit.
    pub object: Source,
    /// Which record of it, such as `kubelet.started` or `update pod`; the newest if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<String>,
    /// What it follows from, in order, from the root on; others may stand between. A name such as `user`,
    /// `fault nodeCrash`, `timer *`, `create pod`, `scheduler.decision` or a note's code.
    pub contains: Vec<String>,
}

/// The time between two steps.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Elapsed {
    /// From the start of this step.
    pub since: String,
    /// To the moment at which this step passed; to now, if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
    /// At least.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min: Option<Dur>,
    /// At most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<Dur>,
}
