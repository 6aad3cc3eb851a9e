//! The API server: the one door to etcd.

mod types;

pub use types::{DeleteOptions, Patch, Propagation, RequestInfo, Status, Verb};

/// The API server's own timers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ApiTimer {
    /// A request waits for etcd no longer.
    EtcdTimeout(u64),
    /// Bookmarks are due.
    Bookmarks,
    /// Old revisions are compacted.
    Compact,
}
