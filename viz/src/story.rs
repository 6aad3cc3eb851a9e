//! How fast to tell: a trace has bursts of messages within milliseconds, and minutes in which nothing happens.
//!
//! By the clock, one second of the run takes one second. As a story, each record that is shown gets its moment, each
//! sentence the time to read it, and a long wait is short: a line from each record to its place in story time, which
//! is followed in both directions.

use podium_sim::caption::Weight;
use podium_sim::object::{Kind, Str};
use podium_sim::time::SimTime;
use podium_sim::trace::{Record, RecordId, TraceIndex, What};

/// A record's moment, in seconds.
const MOMENT: f64 = 0.05;
/// The time to read a sentence, in seconds.
const SENTENCE: f64 = 1.3;
/// The story of a whole trace takes no more than about this, in seconds, waits left out.
const MOST: f64 = 240.0;
/// Of a trace with more records than this, the moments count and the sentences do not.
const TOLD_MOST: usize = 400_000;

/// Whether records are what goes on all the time (heartbeats and what comes of them): muted unless asked for.
#[derive(Clone, Debug, Default)]
pub struct Muted {
    flags: Vec<bool>,
}

/// Timers whose consequences are no news.
const HEARTBEATS: &[&str] = &["lease renewal", "node status", "bookmarks", "compaction", "lease expiry"];

impl Muted {
    /// Looks at the records after those that it has seen.
    pub fn extend(&mut self, records: &[Record]) {
        for r in &records[self.flags.len()..] {
            let by_cause = r.cause.0.checked_sub(1).and_then(|i| self.flags.get(i as usize)).copied();
            let flag = by_cause.unwrap_or(false) && !matters(&r.what) || heartbeat(&r.what);
            self.flags.push(flag);
        }
    }

    /// Forgets what comes after the first `count` records.
    pub fn truncate(&mut self, count: usize) {
        self.flags.truncate(count);
    }

    /// Whether a record is muted.
    pub fn is(&self, id: RecordId) -> bool {
        id.0.checked_sub(1).and_then(|i| self.flags.get(i as usize)).copied().unwrap_or(false)
    }
}

/// What is news even if a heartbeat brought it about.
fn matters(what: &What) -> bool {
    matches!(
        what,
        What::Decision(_) | What::Note { .. } | What::Fault { .. } | What::Mend { .. } | What::User { .. }
    )
}

fn heartbeat(what: &What) -> bool {
    let quiet = |kind: &Kind| matches!(kind, Kind::Lease | Kind::Event);
    match what {
        What::Timer { name } => HEARTBEATS.contains(&name.as_str()),
        What::Sent { label, subject, .. } => {
            subject.as_ref().is_some_and(|k| quiet(&k.kind))
                || label.contains("bookmark")
                || label.contains("probe")
        }
        What::Write { obj, .. } => quiet(&obj.kind()),
        What::Refused { key, .. } => quiet(&key.kind),
        _ => false,
    }
}

/// From records to story time and back.
#[derive(Clone, Debug, Default)]
pub struct Story {
    /// The run's time of each shown record, and its place in the story, in seconds.
    points: Vec<(SimTime, f64)>,
    /// Places of the records that are told with weight: where a presenter steps to.
    beats: Vec<RecordId>,
}

impl Story {
    /// The story of a trace.
    pub fn of(records: &[Record], nodes: &[Str], muted: &Muted, end: SimTime) -> Story {
        let index = TraceIndex::new(records, nodes);
        let tells = records.len() <= TOLD_MOST;
        let mut steps: Vec<(SimTime, f64, f64)> = Vec::new();
        let mut beats = Vec::new();
        let mut before = SimTime(0);
        for r in records.iter().filter(|r| !muted.is(r.id)) {
            let gap = r.at.0.saturating_sub(before.0) as f64 / 1e9;
            let told =
                tells && index.tell(r).is_some_and(|t| t.weight == Weight::Headline) && !booting(&r.what);
            if told {
                beats.push(r.id);
            }
            // A decision is looked at as long as a sentence is read.
            let looked_at = told || matches!(r.what, What::Decision(_));
            steps.push((r.at, wait(gap), if looked_at { MOMENT + SENTENCE } else { MOMENT }));
            before = r.at;
        }
        let dwell: f64 = steps.iter().map(|s| s.2).sum();
        let squeeze = (MOST / dwell.max(1.0)).min(1.0);
        let mut points = vec![(SimTime(0), 0.0)];
        let mut place = 0.0;
        let mut linger = 0.0;
        for (at, wait, dwell) in steps {
            // A sentence is read while the time after it passes slowly.
            place += wait.max(linger);
            linger = dwell * squeeze;
            if points.last().is_some_and(|p| p.0 == at) {
                let last = points.len() - 1;
                points[last].1 = place.max(points[last].1);
            } else {
                points.push((at, place));
            }
        }
        let rest = end.0.saturating_sub(before.0) as f64 / 1e9;
        points.push((SimTime(end.0.max(before.0.saturating_add(1))), place + wait(rest).max(linger)));
        Story { points, beats }
    }

    /// How long it takes, in seconds.
    pub fn seconds(&self) -> f64 {
        self.points.last().map_or(0.0, |p| p.1)
    }

    /// The place of a time.
    pub fn place(&self, at: SimTime) -> f64 {
        let i = self.points.partition_point(|p| p.0 <= at).clamp(1, self.points.len().max(2) - 1);
        let (Some(a), Some(b)) = (self.points.get(i - 1), self.points.get(i)) else { return 0.0 };
        let part = (at.0.saturating_sub(a.0.0)) as f64 / (b.0.0.saturating_sub(a.0.0)).max(1) as f64;
        a.1 + (b.1 - a.1) * part.min(1.0)
    }

    /// The time at a place.
    pub fn time(&self, place: f64) -> SimTime {
        let i = self.points.partition_point(|p| p.1 <= place).clamp(1, self.points.len().max(2) - 1);
        let (Some(a), Some(b)) = (self.points.get(i - 1), self.points.get(i)) else { return SimTime(0) };
        let part = ((place - a.1) / (b.1 - a.1).max(1e-9)).clamp(0.0, 1.0);
        SimTime(a.0.0 + ((b.0.0 - a.0.0) as f64 * part) as u64)
    }

    /// The records that a presenter steps to, in order.
    pub fn beats(&self) -> &[RecordId] {
        &self.beats
    }
}

/// How long a gap in the run takes in the story, in seconds: as it is up to one, then by its order of magnitude.
fn wait(gap: f64) -> f64 {
    if gap <= 1.0 { gap } else { 1.0 + 0.45 * gap.ln() }
}

/// How a cluster comes up is another story.
fn booting(what: &What) -> bool {
    matches!(what, What::Start { .. })
}
