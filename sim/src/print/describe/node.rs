//! Nodes (`describeNode`, `describeNodeResource`).

use super::{Cluster, annotations, events, labels, lines, rfc1123};
use crate::api_util::{Quantity, Time};
use crate::object::{
    Container, Key, Kind, Lease, Node, Obj, Pod, PodSpec, ResourceList, RestartPolicy, Str, lit,
};
use crate::print::tab::{Out, w};
use crate::print::{age, node_roles, percent};
use serde_json::Value;
use std::sync::Arc;

pub(super) fn describe(out: &mut Out, node: &Arc<Node>, cluster: Cluster<'_>) {
    let (meta, status) = (&node.metadata, &node.status);
    w!(out, 0, "Name:\t{}", meta.name);
    w!(out, 0, "Roles:\t{}", node_roles(node));
    labels(out, "Labels", &meta.labels);
    annotations(out, "Annotations", &meta.annotations);
    w!(out, 0, "CreationTimestamp:\t{}", rfc1123(meta.creation_timestamp));
    let mut taints: Vec<_> = node.spec.taints.iter().collect();
    taints.sort_by_key(|t| format!("{},{}", t.effect.as_str(), t.key));
    let taint = |t: &crate::object::Taint| {
        let value = if t.value.is_empty() { String::new() } else { format!("={}", t.value) };
        format!("{}{value}:{}", t.key, t.effect.as_str())
    };
    lines(out, "Taints", taints.into_iter().map(taint));
    w!(out, 0, "Unschedulable:\t{}", node.spec.unschedulable);
    let lease = cluster.objects.get(&Key::new(Kind::Lease, lit!("kube-node-lease"), meta.name.clone()));
    match lease {
        Some(Obj::Lease(lease)) => describe_lease(out, lease),
        _ => {
            let error = format!("leases.coordination.k8s.io {:?} not found", meta.name.as_str());
            w!(out, 0, "Lease:\tFailed to get lease: {error}");
        }
    }
    if !status.conditions.is_empty() {
        out.raw("Conditions:\n  Type\tStatus\tLastHeartbeatTime\tLastTransitionTime\tReason\tMessage\n");
        out.raw("  ----\t------\t-----------------\t------------------\t------\t-------\n");
        for c in &status.conditions {
            let (heartbeat, transition) = (rfc1123(c.last_heartbeat_time), rfc1123(c.last_transition_time));
            let status = c.status.as_str();
            w!(out, 1, "{} \t{status} \t{heartbeat} \t{transition} \t{} \t{}", c.type_, c.reason, c.message);
        }
    }
    w!(out, 0, "Addresses:");
    for a in &status.addresses {
        w!(out, 1, "{}:\t{}", a.type_, a.address);
    }
    for (title, list) in [("Capacity", &status.capacity), ("Allocatable", &status.allocatable)] {
        if !list.is_empty() {
            w!(out, 0, "{title}:");
        }
        for (name, amount) in list {
            w!(out, 1, "{name}:\t{amount}");
        }
    }
    system_info(out, node);
    resources(out, node, cluster);
    events(out, &Obj::Node(node.clone()), cluster);
}

fn describe_lease(out: &mut Out, lease: &Lease) {
    let time = |t: Option<crate::api_util::MicroTime>| {
        t.map_or_else(|| "<unset>".to_owned(), |t| rfc1123(Some(Time(t.0.div_euclid(1_000_000)))))
    };
    let holder = &lease.spec.holder_identity;
    w!(out, 0, "Lease:");
    w!(out, 1, "HolderIdentity:\t{}", if holder.is_empty() { "<unset>" } else { holder });
    w!(out, 1, "AcquireTime:\t{}", time(lease.spec.acquire_time));
    w!(out, 1, "RenewTime:\t{}", time(lease.spec.renew_time));
}

fn system_info(out: &mut Out, node: &Node) {
    let info = node.status.node_info.as_deref().cloned().unwrap_or_default();
    let other = |f: &str| info.other.get(f).and_then(Value::as_str).unwrap_or_default().to_owned();
    w!(out, 0, "System Info:");
    w!(out, 1, "Machine ID:\t{}", other("machineID"));
    w!(out, 1, "System UUID:\t{}", other("systemUUID"));
    w!(out, 1, "Boot ID:\t{}", other("bootID"));
    w!(out, 1, "Kernel Version:\t{}", info.kernel_version);
    w!(out, 1, "OS Image:\t{}", info.os_image);
    w!(out, 1, "Operating System:\t{}", info.operating_system);
    w!(out, 1, "Architecture:\t{}", info.architecture);
    w!(out, 1, "Container Runtime Version:\t{}", info.container_runtime_version);
    w!(out, 1, "Kubelet Version:\t{}", info.kubelet_version);
    w!(out, 1, "Kube-Proxy Version:\t{}", other("kubeProxyVersion"));
    if !node.spec.pod_cidr.is_empty() {
        w!(out, 0, "PodCIDR:\t{}", node.spec.pod_cidr);
    }
    let cidrs = node.spec.other.get("podCIDRs").and_then(Value::as_array);
    if let Some(cidrs) = cidrs.filter(|c| !c.is_empty()) {
        let all: Vec<&str> = cidrs.iter().filter_map(Value::as_str).collect();
        w!(out, 0, "PodCIDRs:\t{}", all.join(","));
    }
    if let Some(id) = node.spec.other.get("providerID").and_then(Value::as_str) {
        w!(out, 0, "ProviderID:\t{id}");
    }
}

/// What a pod asks for, or may have at most, of each resource
/// (`resourcehelper.PodRequestsAndLimits`): containers and sidecars together, or an init container
/// with the sidecars before it if that is more; and the overhead, for limits only where there is one.
fn totals(spec: &PodSpec, of: fn(&Container) -> &ResourceList, limits: bool) -> ResourceList {
    let add = |to: &mut ResourceList, list: &ResourceList| {
        for (name, amount) in list {
            let sum = to.entry(name.clone()).or_insert(Quantity::ZERO);
            *sum = sum.plus(*amount);
        }
    };
    let raise = |to: &mut ResourceList, list: &ResourceList| {
        for (name, amount) in list {
            let most = to.entry(name.clone()).or_insert(*amount);
            *most = (*most).max(*amount);
        }
    };
    let (mut total, mut sidecars, mut init) = (ResourceList::new(), ResourceList::new(), ResourceList::new());
    for c in &spec.containers {
        add(&mut total, of(c));
    }
    for c in &spec.init_containers {
        let mut here = sidecars.clone();
        add(&mut here, of(c));
        if c.restart_policy == Some(RestartPolicy::Always) {
            add(&mut total, of(c));
            sidecars = here.clone();
        }
        raise(&mut init, &here);
    }
    raise(&mut total, &init);
    for (name, amount) in &spec.overhead {
        if !limits || total.get(name).is_some_and(|q| !q.is_zero()) {
            let sum = total.entry(name.clone()).or_insert(Quantity::ZERO);
            *sum = sum.plus(*amount);
        }
    }
    total
}

/// `500m (12%)`: an amount and its share of what the node has.
fn share(list: &ResourceList, allocatable: &ResourceList, name: &str) -> String {
    let number = |q: &Quantity| if name == "cpu" { q.milli() } else { q.value() };
    let amount = list.get(name).copied().unwrap_or_default();
    let total = allocatable.get(name).map_or(0, number);
    format!("{amount} ({}%)", percent(number(&amount), total))
}

fn resources(out: &mut Out, node: &Node, cluster: Cluster<'_>) {
    let status = &node.status;
    let allocatable = if status.allocatable.is_empty() { &status.capacity } else { &status.allocatable };
    let pods: Vec<&Arc<Pod>> = cluster
        .of(Kind::Pod)
        .filter_map(Obj::as_pod)
        .filter(|p| p.node_name == node.metadata.name && !p.terminal())
        .collect();
    w!(out, 0, "Non-terminated Pods:\t({} in total)", pods.len());
    w!(out, 1, "Namespace\tName\t\tCPU Requests\tCPU Limits\tMemory Requests\tMemory Limits\tAge");
    w!(out, 1, "---------\t----\t\t------------\t----------\t---------------\t-------------\t---");
    let (mut requests, mut limits) = (ResourceList::new(), ResourceList::new());
    for pod in pods {
        let request = totals(&pod.spec, |c| &c.resources.requests, false);
        let limit = totals(&pod.spec, |c| &c.resources.limits, true);
        let [cpu_r, cpu_l, memory_r, memory_l] =
            [(&request, "cpu"), (&limit, "cpu"), (&request, "memory"), (&limit, "memory")]
                .map(|(list, name)| share(list, allocatable, name));
        let (meta, old) = (&pod.metadata, age(pod.metadata.creation_timestamp, cluster.now));
        let (ns, name) = (&meta.namespace, &meta.name);
        w!(out, 1, "{ns}\t{name}\t\t{cpu_r}\t{cpu_l}\t{memory_r}\t{memory_l}\t{old}");
        for (sum, list) in [(&mut requests, request), (&mut limits, limit)] {
            for (name, amount) in list {
                let s: &mut Quantity = sum.entry(name).or_insert(Quantity::ZERO);
                *s = s.plus(amount);
            }
        }
    }
    out.raw("Allocated resources:\n  (Total limits may be over 100 percent, i.e., overcommitted.)\n");
    w!(out, 1, "Resource\tRequests\tLimits");
    w!(out, 1, "--------\t--------\t------");
    let huge = |n: &&Str| n.starts_with("hugepages-");
    let standard = ["cpu", "memory", "ephemeral-storage"];
    for name in standard.into_iter().chain(allocatable.keys().filter(huge).map(Str::as_str)) {
        let (r, l) = (share(&requests, allocatable, name), share(&limits, allocatable, name));
        w!(out, 1, "{name}\t{r}\t{l}");
    }
    for name in allocatable.keys().filter(|n| !huge(n) && !standard.contains(&n.as_str()) && *n != "pods") {
        let amount = |list: &ResourceList| list.get(name).copied().unwrap_or_default();
        w!(out, 1, "{name}\t{}\t{}", amount(&requests), amount(&limits));
    }
}
