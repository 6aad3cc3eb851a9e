//! A pod's scheduling decisions, as text and as JSON.

use super::attempts::{Attempt, Moved, Repeated, Said};
use crate::cmd::schedule::text::{advised, cells, para, table};
use crate::cmd::schedule::{json as answers, told};
use crate::term::{Style, clean};
use podium_sim::object::Key;
use podium_sim::scheduler::explain::{Explanation, NodeExplanation};
use podium_sim::time::SimTime;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Of clusters with more nodes than this, the tables show some.
const MANY: usize = 20;
/// So many of the best.
const BEST: usize = 4;
/// So many of each reason.
const OF_EACH: usize = 2;
/// Of so many reasons.
const REASONS: usize = 10;

/// A pod's or an object's name, as kubectl's users write it.
pub fn name_of(key: &Key) -> String {
    match key.ns.as_str() {
        "" | "default" => key.name.to_string(),
        ns => format!("{ns}/{}", key.name),
    }
}

/// Every decision, a line each.
pub fn list(all: &[Attempt<'_>]) -> String {
    let mut rows = vec![cells(["#", "TIME", "ATTEMPT", "RESULT", "AFTER"])];
    for (i, a) in all.iter().enumerate() {
        let d = a.decision;
        let result = match a.result() {
            "placed" => format!("{} (score {})", d.winner, d.score),
            "nominated" => format!("no node; {} once others leave", d.nominated),
            _ => "no node".to_owned(),
        };
        let after = a.moved.as_ref().map_or(String::new(), |m| {
            let said = m.cause.as_ref().map_or("", |s| s.text.as_str());
            match &m.event {
                Some(event) => format!("{event}: {said}"),
                None => said.to_owned(),
            }
        });
        let (n, time, attempt) = ((i + 1).to_string(), a.at.to_string(), d.attempt.to_string());
        rows.push(cells([&n, &time, &attempt, &result, after.trim_end_matches(": ")]));
    }
    format!("{}\n{}", Style::stdout().accent("Scheduling decisions"), table(&rows))
}

/// The heading where there is no decision.
pub fn none(why: &str) -> String {
    let head = Style::stdout().accent("Scheduling decision");
    format!("{head}\n{}", para("", &format!("never tried: {why}")))
}

/// One decision, the `n`th of so many; `all`: every node.
pub fn one(a: &Attempt<'_>, n: usize, of: usize, repeated: Option<&Repeated>, all: bool) -> String {
    let style = Style::stdout();
    let d = a.decision;
    let number = if of == 1 { String::new() } else { format!(" {n} of {of}") };
    let head = format!("Scheduling decision{number} at {}, attempt {}", a.at, d.attempt);
    let mut out = format!("{}\n", style.accent(&head));
    if let Some(m) = &a.moved {
        out.push_str(&because(m));
    }
    let name = name_of(&d.pod);
    let counts = format!("{} of {} nodes looked at were feasible", d.feasible, d.looked_at);
    if !d.winner.is_empty() {
        out.push_str(&para("", &format!("{name} goes to {}: {counts}", d.winner)));
    }
    let Some(r) = repeated else {
        if d.winner.is_empty() {
            let reasons: Vec<String> = d.reasons.iter().map(|(r, n)| format!("{n} {r}")).collect();
            out.push_str(&para("", &format!("{name} finds no node: {}", reasons.join(", "))));
        }
        out.push_str(&promise(a, None));
        out.push_str(
            "The trace does not hold what is needed to repeat it: it has lost its beginning, or writes.\n",
        );
        return out;
    };
    if !r.promised.is_empty() {
        out.push_str(&para("", &format!("it was nominated to {} before", r.promised)));
    }
    if !r.message.is_empty() {
        out.push_str(&para("", &format!("{name}: {}", r.message)));
        out.push_str(&advised(&r.advice));
    }
    out.push_str(&promise(a, Some(r)));
    if !r.agrees {
        let text =
            "This trace was written by another version, or is not whole: repeated, it comes out otherwise.";
        out.push_str(&para("", text));
    }
    let e = &r.explanation;
    let (rows, left) = if all { (e.nodes.iter().collect(), 0) } else { shown(e, &d.winner) };
    out.push_str(&told::tables(e, &r.profile, &rows));
    if e.feasible == 1 {
        out.push_str("only one node is feasible, so there is nothing to score\n");
    }
    if e.best.len() > 1 {
        out.push_str(&format!("{} nodes have the highest total: a draw chose among them\n", e.best.len()));
    }
    if left > 0 {
        out.push_str(&format!(
            "{left} more node{} of {} left out; --nodes all shows them\n",
            if left == 1 { "" } else { "s" },
            e.nodes.len()
        ));
    }
    out
}

/// What put a pod into the queue: a line, and a line of what that came of, which is not broken.
fn because(m: &Moved) -> String {
    let head = match &m.event {
        Some(event) => format!("tried again at {} because of {}\n", m.at, clean(event)),
        None if m.cause.is_some() => format!("queued at {}\n", m.at),
        None => return String::new(),
    };
    let line = |s: &Said| format!("  {}  {}\n", s.at, clean(&s.text));
    format!("{head}{}", m.cause.as_ref().map_or(String::new(), line))
}

/// Who leaves for the pod, and where.
fn promise(a: &Attempt<'_>, repeated: Option<&Repeated>) -> String {
    let d = a.decision;
    if d.nominated.is_empty() {
        return String::new();
    }
    let victims: Vec<String> = match repeated {
        Some(r) => r.victims.iter().map(|(k, p)| (name_of(k), *p)).map(with_priority).collect(),
        None => d.victims.iter().map(name_of).collect(),
    };
    let text = match victims.len() {
        0 => format!("it is to get {}", d.nominated),
        _ => format!("it is to get {} once these have left: {}", d.nominated, victims.join(", ")),
    };
    para("  preemption: ", &text)
}

fn with_priority((name, priority): (String, Option<i32>)) -> String {
    priority.map_or(name.clone(), |p| format!("{name} (priority {p})"))
}

/// The nodes that the tables show, and how many they leave out: of many, the winner, the next best, and some of each
/// kind of verdict.
fn shown<'a>(e: &'a Explanation, winner: &str) -> (Vec<&'a NodeExplanation>, usize) {
    if e.nodes.len() <= MANY {
        return (e.nodes.iter().collect(), 0);
    }
    let mut best: Vec<&NodeExplanation> = e.nodes.iter().filter(|n| n.feasible()).collect();
    best.sort_by_key(|n| (n.node != winner, std::cmp::Reverse(n.total)));
    best.truncate(BEST);
    let mut kinds: BTreeMap<String, usize> = BTreeMap::new();
    let some = |n: &&'a NodeExplanation| {
        let kind = match n.rejected() {
            _ if n.feasible() => return false,
            _ if n.left_out => "left out".to_owned(),
            Some((_, r)) => r.reasons.join("; "),
            None => "not come to".to_owned(),
        };
        if kinds.len() >= REASONS && !kinds.contains_key(&kind) {
            return false;
        }
        let count = kinds.entry(kind).or_default();
        *count += 1;
        *count <= OF_EACH
    };
    let rows: Vec<_> = best.into_iter().chain(e.nodes.iter().filter(some)).collect();
    let left = e.nodes.len() - rows.len();
    (rows, left)
}

fn seconds(at: SimTime) -> f64 {
    (at - SimTime(0)).as_secs_f64()
}

fn key(k: &Key) -> Value {
    json!({"namespace": k.ns, "name": k.name})
}

/// What the record of a decision says, as JSON; times are in seconds.
pub fn summary(a: &Attempt<'_>, n: usize) -> Value {
    let d = a.decision;
    let said = |s: &Said| json!({"at_s": seconds(s.at), "record": s.record.0, "text": s.text});
    let moved = a.moved.as_ref().map(|m| {
        json!({
            "event": m.event, "at_s": seconds(m.at), "record": m.record.0,
            "cause": m.cause.as_ref().map(said),
        })
    });
    let some = |s: &podium_sim::object::Str| (!s.is_empty()).then(|| s.clone());
    json!({
        "number": n, "at_s": seconds(a.at), "record": a.record.0, "attempt": d.attempt, "profile": d.profile,
        "result": a.result(), "node": some(&d.winner), "score": (!d.winner.is_empty()).then_some(d.score),
        "feasible": d.feasible, "looked_at": d.looked_at, "reasons": answers::reasons(&d.reasons),
        "rejectors": d.rejectors, "nominated": some(&d.nominated),
        "victims": d.victims.iter().map(key).collect::<Vec<_>>(), "moved": moved,
    })
}

/// A decision with all that is known when it is repeated, as JSON.
pub fn whole(a: &Attempt<'_>, n: usize, repeated: Option<&Repeated>) -> Value {
    let mut out = summary(a, n);
    out["repeated"] = repeated.is_some().into();
    let Some(r) = repeated else { return out };
    let d = a.decision;
    let winner = Some(&d.winner).filter(|w| !w.is_empty());
    out["agrees"] = r.agrees.into();
    out["message"] = (!r.message.is_empty()).then_some(r.message.as_str()).into();
    out["advice"] = r.advice.iter().map(answers::advice).collect();
    for (v, (_, priority)) in out["victims"].as_array_mut().into_iter().flatten().zip(&r.victims) {
        v["priority"] = json!(priority);
    }
    out["explain"] = answers::explanation(&name_of(&d.pod), winner, &r.explanation);
    out
}
