//! A running container's process dies. It is over at once: what follows is the kubelet's business.

use super::{FaultKind, text};
use crate::core::Cx;
use crate::msg::Comp;
use crate::object::{Key, Kind, Obj};
use crate::trace::Cause;
use crate::world::World;
use serde_json::Value;
use std::sync::Arc;

/// The pod that is meant: `pod: NAME` or `pod: NAMESPACE/NAME`, or, where a name ends in `*`, the first
/// running pod in name order that matches.
fn pod(world: &World, args: &Value) -> Result<Key, String> {
    let name = text(args, "pod").ok_or("the fault needs `pod: NAME`")?;
    let (ns, name) = name.split_once('/').unwrap_or(("default", name));
    let found = world.objects().iter().find(|(k, o)| {
        let running = matches!(o, Obj::Pod(p) if !p.node_name.is_empty() && !p.terminal());
        k.kind == Kind::Pod
            && k.ns == *ns
            && running
            && match name.strip_suffix('*') {
                Some(prefix) => k.name.starts_with(prefix),
                None => k.name == *name,
            }
    });
    found.map(|(k, _)| k.clone()).ok_or_else(|| format!("no pod {name:?} runs in namespace {ns}"))
}

pub(super) const KIND: FaultKind = FaultKind {
    name: "containerCrash",
    about: "a running container's process dies",
    args: &[
        ("pod", true, "the pod: NAME, NAMESPACE/NAME, or a name that ends in * for the first that matches"),
        ("container", false, "the container (the first)"),
        ("code", false, "its exit code (137)"),
    ],
    mendable: false,
    target: |world, args| pod(world, args).map(|k| k.to_string()),
    begin: |world, args, record| {
        let Ok(key) = pod(world, args) else { return };
        let Some(Obj::Pod(p)) = world.get(&key).cloned() else { return };
        let Some(n) = world.core.node_index(&p.node_name) else { return };
        let first = p.spec.containers.first().map(|c| c.name.clone()).unwrap_or_default();
        let container = text(args, "container").unwrap_or(&first);
        let code =
            args.get("code").and_then(Value::as_i64).and_then(|c| i32::try_from(c).ok()).unwrap_or(137);
        let mut cx = Cx::new(&mut world.core, Comp::Runtime(n), Cause::Record(record));
        Arc::make_mut(&mut world.runtimes[n as usize])
            .crash_container(&key.ns, &key.name, container, code, &mut cx);
    },
    end: |_, _, _| {},
};
