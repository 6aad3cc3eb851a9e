//! A command as somebody would type it.

use super::full_name;
use crate::apiserver::Propagation;
use crate::object::{Key, Kind};
use crate::world::{PatchKind, UserCommand};
use serde_json::Value;
use std::fmt;

fn named(v: &Value) -> String {
    let text = |p: &str| v.pointer(p).and_then(Value::as_str).unwrap_or("?");
    let kind = Kind::of(text("/apiVersion"), text("/kind"));
    format!("{}/{}", kind.name().to_lowercase(), text("/metadata/name"))
}

fn list(objects: &[Value]) -> String {
    let names: Vec<String> = objects.iter().take(4).map(named).collect();
    match objects.len() {
        0..=4 => names.join(" "),
        n => format!("{} and {} more", names.join(" "), n - 4),
    }
}

fn ns(key: &Key) -> String {
    if key.ns.is_empty() || key.ns == "default" { String::new() } else { format!(" -n {}", key.ns) }
}

/// `kubectl scale deployment.apps/web --replicas=3`.
impl fmt::Display for UserCommand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            UserCommand::Apply { objects } => write!(f, "kubectl apply {}", list(objects)),
            UserCommand::Create { objects } => write!(f, "kubectl create {}", list(objects)),
            UserCommand::Delete { key, grace, propagation } => {
                write!(f, "kubectl delete {}{}", full_name(key), ns(key))?;
                if let Some(g) = grace {
                    write!(f, " --grace-period={g}")?;
                }
                match propagation {
                    Propagation::Background => Ok(()),
                    Propagation::Foreground => write!(f, " --cascade=foreground"),
                    Propagation::Orphan => write!(f, " --cascade=orphan"),
                }
            }
            UserCommand::DeleteSelected { kind, ns, labels, fields } => {
                write!(f, "kubectl delete {}", kind.plural())?;
                for (flag, text) in [("-l", labels), ("--field-selector", fields)] {
                    if !text.is_empty() {
                        write!(f, " {flag} {text}")?;
                    }
                }
                if ns.is_empty() || ns == "default" { Ok(()) } else { write!(f, " -n {ns}") }
            }
            UserCommand::Scale { key, replicas } => {
                write!(f, "kubectl scale {} --replicas={replicas}{}", full_name(key), ns(key))
            }
            UserCommand::Patch { key, kind, patch } => {
                let kind = match kind {
                    PatchKind::Strategic => "strategic",
                    PatchKind::Merge => "merge",
                    PatchKind::Json => "json",
                };
                write!(f, "kubectl patch {} --type={kind} -p '{patch}'{}", full_name(key), ns(key))
            }
            UserCommand::RolloutUndo { key, to_revision: 0 } => {
                write!(f, "kubectl rollout undo {}{}", full_name(key), ns(key))
            }
            UserCommand::RolloutUndo { key, to_revision } => {
                write!(f, "kubectl rollout undo {} --to-revision={to_revision}{}", full_name(key), ns(key))
            }
            UserCommand::RolloutRestart { key } => {
                write!(f, "kubectl rollout restart {}{}", full_name(key), ns(key))
            }
            UserCommand::RolloutPause { key, paused } => {
                let verb = if *paused { "pause" } else { "resume" };
                write!(f, "kubectl rollout {verb} {}{}", full_name(key), ns(key))
            }
            UserCommand::Cordon { node, on } => {
                write!(f, "kubectl {} {node}", if *on { "cordon" } else { "uncordon" })
            }
        }
    }
}
