//! A deployment's status: counts, conditions, and whether a rollout moves. Pure functions.
//!
//! Source: `pkg/controller/deployment/{sync.go,progress.go}` and `util/deployment_util.go`.

use super::deployment_parts::{Rs, max_unavailable, total_actual, total_available, total_size, want};
use crate::api_util::Time;
use crate::object::{Condition, ConditionStatus, Deployment, DeploymentStatus, Str, lit};

/// A condition's type.
pub const PROGRESSING: Str = lit!("Progressing");
/// A condition's type.
pub const AVAILABLE: Str = lit!("Available");
/// A condition's type.
pub const REPLICA_FAILURE: Str = lit!("ReplicaFailure");

/// One of a status' conditions.
pub fn condition<'a>(status: &'a DeploymentStatus, type_: &str) -> Option<&'a Condition> {
    status.conditions.iter().find(|c| c.type_ == type_)
}

/// `NewDeploymentCondition`.
pub fn new_condition(type_: Str, ok: ConditionStatus, reason: Str, message: String, now: Time) -> Condition {
    Condition {
        type_,
        status: ok,
        last_update_time: Some(now),
        last_transition_time: Some(now),
        reason,
        message: Str::from(message),
        ..Default::default()
    }
}

/// `SetDeploymentCondition`: the same status and reason leave the old one as it is.
pub fn set_condition(status: &mut DeploymentStatus, mut c: Condition) {
    if let Some(old) = condition(status, &c.type_) {
        if old.status == c.status && old.reason == c.reason {
            return;
        }
        if old.status == c.status {
            c.last_transition_time = old.last_transition_time;
        }
    }
    remove_condition(status, &c.type_);
    status.conditions.push(c);
}

/// `RemoveDeploymentCondition`.
pub fn remove_condition(status: &mut DeploymentStatus, type_: &str) {
    status.conditions.retain(|c| c.type_ != type_);
}

/// Whether a rollout may take only so long (`HasProgressDeadline`).
pub fn deadline(d: &Deployment) -> Option<i64> {
    d.spec.progress_deadline_seconds.filter(|s| *s != i64::from(i32::MAX))
}

/// The counts, and whether enough pods serve (`calculateStatus`).
pub fn counts(d: &Deployment, all: &[Rs], new: Option<&Rs>, now: Time) -> DeploymentStatus {
    let available = total_available(all);
    let mut status = DeploymentStatus {
        observed_generation: d.metadata.generation,
        replicas: total_actual(all),
        updated_replicas: new.map_or(0, |r| r.status.replicas),
        ready_replicas: all.iter().map(|r| r.status.ready_replicas).sum(),
        available_replicas: available,
        unavailable_replicas: (total_size(all) - available).max(0),
        ..d.status.clone()
    };
    let c = if available >= want(d) - max_unavailable(d) {
        let text = "Deployment has minimum availability.".into();
        new_condition(AVAILABLE, ConditionStatus::True, lit!("MinimumReplicasAvailable"), text, now)
    } else {
        let text = "Deployment does not have minimum availability.".into();
        new_condition(AVAILABLE, ConditionStatus::False, lit!("MinimumReplicasUnavailable"), text, now)
    };
    set_condition(&mut status, c);
    status
}

/// All replicas are of the new template and available, none of an old one is left (`DeploymentComplete`).
pub fn complete(d: &Deployment, status: &DeploymentStatus) -> bool {
    status.updated_replicas == want(d)
        && status.replicas == want(d)
        && status.available_replicas == want(d)
        && status.observed_generation >= d.metadata.generation
}

/// Whether it has moved (`DeploymentProgressing`).
fn moved(old: &DeploymentStatus, new: &DeploymentStatus) -> bool {
    new.updated_replicas > old.updated_replicas
        || new.replicas - new.updated_replicas < old.replicas - old.updated_replicas
        || new.ready_replicas > old.ready_replicas
        || new.available_replicas > old.available_replicas
}

/// Whether it has not moved for too long (`DeploymentTimedOut`).
fn timed_out(d: &Deployment, status: &DeploymentStatus, now: Time) -> bool {
    let (Some(limit), Some(c)) = (deadline(d), condition(status, &PROGRESSING)) else { return false };
    match c.reason.as_str() {
        "NewReplicaSetAvailable" => false,
        "ProgressDeadlineExceeded" => true,
        _ => c.last_update_time.is_some_and(|t| t.0 + limit < now.0),
    }
}

/// What a status says anew about a rollout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum News {
    /// Nothing.
    None,
    /// It is complete.
    Complete,
    /// It is stuck.
    Stalled,
}

/// Counts and the verdict on the rollout (`syncRolloutStatus`).
pub fn rollout(d: &Deployment, all: &[Rs], new: Option<&Rs>, now: Time) -> (DeploymentStatus, News) {
    let mut status = counts(d, all, new, now);
    let mut news = News::None;
    let limit = deadline(d);
    if limit.is_none() {
        remove_condition(&mut status, &PROGRESSING);
    }
    let current = condition(&d.status, &PROGRESSING).cloned();
    let done = status.replicas == status.updated_replicas
        && current.as_ref().is_some_and(|c| c.reason == "NewReplicaSetAvailable");
    let say = |what: &str| match new {
        Some(rs) => format!("ReplicaSet \"{}\" {what}", rs.metadata.name),
        None => format!("Deployment \"{}\" {what}", d.metadata.name),
    };
    if limit.is_some() && !done {
        if complete(d, &status) {
            let text = say("has successfully progressed.");
            let reason = lit!("NewReplicaSetAvailable");
            set_condition(&mut status, new_condition(PROGRESSING, ConditionStatus::True, reason, text, now));
            news = News::Complete;
        } else if moved(&d.status, &status) {
            let text = say("is progressing.");
            let mut c =
                new_condition(PROGRESSING, ConditionStatus::True, lit!("ReplicaSetUpdated"), text, now);
            if let Some(old) = current {
                if old.status == ConditionStatus::True {
                    c.last_transition_time = old.last_transition_time;
                }
                remove_condition(&mut status, &PROGRESSING);
            }
            set_condition(&mut status, c);
        } else if timed_out(d, &status, now) {
            if current.is_some_and(|c| c.reason != "ProgressDeadlineExceeded") {
                news = News::Stalled;
            }
            let text = say("has timed out progressing.");
            let reason = lit!("ProgressDeadlineExceeded");
            set_condition(&mut status, new_condition(PROGRESSING, ConditionStatus::False, reason, text, now));
        }
    }
    // The newest replica set's failure first, else any (`getReplicaFailures`).
    let failure = new
        .into_iter()
        .chain(all)
        .find_map(|rs| rs.status.conditions.iter().find(|c| c.type_ == REPLICA_FAILURE));
    match failure {
        Some(c) => {
            let c = new_condition(REPLICA_FAILURE, c.status, c.reason.clone(), c.message.to_string(), now);
            set_condition(&mut status, c);
        }
        None => remove_condition(&mut status, &REPLICA_FAILURE),
    }
    (status, news)
}

/// How many seconds from now the rollout should be looked at for being stuck (`requeueStuckDeployment`).
pub fn look_again(d: &Deployment, status: &DeploymentStatus, now: Time) -> Option<i64> {
    let c = condition(&d.status, &PROGRESSING)?;
    let limit = deadline(d)?;
    if complete(d, status) || c.reason == "ProgressDeadlineExceeded" {
        return None;
    }
    Some((c.last_update_time?.0 + limit - now.0).max(0) + 1)
}
