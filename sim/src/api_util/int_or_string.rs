//! A number or a string, as `k8s.io/apimachinery/pkg/util/intstr` has it: ports by number or
//! name, and rolling-update budgets by count or percentage.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use thiserror::Error;

/// A 32-bit integer or a string (`intstr.IntOrString`).
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum IntOrString {
    /// A plain number.
    Int(i32),
    /// A percentage such as `25%`, or a name.
    String(Box<str>),
}

/// Why an [`IntOrString`] could not be scaled.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum IntOrStringError {
    /// The string does not end in `%`.
    #[error("invalid value for IntOrString: invalid type: string is not a percentage")]
    NotAPercentage,
    /// What stands before the `%` is not an integer.
    #[error("invalid value for IntOrString: invalid value \"{0}\": strconv.Atoi: parsing \"{1}\": {2}")]
    BadNumber(String, String, &'static str),
}

impl IntOrString {
    /// Reads a command-line word: an integer if it is one, else a string (`intstr.Parse`).
    #[must_use]
    pub fn parse(text: &str) -> Self {
        text.parse().map_or_else(|_| Self::String(text.into()), Self::Int)
    }

    /// The number itself, or the percentage of `total` (`intstr.GetScaledValueFromIntOrPercent`).
    ///
    /// # Errors
    /// When the string is not an integer followed by `%`.
    pub fn scaled(&self, total: i64, round_up: bool) -> Result<i64, IntOrStringError> {
        let text = match self {
            Self::Int(n) => return Ok(i64::from(*n)),
            Self::String(s) => s,
        };
        let digits = text.strip_suffix('%').ok_or(IntOrStringError::NotAPercentage)?;
        let percent: i64 = digits.parse().map_err(|e: std::num::ParseIntError| {
            let why = match e.kind() {
                std::num::IntErrorKind::PosOverflow | std::num::IntErrorKind::NegOverflow => {
                    "value out of range"
                }
                _ => "invalid syntax",
            };
            IntOrStringError::BadNumber(text.to_string(), digits.to_owned(), why)
        })?;
        let product = i128::from(percent) * i128::from(total);
        let floor = product.div_euclid(100);
        let rounded = floor + i128::from(round_up && product.rem_euclid(100) != 0);
        Ok(i64::try_from(rounded).unwrap_or(if rounded < 0 { i64::MIN } else { i64::MAX }))
    }

    /// The number if this is one.
    #[must_use]
    pub fn as_int(&self) -> Option<i32> {
        match self {
            Self::Int(n) => Some(*n),
            Self::String(_) => None,
        }
    }

    /// The string if this is one.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::Int(_) => None,
            Self::String(s) => Some(s),
        }
    }
}

impl Default for IntOrString {
    fn default() -> Self {
        Self::Int(0)
    }
}

impl From<i32> for IntOrString {
    fn from(n: i32) -> Self {
        Self::Int(n)
    }
}

impl From<&str> for IntOrString {
    fn from(s: &str) -> Self {
        Self::String(s.into())
    }
}

impl fmt::Display for IntOrString {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Int(n) => write!(f, "{n}"),
            Self::String(s) => f.write_str(s),
        }
    }
}

impl Serialize for IntOrString {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Int(n) => serializer.serialize_i32(*n),
            Self::String(s) => serializer.serialize_str(s),
        }
    }
}

impl<'de> Deserialize<'de> for IntOrString {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl de::Visitor<'_> for Visitor {
            type Value = IntOrString;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a 32-bit integer or a string")
            }
            fn visit_i64<E: de::Error>(self, n: i64) -> Result<IntOrString, E> {
                i32::try_from(n)
                    .map(IntOrString::Int)
                    .map_err(|_| E::custom(format!("cannot unmarshal number {n} into a value of type int32")))
            }
            fn visit_u64<E: de::Error>(self, n: u64) -> Result<IntOrString, E> {
                i32::try_from(n)
                    .map(IntOrString::Int)
                    .map_err(|_| E::custom(format!("cannot unmarshal number {n} into a value of type int32")))
            }
            fn visit_str<E: de::Error>(self, s: &str) -> Result<IntOrString, E> {
                Ok(IntOrString::from(s))
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scales_percentages_with_the_asked_rounding() {
        for (name, value, total, up, want) in [
            ("a number ignores the total", IntOrString::Int(3), 10, true, Ok(3)),
            ("maxSurge rounds up", "25%".into(), 10, true, Ok(3)),
            ("maxUnavailable rounds down", "25%".into(), 10, false, Ok(2)),
            ("exact both ways, up", "50%".into(), 10, true, Ok(5)),
            ("exact both ways, down", "50%".into(), 10, false, Ok(5)),
            ("over a hundred", "150%".into(), 3, true, Ok(5)),
            ("of nothing", "25%".into(), 0, true, Ok(0)),
            ("one replica rounds up to one", "1%".into(), 1, true, Ok(1)),
            ("negative rounds towards the floor", "-25%".into(), 10, false, Ok(-3)),
            ("no percent sign", "25".into(), 10, true, Err(IntOrStringError::NotAPercentage)),
            (
                "not a number",
                "x%".into(),
                10,
                true,
                Err(IntOrStringError::BadNumber("x%".into(), "x".into(), "invalid syntax")),
            ),
            (
                "too large",
                "99999999999999999999%".into(),
                10,
                true,
                Err(IntOrStringError::BadNumber(
                    "99999999999999999999%".into(),
                    "99999999999999999999".into(),
                    "value out of range",
                )),
            ),
        ] {
            assert_eq!(value.scaled(total, up), want, "{name}");
        }
        assert_eq!(
            IntOrString::from("x%").scaled(1, true).unwrap_err().to_string(),
            "invalid value for IntOrString: invalid value \"x%\": strconv.Atoi: parsing \"x\": invalid syntax"
        );
    }

    #[test]
    fn json_keeps_the_kind() {
        for (json, value) in
            [("80", IntOrString::Int(80)), ("\"http\"", "http".into()), ("\"80\"", "80".into())]
        {
            assert_eq!(serde_json::from_str::<IntOrString>(json).unwrap(), value);
            assert_eq!(serde_json::to_string(&value).unwrap(), json);
        }
        assert!(serde_json::from_str::<IntOrString>("4294967296").is_err());
        assert!(serde_json::from_str::<IntOrString>("1.5").is_err());
        assert_eq!(IntOrString::parse("80"), IntOrString::Int(80));
        assert_eq!(IntOrString::parse("http"), "http".into());
    }
}
