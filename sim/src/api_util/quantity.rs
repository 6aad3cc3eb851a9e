//! Amounts of resources, as `k8s.io/apimachinery/pkg/api/resource.Quantity` has them.
//!
//! A quantity is a fixed-point number with a resolution of one billionth and the family of
//! suffix that it was written with. Printing regenerates upstream's canonical form, so a text
//! that was canonical comes back unchanged. (Upstream also returns a few texts that are not
//! canonical, such as `+5`, `007` and `1.500`, as they came; here they become `5`, `7` and
//! `1500m`. It also reads a lone sign or suffix as zero; here that is an error, as the published
//! grammar has it.)

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use thiserror::Error;

const NANO: i128 = 1_000_000_000;
/// Upstream caps binary quantities at the largest signed 64-bit integer.
const MAX_BINARY: i128 = i64::MAX as i128 * NANO;
/// Decimal quantities beyond this magnitude (10^29) are capped; upstream keeps a big integer.
const MAX_DECIMAL: i128 = 100_000_000_000_000_000_000_000_000_000_000_000_000;

/// The family of suffixes that a quantity prints with (`resource.Format`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// `m`, none, `k`, `M`, `G`, `T`, `P`, `E`: powers of a thousand.
    #[default]
    DecimalSi,
    /// `Ki`, `Mi`, `Gi`, `Ti`, `Pi`, `Ei`: powers of 1024.
    BinarySi,
    /// `e3`, `e6`: powers of ten written as an exponent.
    DecimalExponent,
}

/// Why a text is not a quantity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum QuantityError {
    /// The text does not have the shape sign, digits, suffix (`resource.ErrFormatWrong`).
    #[error("quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'")]
    FormatWrong,
    /// The suffix is not one that Kubernetes knows (`resource.ErrSuffix`).
    #[error("unable to parse quantity's suffix")]
    Suffix,
}

/// A fixed-point amount: equality and order are by value, printing keeps the suffix family.
#[derive(Clone, Copy, Debug, Default)]
pub struct Quantity {
    // An i128 would have the alignment of 16 bytes and make the type 32 bytes long.
    hi: i64,
    lo: u64,
    format: Format,
}

impl Quantity {
    /// Zero.
    pub const ZERO: Self = Self { hi: 0, lo: 0, format: Format::DecimalSi };

    fn from_nanos(nanos: i128, format: Format) -> Self {
        let nanos = nanos.clamp(-MAX_DECIMAL, MAX_DECIMAL);
        Self { hi: (nanos >> 64) as i64, lo: nanos as u64, format }
    }

    fn nanos(self) -> i128 {
        (i128::from(self.hi) << 64) | i128::from(self.lo)
    }

    /// A whole number of units (`resource.NewQuantity`).
    #[must_use]
    pub fn new(value: i64, format: Format) -> Self {
        Self::from_nanos(i128::from(value) * NANO, format)
    }

    /// A whole number of thousandths (`resource.NewMilliQuantity`).
    #[must_use]
    pub fn from_milli(milli: i64, format: Format) -> Self {
        Self::from_nanos(i128::from(milli) * (NANO / 1000), format)
    }

    /// Reads a quantity (`resource.ParseQuantity`).
    ///
    /// # Errors
    /// When the text has not the shape of a quantity, or its suffix is unknown.
    pub fn parse(text: &str) -> Result<Self, QuantityError> {
        let (negative, num, frac, suffix) = split(text)?;
        let (scale, format) = match suffix {
            "n" => (Scale::Ten(-9), Format::DecimalSi),
            "u" => (Scale::Ten(-6), Format::DecimalSi),
            "m" => (Scale::Ten(-3), Format::DecimalSi),
            "" => (Scale::Ten(0), Format::DecimalSi),
            "k" => (Scale::Ten(3), Format::DecimalSi),
            "M" => (Scale::Ten(6), Format::DecimalSi),
            "G" => (Scale::Ten(9), Format::DecimalSi),
            "T" => (Scale::Ten(12), Format::DecimalSi),
            "P" => (Scale::Ten(15), Format::DecimalSi),
            "E" => (Scale::Ten(18), Format::DecimalSi),
            "Ki" => (Scale::Two(10), Format::BinarySi),
            "Mi" => (Scale::Two(20), Format::BinarySi),
            "Gi" => (Scale::Two(30), Format::BinarySi),
            "Ti" => (Scale::Two(40), Format::BinarySi),
            "Pi" => (Scale::Two(50), Format::BinarySi),
            "Ei" => (Scale::Two(60), Format::BinarySi),
            _ => match suffix.strip_prefix(['e', 'E']) {
                Some(exponent) if !exponent.is_empty() => {
                    let exponent: i32 = exponent.parse().map_err(|_| QuantityError::Suffix)?;
                    (Scale::Ten(i64::from(exponent)), Format::DecimalExponent)
                }
                _ => return Err(QuantityError::Suffix),
            },
        };
        let (magnitude, format) = match scale {
            Scale::Ten(exponent) => (decimal_nanos(num, frac, exponent), format),
            Scale::Two(bits) => {
                let nanos = binary_nanos(num, frac, bits).min(MAX_BINARY);
                (nanos, if nanos > 0 && nanos < NANO { Format::DecimalSi } else { format })
            }
        };
        Ok(Self::from_nanos(if negative { -magnitude } else { magnitude }, format))
    }

    /// The suffix family that this prints with.
    #[must_use]
    pub fn format(self) -> Format {
        self.format
    }

    /// True for zero.
    #[must_use]
    pub fn is_zero(self) -> bool {
        self.nanos() == 0
    }

    /// The number of whole units, a part of one counted as one more away from zero, and capped
    /// at the range of an `i64` (`Quantity.Value`).
    #[must_use]
    pub fn value(self) -> i64 {
        scaled(self.nanos(), NANO)
    }

    /// As [`Self::value`], in thousandths (`Quantity.MilliValue`, capped where upstream leaves
    /// overflow undefined).
    #[must_use]
    pub fn milli(self) -> i64 {
        scaled(self.nanos(), NANO / 1000)
    }

    /// The sum; zero takes the other's format (`Quantity.Add`).
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        let format = if self.is_zero() { other.format } else { self.format };
        Self::from_nanos(self.nanos() + other.nanos(), format)
    }

    /// The difference; zero takes the other's format (`Quantity.Sub`).
    #[must_use]
    pub fn minus(self, other: Self) -> Self {
        let format = if self.is_zero() { other.format } else { self.format };
        Self::from_nanos(self.nanos() - other.nanos(), format)
    }
}

enum Scale {
    Ten(i64),
    Two(u32),
}

/// Sign, digits before the point, digits after it, suffix.
fn split(text: &str) -> Result<(bool, &str, &str, &str), QuantityError> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let digits = |s: &str| s.bytes().take_while(u8::is_ascii_digit).count();
    let (num, rest) = unsigned.split_at(digits(unsigned));
    let (frac, suffix) = match rest.strip_prefix('.') {
        Some(rest) => rest.split_at(digits(rest)),
        None => ("", rest),
    };
    if num.is_empty() && frac.is_empty() {
        return Err(QuantityError::FormatWrong);
    }
    let tail = suffix.trim_start_matches(|c| "eEinumkKMGTP".contains(c));
    let tail = tail.strip_prefix(['+', '-']).unwrap_or(tail);
    if !tail.bytes().all(|b| b.is_ascii_digit()) {
        return Err(QuantityError::FormatWrong);
    }
    Ok((text.starts_with('-'), num, frac, suffix))
}

/// `digits` as a number, capped at [`MAX_DECIMAL`].
fn number(digits: impl Iterator<Item = u8>) -> i128 {
    digits.fold(0, |n: i128, d| n.saturating_mul(10).saturating_add(i128::from(d - b'0')).min(MAX_DECIMAL))
}

/// `num.frac × 10^exponent` in billionths, rounded up, capped.
fn decimal_nanos(num: &str, frac: &str, exponent: i64) -> i128 {
    let digits = || num.bytes().chain(frac.bytes());
    if digits().all(|d| d == b'0') {
        return 0;
    }
    let shift = exponent + 9 - frac.len() as i64;
    if shift >= 0 {
        return (0..shift.min(39)).fold(number(digits()), |n, _| n.saturating_mul(10).min(MAX_DECIMAL));
    }
    let keep = ((num.len() + frac.len()) as i64 + shift).max(0) as usize;
    let rest = digits().skip(keep).any(|d| d != b'0');
    number(digits().take(keep)) + i128::from(rest)
}

/// `num.frac × 2^bits` in billionths, rounded up, capped.
fn binary_nanos(num: &str, frac: &str, bits: u32) -> i128 {
    let unit = NANO << bits;
    let whole = number(num.bytes()).saturating_mul(unit);
    let frac = frac.trim_end_matches('0').as_bytes();
    let (mut part, mut power, mut used) = (0_i128, 1_i128, 0);
    // Take the digits for which the product still fits; what is left rounds up.
    while used < frac.len() && power < i128::MAX / unit / 100 {
        part = part * 10 + i128::from(frac[used] - b'0');
        power *= 10;
        used += 1;
    }
    part += i128::from(used < frac.len());
    let product = part * unit;
    whole.saturating_add(product / power + i128::from(product % power != 0))
}

fn scaled(nanos: i128, unit: i128) -> i64 {
    let away = i128::from(nanos % unit != 0) * nanos.signum();
    (nanos / unit + away).clamp(i64::MIN.into(), i64::MAX.into()) as i64
}

impl fmt::Display for Quantity {
    /// The canonical form (`Quantity.CanonicalizeBytes`).
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nanos = self.nanos();
        if nanos == 0 {
            return f.write_str("0");
        }
        if self.format == Format::BinarySi && nanos % NANO == 0 && nanos.abs() >= 1024 * NANO {
            let mut n = nanos / NANO;
            let mut index = 0;
            while n % 1024 == 0 && index < 6 {
                n /= 1024;
                index += 1;
            }
            return write!(f, "{n}{}", ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"][index]);
        }
        let mut n = nanos;
        let mut exponent = -9;
        while n % 1000 == 0 && (exponent < 18 || self.format == Format::DecimalExponent) {
            n /= 1000;
            exponent += 3;
        }
        if self.format == Format::DecimalExponent {
            return if exponent == 0 { write!(f, "{n}") } else { write!(f, "{n}e{exponent}") };
        }
        let index = (exponent + 9) / 3;
        write!(f, "{n}{}", ["n", "u", "m", "", "k", "M", "G", "T", "P", "E"][index as usize])
    }
}

impl FromStr for Quantity {
    type Err = QuantityError;
    fn from_str(text: &str) -> Result<Self, QuantityError> {
        Self::parse(text)
    }
}

impl PartialEq for Quantity {
    fn eq(&self, other: &Self) -> bool {
        self.nanos() == other.nanos()
    }
}

impl Eq for Quantity {}

impl PartialOrd for Quantity {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Quantity {
    fn cmp(&self, other: &Self) -> Ordering {
        self.nanos().cmp(&other.nanos())
    }
}

impl Hash for Quantity {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.nanos().hash(state);
    }
}

impl Serialize for Quantity {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Quantity {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl de::Visitor<'_> for Visitor {
            type Value = Quantity;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a quantity such as 100m, 2 or 1Gi")
            }
            fn visit_str<E: de::Error>(self, s: &str) -> Result<Quantity, E> {
                Quantity::parse(s.trim()).map_err(E::custom)
            }
            fn visit_i64<E: de::Error>(self, n: i64) -> Result<Quantity, E> {
                Ok(Quantity::new(n, Format::DecimalSi))
            }
            fn visit_u64<E: de::Error>(self, n: u64) -> Result<Quantity, E> {
                Ok(Quantity::from_nanos(i128::from(n) * NANO, Format::DecimalSi))
            }
            fn visit_f64<E: de::Error>(self, n: f64) -> Result<Quantity, E> {
                Quantity::parse(&n.to_string()).map_err(E::custom)
            }
            fn visit_unit<E: de::Error>(self) -> Result<Quantity, E> {
                Ok(Quantity::ZERO)
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_small() {
        assert!(size_of::<Quantity>() <= 24);
    }

    #[test]
    fn parses_and_prints_canonically() {
        for (text, canonical, value, milli) in [
            ("0", "0", 0, 0),
            ("0.0", "0", 0, 0),
            ("100m", "100m", 1, 100),
            ("0.5", "500m", 1, 500),
            ("1.5", "1500m", 2, 1500),
            (".5", "500m", 1, 500),
            ("5.", "5", 5, 5000),
            ("1e3", "1e3", 1000, 1_000_000),
            ("1E3", "1e3", 1000, 1_000_000),
            ("1.5e3", "1500", 1500, 1_500_000),
            ("12e-3", "12e-3", 1, 12),
            ("1Ki", "1Ki", 1024, 1_024_000),
            ("2Gi", "2Gi", 2_147_483_648, 2_147_483_648_000),
            ("1.5Gi", "1536Mi", 1_610_612_736, 1_610_612_736_000),
            ("1024Mi", "1Gi", 1_073_741_824, 1_073_741_824_000),
            ("1500Mi", "1500Mi", 1_572_864_000, 1_572_864_000_000),
            ("128974848", "128974848", 128_974_848, 128_974_848_000),
            ("129e6", "129e6", 129_000_000, 129_000_000_000),
            ("123M", "123M", 123_000_000, 123_000_000_000),
            ("1000k", "1M", 1_000_000, 1_000_000_000),
            ("-1", "-1", -1, -1000),
            ("-1.5", "-1500m", -2, -1500),
            ("-1Ki", "-1Ki", -1024, -1_024_000),
            ("+7", "7", 7, 7000),
            ("0.1m", "100u", 1, 1),
            ("0.1n", "1n", 1, 1),
            ("1e-30", "1e-9", 1, 1),
            ("0.5Ki", "512", 512, 512_000),
            ("0.001Ki", "1024m", 2, 1024),
            ("1.1Ki", "1126400m", 1127, 1_126_400),
            ("12E", "12E", i64::MAX, i64::MAX),
            ("1E", "1E", 1_000_000_000_000_000_000, i64::MAX),
            ("-12E", "-12E", i64::MIN, i64::MIN),
            ("9Ei", "9223372036854775807", i64::MAX, i64::MAX),
            ("1000E", "1000E", i64::MAX, i64::MAX),
            ("1e999999", "100e27", i64::MAX, i64::MAX),
        ] {
            let q = Quantity::parse(text).unwrap();
            assert_eq!(q.to_string(), canonical, "{text} prints");
            assert_eq!(q.value(), value, "{text} value");
            assert_eq!(q.milli(), milli, "{text} milli");
        }
    }

    #[test]
    fn refuses_what_upstream_refuses() {
        use QuantityError::{FormatWrong, Suffix};
        for (text, want) in [
            ("", FormatWrong),
            ("aoeu", FormatWrong),
            ("1.1.M", FormatWrong),
            ("1+1.0M", FormatWrong),
            ("0.1mi", Suffix),
            ("0.1am", FormatWrong),
            (".5i", Suffix),
            ("1i", Suffix),
            ("-3.01e-", Suffix),
            ("1e", Suffix),
            ("1KiB", FormatWrong),
            ("1gi", FormatWrong),
            ("1K", Suffix),
            (" 1", FormatWrong),
            ("1 ", FormatWrong),
            ("--1", FormatWrong),
            ("m", FormatWrong),
            ("1é", FormatWrong),
            ("1e99999999999", Suffix),
        ] {
            assert_eq!(Quantity::parse(text).unwrap_err(), want, "{text:?}");
        }
    }

    #[test]
    fn compares_by_value_and_adds() {
        let q = |s: &str| Quantity::parse(s).unwrap();
        assert_eq!(q("1"), q("1000m"));
        assert_eq!(q("1Ki"), q("1024"));
        assert!(q("1k") < q("1Ki") && q("-1") < q("0") && q("12E") > q("9Ei"));
        assert_eq!(q("0").plus(q("1Gi")).to_string(), "1Gi");
        assert_eq!(q("1Gi").plus(q("512Mi")).to_string(), "1536Mi");
        assert_eq!(q("1").minus(q("250m")).to_string(), "750m");
    }

    #[test]
    fn json_is_string_or_number() {
        for (json, want) in [("\"100m\"", "\"100m\""), ("2", "\"2\""), ("0.5", "\"500m\""), ("-3", "\"-3\"")]
        {
            let q: Quantity = serde_json::from_str(json).unwrap();
            assert_eq!(serde_json::to_string(&q).unwrap(), want);
        }
        assert!(serde_json::from_str::<Quantity>("\"1x\"").is_err());
    }
}
