//! Scenarios: a cluster, a timeline of what happens in it, and what must come of it, in one file.
pub mod actions;
pub mod asserts;
pub mod causes;
pub mod chaos;
pub mod check;
pub mod cluster;
pub mod faults;
pub mod lesson;
pub mod matcher;
pub mod model;
pub mod paths;
pub mod report;
pub mod run;
pub mod steps;
pub mod table;
pub mod values;
pub mod view;
