//! How to run a scenario, over what it says itself.

use super::asserts::Assertion;
use super::chaos::PlannedFault;
use super::model::Scenario;
use crate::config::WorldConfig;
use crate::links::LatencyProfile;
use crate::time::{SimTime, Span};
use crate::trace::Level;

/// How to run a scenario, over what it says itself.
#[derive(Clone, Debug)]
pub struct RunOptions {
    /// Another seed.
    pub seed: Option<u64>,
    /// Another latency profile.
    pub latency: Option<LatencyProfile>,
    /// What the trace keeps.
    pub level: Level,
    /// End at this time, whatever is left.
    pub until: Option<SimTime>,
    /// Virtual time at which a run that does not end is stopped.
    pub limit: Span,
    /// Number of moments after which a run that does not end is stopped.
    pub max_instants: u64,
    /// These faults instead of those that the seed draws.
    pub plan: Option<Vec<PlannedFault>>,
    /// Keep the trace's records for [`take_records`](super::Run::take_records).
    pub keep_records: bool,
    /// The name of the file, for reports.
    pub file: String,
}

impl Default for RunOptions {
    fn default() -> Self {
        RunOptions {
            seed: None,
            latency: None,
            level: Level::Full,
            until: None,
            limit: Span::secs(24 * 3600),
            max_instants: 200_000_000,
            plan: None,
            keep_records: false,
            file: String::new(),
        }
    }
}

/// What the world of a scenario is built from, the options considered, and its seed.
pub fn world_config(scenario: &Scenario, options: &RunOptions) -> (WorldConfig, u64) {
    let mut config = scenario.world_config();
    config.latency = options.latency.unwrap_or(config.latency);
    config.trace = if wants_causes(scenario) { Level::Full } else { options.level };
    (config, options.seed.unwrap_or(scenario.spec.seed))
}

/// How long a cluster takes to be ready for the first step: the control plane answers, nodes have registered.
pub(super) fn boot_time(latency: LatencyProfile) -> Span {
    match latency {
        LatencyProfile::Instant | LatencyProfile::Lan => Span::secs(1),
        LatencyProfile::Classroom => Span::secs(5),
    }
}

/// All assertions of a scenario, its lesson's options included.
pub(super) fn assertions(s: &Scenario) -> impl Iterator<Item = &Assertion> {
    let options =
        s.spec.lesson.iter().flat_map(|l| &l.prediction).flat_map(|p| p.options.iter().map(|o| &o.when));
    s.spec.steps.iter().flat_map(|s| s.assert.iter()).chain(options)
}

pub(super) fn wants_causes(s: &Scenario) -> bool {
    assertions(s).any(|a| !a.chain.is_empty())
}
