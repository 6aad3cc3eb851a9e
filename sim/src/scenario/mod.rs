//! Scenarios: a cluster, a timeline of what happens in it, and what must come of it, in one file.
//!
//! [`parse`](parse::parse) reads a file (or a bare manifest) into a [`Scenario`], with findings that point at lines and
//! columns. A [`Run`] plays it: the timeline in virtual time, each assertion tried at every revision of the store,
//! and at the end a [`Report`]. `scenarios/README.md` teaches the format. There is nothing like this in Kubernetes
//! itself; kuttl and Chainsaw, its test tools, have lent their words.

pub mod actions;
pub mod asserts;
pub mod causes;
pub mod chaos;
pub mod check;
pub mod cluster;
pub mod faults;
mod fields;
pub mod lesson;
mod lint;
mod load;
pub mod matcher;
pub mod model;
pub mod options;
pub mod parse;
pub mod paths;
mod recording;
pub mod report;
pub mod run;
pub mod schema;
pub mod steps;
pub mod table;
mod trial;
pub mod values;
pub mod view;

pub use chaos::{PlannedFault, plan, shrink};
pub use cluster::Cluster;
pub use model::Scenario;
pub use options::{RunOptions, world_config};
pub use parse::{Loader, from_files, parse, parse_files};
pub use report::{Ended, Failure, Report};
pub use run::Run;
