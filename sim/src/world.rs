//! The world: all components, their queue, and the one door for inputs.

use crate::core::Cx;
use crate::msg::Input;
use crate::object::{Key, Str};
use crate::runtime::RuntimeEvent;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A part of the cluster: a process with a memory of its own.
pub trait Component {
    /// Handles one input at `cx.now()`.
    fn step(&mut self, input: Input, cx: &mut Cx<'_>);
}

/// What comes into the world from outside. Everything that does is logged in the trace.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[allow(missing_docs)]
pub enum External {
    /// Somebody uses kubectl. `id` is echoed in the outcome.
    User { id: u64, command: UserCommand },
    /// A fault begins. `id` names it for [`External::Mend`].
    Fault { id: u64, fault: crate::fault::Fault },
    /// A fault ends.
    Mend { id: u64 },
    /// A runtime outside of the world reports.
    #[serde(skip)]
    Runtime { node: u32, event: RuntimeEvent },
}

/// What kubectl is asked to do.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[allow(missing_docs)]
pub enum UserCommand {
    /// `kubectl apply -f`: create, or patch what differs from what was applied last.
    Apply { objects: Vec<Value> },
    /// `kubectl create -f`.
    Create { objects: Vec<Value> },
    /// `kubectl delete KIND NAME`.
    Delete { key: Key, grace: Option<i64>, propagation: crate::apiserver::Propagation },
    /// `kubectl scale`.
    Scale { key: Key, replicas: i64 },
    /// `kubectl patch --type=TYPE`.
    Patch { key: Key, kind: PatchKind, patch: Value },
    /// `kubectl rollout undo [--to-revision=N]`; 0 is the one before.
    RolloutUndo { key: Key, to_revision: i64 },
    /// `kubectl rollout restart`.
    RolloutRestart { key: Key },
    /// `kubectl rollout pause` and `resume`.
    RolloutPause { key: Key, paused: bool },
    /// `kubectl cordon` and `uncordon`.
    Cordon { node: Str, on: bool },
}

/// The content type of a patch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs)]
pub enum PatchKind {
    #[default]
    Strategic,
    Merge,
    Json,
}
