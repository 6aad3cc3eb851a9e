//! etcd's disk is slow: each commit takes `factor` times as long.

use super::FaultKind;
use serde_json::Value;

/// The factor, at least 1, at most a million; 100 unless given.
fn factor(args: &Value) -> u64 {
    args.get("factor").and_then(Value::as_u64).unwrap_or(100).clamp(1, 1_000_000)
}

pub(super) const KIND: FaultKind = FaultKind {
    name: "etcdSlow",
    about: "etcd's disk is slow: commits take many times as long",
    args: &[("factor", false, "how many times as long a commit takes (100)")],
    mendable: true,
    target: |_, args| match args.get("factor") {
        None => Ok("etcd".into()),
        Some(v) if v.as_u64().is_some_and(|f| f >= 1) => Ok("etcd".into()),
        Some(v) => Err(format!("`factor` must be a whole number of at least 1, not {v}")),
    },
    begin: |world, args, _| world.core.etcd_percent = 100 * factor(args),
    end: |world, _, _| {
        let left =
            world.faults.values().filter(|a| a.fault.name == KIND.name).map(|a| factor(&a.fault.args)).max();
        world.core.etcd_percent = 100 * left.unwrap_or(1);
    },
};
