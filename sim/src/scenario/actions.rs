//! A step's actions as the commands that carry them out.

use super::faults::FaultAction;
use super::steps::{Delete, Rollout, Step};
use super::values::KindName;
use super::view::View;
use crate::object::{Key, Kind, Str};
use crate::time::Span;
use crate::world::UserCommand;
use std::collections::VecDeque;

/// Something to do.
#[derive(Clone, Debug)]
pub enum Act {
    /// Somebody uses kubectl. Boxed: it may hold whole manifests.
    Kubectl(Box<UserCommand>),
    /// Somebody deletes what a selector finds; expanded when its turn comes.
    DeleteSelected(Box<Delete>),
    /// A fault begins.
    Fault(FaultAction),
    /// A fault ends.
    Mend(String),
    /// Nothing is done.
    Wait(Span),
}

fn key(kind: &Kind, namespace: &Option<String>, name: &str) -> Key {
    let ns = if kind.namespaced() { namespace.as_deref().unwrap_or("default") } else { "" };
    Key { kind: kind.clone(), ns: Str::from(ns), name: Str::from(name) }
}

/// Reads `deployment/web`; the kind may be left out: it is a deployment then.
pub fn target(text: &str, namespace: &Option<String>) -> Result<Key, String> {
    let (kind, name) = text.split_once('/').unwrap_or(("deployment", text));
    if name.is_empty() {
        return Err(format!("`{text}` names nothing"));
    }
    match KindName::parse(kind) {
        Ok(k) => Ok(key(&k.0, namespace, name)),
        Err(_) => Err(format!("there is no kind `{kind}`")),
    }
}

fn rollout(r: &Rollout) -> Vec<Act> {
    r.verbs()
        .into_iter()
        .filter_map(|(verb, what)| {
            let key = target(what, &r.namespace).ok()?;
            let command = match verb {
                "undo" => {
                    UserCommand::RolloutUndo { key, to_revision: i64::from(r.to_revision.unwrap_or(0)) }
                }
                "restart" => UserCommand::RolloutRestart { key },
                verb => UserCommand::RolloutPause { key, paused: verb == "pause" },
            };
            Some(Act::Kubectl(Box::new(command)))
        })
        .collect()
}

/// What a step does, in order.
pub fn acts(step: &Step) -> VecDeque<Act> {
    let mut out = VecDeque::new();
    let kubectl = |c| Act::Kubectl(Box::new(c));
    out.extend(step.apply.as_ref().map(|m| kubectl(UserCommand::Apply { objects: m.objects.clone() })));
    out.extend(step.create.as_ref().map(|m| kubectl(UserCommand::Create { objects: m.objects.clone() })));
    out.extend(step.patch.as_ref().map(|p| {
        let key = key(&p.kind.0, &p.namespace, &p.name);
        kubectl(UserCommand::Patch { key, kind: p.type_, patch: p.patch.clone() })
    }));
    out.extend(step.scale.as_ref().map(|s| {
        let key = key(&s.kind.0, &s.namespace, &s.name);
        kubectl(UserCommand::Scale { key, replicas: i64::from(s.replicas) })
    }));
    out.extend(step.rollout.iter().flat_map(rollout));
    out.extend(step.delete.as_ref().map(|d| match &d.name {
        Some(name) => kubectl(delete(d, key(&d.kind.0, &d.namespace, name))),
        None => Act::DeleteSelected(Box::new(d.clone())),
    }));
    let cordon = |node: &String, on| kubectl(UserCommand::Cordon { node: Str::from(node.as_str()), on });
    out.extend(step.cordon.as_ref().map(|n| cordon(n, true)));
    out.extend(step.uncordon.as_ref().map(|n| cordon(n, false)));
    out.extend(step.fault.clone().map(Act::Fault));
    out.extend(step.mend.clone().map(Act::Mend));
    out.extend(step.wait.map(|d| Act::Wait(d.0)));
    out
}

fn delete(d: &Delete, key: Key) -> UserCommand {
    let grace = d.grace.map(|g| (g.0.0 / 1_000_000_000) as i64);
    UserCommand::Delete { key, grace, propagation: d.propagation }
}

/// The deletions of what a selector finds now.
pub fn expand(d: &Delete, view: &View) -> Vec<Act> {
    view.select(&d.kind.0, d.namespace.as_deref())
        .filter(|(_, o)| d.selector.as_ref().is_none_or(|s| s.matches(&o.meta().labels)))
        .take(d.first.map_or(usize::MAX, |n| n as usize))
        .map(|(k, _)| Act::Kubectl(Box::new(delete(d, k.clone()))))
        .collect()
}
