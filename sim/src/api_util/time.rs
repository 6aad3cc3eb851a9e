//! Points in time and lengths of time as the API writes and people read them.
//!
//! [`Time`] and [`MicroTime`] are `k8s.io/apimachinery/pkg/apis/meta/v1`'s; [`human_duration`] is
//! `k8s.io/apimachinery/pkg/util/duration`'s; [`parse_duration`] is Go's `time.ParseDuration`.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use thiserror::Error;

const DAY: i64 = 86_400;

/// Whole seconds since the Unix epoch, written as `2026-01-01T00:00:00Z` (`metav1.Time`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Time(pub i64);

/// Microseconds since the Unix epoch, written as `2026-01-01T00:00:00.000000Z` (`metav1.MicroTime`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MicroTime(pub i64);

/// Why a text is not a time or a duration.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum TimeError {
    /// Not RFC 3339.
    #[error("parsing time {0:?}: not in the form 2006-01-02T15:04:05Z07:00")]
    NotRfc3339(String),
    /// A field of the time is too large, such as a thirteenth month.
    #[error("parsing time {0:?}: {1} out of range")]
    OutOfRange(String, &'static str),
    /// Not a Go duration.
    #[error("time: invalid duration {0:?}")]
    InvalidDuration(String),
    /// A number without a unit in a Go duration.
    #[error("time: missing unit in duration {0:?}")]
    MissingUnit(String),
    /// A unit that Go does not know.
    #[error("time: unknown unit {1:?} in duration {0:?}")]
    UnknownUnit(String, String),
    /// A duration below zero, which no field here can hold.
    #[error("time: negative duration {0:?}")]
    NegativeDuration(String),
}

/// Days since 1970-01-01 of a date in the proleptic Gregorian calendar.
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    // Years begin in March, so that the leap day is the last of the year.
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

/// Year, month and day of a count of days since 1970-01-01.
fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (era * 400 + year_of_era + i64::from(month <= 2), month, day)
}

/// The date and time of day, without a zone.
fn write_civil(f: &mut fmt::Formatter<'_>, seconds: i64) -> fmt::Result {
    let (year, month, day) = civil_from_days(seconds.div_euclid(DAY));
    let s = seconds.rem_euclid(DAY);
    write!(f, "{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}", s / 3600, s / 60 % 60, s % 60)
}

/// RFC 3339 with any offset and any fraction, to seconds and nanoseconds.
fn parse_rfc3339(text: &str) -> Result<(i64, i64), TimeError> {
    let wrong = || TimeError::NotRfc3339(text.to_owned());
    let range = |field| TimeError::OutOfRange(text.to_owned(), field);
    let b = text.as_bytes();
    let number = |from: usize, to: usize| -> Result<i64, TimeError> {
        let digits = b.get(from..to).filter(|d| d.iter().all(u8::is_ascii_digit)).ok_or_else(wrong)?;
        Ok(digits.iter().fold(0, |n, d| n * 10 + i64::from(d - b'0')))
    };
    let mark = |at: usize, allowed: &[u8]| -> Result<(), TimeError> {
        b.get(at).filter(|c| allowed.contains(c)).map(|_| ()).ok_or_else(wrong)
    };
    mark(4, b"-")?;
    mark(7, b"-")?;
    mark(10, b"Tt")?;
    mark(13, b":")?;
    mark(16, b":")?;
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
    let mut at = 19;
    let mut nanos = 0;
    if b.get(at) == Some(&b'.') {
        at += 1;
        let start = at;
        let mut unit = 100_000_000;
        while let Some(d) = b.get(at).filter(|d| d.is_ascii_digit()) {
            nanos += i64::from(d - b'0') * unit;
            unit /= 10;
            at += 1;
        }
        if at == start {
            return Err(wrong());
        }
    }
    let offset = match (b.get(at), b.len() - at) {
        (Some(b'Z' | b'z'), 1) => 0,
        (Some(sign @ (b'+' | b'-')), 6) => {
            mark(at + 3, b":")?;
            let (h, m) = (number(at + 1, at + 3)?, number(at + 4, at + 6)?);
            if h > 23 || m > 59 {
                return Err(range("time zone offset"));
            }
            (h * 3600 + m * 60) * if *sign == b'-' { -1 } else { 1 }
        }
        _ => return Err(wrong()),
    };
    if !(1..=12).contains(&month) {
        return Err(range("month"));
    }
    let days = days_from_civil(year, month, day);
    if day == 0 || civil_from_days(days) != (year, month, day) {
        return Err(range("day"));
    }
    for (value, limit, field) in [(hour, 23, "hour"), (minute, 59, "minute"), (second, 59, "second")] {
        if value > limit {
            return Err(range(field));
        }
    }
    Ok((days * DAY + hour * 3600 + minute * 60 + second - offset, nanos))
}

impl Time {
    /// Reads RFC 3339; a fraction of a second is dropped.
    ///
    /// # Errors
    /// When the text is not RFC 3339 or names no moment.
    pub fn parse(text: &str) -> Result<Self, TimeError> {
        parse_rfc3339(text).map(|(seconds, _)| Self(seconds))
    }
}

impl MicroTime {
    /// Reads RFC 3339; what is finer than a microsecond is dropped.
    ///
    /// # Errors
    /// When the text is not RFC 3339 or names no moment.
    pub fn parse(text: &str) -> Result<Self, TimeError> {
        parse_rfc3339(text).map(|(seconds, nanos)| Self(seconds * 1_000_000 + nanos / 1000))
    }
}

impl From<Time> for MicroTime {
    fn from(time: Time) -> Self {
        Self(time.0.saturating_mul(1_000_000))
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_civil(f, self.0)?;
        f.write_str("Z")
    }
}

impl fmt::Display for MicroTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_civil(f, self.0.div_euclid(1_000_000))?;
        write!(f, ".{:06}Z", self.0.rem_euclid(1_000_000))
    }
}

macro_rules! serde_as_text {
    ($type:ident, $expecting:literal) => {
        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }
        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Visitor;
                impl de::Visitor<'_> for Visitor {
                    type Value = $type;
                    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                        f.write_str($expecting)
                    }
                    fn visit_str<E: de::Error>(self, s: &str) -> Result<$type, E> {
                        $type::parse(s).map_err(E::custom)
                    }
                }
                deserializer.deserialize_str(Visitor)
            }
        }
    };
}
serde_as_text!(Time, "a time such as 2026-01-01T00:00:00Z");
serde_as_text!(MicroTime, "a time such as 2026-01-01T00:00:00.000000Z");

/// A length of time in one or two units, as kubectl prints ages (`duration.HumanDuration`).
#[must_use]
pub fn human_duration(secs: i64) -> String {
    if secs < -1 {
        return "<invalid>".to_owned();
    }
    let secs = secs.max(0);
    let (minutes, hours, days) = (secs / 60, secs / 3600, secs / DAY);
    // The second unit is left out where it is zero.
    let pair = |a: i64, unit_a: &str, b: i64, unit_b: &str| {
        if b == 0 { format!("{a}{unit_a}") } else { format!("{a}{unit_a}{b}{unit_b}") }
    };
    if secs < 120 {
        format!("{secs}s")
    } else if minutes < 10 {
        pair(minutes, "m", secs % 60, "s")
    } else if minutes < 180 {
        format!("{minutes}m")
    } else if hours < 8 {
        pair(hours, "h", minutes % 60, "m")
    } else if hours < 48 {
        format!("{hours}h")
    } else if days < 8 {
        pair(days, "d", hours % 24, "h")
    } else if days < 365 * 2 {
        format!("{days}d")
    } else if days < 365 * 8 {
        pair(days / 365, "y", days % 365, "d")
    } else {
        format!("{}y", days / 365)
    }
}

/// A length of time in one unit (`duration.ShortHumanDuration`).
#[must_use]
pub fn short_human_duration(secs: i64) -> String {
    if secs < -1 {
        return "<invalid>".to_owned();
    }
    match secs.max(0) {
        s if s < 60 => format!("{s}s"),
        s if s < 3600 => format!("{}m", s / 60),
        s if s < DAY => format!("{}h", s / 3600),
        s if s < 365 * DAY => format!("{}d", s / DAY),
        s => format!("{}y", s / DAY / 365),
    }
}

/// Reads a duration as Go's `time.ParseDuration` does, into nanoseconds.
///
/// # Errors
/// When the text is not a duration, or is below zero or beyond Go's 292 years.
pub fn parse_duration(text: &str) -> Result<u64, TimeError> {
    let invalid = || TimeError::InvalidDuration(text.to_owned());
    let negative = text.starts_with('-');
    let mut rest = text.strip_prefix(['-', '+']).unwrap_or(text);
    if rest == "0" {
        return Ok(0);
    }
    if rest.is_empty() {
        return Err(invalid());
    }
    let mut total: u128 = 0;
    while !rest.is_empty() {
        let digits = |s: &str| s.bytes().take_while(u8::is_ascii_digit).count();
        let (whole, after) = rest.split_at(digits(rest));
        let (frac, after) = match after.strip_prefix('.') {
            Some(after) => after.split_at(digits(after)),
            None => ("", after),
        };
        if whole.is_empty() && frac.is_empty() {
            return Err(invalid());
        }
        let end = after.find(|c: char| c == '.' || c.is_ascii_digit()).unwrap_or(after.len());
        let (unit_name, after) = after.split_at(end);
        let unit: u128 = match unit_name {
            "ns" => 1,
            "us" | "µs" | "μs" => 1000,
            "ms" => 1_000_000,
            "s" => 1_000_000_000,
            "m" => 60_000_000_000,
            "h" => 3_600_000_000_000,
            "" => return Err(TimeError::MissingUnit(text.to_owned())),
            other => return Err(TimeError::UnknownUnit(text.to_owned(), other.to_owned())),
        };
        let whole = if whole.is_empty() { 0 } else { whole.parse::<u64>().map_err(|_| invalid())? };
        // Eighteen digits are finer than a nanosecond of any unit.
        let frac = &frac[..frac.len().min(18)];
        let part = frac.bytes().fold(0, |n: u128, d| n * 10 + u128::from(d - b'0')) * unit;
        total += u128::from(whole) * unit + part / 10_u128.pow(frac.len() as u32);
        if total > i64::MAX as u128 {
            return Err(invalid());
        }
        rest = after;
    }
    if negative && total > 0 {
        return Err(TimeError::NegativeDuration(text.to_owned()));
    }
    Ok(total as u64)
}

/// A length of time for people, exact to the digit: `0s`, `850ns`, `1.5ms`, `1m23.4s`, `2h0m5s`.
#[must_use]
pub fn format_ns(ns: u64) -> String {
    // A number with a decimal fraction of `unit`, without trailing zeros.
    let decimal = |n: u64, unit: u64| -> String {
        let (whole, part) = (n / unit, n % unit);
        if part == 0 {
            return whole.to_string();
        }
        let width = unit.ilog10() as usize;
        format!("{whole}.{}", format!("{part:0width$}").trim_end_matches('0'))
    };
    let (minutes, below) = (ns / 60_000_000_000, ns % 60_000_000_000);
    match ns {
        0 => "0s".to_owned(),
        1..1000 => format!("{ns}ns"),
        1000..1_000_000 => format!("{}µs", decimal(ns, 1000)),
        1_000_000..1_000_000_000 => format!("{}ms", decimal(ns, 1_000_000)),
        _ => {
            let seconds = decimal(below, 1_000_000_000);
            match (minutes / 60, minutes % 60, below) {
                (0, 0, _) => format!("{seconds}s"),
                (0, m, 0) => format!("{m}m"),
                (0, m, _) => format!("{m}m{seconds}s"),
                (h, 0, 0) => format!("{h}h"),
                (h, m, 0) => format!("{h}h{m}m"),
                (h, m, _) => format!("{h}h{m}m{seconds}s"),
            }
        }
    }
}

#[cfg(test)]
#[path = "time_tests.rs"]
mod tests;
