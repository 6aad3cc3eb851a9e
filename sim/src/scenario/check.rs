//! Whether what an assertion claims is so, at one revision; and if not, what there is instead.

use super::asserts::{Assertion, Chain, Compare, Count, Elapsed, EventMatch, Events, Source};
use super::causes::{Causes, in_order};
use super::matcher::{Mismatch, glob, matches, mismatches, show};
use super::paths::{self, plain};
use super::table;
use super::view::View;
use crate::api_util::Time;
use crate::object::{Event, Key, Kind, Obj};
use crate::time::{SimTime, Span};
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What a scenario saved under a name.
#[derive(Clone, Debug)]
pub struct Saved {
    /// Whose field.
    pub from: Source,
    /// Which field.
    pub path: String,
    /// What it was.
    pub values: Vec<(Key, Value)>,
}

/// When a step began and when it passed.
pub type StepTimes = BTreeMap<String, (Option<SimTime>, Option<SimTime>)>;

/// What claims are held against.
#[derive(Clone, Copy)]
pub struct Facts<'a> {
    /// The store.
    pub view: &'a View,
    /// Virtual time.
    pub now: SimTime,
    /// The same moment on the cluster's wall clock.
    pub wall: Time,
    /// What was saved.
    pub saved: &'a BTreeMap<String, Saved>,
    /// The fields of `unchanged`, as they were when the assertion began.
    pub base: &'a [Vec<(Key, Value)>],
    /// Who caused what.
    pub causes: &'a Causes,
    /// When steps began and passed.
    pub steps: &'a StepTimes,
    /// Whether nothing is under way.
    pub quiet: bool,
}

/// A claim that is not so.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Finding {
    /// What was expected.
    pub expected: String,
    /// What there is, line by line.
    pub found: Vec<String>,
}

/// The claims that are not so; empty if all are. Without `explain` it stops at the first and says nothing.
pub fn failing(a: &Assertion, facts: &Facts<'_>, explain: bool) -> Vec<Finding> {
    let mut out = Vec::new();
    let mut note = |found: Option<Finding>| {
        let failed = found.is_some();
        out.extend(found);
        failed && !explain
    };
    let stop = a.resource.iter().any(|r| note(resource(r, a.absent, facts, explain)))
        || a.count.iter().any(|c| note(count(c, facts, explain)))
        || a.events.iter().any(|e| note(events(e, facts)))
        || a.table.iter().any(|t| note(table::check(t, facts)))
        || a.unchanged.iter().zip(facts.base).any(|(f, base)| note(unchanged(&f.field, base, facts)))
        || a.same.iter().any(|c| note(compare(c, true, facts)))
        || a.differs.iter().any(|c| note(compare(c, false, facts)))
        || a.chain.iter().any(|c| note(chain(c, facts)))
        || a.elapsed.iter().any(|e| note(elapsed(e, facts)))
        || (a.quiet && !facts.quiet && note(Some(busy())));
    let _ = stop;
    out
}

fn busy() -> Finding {
    Finding { expected: "nothing is under way".into(), found: vec!["something still is".into()] }
}

/// The kind that a partial object names.
pub fn kind_of(r: &Value) -> Option<Kind> {
    let kind = r.get("kind")?.as_str()?;
    match r.get("apiVersion").and_then(Value::as_str) {
        Some(version) => Some(Kind::of(version, kind)),
        None => super::values::KindName::parse(kind).ok().map(|k| k.0),
    }
}

/// The object without what has chosen it.
fn body(r: &Value) -> Value {
    let mut r = r.clone();
    if let Some(m) = r.as_object_mut() {
        m.remove("apiVersion");
        m.remove("kind");
        if let Some(meta) = m.get_mut("metadata").and_then(Value::as_object_mut) {
            meta.remove("namespace");
        }
    }
    r
}

fn resource(want: &Value, absent: bool, facts: &Facts<'_>, explain: bool) -> Option<Finding> {
    let kind = kind_of(want)?;
    let meta = |k: &str| want.get("metadata").and_then(|m| m.get(k)).and_then(Value::as_str);
    let body = body(want);
    let candidates = || {
        facts
            .view
            .select(&kind, meta("namespace"))
            .filter(|(k, _)| meta("name").is_none_or(|n| glob(n, &k.name)))
    };
    let hit = candidates().find(|(k, o)| matches(&body, Some(&facts.view.json(k, o))));
    if hit.is_some() != absent {
        return None;
    }
    if !explain {
        return Some(Finding::default());
    }
    if let Some((key, _)) = hit {
        return Some(Finding {
            expected: format!("no {}", describe_resource(want)),
            found: vec![format!("{key} is like that")],
        });
    }
    let mut near: Vec<(Vec<Mismatch>, &Key)> =
        candidates().map(|(k, o)| (mismatches(&body, &facts.view.json(k, o)), k)).collect();
    near.sort_by_key(|(m, _)| m.len());
    let found = match near.first() {
        Some((misses, key)) => {
            let mut lines = vec![format!("{}{key}:", if near.len() > 1 { "the nearest is " } else { "" })];
            lines.extend(misses.iter().take(12).map(show_mismatch));
            lines
        }
        None => vec![nothing_like(&kind, meta("name"), meta("namespace"), facts)],
    };
    Some(Finding { expected: describe_resource(want), found })
}

fn show_mismatch(m: &Mismatch) -> String {
    let found = m.found.as_deref().unwrap_or("not there");
    format!("  {}: {found}, expected {}", m.path, m.expected)
}

fn nothing_like(kind: &Kind, name: Option<&str>, ns: Option<&str>, facts: &Facts<'_>) -> String {
    let names: Vec<&str> = facts.view.select(kind, ns).map(|(k, _)| k.name.as_str()).collect();
    let place =
        if kind.namespaced() { format!(" in namespace {}", ns.unwrap_or("default")) } else { String::new() };
    if names.is_empty() {
        let elsewhere =
            facts.view.of_kind(kind).next().map(|(k, _)| format!("; there is {k}")).unwrap_or_default();
        return format!("there is no {kind}{place}{elsewhere}");
    }
    let near = name.and_then(|n| crate::diagnostic::nearest(n, names.iter().copied()));
    let listed = names.iter().take(5).copied().collect::<Vec<_>>().join(", ");
    let more = if names.len() > 5 { format!(" and {} more", names.len() - 5) } else { String::new() };
    match near {
        Some(n) => format!("there is none of that name{place}; the nearest is {n}"),
        None => format!("there is none of that name{place}; there are {listed}{more}"),
    }
}

/// A partial object in words: `Deployment web with status {readyReplicas: 3}`.
pub fn describe_resource(want: &Value) -> String {
    let kind = want.get("kind").map(plain).unwrap_or_default();
    let name = want
        .get("metadata")
        .and_then(|m| m.get("name"))
        .map(|n| format!(" {}", plain(n)))
        .unwrap_or_default();
    let mut rest = body(want);
    if let Some(m) = rest.as_object_mut() {
        let empty = m.get_mut("metadata").and_then(Value::as_object_mut).is_some_and(|meta| {
            meta.remove("name");
            meta.is_empty()
        });
        if empty {
            m.remove("metadata");
        }
        if m.is_empty() {
            return format!("{kind}{name}");
        }
    }
    format!("{kind}{name} with {}", show(&rest))
}

/// The objects that a source means.
fn sources<'a>(s: &'a Source, facts: &Facts<'a>) -> Vec<(&'a Key, &'a Obj)> {
    let view = facts.view;
    view.select(&s.kind.0, s.namespace.as_deref())
        .filter(|(k, o)| {
            s.name.as_ref().is_none_or(|n| glob(n, &k.name))
                && s.selector.as_ref().is_none_or(|sel| sel.matches(&o.meta().labels))
                && fits(&s.filter, &view.json(k, o))
        })
        .collect()
}

/// Whether all fields have their values.
fn fits(filter: &BTreeMap<String, Value>, value: &Arc<Value>) -> bool {
    filter.iter().all(|(path, want)| match paths::parse(path) {
        Ok(segs) => matches(want, paths::get(value, &segs)),
        Err(_) => false,
    })
}

/// The values of a field of all objects that a source means. Objects without it are left out.
pub fn values_of(s: &Source, path: &str, facts: &Facts<'_>) -> Vec<(Key, Value)> {
    let Ok(segs) = paths::parse(path) else { return Vec::new() };
    let value = |(k, o): (&Key, &Obj)| Some((k.clone(), paths::get(&facts.view.json(k, o), &segs)?.clone()));
    sources(s, facts).into_iter().filter_map(value).collect()
}

fn count(c: &Count, facts: &Facts<'_>, explain: bool) -> Option<Finding> {
    let view = facts.view;
    let chosen = || {
        let sel = |o: &Obj| c.selector.as_ref().is_none_or(|s| s.matches(&o.meta().labels));
        view.select(&c.kind.0, c.namespace.as_deref()).filter(move |(_, o)| sel(o))
    };
    let hits = chosen().filter(|(k, o)| c.filter.is_empty() || fits(&c.filter, &view.json(k, o))).count();
    let n = hits as u64;
    let ok = c.equals.is_none_or(|e| n == u64::from(e))
        && c.min.is_none_or(|m| n >= u64::from(m))
        && c.max.is_none_or(|m| n <= u64::from(m));
    if ok {
        return None;
    }
    if !explain {
        return Some(Finding::default());
    }
    let mut found = vec![format!("{n}")];
    if !c.filter.is_empty() {
        let misses = chosen().filter(|(k, o)| !fits(&c.filter, &view.json(k, o)));
        for (k, o) in misses.take(8) {
            let json = view.json(k, o);
            let fields: Vec<String> = c
                .filter
                .keys()
                .map(|p| {
                    let v = paths::parse(p).ok().and_then(|s| paths::get(&json, &s).map(show));
                    format!("{p}: {}", v.unwrap_or_else(|| "not there".into()))
                })
                .collect();
            found.push(format!("  not counted: {k} ({})", fields.join(", ")));
        }
    }
    Some(Finding { expected: describe_count(c), found })
}

/// A count in words.
pub fn describe_count(c: &Count) -> String {
    let number = match (c.equals, c.min, c.max) {
        (Some(n), _, _) => format!("exactly {n}"),
        (None, Some(a), Some(b)) => format!("{a} to {b}"),
        (None, Some(a), None) => format!("at least {a}"),
        (None, None, Some(b)) => format!("at most {b}"),
        (None, None, None) => "any number of".to_owned(),
    };
    let of = c.selector.as_ref().map(|s| format!(" ({s})")).unwrap_or_default();
    let fields: Vec<String> = c.filter.iter().map(|(p, v)| format!("{p} {}", plain(v))).collect();
    let with = if fields.is_empty() { String::new() } else { format!(" with {}", fields.join(", ")) };
    format!("{number} {}{of}{with}", c.kind.0)
}

fn event_fits(m: &EventMatch, e: &Event) -> bool {
    let object = format!("{}/{}", e.involved_object.kind.to_lowercase(), e.involved_object.name);
    let type_ = format!("{:?}", e.type_);
    m.reason.as_ref().is_none_or(|r| glob(r, &e.reason))
        && m.type_.as_ref().is_none_or(|t| *t == type_)
        && m.object.as_ref().is_none_or(|o| glob(&o.to_lowercase(), &object))
        && m.message.as_ref().is_none_or(|t| glob(t, &e.message))
}

fn events(want: &Events, facts: &Facts<'_>) -> Option<Finding> {
    let mut all: Vec<&Event> = facts
        .view
        .of_kind(&Kind::Event)
        .filter_map(|(_, o)| if let Obj::Event(e) = o { Some(&**e) } else { None })
        .collect();
    all.sort_by_key(|e| (e.first_timestamp, e.metadata.resource_version));
    let mut from = 0;
    for m in &want.contains {
        let rest = if want.ordered { &all[from..] } else { &all[..] };
        match rest.iter().position(|e| event_fits(m, e)) {
            Some(at) => from += if want.ordered { at + 1 } else { 0 },
            None => {
                let like = |e: &&&Event| m.reason.as_ref().is_some_and(|r| glob(r, &e.reason));
                let mut found: Vec<String> = all.iter().filter(like).take(5).map(|e| event_line(e)).collect();
                if found.is_empty() {
                    let mut reasons: Vec<&str> = all.iter().map(|e| e.reason.as_str()).collect();
                    reasons.sort_unstable();
                    reasons.dedup();
                    found.push(format!("{} events, with the reasons {}", all.len(), reasons.join(", ")));
                }
                return Some(Finding { expected: describe_event(m), found });
            }
        }
    }
    None
}

fn event_line(e: &Event) -> String {
    let o = &e.involved_object;
    format!("{:?} {} {}/{}: {}", e.type_, e.reason, o.kind.to_lowercase(), o.name, e.message)
}

/// An event in words.
pub fn describe_event(m: &EventMatch) -> String {
    let part =
        |name: &str, v: &Option<String>| v.as_ref().map(|v| format!(" {name} {v}")).unwrap_or_default();
    format!(
        "an event{}{}{}{}",
        part("of type", &m.type_),
        part("with reason", &m.reason),
        part("about", &m.object),
        part("saying", &m.message)
    )
}

fn unchanged(field: &str, base: &[(Key, Value)], facts: &Facts<'_>) -> Option<Finding> {
    let expected = || format!("{field} as it was when the assertion began");
    if base.is_empty() {
        return Some(Finding { expected: expected(), found: vec!["nothing had that field then".into()] });
    }
    let segs = paths::parse(field).ok()?;
    for (key, was) in base {
        let now = facts.view.get(key).and_then(|o| paths::get(&facts.view.json(key, o), &segs).cloned());
        if now.as_ref() != Some(was) {
            let now = now.map_or_else(|| "gone".to_owned(), |n| show(&n));
            return Some(Finding {
                expected: expected(),
                found: vec![format!("{key}: was {}, is {now}", show(was))],
            });
        }
    }
    None
}

fn compare(c: &Compare, same: bool, facts: &Facts<'_>) -> Option<Finding> {
    let Some(saved) = facts.saved.get(&c.name) else {
        return Some(Finding {
            expected: format!("`{}` was saved", c.name),
            found: vec!["it was not".into()],
        });
    };
    let path = c.path.as_deref().unwrap_or(&saved.path);
    let now = values_of(c.from.as_ref().unwrap_or(&saved.from), path, facts);
    let sorted = |vs: &[(Key, Value)]| {
        let mut out: Vec<String> = vs.iter().map(|(_, v)| v.to_string()).collect();
        out.sort();
        out
    };
    let (was, is) = (sorted(&saved.values), sorted(&now));
    let fresh = is.iter().filter(|v| !was.contains(v)).count();
    let ok = match (same, c.new) {
        (true, _) => was == is,
        (false, Some(n)) => fresh == n as usize,
        (false, None) => !is.is_empty() && fresh == is.len(),
    };
    if ok {
        return None;
    }
    let expected = match (same, c.new) {
        (true, _) => format!("{path} as saved in `{}`", c.name),
        (false, Some(n)) => format!("{n} values of {path} that are not in `{}`", c.name),
        (false, None) => format!("{path} other than saved in `{}`", c.name),
    };
    let list = |v: &[String]| if v.is_empty() { "nothing".to_owned() } else { v.join(", ") };
    Some(Finding { expected, found: vec![format!("saved: {}", list(&was)), format!("now:   {}", list(&is))] })
}

fn chain(c: &Chain, facts: &Facts<'_>) -> Option<Finding> {
    let chains: Vec<Vec<&str>> = sources(&c.object, facts)
        .into_iter()
        .filter_map(|(k, _)| facts.causes.chain(k, c.of.as_deref()))
        .collect();
    if chains.iter().any(|have| in_order(&c.contains, have)) {
        return None;
    }
    let of = c.of.as_deref().unwrap_or("its newest record");
    let found = match chains.first() {
        Some(have) => have.join(" → "),
        None => "there is no such record".to_owned(),
    };
    let expected = format!("{of} of a {} follows from {}", c.object.kind.0, c.contains.join(" → "));
    Some(Finding { expected, found: vec![found] })
}

fn elapsed(e: &Elapsed, facts: &Facts<'_>) -> Option<Finding> {
    let from = facts.steps.get(&e.since).and_then(|s| s.0);
    let to = match &e.until {
        Some(step) => facts.steps.get(step).and_then(|s| s.1),
        None => Some(facts.now),
    };
    let expected = describe_elapsed(e);
    let (Some(from), Some(to)) = (from, to) else {
        return Some(Finding { expected, found: vec!["one of the two has not happened".into()] });
    };
    let took: Span = to - from;
    let ok = e.min.is_none_or(|m| took >= m.0) && e.max.is_none_or(|m| took <= m.0);
    if ok { None } else { Some(Finding { expected, found: vec![format!("{took}")] }) }
}

/// A length of time between steps, in words.
pub fn describe_elapsed(e: &Elapsed) -> String {
    let until = e.until.as_ref().map(|u| format!(" to the end of `{u}`")).unwrap_or_default();
    let range = match (e.min, e.max) {
        (Some(a), Some(b)) => format!("{} to {}", a.0, b.0),
        (Some(a), None) => format!("at least {}", a.0),
        (None, Some(b)) => format!("at most {}", b.0),
        (None, None) => "any time".to_owned(),
    };
    format!("{range} from the start of `{}`{until}", e.since)
}
