//! Deployments and replica sets (`describeDeployment`, `describeReplicaSet`).

use super::{Cluster, annotations, events, labels, pod, rfc1123};
use crate::object::{Condition, Deployment, Kind, Obj, PodPhase, PodTemplate, ReplicaSet, StrategyType, Uid};
use crate::print::format_selector;
use crate::print::tab::{Out, w};
use std::sync::Arc;

pub(super) fn deployment(out: &mut Out, d: &Arc<Deployment>, cluster: Cluster<'_>) {
    let (meta, spec, status) = (&d.metadata, &d.spec, &d.status);
    w!(out, 0, "Name:\t{}", meta.name);
    w!(out, 0, "Namespace:\t{}", meta.namespace);
    w!(out, 0, "CreationTimestamp:\t{}", rfc1123(meta.creation_timestamp));
    labels(out, "Labels", &meta.labels);
    annotations(out, "Annotations", &meta.annotations);
    w!(out, 0, "Selector:\t{}", format_selector(&spec.selector));
    w!(
        out,
        0,
        "Replicas:\t{} desired | {} updated | {} total | {} available | {} unavailable",
        spec.replicas.unwrap_or(1),
        status.updated_replicas,
        status.replicas,
        status.available_replicas,
        status.unavailable_replicas
    );
    let strategy = match spec.strategy.type_ {
        Some(StrategyType::RollingUpdate) => "RollingUpdate",
        Some(StrategyType::Recreate) => "Recreate",
        None => "",
    };
    w!(out, 0, "StrategyType:\t{strategy}");
    w!(out, 0, "MinReadySeconds:\t{}", spec.min_ready_seconds);
    if let Some(ru) = &spec.strategy.rolling_update {
        let text = |v: &Option<crate::api_util::IntOrString>| {
            v.as_ref().map_or("<nil>".to_owned(), ToString::to_string)
        };
        let (unavailable, surge) = (text(&ru.max_unavailable), text(&ru.max_surge));
        w!(out, 0, "RollingUpdateStrategy:\t{unavailable} max unavailable, {surge} max surge");
    }
    pod::template(out, &spec.template);
    conditions(out, &status.conditions);
    let (old, new) = replica_sets(d, cluster);
    if !old.is_empty() || new.is_some() {
        let text = |rs: &[&Arc<ReplicaSet>]| {
            let one = |rs: &&Arc<ReplicaSet>| {
                let desired = rs.spec.replicas.unwrap_or(1);
                format!("{} ({}/{desired} replicas created)", rs.metadata.name, rs.status.replicas)
            };
            if rs.is_empty() {
                "<none>".to_owned()
            } else {
                rs.iter().map(one).collect::<Vec<_>>().join(", ")
            }
        };
        w!(out, 0, "OldReplicaSets:\t{}", text(&old));
        w!(out, 0, "NewReplicaSet:\t{}", text(new.as_slice()));
    }
    events(out, &Obj::Deployment(d.clone()), cluster);
}

/// The same template but for the hash that the deployment controller adds (`EqualIgnoreHash`).
fn same_template(a: &PodTemplate, b: &PodTemplate) -> bool {
    let plain = |t: &PodTemplate| {
        let mut meta = t.metadata.clone();
        meta.labels.remove("pod-template-hash");
        meta
    };
    (Arc::ptr_eq(&a.spec, &b.spec) || a.spec == b.spec) && plain(a) == plain(b)
}

/// The replica sets of older templates, and the oldest one of the present template
/// (`deploymentutil.GetAllReplicaSets`).
fn replica_sets<'a>(
    d: &Deployment,
    cluster: Cluster<'a>,
) -> (Vec<&'a Arc<ReplicaSet>>, Option<&'a Arc<ReplicaSet>>) {
    let owned: Vec<&Arc<ReplicaSet>> = cluster
        .of(Kind::ReplicaSet)
        .filter_map(Obj::as_replica_set)
        .filter(|rs| rs.metadata.controller().is_some_and(|o| o.uid == d.metadata.uid))
        .collect();
    let mut by_age = owned.clone();
    by_age.sort_by(|a, b| {
        let of = |rs: &ReplicaSet| (rs.metadata.creation_timestamp, rs.metadata.name.clone());
        of(a).cmp(&of(b))
    });
    let new = by_age.into_iter().find(|rs| same_template(&rs.spec.template, &d.spec.template));
    let old = owned.into_iter().filter(|rs| new.is_none_or(|n| !Arc::ptr_eq(n, rs))).collect();
    (old, new)
}

pub(super) fn replica_set(out: &mut Out, rs: &Arc<ReplicaSet>, cluster: Cluster<'_>) {
    let meta = &rs.metadata;
    w!(out, 0, "Name:\t{}", meta.name);
    w!(out, 0, "Namespace:\t{}", meta.namespace);
    w!(out, 0, "Selector:\t{}", format_selector(&rs.spec.selector));
    labels(out, "Labels", &meta.labels);
    annotations(out, "Annotations", &meta.annotations);
    if let Some(owner) = meta.controller() {
        w!(out, 0, "Controlled By:\t{}/{}", owner.kind, owner.name);
    }
    w!(out, 0, "Replicas:\t{} current / {} desired", rs.status.replicas, rs.spec.replicas.unwrap_or(1));
    let [running, waiting, succeeded, failed] = pods_by_phase(meta.uid, cluster);
    w!(
        out,
        0,
        "Pods Status:\t{running} Running / {waiting} Waiting / {succeeded} Succeeded / {failed} Failed"
    );
    pod::template(out, &rs.spec.template);
    conditions(out, &rs.status.conditions);
    events(out, &Obj::ReplicaSet(rs.clone()), cluster);
}

/// `getPodStatusForController`.
fn pods_by_phase(owner: Uid, cluster: Cluster<'_>) -> [usize; 4] {
    let mut counts = [0; 4];
    for pod in cluster.of(Kind::Pod).filter_map(Obj::as_pod) {
        if pod.metadata.controller().is_some_and(|o| o.uid == owner) {
            match pod.status.phase {
                PodPhase::Running => counts[0] += 1,
                PodPhase::Pending => counts[1] += 1,
                PodPhase::Succeeded => counts[2] += 1,
                PodPhase::Failed => counts[3] += 1,
                PodPhase::Unknown => {}
            }
        }
    }
    counts
}

fn conditions(out: &mut Out, conditions: &[Condition]) {
    if conditions.is_empty() {
        return;
    }
    out.raw("Conditions:\n  Type\tStatus\tReason\n  ----\t------\t------\n");
    for c in conditions {
        w!(out, 1, "{} \t{}\t{}", c.type_, c.status.as_str(), c.reason);
    }
}
