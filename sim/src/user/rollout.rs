//! `kubectl rollout undo`: the template of an earlier revision, put back by a patch.
//! Source: `k8s.io/kubectl/pkg/polymorphichelpers/rollback.go`.

use crate::object::{Obj, ReplicaSet};
use serde_json::{Value, json};
use std::sync::Arc;

/// The annotation that numbers a deployment's replica sets.
const REVISION: &str = "deployment.kubernetes.io/revision";

/// What there is to do.
pub(super) enum Undo {
    /// The template is that of this revision already.
    Skip(i64),
    /// This JSON patch brings it back.
    Patch(Value),
}

fn revision(rs: &ReplicaSet) -> i64 {
    rs.metadata.annotations.get(REVISION).and_then(|r| r.parse().ok()).unwrap_or(0)
}

/// Works out the patch; `to` 0 is the revision before the newest.
pub(super) fn undo(deployment: Option<&Obj>, sets: &[Obj], to: i64) -> Result<Undo, String> {
    let Some(Obj::Deployment(d)) = deployment else { return Err("error: not a deployment".into()) };
    if d.spec.paused {
        return Err(format!(
            "error: cannot rollback a paused deployment; resume it first with 'kubectl rollout resume' and try again (deployment \"{}\")",
            d.metadata.name
        ));
    }
    let mut owned: Vec<&Arc<ReplicaSet>> = sets
        .iter()
        .filter_map(Obj::as_replica_set)
        .filter(|r| r.metadata.controller().is_some_and(|c| c.uid == d.metadata.uid))
        .collect();
    owned.sort_by_key(|r| revision(r));
    let target = if to == 0 {
        if owned.len() < 2 {
            return Err(format!("error: no rollout history found for deployment \"{}\"", d.metadata.name));
        }
        owned[owned.len() - 2]
    } else {
        owned
            .iter()
            .find(|r| revision(r) == to)
            .ok_or_else(|| format!("error: unable to find specified revision {to} in history"))?
    };
    let mut template = target.spec.template.clone();
    template.metadata.labels.remove("pod-template-hash");
    if template == d.spec.template {
        return Ok(Undo::Skip(revision(target)));
    }
    let template = serde_json::to_value(&template).map_err(|e| e.to_string())?;
    Ok(Undo::Patch(json!([{"op": "replace", "path": "/spec/template", "value": template}])))
}
