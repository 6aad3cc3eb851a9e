//! Events as `kubectl get events` and `kubectl events` list them
//! (`k8s.io/kubectl/pkg/cmd/events/event_printer.go`).

use super::cells::{event_text, event_type};
use super::table::{Table, columns};
use super::{age, cells};
use crate::api_util::Time;
use crate::object::{Event, Obj};
use serde_json::Value;
use std::sync::Arc;

/// When it was last seen: by its series, its last timestamp or its event time.
pub fn last_seen(e: &Event) -> Option<Time> {
    let series = e.other.get("series").and_then(|s| s.get("lastObservedTime")).and_then(Value::as_str);
    series
        .and_then(|t| Time::parse(t).ok())
        .or(e.last_timestamp)
        .or_else(|| Time::parse(event_text(e, "eventTime")).ok())
        .or(e.first_timestamp)
}

/// The events among some objects, the one seen longest ago first.
fn sorted(objs: &[Obj]) -> Vec<&Arc<Event>> {
    let mut all: Vec<&Arc<Event>> =
        objs.iter().filter_map(|o| if let Obj::Event(e) = o { Some(e) } else { None }).collect();
    all.sort_by_key(|e| last_seen(e));
    all
}

/// `2m (x3 over 5m)`, or just an age (`getInterval`, also in `DescribeEvents`).
pub(crate) fn interval(e: &Event, now: Time) -> String {
    let first = age(Time::parse(event_text(e, "eventTime")).ok().or(e.first_timestamp), now);
    let series = e.other.get("series").and_then(|s| s.get("count")).and_then(Value::as_i64);
    match series {
        Some(n) => format!("{} (x{n} over {first})", age(last_seen(e), now)),
        None if e.count > 1 => format!("{} (x{} over {first})", age(e.last_timestamp, now), e.count),
        None => first,
    }
}

/// `kubectl get events --sort-by=.lastTimestamp`.
pub fn get_events(objs: &[Obj], now: Time) -> Table {
    let events = sorted(objs);
    Table {
        columns: columns(cells::EVENT),
        rows: events.iter().map(|e| cells::event(e, now)).collect(),
        namespaces: events.iter().map(|e| e.metadata.namespace.clone()).collect(),
    }
}

/// `kubectl events`.
pub fn events(objs: &[Obj], now: Time) -> Table {
    let mut table = Table::new(&["Last Seen", "Type", "Reason", "Object", "Message"]);
    for e in sorted(objs) {
        table.namespaces.push(e.metadata.namespace.clone());
        table.rows.push(vec![
            interval(e, now),
            event_type(e.type_).to_owned(),
            e.reason.to_string(),
            format!("{}/{}", e.involved_object.kind, e.involved_object.name),
            e.message.trim().to_owned(),
        ]);
    }
    table
}
