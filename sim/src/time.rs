//! Virtual time.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::ops::{Add, AddAssign, Sub};

/// Nanoseconds since the world began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SimTime(pub u64);

/// A length of time, in nanoseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Span(pub u64);

impl Span {
    /// No time.
    pub const ZERO: Span = Span(0);
    /// So many microseconds.
    pub const fn us(n: u64) -> Span {
        Span(n * 1_000)
    }
    /// So many milliseconds.
    pub const fn ms(n: u64) -> Span {
        Span(n * 1_000_000)
    }
    /// So many seconds.
    pub const fn secs(n: u64) -> Span {
        Span(n.saturating_mul(1_000_000_000))
    }
    /// Its length in seconds, for printing.
    pub fn as_secs_f64(self) -> f64 {
        self.0 as f64 / 1e9
    }
}

impl Add<Span> for SimTime {
    type Output = SimTime;
    fn add(self, d: Span) -> SimTime {
        SimTime(self.0.saturating_add(d.0))
    }
}
impl AddAssign<Span> for SimTime {
    fn add_assign(&mut self, d: Span) {
        *self = *self + d;
    }
}
impl Sub for SimTime {
    type Output = Span;
    fn sub(self, o: SimTime) -> Span {
        Span(self.0.saturating_sub(o.0))
    }
}
impl Add for Span {
    type Output = Span;
    fn add(self, o: Span) -> Span {
        Span(self.0.saturating_add(o.0))
    }
}

/// `83.4s` below two minutes, then `1m23s`, `2h05m`.
impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let s = self.0 / 1_000_000_000;
        match s {
            0..120 => {
                let tenths = (self.0 + 50_000_000) / 100_000_000;
                write!(f, "{}.{}s", tenths / 10, tenths % 10)
            }
            120..3600 => write!(f, "{}m{:02}s", s / 60, s % 60),
            _ => write!(f, "{}h{:02}m", s / 3600, s / 60 % 60),
        }
    }
}

/// A clock reading, `00:01:23.400`.
impl fmt::Display for SimTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ms = self.0 / 1_000_000;
        write!(f, "{:02}:{:02}:{:02}.{:03}", ms / 3_600_000, ms / 60_000 % 60, ms / 1000 % 60, ms % 1000)
    }
}
