//! Waiting longer after each failure. Upstream: `k8s.io/client-go/util/flowcontrol/backoff.go`.

use crate::time::{SimTime, Span};

/// One entry of a back-off: how long to wait, and since when. Zero means that there is no entry yet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Backoff {
    wait: Span,
    updated: SimTime,
}

/// First wait, longest wait, and the quiet time after which an entry is forgotten.
pub type Limits = (Span, Span, Span);

impl Backoff {
    /// The wait in force for something that happened at `event` (`Backoff.Get`, `hasExpired`).
    pub fn wait(&self, event: SimTime, limits: Limits) -> Span {
        if self.wait == Span::ZERO || event - self.updated > limits.2 { Span::ZERO } else { self.wait }
    }

    /// Takes note of another try at `now`, after something that happened at `event` (`Backoff.Next`): the
    /// first one sets the first wait, each further one doubles it.
    pub fn next(&mut self, event: SimTime, now: SimTime, limits: Limits) {
        let before = self.wait(event, limits);
        self.wait =
            if before == Span::ZERO { limits.0 } else { Span(before.0.saturating_mul(2)).min(limits.1) };
        self.updated = now;
    }
}

/// A duration as Go prints it: `10s`, `1m20s`, `5m0s`.
pub fn go_duration(d: Span) -> String {
    let s = d.0 / 1_000_000_000;
    match (s / 3600, s / 60 % 60, s % 60) {
        (0, 0, _) => crate::api_util::time::format_ns(d.0 / 1_000_000 * 1_000_000),
        (0, m, s) => format!("{m}m{s}s"),
        (h, m, s) => format!("{h}h{m}m{s}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Restarts of a container that runs for `runs` and fails: the gap before each start.
    fn gaps(runs: &[u64]) -> Vec<u64> {
        let limits = (Span::secs(10), Span::secs(300), Span::secs(600));
        let mut b = Backoff::default();
        let mut now = SimTime(0);
        runs.iter()
            .map(|run| {
                let exit = now + Span::secs(*run);
                let wait = b.wait(exit, limits);
                now = exit + wait;
                b.next(exit, now, limits);
                wait.0 / 1_000_000_000
            })
            .collect()
    }

    #[test]
    fn crash_loops() {
        for (name, runs, want) in [
            ("doubles to five minutes", &[2; 9][..], &[0, 10, 20, 40, 80, 160, 300, 300, 300][..]),
            ("ten minutes of running forgive", &[2, 2, 2, 601, 2, 2], &[0, 10, 20, 0, 10, 20]),
            ("ten minutes exactly do not", &[2, 2, 2, 600, 2], &[0, 10, 20, 40, 80]),
        ] {
            assert_eq!(gaps(runs), want, "{name}");
        }
    }

    #[test]
    fn words() {
        for (ms, want) in
            [(10_000, "10s"), (80_000, "1m20s"), (300_000, "5m0s"), (7_200_000, "2h0m0s"), (1_234, "1.234s")]
        {
            assert_eq!(go_duration(Span::ms(ms)), want);
        }
    }
}
