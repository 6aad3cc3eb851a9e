//! The small value types and pure functions that every part of the API needs: quantities,
//! int-or-string, times and durations, selectors, patches, hashes and name validation.
//!
//! Each follows a package of `k8s.io/apimachinery`, named in the module's own documentation.

pub mod hash;
pub mod int_or_string;
mod json_patch;
pub mod patch;
pub mod quantity;
pub mod selector;
mod strategic;
mod strategic_diff;
mod strategic_schema;
pub mod time;

#[cfg(test)]
mod proptests;

pub use int_or_string::IntOrString;
pub use quantity::Quantity;
pub use selector::{FieldSelector, LabelSelector, Selector};
pub use time::{MicroTime, Time};
