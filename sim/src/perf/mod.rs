//! Workloads of scheduler_perf, Kubernetes' benchmark of its scheduler: their files read, and run against podium's
//! scheduler.
//!
//! The files are those of `test/integration/scheduler_perf` in the Kubernetes repository, as they are published:
//! [`read`] reads one, [`plan()`] fills a workload's parameters in and reads its templates, [`run()`] runs it.
//! There are no API server, no controllers and no kubelets: objects go to the scheduler's cache and queue at once,
//! a bound pod runs until it is deleted, and a deleted pod is gone, unless it has finalizers.
//!
//! Virtual time passes so that back-offs, churn and deletions at a rate happen among the pods as they do upstream:
//! each attempt takes one over the rate, which is upstream's threshold for the workload. Who wants to know how long
//! it takes in fact passes a [`Meter`] that has a clock; this crate has none.

mod create;
mod functions;
mod machine;
pub mod model;
pub mod objects;
mod plan;
mod read;
mod read_ops;
mod run;
mod tasks;
pub mod template;
#[cfg(test)]
mod tests;

pub use machine::{Attempt, Machine};
pub use plan::{Plan, Pods, Step, plan};
pub use read::{MAX_COUNT, parse as read};
pub use run::{Meter, Outcome, run};
