//! Faults: what can go wrong. One file each; [`ALL`] lists them.

mod component_down;
mod container_crash;
mod etcd_slow;
mod image_missing;
mod kubelet_stop;
mod node_crash;
mod partition;

use crate::msg::Comp;
use crate::object::{Str, lit};
use crate::trace::{Actor, Cause, RecordId, What};
use crate::world::World;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A fault as a scenario names it: `{nodeCrash: {node: node-2}}`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fault {
    /// Its name, such as `nodeCrash`.
    pub name: String,
    /// Its arguments.
    pub args: Value,
}

/// A fault that has begun and can be mended.
#[derive(Clone, Debug)]
pub struct Active {
    /// The fault.
    pub fault: Fault,
    /// The record of its beginning.
    pub record: RecordId,
}

/// A kind of fault.
pub struct FaultKind {
    /// Its name in scenarios.
    pub name: &'static str,
    /// What it does, in one line.
    pub about: &'static str,
    /// Its arguments: name, whether it must be given, and what it means.
    pub args: &'static [(&'static str, bool, &'static str)],
    /// Whether mending it undoes something (a crash of one container, say, is over at once).
    pub mendable: bool,
    /// What it hits, for the trace: a node, a component, a pod.
    pub target: fn(&World, &Value) -> Result<String, String>,
    /// Begins it.
    pub begin: fn(&mut World, &Value, RecordId),
    /// Mends it.
    pub end: fn(&mut World, &Value, RecordId),
}

/// All faults.
pub const ALL: &[FaultKind] = &[
    node_crash::KIND,
    kubelet_stop::KIND,
    partition::KIND,
    component_down::API_SERVER,
    component_down::ETCD,
    etcd_slow::KIND,
    component_down::CONTROLLER_MANAGER,
    component_down::SCHEDULER,
    container_crash::KIND,
    image_missing::KIND,
];

/// The kind of that name.
pub fn kind(name: &str) -> Option<&'static FaultKind> {
    ALL.iter().find(|k| k.name == name)
}

/// A text argument.
pub(crate) fn text<'a>(args: &'a Value, name: &str) -> Option<&'a str> {
    args.get(name).and_then(Value::as_str)
}

/// The index of the node that the argument `node` names.
pub(crate) fn node(world: &World, args: &Value) -> Result<u32, String> {
    let name = text(args, "node").ok_or("the fault needs `node: NAME`")?;
    world.core.node_index(name).ok_or_else(|| {
        let all: Vec<&str> = world.config().nodes.iter().map(|n| n.name.as_str()).take(8).collect();
        format!("there is no node {name:?}; the cluster has {}", all.join(", "))
    })
}

fn node_target(world: &World, args: &Value) -> Result<String, String> {
    node(world, args).map(|n| format!("node/{}", world.core.node_name(n)))
}

impl World {
    /// Checks a fault against this cluster.
    ///
    /// # Errors
    /// In words, when the fault or what it hits does not exist.
    pub fn check_fault(&self, fault: &Fault) -> Result<(), String> {
        let kind = kind(&fault.name).ok_or_else(|| format!("there is no fault {:?}", fault.name))?;
        (kind.target)(self, &fault.args).map(|_| ())
    }

    /// Begins a fault. One that does not fit this cluster does nothing; see [`World::check_fault`].
    pub(crate) fn begin_fault(&mut self, id: u64, fault: Fault) {
        let Some(kind) = kind(&fault.name) else { return };
        let Ok(target) = (kind.target)(self, &fault.args) else { return };
        let record = self.root(What::Fault { name: Str::from(kind.name), target: Str::from(target) });
        (kind.begin)(self, &fault.args, record);
        self.faults.insert(id, Active { fault, record });
    }

    /// Mends a fault.
    pub(crate) fn end_fault(&mut self, id: u64) {
        let Some(active) = self.faults.remove(&id) else { return };
        let Some(kind) = kind(&active.fault.name) else { return };
        let target = (kind.target)(self, &active.fault.args).unwrap_or_default();
        // Another fault of the same kind still holds the same thing down: nothing is mended yet.
        let held = self.faults.values().any(|a| {
            a.fault.name == active.fault.name && (kind.target)(self, &a.fault.args).as_ref() == Ok(&target)
        });
        if held {
            return (kind.end)(self, &active.fault.args, active.record);
        }
        let record = self.root(What::Mend { name: Str::from(kind.name), target: Str::from(target) });
        (kind.end)(self, &active.fault.args, record);
    }

    /// Whether another active fault of that name has the same value of an argument: then the thing
    /// stays broken when one of the two is mended.
    pub(crate) fn still(&self, name: &str, arg: &str, value: &Value) -> bool {
        self.faults.values().any(|a| a.fault.name == name && a.fault.args.get(arg) == value.get(arg))
    }

    fn root(&mut self, what: What) -> RecordId {
        let actor = Actor { comp: Comp::World, part: lit!("") };
        match self.core.tracer.record(self.core.now, Cause::Record(RecordId(0)), &actor, |_| what) {
            Cause::Record(id) => id,
            Cause::Timer(_) => RecordId(0),
        }
    }
}
