//! Small value types.
pub mod hash;
pub mod int_or_string;
pub mod quantity;
pub mod time;
pub use int_or_string::IntOrString;
pub use quantity::Quantity;
pub use time::{MicroTime, Time};
