//! DefaultBinder: binds by `POST pods/binding`. Source: `plugins/defaultbinder/default_binder.go`.
//! The request itself is the cycle's ([`crate::scheduler`]); this names who made it.

use crate::scheduler::framework::{BIND, Plugin, Points};

/// See the module.
pub struct DefaultBinder;

impl Plugin for DefaultBinder {
    fn name(&self) -> &'static str {
        "DefaultBinder"
    }
    fn points(&self) -> Points {
        BIND
    }
}
