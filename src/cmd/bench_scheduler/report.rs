//! What a workload's figures look like: a line of the table, or upstream's `dataItems`.

use super::meter::Measured;
use podium_sim::perf::{Outcome, Plan};
use serde_json::{Value, json};

/// A workload that was run.
pub struct Ran {
    /// What was run.
    pub plan: Plan,
    /// How it went.
    pub outcome: Outcome,
    /// What was measured.
    pub measured: Vec<Measured>,
}

/// The head of the table.
pub fn head() -> String {
    format!(
        "{:<66} {:>6} {:>7} {:>9} {:>9} {:>9} {:>9} {:>9} {:>8} {:>8} {:>9} {:>8}",
        "workload",
        "nodes",
        "pods",
        "pods/s",
        "p50",
        "p90",
        "p95",
        "p99",
        "us/pod",
        "memory",
        "upstream",
        "ratio"
    )
}

impl Ran {
    /// Its figure over upstream's threshold, unless a comparison would say nothing.
    pub fn ratio(&self, m: &Measured) -> Option<f64> {
        if !self.outcome.problems.is_empty() {
            return None;
        }
        let (threshold, bucket) = self.plan.threshold.as_ref()?;
        m.figure(bucket).map(|f| f / threshold)
    }

    /// Its lines of the table.
    pub fn rows(&self) -> String {
        let row = |m: &Measured| {
            let name = match (self.measured.len(), m.name.as_str()) {
                (1, _) => self.plan.name.clone(),
                (_, part) => format!("{}/{part}", self.plan.name),
            };
            let memory = m.grown.map_or("?".into(), |b| format!("{:.1}MB", b.max(0) as f64 / 1e6));
            let threshold = self.plan.threshold.as_ref().map_or("-".into(), |t| format!("{}", t.0));
            let ratio = self.ratio(m).map_or("-".into(), |r| format!("{r:.0}x"));
            format!(
                "{name:<66} {:>6} {:>7} {:>9.0} {:>9.0} {:>9.0} {:>9.0} {:>9.0} {:>8.2} {memory:>8} {threshold:>9} {ratio:>8}",
                self.outcome.nodes,
                m.pods,
                m.average(),
                m.percentile(50),
                m.percentile(90),
                m.percentile(95),
                m.percentile(99),
                m.micros(),
            )
        };
        self.measured.iter().map(row).collect::<Vec<_>>().join("\n")
    }

    /// Its figures as scheduler_perf writes them, with podium's own beside them.
    pub fn items(&self) -> Vec<Value> {
        self.measured.iter().map(|m| self.item(m)).collect()
    }

    fn item(&self, m: &Measured) -> Value {
        let mut data = json!({"Average": m.average(), "Perc50": m.percentile(50), "Perc90": m.percentile(90),
            "Perc95": m.percentile(95), "Perc99": m.percentile(99)});
        if let Some((threshold, bucket)) = &self.plan.threshold {
            data[format!("{bucket}Threshold")] = json!(threshold);
        }
        let gates: serde_json::Map<String, Value> =
            self.plan.gates.iter().map(|(k, v)| (k.clone(), json!(v))).collect();
        let o = &self.outcome;
        json!({
            "data": data,
            "unit": "pods/s",
            "labels": {"Name": format!("{}/{}", self.plan.name, m.name), "Metric": "SchedulingThroughput"},
            "podium": {
                "nodes": o.nodes, "pods": o.pods, "measured": m.pods,
                "wallSeconds": m.wall.as_secs_f64(), "cpuSeconds": m.cpu.map(|c| c.as_secs_f64()),
                "cpuMicrosPerPod": m.micros(), "memoryGrowthBytes": m.grown, "windows": m.windows.len(),
                "ratio": self.ratio(m), "virtualSeconds": o.time.as_secs_f64(), "attempts": o.attempts,
                "failedAttempts": o.failed, "evicted": o.evicted, "decisions": o.decisions,
                "fingerprint": format!("{:016x}", o.fingerprint), "featureGatesIgnored": gates, "notes": self.plan.notes, "problems": o.problems,
            },
        })
    }
}

/// What is said below the table: of which workloads the figures are of less work than upstream's.
pub fn notes(all: &[Ran]) -> Vec<String> {
    let mut out = Vec::new();
    for r in all {
        out.extend(r.plan.notes.iter().map(|n| format!("{}: {n}", r.plan.name)));
    }
    out
}
