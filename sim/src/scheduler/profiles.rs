//! The profiles of one scheduler: a pod goes by `spec.schedulerName` to the one of that name.
//! Source: `pkg/scheduler/profile/profile.go`, `pkg/scheduler/scheduler.go`.

use super::config::{SchedulerConfiguration, read_with};
use super::plugins;
use super::profile::Profile;
use crate::diagnostic::{Diagnostic, SourceText};
use crate::object::Str;
use crate::time::Span;
use serde_json::Value;
use std::sync::Arc;

/// The profiles, with what holds for all of them.
#[derive(Clone, Debug)]
pub struct Profiles {
    list: Arc<[Arc<Profile>]>,
    /// The first and the longest back-off (`podInitialBackoffSeconds`, `podMaxBackoffSeconds`).
    pub backoff: (Span, Span),
}

impl Default for Profiles {
    /// The default profile alone.
    fn default() -> Self {
        let c = SchedulerConfiguration::default();
        Profiles { list: Arc::new([Profile::standard()]), backoff: backoff(&c) }
    }
}

fn backoff(c: &SchedulerConfiguration) -> (Span, Span) {
    let secs = |n: i64| Span::secs(u64::try_from(n).unwrap_or(0));
    (secs(c.pod_initial_backoff_seconds), secs(c.pod_max_backoff_seconds))
}

impl From<Arc<Profile>> for Profiles {
    fn from(profile: Arc<Profile>) -> Profiles {
        Profiles { list: Arc::new([profile]), ..Profiles::default() }
    }
}

impl Profiles {
    /// The profiles of a configuration.
    ///
    /// # Errors
    /// When a profile asks for plugins that are not there, or for what they cannot do.
    pub fn of(config: &SchedulerConfiguration) -> Result<Profiles, Vec<String>> {
        let list = config.profiles.iter().map(|p| Profile::of(config, p).map(Arc::new));
        Ok(Profiles { list: list.collect::<Result<_, _>>()?, backoff: backoff(config) })
    }

    /// The profiles of a `KubeSchedulerConfiguration` as it stands in a file, with warnings.
    ///
    /// # Errors
    /// What is wrong with it, each at its place.
    pub fn read(source: &Arc<SourceText>) -> Result<(Profiles, Vec<Diagnostic>), Vec<Diagnostic>> {
        let (config, found) = read_with(source, &plugins::registry())?;
        let of = |errors: Vec<String>| {
            errors.into_iter().map(|e| Diagnostic::error("config.invalid", source, e)).collect::<Vec<_>>()
        };
        Ok((Profiles::of(&config).map_err(of)?, found))
    }

    /// The profiles of a `KubeSchedulerConfiguration` as a value; none stands for the default.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn from_value(value: Option<&Value>) -> Result<Profiles, Vec<Diagnostic>> {
        let Some(value) = value else { return Ok(Profiles::default()) };
        Ok(Profiles::read(&SourceText::new("config", format!("{value:#}")))?.0)
    }

    /// The number of the profile of that name. No name stands for the default one's.
    pub fn number(&self, scheduler_name: &str) -> Option<usize> {
        let name = if scheduler_name.is_empty() { "default-scheduler" } else { scheduler_name };
        self.list.iter().position(|p| p.scheduler_name == name)
    }
    /// A profile, by its number.
    pub fn at(&self, number: usize) -> &Arc<Profile> {
        &self.list[number]
    }
    /// The profile of that name.
    pub fn get(&self, scheduler_name: &str) -> Option<&Arc<Profile>> {
        Some(self.at(self.number(scheduler_name)?))
    }
    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Profile>> {
        self.list.iter()
    }
    /// The names, for which there is a profile.
    pub fn names(&self) -> impl Iterator<Item = &Str> {
        self.list.iter().map(|p| &p.scheduler_name)
    }
}
