//! `kubectl describe` (`k8s.io/kubectl/pkg/describe/describe.go`).
//!
//! Modelled: pods, nodes, deployments, replica sets, namespaces, config maps, secrets, service
//! accounts. Leases, events and all other kinds get the generic description, as in kubectl for
//! custom resources.

mod containers;
mod generic;
mod node;
mod pod;
mod small;
mod volumes;
mod workload;

use super::events::interval;
use super::tab::{Out, w};
use super::{age, cells};
use crate::api_util::Time;
use crate::cow::CowMap;
use crate::object::{Event, Key, Kind, Labels, Obj, Str, Uid};
use std::sync::Arc;

/// Everything that a description may look at.
#[derive(Clone, Copy)]
pub struct Cluster<'a> {
    /// All objects.
    pub objects: &'a CowMap<Key, Obj>,
    /// The time from which ages are counted.
    pub now: Time,
}

impl<'a> Cluster<'a> {
    /// All objects of a kind, in key order.
    fn of(self, kind: Kind) -> impl Iterator<Item = &'a Obj> {
        let from = Key { kind: kind.clone(), ns: Str::new(), name: Str::new() };
        self.objects.range(from..).take_while(move |(k, _)| k.kind == kind).map(|(_, o)| o)
    }
}

/// The description of one object; `None` if there is no such object.
pub fn describe(cluster: Cluster<'_>, key: &Key) -> Option<String> {
    let mut out = Out::default();
    match cluster.objects.get(key)? {
        Obj::Pod(o) => pod::describe(&mut out, o, cluster),
        Obj::Node(o) => node::describe(&mut out, o, cluster),
        Obj::Deployment(o) => workload::deployment(&mut out, o, cluster),
        Obj::ReplicaSet(o) => workload::replica_set(&mut out, o, cluster),
        Obj::Namespace(o) => small::namespace(&mut out, o),
        Obj::ConfigMap(o) => small::config_map(&mut out, o, cluster),
        Obj::Secret(o) => small::secret(&mut out, o),
        Obj::ServiceAccount(o) => small::service_account(&mut out, o, cluster),
        o @ (Obj::Lease(_) | Obj::Event(_) | Obj::Inert(_)) => generic::describe(&mut out, o, cluster),
    }
    Some(out.finish())
}

/// Several descriptions, kept apart by two empty lines as kubectl does.
pub fn describe_all<'k>(cluster: Cluster<'_>, keys: impl IntoIterator<Item = &'k Key>) -> String {
    let all: Vec<String> = keys.into_iter().filter_map(|k| describe(cluster, k)).collect();
    all.join("\n\n")
}

/// The events about an object, the one seen longest ago first (`searchEvents`).
fn events_of(cluster: Cluster<'_>, obj: &Obj) -> Vec<Arc<Event>> {
    let (meta, kind) = (obj.meta(), obj.kind());
    let about = |e: &Event| {
        let to = &e.involved_object;
        let uid_ok = to.uid == meta.uid
            || (kind == Kind::Node && (to.uid.is_zero() || to.uid == uid_of_text(&meta.name)));
        to.name == meta.name && to.namespace == meta.namespace && to.kind == kind.name() && uid_ok
    };
    let all = cluster.of(Kind::Event).filter_map(|o| if let Obj::Event(e) = o { Some(e) } else { None });
    let mut found: Vec<Arc<Event>> = all.filter(|e| about(e)).cloned().collect();
    found.sort_by_key(|e| e.last_timestamp);
    found
}

/// Kubelets name their node's name in place of its identity.
fn uid_of_text(name: &str) -> Uid {
    serde_json::from_value(name.into()).unwrap_or_default()
}

/// `DescribeEvents`.
fn events(out: &mut Out, obj: &Obj, cluster: Cluster<'_>) {
    let found = events_of(cluster, obj);
    if found.is_empty() {
        out.raw("Events:\t<none>\n");
        return;
    }
    out.flush();
    out.raw("Events:\n  Type\tReason\tAge\tFrom\tMessage\n");
    out.raw("  ----\t------\t----\t----\t-------\n");
    for e in found {
        let source = &e.source.component;
        let source = if source.is_empty() { cells::event_text(&e, "reportingComponent") } else { source };
        let age = interval(&e, cluster.now);
        let type_ = cells::event_type(e.type_);
        w!(out, 1, "{type_}\t{}\t{age}\t{source}\t{}", e.reason, e.message.trim());
    }
}

/// `printLabelsMultiline`: the first one beside the title, the others below.
fn labels(out: &mut Out, title: &str, labels: &Labels) {
    lines(out, title, labels.iter().map(|(k, v)| format!("{k}={v}")));
}

/// A title and values below each other; `<none>` when there are none.
fn lines(out: &mut Out, title: &str, values: impl Iterator<Item = String>) {
    let mut any = false;
    for value in values {
        if any {
            w!(out, 0, "\t{value}");
        } else {
            w!(out, 0, "{title}:\t{value}");
        }
        any = true;
    }
    if !any {
        w!(out, 0, "{title}:\t<none>");
    }
}

/// `printAnnotationsMultiline`: long values and those of several lines begin on a line of their own.
fn annotations(out: &mut Out, title: &str, annotations: &Labels) {
    const LONGEST: usize = 140;
    let mut lines_out: Vec<String> = Vec::new();
    for (key, value) in
        annotations.iter().filter(|(k, _)| *k != "kubectl.kubernetes.io/last-applied-configuration")
    {
        let value = value.strip_suffix('\n').unwrap_or(value);
        if value.len() + key.len() + 2 > LONGEST || value.contains('\n') {
            lines_out.push(format!("{key}:"));
            for line in value.split('\n') {
                let end = (0..=LONGEST - 2).rev().find(|&i| line.is_char_boundary(i)).unwrap_or(0);
                let more = if line.len() > LONGEST - 2 { "..." } else { "" };
                lines_out.push(format!("  {}{more}", line.get(..end.min(line.len())).unwrap_or(line)));
            }
        } else {
            lines_out.push(format!("{key}: {value}"));
        }
    }
    lines(out, title, lines_out.into_iter());
}

/// Go's RFC 1123 with a numeric zone: `Thu, 01 Jan 2026 00:00:00 +0000`.
fn rfc1123(time: Option<Time>) -> String {
    const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let Some(time) = time else { return "Mon, 01 Jan 0001 00:00:00 +0000".to_owned() };
    // `2026-01-01T00:00:00Z`; a year has at least four digits.
    let text = time.to_string();
    let (date, clock) = text.trim_end_matches('Z').split_once('T').unwrap_or((&text, ""));
    let mut parts = date.rsplitn(3, '-');
    let day = parts.next().unwrap_or_default();
    let month: usize = parts.next().and_then(|m| m.parse().ok()).unwrap_or(1);
    let year = parts.next().unwrap_or_default();
    let weekday = usize::try_from(time.0.div_euclid(86_400).rem_euclid(7)).unwrap_or(0);
    format!("{}, {day} {} {year} {clock} +0000", DAYS[weekday], MONTHS[(month - 1) % 12])
}

/// `Terminating (lasts 5s)` (the age counts from the time by which it should be gone).
fn terminating(deletion: Option<Time>, now: Time) -> String {
    format!("Terminating (lasts {})", age(deletion, now))
}
