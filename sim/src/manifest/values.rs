//! What values look like, in words, and the formats of those that are more than plain text.

use super::node::{Node, NodeValue, Scalar};

/// What a value is, with its article: `the string "3"`, `a list`.
pub fn describe(node: &Node) -> String {
    match &node.value {
        NodeValue::Scalar(Scalar::Null) => "empty".to_owned(),
        NodeValue::Scalar(Scalar::Bool(b)) => format!("the boolean `{b}`"),
        NodeValue::Scalar(Scalar::Number(n)) => format!("the number `{n}`"),
        NodeValue::Scalar(Scalar::Text { text, .. }) => format!("the string \"{}\"", shorten(text)),
        NodeValue::Seq(_) => "a list".to_owned(),
        NodeValue::Map(_) => "a mapping".to_owned(),
    }
}

/// At most forty characters of one line.
pub fn shorten(text: &str) -> String {
    let short: String = text.chars().take(40).take_while(|c| !c.is_control()).collect();
    if short.len() < text.len() { format!("{short}…") } else { short }
}

const SUFFIXES: &[&str] =
    &["", "n", "u", "m", "k", "M", "G", "T", "P", "E", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];

/// Whether a text is a quantity, such as `500m`, `1.5Gi` or `1e3`.
pub fn is_quantity(text: &str) -> bool {
    let (number, suffix) = split_quantity(text);
    let exponent = |s: &str| {
        let digits = s.strip_prefix(['-', '+']).unwrap_or(s);
        !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())
    };
    number.is_some() && (SUFFIXES.contains(&suffix) || suffix.strip_prefix(['e', 'E']).is_some_and(exponent))
}

/// The number that a quantity begins with, sign included, and what follows it.
fn split_quantity(text: &str) -> (Option<&str>, &str) {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let end = unsigned.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(unsigned.len());
    let digits = &unsigned[..end];
    let good = digits.bytes().any(|b| b.is_ascii_digit()) && digits.matches('.').count() <= 1;
    let at = text.len() - unsigned.len() + end;
    (good.then(|| &text[..at]), &text[at..])
}

/// What was probably meant by a text that is not quite a quantity.
pub fn mend_quantity(text: &str) -> Option<String> {
    let (number, suffix) = split_quantity(text.trim());
    let (number, suffix) = (number?, suffix.trim());
    let lower = suffix.to_ascii_lowercase();
    let unit = match lower.as_str() {
        "" => "",
        "kb" | "k" => "k",
        "mb" => "M",
        "gb" | "g" => "G",
        "tb" | "t" => "T",
        "kib" | "ki" => "Ki",
        "mib" | "mi" => "Mi",
        "gib" | "gi" => "Gi",
        "tib" | "ti" => "Ti",
        "cpu" | "cpus" | "core" | "cores" | "b" | "bytes" => "",
        "mcpu" | "millicores" | "millicore" | "m" => "m",
        _ => return None,
    };
    Some(format!("{number}{unit}"))
}

/// Whether a text is a time as RFC 3339 has it.
pub fn is_time(text: &str) -> bool {
    let shape = |text: &str, shape: &str| {
        text.len() == shape.len()
            && text
                .bytes()
                .zip(shape.bytes())
                .all(|(b, s)| if s == b'0' { b.is_ascii_digit() } else { b == s })
    };
    let Some((date_time, zone)) = text.split_at_checked(19) else { return false };
    let zone = match zone.strip_prefix('.') {
        Some(rest) => {
            let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
            if digits == 0 {
                return false;
            }
            &rest[digits..]
        }
        None => zone,
    };
    let number = |from: usize| date_time[from..from + 2].parse::<u8>().unwrap_or(99);
    shape(date_time, "0000-00-00T00:00:00")
        && (1..=12).contains(&number(5))
        && (1..=31).contains(&number(8))
        && number(11) < 24
        && number(14) < 60
        && number(17) < 61
        && (zone == "Z" || shape(zone, "+00:00") || shape(zone, "-00:00"))
}

/// Whether a text is base64 with its padding; line breaks are allowed.
pub fn is_base64(text: &str) -> bool {
    let bytes: Vec<u8> = text.bytes().filter(|b| !matches!(b, b'\n' | b'\r')).collect();
    let padding = bytes.iter().rev().take_while(|b| **b == b'=').count();
    bytes.len().is_multiple_of(4)
        && padding <= 2
        && bytes[..bytes.len() - padding]
            .iter()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities() {
        for good in ["1", "500m", "1.5Gi", ".5", "1.", "-1k", "+2M", "1e3", "1E-3", "2E", "0", "12Ki"] {
            assert!(is_quantity(good), "{good}");
        }
        for bad in ["", "m", "1 Gi", "512MB", "1gb", "1.2.3", "1e", "abc", "--1", "1K", ".", "1mi"] {
            assert!(!is_quantity(bad), "{bad}");
        }
        assert_eq!(mend_quantity("512MB").as_deref(), Some("512M"));
        assert_eq!(mend_quantity("1 gib").as_deref(), Some("1Gi"));
        assert_eq!(mend_quantity("2 cores").as_deref(), Some("2"));
        assert_eq!(mend_quantity("lots"), None);
        for text in ["512MB", "1gb", "1K", "1 Gi", "3 GB", "10mi"] {
            assert!(is_quantity(&mend_quantity(text).unwrap()), "{text}");
        }
    }

    #[test]
    fn times() {
        for good in ["2026-01-31T23:59:59Z", "2026-01-31T00:00:00.123456Z", "2026-01-31T00:00:00+02:00"] {
            assert!(is_time(good), "{good}");
        }
        for bad in
            ["", "2026-01-31", "2026-13-01T00:00:00Z", "2026-01-31T00:00:00", "2026-01-31T00:00:00.Z", "é"]
        {
            assert!(!is_time(bad), "{bad}");
        }
    }

    #[test]
    fn base64() {
        for good in ["", "YQ==", "YWI=", "YWJj", "YWJj\nYWJj\n"] {
            assert!(is_base64(good), "{good}");
        }
        for bad in ["a", "YQ=", "Y===", "YW=j", "pass word", "hunter2!"] {
            assert!(!is_base64(bad), "{bad}");
        }
    }
}
