//! kubectl, and whoever types: each command is a few requests to the API server, as the real client
//! sends them. Source: `k8s.io/kubectl/pkg/cmd`.

mod rollout;
mod text;

use crate::api_util::{FieldSelector, Selector, patch as json};
use crate::apiserver::{DeleteOptions, Patch, Selection, Status, Verb};
use crate::core::Cx;
use crate::msg::{Ctx, Input, Msg, Reply};
use crate::object::{Key, Kind, Obj, Str};
use crate::trace::Cause;
use crate::world::{Component, PatchKind, UserCommand};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The annotation in which `kubectl apply` remembers what it applied.
pub const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// Which command a request belongs to.
#[derive(Clone, Debug)]
pub struct UserCtx(pub u64);

/// kubectl has no timers of its own.
#[derive(Clone, Debug)]
pub enum UserTimer {}

/// How a command ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// The command's id.
    pub id: u64,
    /// When, in nanoseconds of virtual time.
    pub at: crate::time::SimTime,
    /// What kubectl printed: `deployment.apps/web created`.
    pub lines: Vec<String>,
    /// Why it failed, as kubectl prints it; with what had been done before, in `lines`.
    pub error: Option<String>,
}

/// A command under way.
#[derive(Clone, Debug)]
struct Job {
    command: UserCommand,
    /// Which object of `apply` or `create` it is at.
    at: usize,
    stage: Stage,
    lines: Vec<String>,
    /// What an earlier request brought, for the next.
    seen: Option<Obj>,
    /// What a list brought that is to be deleted.
    found: Vec<Key>,
    /// What went wrong with single objects; the others are gone on with.
    errors: Vec<String>,
    /// The record of the command.
    cause: Cause,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Get,
    List,
    Write { verb: &'static str },
}

/// The component.
#[derive(Clone, Debug, Default)]
pub struct User {
    jobs: BTreeMap<u64, Job>,
    outcomes: Vec<Outcome>,
}

/// `deployment.apps/web`, as kubectl names what it did something to.
pub fn full_name(key: &Key) -> String {
    let kind = key.kind.name().to_lowercase();
    match key.kind.group() {
        "" => format!("{kind}/{}", key.name),
        g => format!("{kind}.{g}/{}", key.name),
    }
}

impl UserCommand {
    /// Whether it is about several objects, each of which may fail by itself.
    fn many(&self) -> bool {
        matches!(
            self,
            UserCommand::Apply { .. } | UserCommand::Create { .. } | UserCommand::DeleteSelected { .. }
        )
    }
}

impl User {
    /// Takes the answers that are ready.
    pub fn take_outcomes(&mut self) -> Vec<Outcome> {
        std::mem::take(&mut self.outcomes)
    }

    /// Begins a command.
    pub fn command(&mut self, id: u64, command: UserCommand, cx: &mut Cx<'_>) {
        let job = Job {
            command,
            at: 0,
            stage: Stage::Get,
            lines: Vec::new(),
            seen: None,
            found: Vec::new(),
            errors: Vec::new(),
            cause: cx.cause(),
        };
        self.jobs.insert(id, job);
        self.next(id, cx);
    }

    /// Sends the next request of a command, or ends it.
    fn next(&mut self, id: u64, cx: &mut Cx<'_>) {
        let Some(job) = self.jobs.get_mut(&id) else { return };
        // Each object hangs on the command, not on the answer about the object before it.
        cx.set_cause(job.cause);
        let verb = match &job.command {
            UserCommand::Apply { objects } | UserCommand::Create { objects } => match objects.get(job.at) {
                None => return self.finish(id, None, cx),
                Some(v) => match decode(v) {
                    Err(e) => return self.finish(id, Some(e), cx),
                    Ok(o) if matches!(job.command, UserCommand::Apply { .. }) && o.meta().name.is_empty() => {
                        let e = format!(
                            "error: from {}: cannot use generate name with apply",
                            o.meta().generate_name
                        );
                        job.errors.push(e);
                        job.at += 1;
                        return self.next(id, cx);
                    }
                    Ok(o) if matches!(job.command, UserCommand::Apply { .. }) => {
                        job.stage = Stage::Get;
                        Verb::Get(o.key())
                    }
                    Ok(o) => {
                        job.stage = Stage::Write { verb: "created" };
                        Verb::Create(o)
                    }
                },
            },
            UserCommand::Delete { key, grace, propagation } => {
                job.stage = Stage::Write { verb: "deleted" };
                let options = DeleteOptions { grace: *grace, propagation: *propagation, uid: None };
                Verb::Delete { key: key.clone(), options }
            }
            UserCommand::DeleteSelected { kind, ns, labels, fields } => match job.found.get(job.at) {
                Some(key) => {
                    job.stage = Stage::Write { verb: "deleted" };
                    Verb::Delete { key: key.clone(), options: DeleteOptions::default() }
                }
                None if job.stage != Stage::Get => return self.finish(id, None, cx),
                None => match select(ns, labels, fields) {
                    Err(e) => return self.finish(id, Some(e), cx),
                    Ok(selection) => {
                        job.stage = Stage::List;
                        Verb::List { kind: kind.clone(), selection }
                    }
                },
            },
            UserCommand::Scale { key, replicas } => {
                job.stage = Stage::Write { verb: "scaled" };
                Verb::Patch { key: key.clone(), uid: None, patch: Patch::Scale(*replicas) }
            }
            UserCommand::Patch { key, kind, patch } => {
                job.stage = Stage::Write { verb: "patched" };
                let patch = match kind {
                    PatchKind::Strategic => Patch::Strategic(patch.clone()),
                    PatchKind::Merge => Patch::Merge(patch.clone()),
                    PatchKind::Json => Patch::Json(patch.clone()),
                };
                Verb::Patch { key: key.clone(), uid: None, patch }
            }
            UserCommand::RolloutUndo { key, .. } => {
                job.stage = Stage::Get;
                Verb::Get(key.clone())
            }
            UserCommand::RolloutRestart { key } => {
                job.stage = Stage::Write { verb: "restarted" };
                let at = cx.wall().to_string();
                let patch = json!({"spec": {"template": {"metadata": {"annotations":
                    {"kubectl.kubernetes.io/restartedAt": at}}}}});
                Verb::Patch { key: key.clone(), uid: None, patch: Patch::Strategic(patch) }
            }
            UserCommand::RolloutPause { key, paused } => {
                job.stage = Stage::Write { verb: if *paused { "paused" } else { "resumed" } };
                let patch = json!({"spec": {"paused": if *paused { json!(true) } else { Value::Null }}});
                Verb::Patch { key: key.clone(), uid: None, patch: Patch::Strategic(patch) }
            }
            UserCommand::Cordon { node, on } => {
                job.stage = Stage::Write { verb: if *on { "cordoned" } else { "uncordoned" } };
                let patch = json!({"spec": {"unschedulable": if *on { json!(true) } else { Value::Null }}});
                let key = Key { kind: Kind::Node, ns: Str::new(), name: node.clone() };
                Verb::Patch { key, uid: None, patch: Patch::Strategic(patch) }
            }
        };
        cx.request(verb, Ctx::User(UserCtx(id)));
    }

    fn finish(&mut self, id: u64, error: Option<String>, cx: &Cx<'_>) {
        let Some(mut job) = self.jobs.remove(&id) else { return };
        job.errors.extend(error);
        let error = (!job.errors.is_empty()).then(|| job.errors.join("\n"));
        self.outcomes.push(Outcome { id, at: cx.now(), lines: job.lines, error });
    }

    fn on_response(&mut self, cx: &mut Cx<'_>, id: u64, result: Result<Reply, Box<Status>>) {
        let Some(job) = self.jobs.get_mut(&id) else { return };
        match (job.stage, result) {
            (Stage::Get, Err(e)) if e.code == 404 && matches!(job.command, UserCommand::Apply { .. }) => {
                self.apply(cx, id, None);
            }
            (stage, Err(e)) => {
                let message = describe(&e);
                if stage != Stage::List && job.command.many() && e.code != 0 {
                    job.errors.push(message);
                    job.at += 1;
                    self.next(id, cx);
                } else {
                    self.finish(id, Some(message), cx);
                }
            }
            (Stage::Get, Ok(Reply::Object(o))) => match &job.command {
                UserCommand::RolloutUndo { key, .. } => {
                    if key.kind != Kind::Deployment {
                        let e = format!("error: {} cannot be rolled back", full_name(key));
                        return self.finish(id, Some(e), cx);
                    }
                    let ns = key.ns.clone();
                    job.seen = Some(o);
                    job.stage = Stage::List;
                    let verb = Verb::List { kind: Kind::ReplicaSet, selection: Selection::in_namespace(ns) };
                    cx.request(verb, Ctx::User(UserCtx(id)));
                }
                _ => self.apply(cx, id, Some(o)),
            },
            (Stage::List, Ok(Reply::List { items, .. }))
                if matches!(job.command, UserCommand::DeleteSelected { .. }) =>
            {
                if items.is_empty() {
                    job.lines.push("No resources found".into());
                }
                job.found = items.iter().map(Obj::key).collect();
                self.next(id, cx);
            }
            (Stage::List, Ok(Reply::List { items, .. })) => {
                let UserCommand::RolloutUndo { key, to_revision } = &job.command else { return };
                match rollout::undo(job.seen.as_ref(), &items, *to_revision) {
                    Ok(rollout::Undo::Skip(revision)) => {
                        job.lines.push(format!(
                            "{} skipped rollback (current template already matches revision {revision})",
                            full_name(key)
                        ));
                        self.finish(id, None, cx);
                    }
                    Ok(rollout::Undo::Patch(p)) => {
                        let key = key.clone();
                        job.stage = Stage::Write { verb: "rolled back" };
                        let verb = Verb::Patch { key, uid: None, patch: Patch::Json(p) };
                        cx.request(verb, Ctx::User(UserCtx(id)));
                    }
                    Err(e) => self.finish(id, Some(e), cx),
                }
            }
            (Stage::Write { verb }, Ok(reply)) => {
                let key = match (&job.command, &reply) {
                    (UserCommand::Apply { .. } | UserCommand::Create { .. }, Reply::Object(o)) => o.key(),
                    (
                        UserCommand::Delete { key, .. }
                        | UserCommand::Scale { key, .. }
                        | UserCommand::Patch { key, .. }
                        | UserCommand::RolloutUndo { key, .. }
                        | UserCommand::RolloutRestart { key }
                        | UserCommand::RolloutPause { key, .. },
                        _,
                    ) => key.clone(),
                    (UserCommand::Cordon { node, .. }, _) => Key::new(Kind::Node, "", node.clone()),
                    (UserCommand::DeleteSelected { .. }, _) => match job.found.get(job.at) {
                        Some(key) => key.clone(),
                        None => return,
                    },
                    (UserCommand::Apply { .. } | UserCommand::Create { .. }, _) => return,
                };
                job.lines.push(match verb {
                    "deleted" => match key.kind.group() {
                        "" => format!("{} \"{}\" deleted", key.kind.name().to_lowercase(), key.name),
                        g => format!("{}.{g} \"{}\" deleted", key.kind.name().to_lowercase(), key.name),
                    },
                    verb => format!("{} {verb}", full_name(&key)),
                });
                job.at += 1;
                if job.command.many() {
                    self.next(id, cx);
                } else {
                    self.finish(id, None, cx);
                }
            }
            (Stage::Get | Stage::List, Ok(_)) => {}
        }
    }

    /// Creates what is not there, patches what differs from what was applied last.
    fn apply(&mut self, cx: &mut Cx<'_>, id: u64, current: Option<Obj>) {
        let Some(job) = self.jobs.get_mut(&id) else { return };
        let UserCommand::Apply { objects } = &job.command else { return };
        let Some(v) = objects.get(job.at) else { return };
        let modified = with_last_applied(v);
        let verb = match current {
            None => match Obj::from_value(modified) {
                Err(e) => return self.finish(id, Some(e.to_string()), cx),
                Ok(o) => {
                    job.stage = Stage::Write { verb: "created" };
                    Verb::Create(o)
                }
            },
            Some(o) => {
                let key = o.key();
                let original = o
                    .meta()
                    .annotations
                    .get(LAST_APPLIED)
                    .and_then(|s| serde_json::from_str(s).ok())
                    .unwrap_or(Value::Null);
                match difference(&key.kind, &original, &modified, &o.to_value()) {
                    Err(e) => return self.finish(id, Some(format!("error: {e}")), cx),
                    Ok(None) => {
                        job.lines.push(format!("{} unchanged", full_name(&key)));
                        job.at += 1;
                        return self.next(id, cx);
                    }
                    Ok(Some(patch)) => {
                        job.stage = Stage::Write { verb: "configured" };
                        Verb::Patch { key, uid: None, patch }
                    }
                }
            }
        };
        cx.request(verb, Ctx::User(UserCtx(id)));
    }
}

/// A selection in kubectl's words.
fn select(ns: &Str, labels: &str, fields: &str) -> Result<Selection, String> {
    let labels = Selector::parse(labels).map_err(|e| format!("error: {e}"))?;
    let fields = FieldSelector::parse(fields).map_err(|e| format!("error: {e}"))?;
    Ok(Selection { ns: ns.clone(), labels: Some(Arc::new(labels)), fields: Some(Arc::new(fields)) })
}

/// Reads one object of a manifest, with the default namespace filled in.
fn decode(v: &Value) -> Result<Obj, String> {
    let mut o = Obj::from_value(v.clone()).map_err(|e| e.to_string())?;
    let namespaced = o.kind().namespaced();
    let m = o.meta_mut();
    if namespaced && m.namespace.is_empty() {
        m.namespace = crate::object::lit!("default");
    }
    Ok(o)
}

/// The manifest with the annotation that remembers it, as `kubectl apply` sends it.
fn with_last_applied(v: &Value) -> Value {
    let mut plain = v.clone();
    let namespaced = v
        .get("apiVersion")
        .and_then(Value::as_str)
        .zip(v.get("kind").and_then(Value::as_str))
        .is_some_and(|(a, k)| Kind::of(a, k).namespaced());
    if let Some(m) = plain.get_mut("metadata").and_then(Value::as_object_mut) {
        let annotations = m.entry("annotations").or_insert_with(|| json!({}));
        if let Value::Object(a) = annotations {
            a.remove(LAST_APPLIED);
        }
        if namespaced {
            m.entry("namespace").or_insert_with(|| "default".into());
        }
    }
    let text = format!("{plain}\n");
    if let Some(Value::Object(a)) = plain.pointer_mut("/metadata/annotations") {
        a.insert(LAST_APPLIED.into(), text.into());
    }
    plain
}

/// What `kubectl apply` would send; `None` when nothing would change.
fn difference(
    kind: &Kind,
    original: &Value,
    modified: &Value,
    current: &Value,
) -> Result<Option<Patch>, String> {
    let name = kind.name();
    if json::supports_strategic(name) {
        let p = json::three_way_strategic(original, modified, current, name).map_err(|e| e.to_string())?;
        // A patch that changes nothing (an order of list items that the server has anyway) is none.
        let after = json::strategic_merge_patch(current, &p, name).map_err(|e| e.to_string())?;
        return Ok((after != *current).then_some(Patch::Strategic(p)));
    }
    // Other kinds: a JSON merge patch, with a null for what was applied last time and is gone now.
    let mut p = json::diff_merge_patch(original, modified);
    fn only_nulls(v: &mut Value) {
        if let Value::Object(m) = v {
            m.retain(|_, v| {
                only_nulls(v);
                v.is_null() || v.as_object().is_some_and(|m| !m.is_empty())
            });
        }
    }
    only_nulls(&mut p);
    let mut set = modified.clone();
    merge(&mut set, &p);
    let mut after = current.clone();
    json::json_merge_patch(&mut after, &set);
    Ok((after != *current).then_some(Patch::Merge(set)))
}

/// Adds the deletions of `nulls` to a patch.
fn merge(patch: &mut Value, nulls: &Value) {
    if let (Value::Object(p), Value::Object(n)) = (patch, nulls) {
        for (k, v) in n {
            match p.get_mut(k) {
                Some(inner) => merge(inner, v),
                None => {
                    p.insert(k.clone(), v.clone());
                }
            }
        }
    }
}

/// An error as kubectl prints it.
fn describe(e: &Status) -> String {
    match e.code {
        0 => e.message.clone(),
        // kubectl leaves the group out: `The Deployment "web" is invalid: …`.
        422 => {
            let (kind, rest) = e.message.split_once(' ').unwrap_or((&e.message, ""));
            format!("The {} {rest}", kind.split('.').next().unwrap_or(kind))
        }
        _ => format!("Error from server ({}): {}", e.reason, e.message),
    }
}

impl Component for User {
    fn step(&mut self, input: Input, cx: &mut Cx<'_>) {
        match input {
            Input::Message { msg: Msg::Response { ctx: Ctx::User(UserCtx(id)), result }, .. } => {
                self.on_response(cx, id, result);
            }
            Input::Start | Input::Message { .. } | Input::Timer(_) => {}
        }
    }
}
