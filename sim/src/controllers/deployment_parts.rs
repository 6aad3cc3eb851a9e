//! The arithmetic of a deployment: budgets, revisions, proportions. Pure functions.
//!
//! Source: `pkg/controller/deployment/util/deployment_util.go` and `pkg/controller/controller_utils.go`.

use crate::api_util::IntOrString;
use crate::api_util::hash::{fnv1a_32, safe_encode_string};
use crate::object::{Deployment, PodTemplate, ReplicaSet, Str, StrategyType, lit};
use std::cmp::Ordering;
use std::sync::Arc;

/// A replica set's and a deployment's revision.
pub const REVISION: Str = lit!("deployment.kubernetes.io/revision");
/// Revisions that a replica set had before.
pub const REVISION_HISTORY: Str = lit!("deployment.kubernetes.io/revision-history");
/// The deployment's size when the replica set was last scaled.
pub const DESIRED: Str = lit!("deployment.kubernetes.io/desired-replicas");
/// The same with the surge.
pub const MAX: Str = lit!("deployment.kubernetes.io/max-replicas");
/// The label that tells the pods of one template from those of another.
pub const HASH: Str = lit!("pod-template-hash");

/// Annotations of a deployment that its replica sets do not inherit (`annotationsToSkip`).
const NOT_INHERITED: [&str; 6] = [
    "kubectl.kubernetes.io/last-applied-configuration",
    "deployment.kubernetes.io/revision",
    "deployment.kubernetes.io/revision-history",
    "deployment.kubernetes.io/desired-replicas",
    "deployment.kubernetes.io/max-replicas",
    "deprecated.deployment.rollback.to",
];

/// A replica set of a deployment.
pub type Rs = Arc<ReplicaSet>;

/// The size asked for.
pub fn want(d: &Deployment) -> i64 {
    d.spec.replicas.unwrap_or(1)
}
/// The size asked of a replica set.
pub fn size(rs: &ReplicaSet) -> i64 {
    rs.spec.replicas.unwrap_or(1)
}
/// Sum of the sizes asked for (`GetReplicaCountForReplicaSets`).
pub fn total_size(sets: &[Rs]) -> i64 {
    sets.iter().map(|r| size(r)).sum()
}
/// Sum of what is there (`GetActualReplicaCountForReplicaSets`).
pub fn total_actual(sets: &[Rs]) -> i64 {
    sets.iter().map(|r| r.status.replicas).sum()
}
/// Sum of what is available.
pub fn total_available(sets: &[Rs]) -> i64 {
    sets.iter().map(|r| r.status.available_replicas).sum()
}
/// Those whose size is not zero (`FilterActiveReplicaSets`).
pub fn active(sets: &[Rs]) -> Vec<Rs> {
    sets.iter().filter(|r| size(r) > 0).cloned().collect()
}

/// Whether pods are replaced step by step.
pub fn rolling(d: &Deployment) -> bool {
    d.spec.strategy.type_ != Some(StrategyType::Recreate)
}

/// How many pods may be too many and too few: the surge rounds up, the shortfall down, and both must
/// not be zero (`ResolveFenceposts`).
pub fn fenceposts(surge: Option<&IntOrString>, unavailable: Option<&IntOrString>, want: i64) -> (i64, i64) {
    let scaled = |v: Option<&IntOrString>, up| v.map_or(0, |v| v.scaled(want, up).unwrap_or(0));
    match (scaled(surge, true), scaled(unavailable, false)) {
        (0, 0) => (0, 1),
        both => both,
    }
}

fn budget(d: &Deployment) -> (i64, i64) {
    let r = d.spec.strategy.rolling_update.as_ref();
    let surge = r.and_then(|r| r.max_surge.as_ref());
    let unavailable = r.and_then(|r| r.max_unavailable.as_ref());
    fenceposts(surge, unavailable, want(d))
}

/// `MaxSurge`.
pub fn max_surge(d: &Deployment) -> i64 {
    if rolling(d) { budget(d).0 } else { 0 }
}

/// `MaxUnavailable`.
pub fn max_unavailable(d: &Deployment) -> i64 {
    if !rolling(d) || want(d) == 0 { 0 } else { budget(d).1.min(want(d)) }
}

/// The size that the new replica set should have next (`NewRSNewReplicas`).
pub fn next_new_size(d: &Deployment, all: &[Rs], new: &ReplicaSet) -> i64 {
    if !rolling(d) {
        return want(d);
    }
    let surge = d.spec.strategy.rolling_update.as_ref().and_then(|r| r.max_surge.as_ref());
    let surge = surge.map_or(0, |v| v.scaled(want(d), true).unwrap_or(0));
    let room = want(d) + surge - total_size(all);
    if room <= 0 { size(new) } else { size(new) + room.min(want(d) - size(new)) }
}

/// A number in an annotation.
pub fn number(rs: &ReplicaSet, key: &str) -> Option<i64> {
    rs.metadata.annotations.get(key)?.parse().ok()
}

/// A replica set's revision; 0 if it has none.
pub fn revision(rs: &ReplicaSet) -> i64 {
    number(rs, &REVISION).unwrap_or(0)
}

/// Sets the two annotations that remember the deployment's size. Returns whether that changed anything.
pub fn set_size_annotations(rs: &mut ReplicaSet, d: &Deployment) -> bool {
    let mut changed = false;
    for (key, value) in [(DESIRED, want(d)), (MAX, want(d) + max_surge(d))] {
        if number(rs, &key) != Some(value) {
            rs.metadata.annotations.insert(key, value.to_string());
            changed = true;
        }
    }
    changed
}

/// Copies the deployment's annotations, numbers the revision (`SetNewReplicaSetAnnotations`). Returns
/// whether that changed anything.
pub fn set_annotations(d: &Deployment, rs: &mut ReplicaSet, new_revision: i64, exists: bool) -> bool {
    let mut changed = false;
    for (k, v) in d.metadata.annotations.iter().filter(|(k, _)| !NOT_INHERITED.contains(&k.as_str())) {
        if rs.metadata.annotations.get(k) != Some(v) {
            rs.metadata.annotations.insert(k.clone(), v.clone());
            changed = true;
        }
    }
    let old = revision(rs);
    if old < new_revision {
        if old > 0 {
            let past = rs.metadata.annotations.get(&REVISION_HISTORY).filter(|h| !h.is_empty());
            let text = past.map_or_else(|| old.to_string(), |h| format!("{h},{old}"));
            rs.metadata.annotations.insert(REVISION_HISTORY, text);
        }
        rs.metadata.annotations.insert(REVISION, new_revision.to_string());
        changed = true;
    }
    if !exists && set_size_annotations(rs, d) {
        changed = true;
    }
    changed
}

/// Whether two templates are equal but for the hash label (`EqualIgnoreHash`).
pub fn same_template(a: &PodTemplate, b: &PodTemplate) -> bool {
    let strip = |t: &PodTemplate| {
        let mut m = t.metadata.clone();
        m.labels.remove(&HASH);
        m
    };
    (Arc::ptr_eq(&a.spec, &b.spec) || a.spec == b.spec) && strip(a) == strip(b)
}

/// The hash that names a template: 32-bit FNV-1a over its canonical JSON and the number of
/// collisions so far (`ComputeHash`; upstream hashes a dump of the Go structure instead).
pub fn template_hash(t: &PodTemplate, collisions: Option<i64>) -> String {
    let mut bytes =
        serde_json::to_vec(&serde_json::to_value(t).expect("templates serialise")).expect("values print");
    if let Some(n) = collisions {
        bytes.extend((n as u32).to_le_bytes());
    }
    safe_encode_string(fnv1a_32(&bytes))
}

/// `ReplicaSetsByCreationTimestamp`.
pub fn by_creation(a: &Rs, b: &Rs) -> Ordering {
    let (x, y) = (a.metadata.creation_timestamp, b.metadata.creation_timestamp);
    x.cmp(&y).then_with(|| a.metadata.name.cmp(&b.metadata.name))
}

/// The larger first; of equals the newer (`ReplicaSetsBySizeNewer`) or the older (`…BySizeOlder`).
pub fn by_size(newer_first: bool) -> impl Fn(&Rs, &Rs) -> Ordering {
    move |a, b| {
        let age = if newer_first { by_creation(b, a) } else { by_creation(a, b) };
        size(b).cmp(&size(a)).then(age)
    }
}

/// How much of `to_add` a replica set gets, `added` having been given out (`GetReplicaSetProportion`).
pub fn proportion(rs: &ReplicaSet, d: &Deployment, to_add: i64, added: i64) -> i64 {
    if size(rs) == 0 || to_add == 0 || to_add == added {
        return 0;
    }
    let share = share(rs, d);
    let allowed = to_add - added;
    if to_add > 0 { share.min(allowed) } else { share.max(allowed) }
}

/// `getReplicaSetFraction`: what a replica set of a larger or smaller deployment would have, less what it has.
fn share(rs: &ReplicaSet, d: &Deployment) -> i64 {
    if want(d) == 0 {
        return -size(rs);
    }
    let before = number(rs, &MAX).filter(|n| *n != 0).unwrap_or(d.status.replicas);
    if before == 0 {
        return 0;
    }
    // Rounded half away from zero, as Go's math.Round.
    let n = size(rs) * (want(d) + max_surge(d));
    (2 * n + before).div_euclid(2 * before) - size(rs)
}

/// The sizes after a scaling in the middle of a rollout, in the order in which they are written
/// (`scale` in `sync.go`).
pub fn proportional_sizes(d: &Deployment, sets: &[Rs]) -> Vec<(Rs, i64)> {
    let allowed = if want(d) > 0 { want(d) + max_surge(d) } else { 0 };
    let to_add = allowed - total_size(sets);
    let mut sets = sets.to_vec();
    sets.sort_by(by_size(to_add > 0));
    let mut added = 0;
    let mut sizes = Vec::new();
    for rs in sets {
        let p = proportion(&rs, d, to_add, added);
        added += p;
        let to = size(&rs) + p;
        sizes.push((rs, to));
    }
    if to_add != 0
        && let Some((_, first)) = sizes.first_mut()
    {
        *first = (*first + to_add - added).max(0);
    }
    sizes
}

/// The replica set that a plain scaling is about, if there is just one (`FindActiveOrLatest`).
pub fn active_or_latest(new: Option<&Rs>, old: &[Rs]) -> Option<Rs> {
    let mut old = old.to_vec();
    old.sort_by(|a, b| by_creation(b, a));
    let all: Vec<Rs> = old.iter().chain(new).cloned().collect();
    match active(&all).as_slice() {
        [] => new.cloned().or_else(|| old.first().cloned()),
        [one] => Some(one.clone()),
        _ => None,
    }
}

/// Whether the new replica set has reached the deployment's size (`IsSaturated`).
pub fn saturated(d: &Deployment, rs: &ReplicaSet) -> bool {
    let n = want(d);
    size(rs) == n && number(rs, &DESIRED) == Some(n) && rs.status.available_replicas == n
}

/// The sizes of the old replica sets after a step of a rolling update: first those of pods that do
/// not work, then as far as the budget allows (`reconcileOldReplicaSets`).
pub fn old_sizes(d: &Deployment, all: &[Rs], old: &[Rs], new: Option<&Rs>) -> Vec<(Rs, i64)> {
    if total_size(old) == 0 {
        return Vec::new();
    }
    let min_available = want(d) - max_unavailable(d);
    let new_unavailable = new.map_or(0, |n| size(n) - n.status.available_replicas);
    let most = total_size(all) - min_available - new_unavailable;
    if most <= 0 {
        return Vec::new();
    }
    let mut old = old.to_vec();
    old.sort_by(by_creation);
    let mut sizes: Vec<(Rs, i64)> = old
        .into_iter()
        .map(|r| {
            let n = size(&r);
            (r, n)
        })
        .collect();
    let mut cleaned = 0;
    for (rs, n) in &mut sizes {
        if cleaned >= most {
            break;
        }
        let sick = (*n - rs.status.available_replicas).max(0).min(most - cleaned);
        *n -= sick;
        cleaned += sick;
    }
    let mut spare = total_available(all) - min_available;
    for (_, n) in &mut sizes {
        if spare <= 0 {
            break;
        }
        let step = (*n).min(spare);
        *n -= step;
        spare -= step;
    }
    sizes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::controllers::testing::deployment;
    use crate::object::Obj;

    fn d(replicas: i64, surge: &str, unavailable: &str) -> Deployment {
        let Obj::Deployment(d) = deployment(replicas, surge, unavailable) else { unreachable!() };
        Deployment::clone(&d)
    }

    /// A replica set of a size, with so many available, of a deployment that had `max` at most.
    fn rs(name: &str, size: i64, available: i64, max: i64, age: i64) -> Rs {
        let mut r = ReplicaSet::default();
        r.metadata.name = Str::from(name);
        r.metadata.creation_timestamp = Some(crate::api_util::Time(1000 - age));
        r.metadata.annotations.insert(MAX, max.to_string());
        r.spec.replicas = Some(size);
        r.status.replicas = size;
        r.status.available_replicas = available;
        Arc::new(r)
    }

    #[test]
    fn fenceposts_round_apart_and_are_never_both_zero() {
        let cases = [
            ("numbers", "2", "1", 10, (2, 1)),
            ("quarters of four", "25%", "25%", 4, (1, 1)),
            ("surge rounds up, shortfall down", "25%", "25%", 10, (3, 2)),
            ("quarters of one", "25%", "25%", 1, (1, 0)),
            ("both zero", "0", "0", 10, (0, 1)),
            ("both round to zero", "0%", "10%", 5, (0, 1)),
            ("all", "100%", "100%", 3, (3, 3)),
            ("of none", "25%", "25%", 0, (0, 1)),
        ];
        for (name, surge, unavailable, n, want) in cases {
            let (s, u) = (IntOrString::parse(surge), IntOrString::parse(unavailable));
            assert_eq!(fenceposts(Some(&s), Some(&u), n), want, "{name}");
        }
    }

    #[test]
    fn old_sets_shrink_sick_pods_first_and_within_the_budget() {
        // name, replicas, surge, unavailable, old (size, available), new (size, available), old after
        type Case = (
            &'static str,
            i64,
            &'static str,
            &'static str,
            &'static [(i64, i64)],
            (i64, i64),
            &'static [i64],
        );
        let cases: &[Case] = &[
            ("nothing to spare", 4, "1", "0", &[(4, 4)], (1, 0), &[]),
            ("one to spare", 4, "1", "0", &[(4, 4)], (1, 1), &[3]),
            ("down by the shortfall", 10, "0", "2", &[(10, 10)], (0, 0), &[8]),
            ("sick ones go first", 10, "0", "2", &[(8, 8), (2, 0)], (0, 0), &[8, 0]),
            ("sick ones only as far as allowed", 10, "0", "2", &[(10, 5)], (0, 0), &[8]),
            ("the oldest first", 4, "0", "50%", &[(2, 2), (2, 2)], (0, 0), &[0, 2]),
            ("the new one's lag counts", 10, "2", "2", &[(8, 8)], (4, 2), &[6]),
        ];
        for (name, n, surge, unavailable, old, new, want) in cases {
            let d = d(*n, surge, unavailable);
            let old: Vec<Rs> = old
                .iter()
                .enumerate()
                .map(|(i, (s, a))| rs(&format!("old-{i}"), *s, *a, 0, 100 - i as i64))
                .collect();
            let new = rs("new", new.0, new.1, 0, 0);
            let all: Vec<Rs> = old.iter().cloned().chain([new.clone()]).collect();
            let got: Vec<i64> = old_sizes(&d, &all, &old, Some(&new)).into_iter().map(|(_, n)| n).collect();
            assert_eq!(got, *want, "{name}");
        }
    }

    #[test]
    fn scaling_in_the_middle_of_a_rollout_is_shared_out() {
        // name, replicas after, surge, sizes (oldest first), most pods before, sizes after by name
        let cases: &[(&str, i64, &str, &[i64], i64, &[i64])] = &[
            ("up, alike", 20, "0", &[5, 5], 10, &[10, 10]),
            ("up, larger gets more", 30, "0", &[10, 5], 15, &[20, 10]),
            ("leftover to the first", 12, "0", &[5, 5], 10, &[6, 6]),
            ("odd leftover to the newer of equals", 11, "0", &[5, 5], 10, &[5, 6]),
            ("down, alike", 5, "0", &[5, 5], 10, &[2, 3]),
            ("down to none", 0, "0", &[6, 4], 10, &[0, 0]),
            ("upstream's example: 10 to 15 with surge 3", 15, "3", &[8, 5], 13, &[11, 7]),
        ];
        for (name, n, surge, sizes, max, want) in cases {
            let d = d(*n, surge, "2");
            let sets: Vec<Rs> = sizes
                .iter()
                .enumerate()
                .map(|(i, s)| rs(&format!("rs-{i}"), *s, *s, *max, 100 - i as i64))
                .collect();
            let mut got = proportional_sizes(&d, &sets);
            got.sort_by(|a, b| a.0.metadata.name.cmp(&b.0.metadata.name));
            let got: Vec<i64> = got.into_iter().map(|(_, n)| n).collect();
            assert_eq!(got, *want, "{name}");
        }
    }

    #[test]
    fn the_hash_is_stable_and_tells_templates_apart() {
        let (a, b) =
            (crate::controllers::testing::template("web:1"), crate::controllers::testing::template("web:2"));
        assert_eq!(template_hash(&a, None), template_hash(&a.clone(), None));
        assert_ne!(template_hash(&a, None), template_hash(&b, None));
        assert_ne!(template_hash(&a, None), template_hash(&a, Some(1)));
        let mut labelled = a.clone();
        labelled.metadata.labels.insert(HASH, "x");
        assert!(same_template(&a, &labelled) && !same_template(&a, &b));
    }
}
