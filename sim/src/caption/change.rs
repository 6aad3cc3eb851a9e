//! Writes as sentences: what is new in a version of an object, compared with the one before. Of several
//! things that changed at once the weightiest is told.

use super::telling::{Arg, Telling, Weight, name_of};
use crate::object::{
    ConditionStatus, ContainerState, Deployment, Kind, Node, Obj, Pod, PodPhase, PodTemplate, ReplicaSet,
};
use crate::trace::WriteVerb;
use Weight::{Detail, Headline};

/// What a write says; `None` if nothing worth a sentence has changed, or if what was there is unknown.
pub(super) fn tell(verb: WriteVerb, obj: &Obj, previous: Option<&Obj>) -> Option<Telling> {
    if matches!(obj, Obj::Lease(_) | Obj::Event(_)) {
        return None;
    }
    let telling = match verb {
        WriteVerb::Create => created(obj),
        WriteVerb::Delete => removed(obj),
        WriteVerb::Update => updated(obj, previous?)?,
    };
    Some(about(telling, obj))
}

fn about(telling: Telling, obj: &Obj) -> Telling {
    let key = obj.key();
    telling.with("name", &name_of(&key)).with("kind", Arg::Kind(key.kind))
}

fn created(obj: &Obj) -> Telling {
    match obj {
        Obj::Pod(p) if p.node_name.is_empty() => Telling::new(Headline, "write-pod-created"),
        Obj::Pod(p) => Telling::new(Headline, "write-pod-created-on-node").with("node", &p.node_name),
        Obj::Node(_) => Telling::new(Headline, "write-node-created"),
        Obj::Deployment(d) => {
            Telling::new(Headline, "write-deployment-created").with("replicas", d.spec.replicas.unwrap_or(1))
        }
        Obj::ReplicaSet(r) => {
            Telling::new(Detail, "write-replicaset-created").with("replicas", r.spec.replicas.unwrap_or(1))
        }
        Obj::Namespace(_)
        | Obj::ConfigMap(_)
        | Obj::Secret(_)
        | Obj::ServiceAccount(_)
        | Obj::Lease(_)
        | Obj::Event(_)
        | Obj::Inert(_) => Telling::new(Detail, "write-created"),
    }
}

fn removed(obj: &Obj) -> Telling {
    match obj.kind() {
        Kind::Pod => Telling::new(Headline, "write-pod-removed"),
        Kind::Node => Telling::new(Headline, "write-node-removed"),
        Kind::Deployment | Kind::Namespace => Telling::new(Headline, "write-removed"),
        Kind::ReplicaSet
        | Kind::Lease
        | Kind::ConfigMap
        | Kind::Secret
        | Kind::ServiceAccount
        | Kind::Event
        | Kind::Other(_) => Telling::new(Detail, "write-removed"),
    }
}

fn updated(obj: &Obj, previous: &Obj) -> Option<Telling> {
    if obj.meta().deleting() && !previous.meta().deleting() {
        return Some(match obj {
            Obj::Pod(p) => Telling::new(Detail, "write-pod-deletion-asked")
                .with("seconds", p.metadata.deletion_grace_period_seconds.unwrap_or(0)),
            _ => Telling::new(Detail, "write-deletion-asked"),
        });
    }
    match (obj, previous) {
        (Obj::Pod(now), Obj::Pod(was)) => pod(now, was),
        (Obj::Node(now), Obj::Node(was)) => node(now, was),
        (Obj::Deployment(now), Obj::Deployment(was)) => deployment(now, was),
        (Obj::ReplicaSet(now), Obj::ReplicaSet(was)) => replica_set(now, was),
        (now, was) => {
            let mut was = was.clone();
            was.meta_mut().resource_version = now.meta().resource_version;
            (was != *now).then(|| Telling::new(Detail, "write-changed"))
        }
    }
}

fn pod(now: &Pod, was: &Pod) -> Option<Telling> {
    let on_node = |weight, id| Some(Telling::new(weight, id).with("node", &now.node_name));
    if was.node_name.is_empty() && !now.node_name.is_empty() {
        return on_node(Detail, "write-pod-bound");
    }
    if now.status.phase != was.status.phase {
        return match now.status.phase {
            PodPhase::Running if now.ready() => on_node(Headline, "write-pod-ready"),
            PodPhase::Running => on_node(Detail, "write-pod-running"),
            PodPhase::Succeeded => on_node(Headline, "write-pod-succeeded"),
            PodPhase::Failed if now.status.reason.is_empty() => on_node(Headline, "write-pod-failed"),
            PodPhase::Failed => {
                Some(Telling::new(Headline, "write-pod-failed-reason").with("reason", &now.status.reason))
            }
            PodPhase::Pending => on_node(Detail, "write-pod-pending"),
            PodPhase::Unknown => on_node(Headline, "write-pod-lost"),
        };
    }
    match (was.ready(), now.ready()) {
        (false, true) => return on_node(Headline, "write-pod-ready"),
        // One that is stopping is of course not ready.
        (true, false) if now.metadata.deleting() => return on_node(Detail, "write-pod-unready"),
        (true, false) => return on_node(Headline, "write-pod-unready"),
        (true, true) | (false, false) => {}
    }
    if now.restarts() > was.restarts() {
        return Some(Telling::new(Detail, "write-pod-restarted").with("restart", now.restarts()));
    }
    let waiting = |pod: &Pod, name: &str| {
        pod.status.container_statuses.iter().find(|c| c.name == name).and_then(|c| match &c.state {
            ContainerState::Waiting(w) => Some(w.reason.clone()),
            ContainerState::None | ContainerState::Running(_) | ContainerState::Terminated(_) => None,
        })
    };
    now.status.container_statuses.iter().find_map(|c| {
        let reason = waiting(now, &c.name)?;
        let dull = matches!(reason.as_str(), "" | "ContainerCreating" | "PodInitializing");
        (!dull && waiting(was, &c.name).as_ref() != Some(&reason)).then(|| {
            Telling::new(Detail, "write-pod-waiting").with("container", &c.name).with("reason", &reason)
        })
    })
}

fn node(now: &Node, was: &Node) -> Option<Telling> {
    let status = |n: &Node| n.condition("Ready").map(|c| c.status);
    if status(now) != status(was)
        && let Some(condition) = now.condition("Ready")
    {
        return Some(match condition.status {
            ConditionStatus::True => Telling::new(Headline, "write-node-ready"),
            ConditionStatus::False => {
                Telling::new(Detail, "write-node-not-ready").with("reason", &condition.reason)
            }
            ConditionStatus::Unknown => Telling::new(Detail, "write-node-unknown"),
        });
    }
    match (was.spec.unschedulable, now.spec.unschedulable) {
        (false, true) => return Some(Telling::new(Headline, "write-node-cordoned")),
        (true, false) => return Some(Telling::new(Headline, "write-node-uncordoned")),
        (true, true) | (false, false) => {}
    }
    let same = now.spec.taints.len() == was.spec.taints.len()
        && now.spec.taints.iter().zip(&was.spec.taints).all(|(a, b)| a.key == b.key && a.effect == b.effect);
    if same {
        return None;
    }
    if now.spec.taints.is_empty() {
        return Some(Telling::new(Detail, "write-node-untainted"));
    }
    let names = |n: &Node| -> Vec<String> {
        n.spec.taints.iter().map(|t| format!("{}:{}", t.key, t.effect.as_str())).collect()
    };
    let (taints, had) = (names(now), names(was));
    let only_lifted = taints.iter().all(|t| had.contains(t));
    let id = if only_lifted { "write-node-taints-left" } else { "write-node-tainted" };
    Some(Telling::new(Detail, id).with("taints", taints.join(", ")))
}

fn deployment(now: &Deployment, was: &Deployment) -> Option<Telling> {
    let wanted = |d: &Deployment| d.spec.replicas.unwrap_or(1);
    if wanted(now) != wanted(was) {
        return Some(scaled(Headline, "write-deployment-scaled", wanted(was), wanted(now)));
    }
    if now.spec.template != was.spec.template {
        return Some(match new_image(&was.spec.template, &now.spec.template) {
            Some((from, to)) => {
                Telling::new(Headline, "write-deployment-image").with("from", from).with("to", to)
            }
            None => Telling::new(Headline, "write-deployment-template"),
        });
    }
    match (was.spec.paused, now.spec.paused) {
        (false, true) => return Some(Telling::new(Headline, "write-deployment-paused")),
        (true, false) => return Some(Telling::new(Headline, "write-deployment-resumed")),
        (true, true) | (false, false) => {}
    }
    (now.status.available_replicas != was.status.available_replicas).then(|| {
        Telling::new(Detail, "write-deployment-available")
            .with("have", now.status.available_replicas)
            .with("want", wanted(now))
    })
}

fn replica_set(now: &ReplicaSet, was: &ReplicaSet) -> Option<Telling> {
    let wanted = |r: &ReplicaSet| r.spec.replicas.unwrap_or(1);
    (wanted(now) != wanted(was)).then(|| scaled(Detail, "write-replicaset-scaled", wanted(was), wanted(now)))
}

fn scaled(weight: Weight, id: &'static str, from: i64, to: i64) -> Telling {
    Telling::new(weight, id).with("from", from).with("to", to)
}

/// The old and the new image, if one container's image is the only difference.
fn new_image(was: &PodTemplate, now: &PodTemplate) -> Option<(String, String)> {
    let (a, b) = (&was.spec.containers, &now.spec.containers);
    let mut changed = a.iter().zip(b).filter(|(a, b)| a.image != b.image);
    let (from, to) = changed.next()?;
    (a.len() == b.len() && changed.next().is_none()).then(|| (from.image.to_string(), to.image.to_string()))
}
