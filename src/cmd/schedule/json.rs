//! The answers of `podium schedule` as JSON. The names of fields do not change.

use super::{Asked, Compared};
use podium_sim::object::{Pod, Str};
use podium_sim::scheduler::explain::Explanation;
use podium_sim::scheduler::profile::Profile;
use podium_sim::scheduler::whatif::advice::{Advice, Change, Place};
use podium_sim::scheduler::whatif::compare::{Filled, Utilisation};
use podium_sim::scheduler::whatif::fit::{End, Fit};
use podium_sim::scheduler::whatif::{Answer, Fate, Report, Room, Told};
use serde_json::{Value, json};

/// What became of all pods.
pub fn report(r: &Report, asked: &Asked, profile: &Profile) -> Value {
    let pods: Vec<Value> = r.answers.iter().map(|a| answer(a, asked)).collect();
    let mut out = json!({
        "profile": profile.scheduler_name,
        "nodes": asked.cluster.cache.order().len(),
        "placed": r.answers.len() - r.unplaced(),
        "unplaced": r.unplaced(),
        "notes": asked.notes,
        "pods": pods,
    });
    if let Some(t) = &r.told {
        out["explain"] = told(t);
    }
    out
}

fn answer(a: &Answer, asked: &Asked) -> Value {
    let mut out = json!({
        "namespace": a.pod.metadata.namespace,
        "name": a.pod.metadata.name,
        "from": a.template.map(|i| asked.templates[i].origin.clone()),
        "node": a.fate.node(),
    });
    match &a.fate {
        Fate::Placed { score, feasible, looked_at, .. } => {
            out["status"] = "placed".into();
            out["score"] = json!(score);
            out["feasible"] = json!(feasible);
            out["looked_at"] = json!(looked_at);
        }
        Fate::Named(_) => out["status"] = "named".into(),
        Fate::Refused { message, looked_at, reasons, advice } => {
            out["status"] = "refused".into();
            out["feasible"] = 0.into();
            out["looked_at"] = json!(looked_at);
            out["message"] = message.as_str().into();
            out["reasons"] = self::reasons(reasons);
            out["advice"] = advice.iter().map(self::advice).collect();
        }
        Fate::Held(why) => {
            out["status"] = "held".into();
            out["message"] = why.as_str().into();
        }
        Fate::Evicted(by) => {
            out["status"] = "evicted".into();
            out["message"] = format!("evicted for {by}").into();
        }
    }
    if let Some(r) = &a.room {
        out["room"] = room(r);
    }
    out
}

/// How many nodes gave each reason, as JSON.
pub fn reasons(reasons: &[(Str, u32)]) -> Value {
    reasons.iter().map(|(r, n)| json!({"reason": r, "nodes": n})).collect()
}

fn room(r: &Room) -> Value {
    let leave: Vec<Value> = r.leave.iter().map(|(pod, p)| json!({"pod": pod, "priority": p})).collect();
    json!({"node": r.node, "leave": leave, "budgets_broken": r.violations, "done": r.done})
}

/// A change that would help, as JSON.
pub fn advice(a: &Advice) -> Value {
    let place = |p: &Place| {
        let mut out = json!({"node": p.node, "alone": p.alone});
        if let Some(g) = p.gap {
            out["short"] = g.short.into();
            out["free"] = g.free.into();
            out["allocatable"] = g.allocatable.into();
            out["asked"] = g.asked.into();
        }
        if let Some(f) = &p.found {
            out["found"] = f.as_str().into();
        }
        out
    };
    let places: Vec<Value> = a.places.iter().map(place).collect();
    let mut out = json!({
        "plugin": a.plugin, "reason": a.reason, "change": a.change.word(), "subject": a.change.subject(),
        "text": a.text, "places": places,
    });
    if let Change::Taint { key, value, effect } = &a.change {
        out["taint"] = json!({"key": key, "value": value, "effect": effect.as_str()});
    }
    out
}

fn told(t: &Told) -> Value {
    explanation(&t.pod, t.winner.as_ref(), &t.explanation)
}

/// A decision with every verdict and score, as JSON.
pub fn explanation(pod: &str, winner: Option<&Str>, e: &Explanation) -> Value {
    let nodes: Vec<Value> = e
        .nodes
        .iter()
        .map(|n| {
            let verdicts: Vec<Value> = n
                .verdicts
                .iter()
                .map(|v| {
                    let reasons = v.rejection.as_ref().map_or(Vec::new(), |r| r.reasons.to_vec());
                    json!({"plugin": v.plugin, "rejects": v.rejection.is_some(), "reasons": reasons})
                })
                .collect();
            let scores: Vec<Value> = n
                .scores
                .iter()
                .map(|s| json!({"plugin": s.plugin, "raw": s.raw, "normalised": s.normalised, "weighted": s.weighted}))
                .collect();
            json!({
                "node": n.node, "looked_at": n.looked_at, "left_out": n.left_out, "feasible": n.feasible(),
                "counts": n.counts, "verdicts": verdicts, "scores": scores, "total": n.total,
            })
        })
        .collect();
    let rejected = e.rejected.as_ref().map(|(p, r)| json!({"plugin": p, "reasons": r.reasons.to_vec()}));
    json!({"pod": pod, "node": winner, "best": e.best, "rejected": rejected, "nodes": nodes})
}

/// How many replicas fit.
pub fn fits(fits: &[Fit], asked: &Asked) -> Value {
    let one = |f: &Fit| {
        let nodes: Vec<Value> = f.nodes.iter().map(|(n, k)| json!({"node": n, "replicas": k})).collect();
        let end = match &f.end {
            End::Limit => json!({"why": "limit"}),
            End::All => json!({"why": "all"}),
            End::Held(why) => json!({"why": "held", "message": why}),
            End::Full { pod, message, reasons, advice } => {
                let advice: Vec<Value> = advice.iter().map(self::advice).collect();
                json!({"why": "full", "pod": pod, "message": message, "reasons": self::reasons(reasons), "advice": advice})
            }
        };
        json!({"from": f.origin, "replicas": f.replicas, "nodes": nodes, "end": end})
    };
    let all: Vec<Value> = fits.iter().map(one).collect();
    json!({"nodes": asked.cluster.cache.order().len(), "notes": asked.notes, "fits": all})
}

fn utilisation(u: &Utilisation) -> Value {
    let filled = |f: &Filled| json!({"mean": f.mean, "max": f.max, "deviation": f.deviation});
    json!({
        "cpu": filled(&u.cpu), "memory": filled(&u.memory),
        "fragmented": {"nodes": u.fragmented.nodes, "of": u.fragmented.of, "share": u.fragmented.share()},
    })
}

/// Two configurations, side by side.
pub fn compared(c: &Compared, asked: &Asked) -> Value {
    let name = |p: &Pod| json!({"namespace": p.metadata.namespace, "name": p.metadata.name});
    let side = |i: usize| {
        let r = &c.reports[i];
        let unplaced: Vec<Value> =
            r.answers.iter().filter(|a| a.fate.node().is_none()).map(|a| name(&a.pod)).collect();
        json!({
            "config": c.names[i], "placed": r.answers.len() - r.unplaced(), "unplaced": unplaced,
            "utilisation": utilisation(&c.after[i]),
        })
    };
    let moved: Vec<Value> =
        c.moved.iter().map(|m| json!({"pod": m.pod, "first": m.first, "second": m.second})).collect();
    json!({
        "nodes": asked.cluster.cache.order().len(), "notes": asked.notes, "before": utilisation(&c.before),
        "first": side(0), "second": side(1), "moved": moved,
    })
}
