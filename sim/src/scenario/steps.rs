//! The steps of a timeline and the actions in them.

use super::asserts::{Assertion, Source};
use super::faults::FaultAction;
use super::values::{Dur, KindName, Many, Selector};
use crate::apiserver::Propagation;
use crate::world::PatchKind;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One step. Its actions run in the order of the fields here, then values are saved, then its assertions
/// are tried one after another. Without `at` and `after` it starts when the step before it has passed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Step {
    /// Its name; reports, `since` and `mend` use it.
    pub name: String,
    /// The time of the run at which it starts (not before the step before it has passed).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<Dur>,
    /// How long after the step before it has passed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<Dur>,
    /// `kubectl apply -f`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub apply: Option<Manifests>,
    /// `kubectl create -f`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub create: Option<Manifests>,
    /// `kubectl patch`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub patch: Option<Patch>,
    /// `kubectl scale`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scale: Option<Scale>,
    /// `kubectl rollout`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rollout: Option<Rollout>,
    /// `kubectl delete`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delete: Option<Delete>,
    /// `kubectl cordon`: the node's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cordon: Option<String>,
    /// `kubectl uncordon`: the node's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uncordon: Option<String>,
    /// Something goes wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fault: Option<FaultAction>,
    /// A fault ends: its `as`, or the name of the step that began it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mend: Option<String>,
    /// Nothing is done for so long.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wait: Option<Dur>,
    /// The step's kubectl action must be refused, with a message like this (`*` stands for anything).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expect_error: Option<String>,
    /// Values to be compared with later.
    #[serde(skip_serializing_if = "Many::is_empty")]
    pub save: Many<Save>,
    /// What must be true, in order: the next is tried when the one before has passed.
    #[serde(skip_serializing_if = "Many::is_empty")]
    pub assert: Many<Assertion>,
    /// The line at which it stands in its file; 0 if unknown.
    #[serde(skip)]
    pub line: usize,
}

/// Manifests, from files or written in place.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Manifests {
    /// A file, relative to the scenario's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// Several files.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<String>,
    /// A list of objects, or YAML text.
    #[serde(skip_serializing_if = "Value::is_null")]
    pub manifests: Value,
    /// What the files and texts hold; filled in by the parser.
    #[serde(skip)]
    pub objects: Vec<Value>,
}

/// `kubectl delete`: one object by name, or all that a selector finds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Delete {
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
    /// Only so many of those that the selector finds, in the order of their names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first: Option<u32>,
    /// Seconds that pods get to end politely.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grace: Option<Dur>,
    /// What becomes of dependents: `Background`, `Foreground` or `Orphan`.
    #[serde(default)]
    #[schemars(with = "PropagationName")]
    pub propagation: Propagation,
}

/// For the schema alone.
#[derive(JsonSchema)]
#[allow(dead_code)]
enum PropagationName {
    Background,
    Foreground,
    Orphan,
}

/// `kubectl scale`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Scale {
    /// The kind.
    pub kind: KindName,
    /// The name.
    pub name: String,
    /// The namespace; `default` if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// How many.
    pub replicas: u32,
}

/// `kubectl patch`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Patch {
    /// The kind.
    pub kind: KindName,
    /// The name.
    pub name: String,
    /// The namespace; `default` if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// `strategic` (the default), `merge` or `json`.
    #[serde(default, rename = "type")]
    #[schemars(with = "PatchName")]
    pub type_: PatchKind,
    /// The patch itself.
    pub patch: Value,
}

/// For the schema alone.
#[derive(JsonSchema)]
#[serde(rename_all = "lowercase")]
#[allow(dead_code)]
enum PatchName {
    Strategic,
    Merge,
    Json,
}

/// `kubectl rollout`: one of its verbs, with what it is about, such as `deployment/web`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Rollout {
    /// Go to the revision before, or to `toRevision`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub undo: Option<String>,
    /// Replace all pods.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub restart: Option<String>,
    /// Stop for now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pause: Option<String>,
    /// Go on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resume: Option<String>,
    /// The namespace; `default` if not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// For `undo`: the revision to return to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to_revision: Option<u32>,
}

impl Rollout {
    /// The verb and what it is about, for each that is given.
    pub fn verbs(&self) -> Vec<(&'static str, &str)> {
        [("undo", &self.undo), ("restart", &self.restart), ("pause", &self.pause), ("resume", &self.resume)]
            .into_iter()
            .filter_map(|(verb, target)| Some((verb, target.as_deref()?)))
            .collect()
    }
}

/// Remembers a field of an object, or of all that a selector finds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Save {
    /// The name by which `same` and `differs` know it.
    #[serde(rename = "as")]
    pub name: String,
    /// Whose field.
    pub from: Source,
    /// Which field, such as `metadata.uid`.
    pub path: String,
}

impl Step {
    /// Whether it has something to do.
    pub fn acts(&self) -> bool {
        self.talks_to_api() || self.fault.is_some() || self.mend.is_some() || self.wait.is_some()
    }

    /// Whether it uses kubectl.
    pub fn talks_to_api(&self) -> bool {
        self.apply.is_some()
            || self.create.is_some()
            || self.patch.is_some()
            || self.scale.is_some()
            || self.rollout.is_some()
            || self.delete.is_some()
            || self.cordon.is_some()
            || self.uncordon.is_some()
    }

    /// Takes over whatever `change` says; for variants of a scenario.
    pub fn overlay(&mut self, change: &Step) {
        fn set<T: Clone>(to: &mut Option<T>, from: &Option<T>) {
            if from.is_some() {
                to.clone_from(from);
            }
        }
        set(&mut self.at, &change.at);
        set(&mut self.after, &change.after);
        set(&mut self.apply, &change.apply);
        set(&mut self.create, &change.create);
        set(&mut self.patch, &change.patch);
        set(&mut self.scale, &change.scale);
        set(&mut self.rollout, &change.rollout);
        set(&mut self.delete, &change.delete);
        set(&mut self.cordon, &change.cordon);
        set(&mut self.uncordon, &change.uncordon);
        set(&mut self.fault, &change.fault);
        set(&mut self.mend, &change.mend);
        set(&mut self.wait, &change.wait);
        set(&mut self.expect_error, &change.expect_error);
        if !change.save.is_empty() {
            self.save.clone_from(&change.save);
        }
        if !change.assert.is_empty() {
            self.assert.clone_from(&change.assert);
        }
    }
}
