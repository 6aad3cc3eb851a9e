//! What an unquoted word of YAML means: nothing, a boolean, a number, or text.

use serde_json::Number;

use super::node::Scalar;

/// The meaning of an unquoted scalar. The error says why it has none that JSON could carry.
pub fn resolve_plain(text: &str) -> Result<Scalar, String> {
    Ok(match text {
        "" | "~" | "null" | "Null" | "NULL" => Scalar::Null,
        "true" | "True" | "TRUE" => Scalar::Bool(true),
        "false" | "False" | "FALSE" => Scalar::Bool(false),
        _ if is_not_finite(text) => {
            return Err(format!(
                "`{text}` is a float that JSON cannot carry; quote it if it is meant as text"
            ));
        }
        _ => match number(text)? {
            Some(number) => Scalar::Number(number),
            None => Scalar::Text { text: text.to_owned(), plain: true },
        },
    })
}

/// The meaning of a scalar with one of YAML's own tags (`!!str`, `!!int` …), given without its marks.
pub fn resolve_tagged(text: &str, tag: &str) -> Result<Scalar, String> {
    let resolved = resolve_plain(text)?;
    let fits = match tag {
        "int" => matches!(&resolved, Scalar::Number(n) if !n.is_f64()),
        "float" => matches!(resolved, Scalar::Number(_)),
        "bool" => matches!(resolved, Scalar::Bool(_)),
        "null" => resolved == Scalar::Null,
        _ => return Ok(Scalar::Text { text: text.to_owned(), plain: false }),
    };
    if fits { Ok(resolved) } else { Err(format!("`{text}` is not a value of the type `!!{tag}`")) }
}

fn is_not_finite(text: &str) -> bool {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    matches!(unsigned, ".inf" | ".Inf" | ".INF") || matches!(text, ".nan" | ".NaN" | ".NAN")
}

fn number(text: &str) -> Result<Option<Number>, String> {
    if !text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '-' | '+' | '.')) {
        return Ok(None);
    }
    let text = text.replace('_', "");
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(&text)),
    };
    let lower = digits.to_ascii_lowercase();
    let (radix, body) = match lower.as_bytes() {
        [b'0', b'x', ..] => (16, &lower[2..]),
        [b'0', b'o', ..] => (8, &lower[2..]),
        [b'0', b'b', ..] => (2, &lower[2..]),
        [b'0', _, ..] if lower.bytes().all(|b| b.is_ascii_digit() && b < b'8') => (8, &lower[1..]),
        _ => (10, lower.as_str()),
    };
    if !body.is_empty() && body.chars().all(|c| c.is_digit(radix)) {
        if let Ok(magnitude) = u64::from_str_radix(body, radix) {
            if !negative {
                return Ok(Some(magnitude.into()));
            }
            if let Some(value) = 0_i64.checked_sub_unsigned(magnitude) {
                return Ok(Some(value.into()));
            }
        } else if radix != 10 {
            return Err(format!("`{text}` does not fit 64 bits"));
        }
    }
    if !is_decimal(digits) {
        return Ok(None);
    }
    match text.parse::<f64>().ok().and_then(float) {
        Some(number) => Ok(Some(number)),
        None => Err(format!("`{text}` is too large a number; quote it if it is meant as text")),
    }
}

/// A float as JSON writes it: without a fraction if it has none. `None` if it is infinite.
pub fn float(value: f64) -> Option<Number> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if value.fract() == 0.0 && value.abs() < EXACT {
        return Some((value as i64).into());
    }
    Number::from_f64(value)
}

/// `digits [. digits] [e digits]`, or `. digits` with the like.
fn is_decimal(text: &str) -> bool {
    let (mantissa, exponent) = match text.find(['e', 'E']) {
        Some(at) => (&text[..at], Some(&text[at + 1..])),
        None => (text, None),
    };
    let digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let exponent_fits = exponent.is_none_or(|e| {
        let e = e.strip_prefix(['-', '+']).unwrap_or(e);
        !e.is_empty() && digits(e)
    });
    (!whole.is_empty() || !fraction.is_empty()) && digits(whole) && digits(fraction) && exponent_fits
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(text: &str) -> Scalar {
        resolve_plain(text).unwrap()
    }

    #[test]
    fn numbers_are_read_as_kubectl_reads_them() {
        for (text, value) in [
            ("0", 0_i64),
            ("8080", 8080),
            ("-7", -7),
            ("+7", 7),
            ("0644", 0o644),
            ("0o644", 0o644),
            ("0x1F", 31),
            ("0b101", 5),
            ("1_000", 1000),
            ("0899", 899),
            ("1e3", 1000),
            ("2.0", 2),
            ("-9223372036854775808", i64::MIN),
        ] {
            assert_eq!(plain(text), Scalar::Number(value.into()), "{text}");
        }
        assert_eq!(plain("18446744073709551615"), Scalar::Number(u64::MAX.into()));
        assert_eq!(plain("1.5"), Scalar::Number(Number::from_f64(1.5).unwrap()));
        assert_eq!(plain(".5"), Scalar::Number(Number::from_f64(0.5).unwrap()));
        assert!(matches!(plain("123456789012345678901234567890"), Scalar::Number(n) if n.is_f64()));
    }

    #[test]
    fn words_stay_words() {
        for text in [
            "yes",
            "on",
            "off",
            "No",
            "y",
            "1.2.3",
            "10m",
            "512Mi",
            "-",
            "+",
            ".",
            "..",
            "1e",
            "0x",
            "0o",
            "e5",
            "-x",
            "2001-01-01",
            "12:30",
            "1.5Gi",
            "0x1G",
            "+-5",
            "0x-1",
            "tRue",
            "nUll",
        ] {
            assert_eq!(plain(text), Scalar::Text { text: text.into(), plain: true }, "{text}");
        }
    }

    #[test]
    fn what_json_cannot_carry_is_refused() {
        for text in [".inf", "-.Inf", ".nan", "1e999", "0xFFFFFFFFFFFFFFFFFF"] {
            assert!(resolve_plain(text).is_err(), "{text}");
        }
    }

    #[test]
    fn tags_decide() {
        assert_eq!(resolve_tagged("80", "str"), Ok(Scalar::Text { text: "80".into(), plain: false }));
        assert_eq!(resolve_tagged("80", "int"), Ok(Scalar::Number(80.into())));
        assert!(resolve_tagged("x", "int").is_err());
        assert!(resolve_tagged("1.5", "int").is_err());
        assert!(resolve_tagged("yes", "bool").is_err());
    }
}
