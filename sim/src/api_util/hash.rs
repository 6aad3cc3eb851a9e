//! Hashes that name things, and the rules for names.
//!
//! The messages are those of `k8s.io/apimachinery/pkg/util/validation` and `…/api/validate/content`,
//! since users and their tools match on them.

/// The alphabet of generated names (`k8s.io/apimachinery/pkg/util/rand`): no vowels, and no
/// digits that look like letters, so that no words appear by accident.
pub const ALPHABET: &[u8; 27] = b"bcdfghjklmnpqrstvwxz2456789";

/// The 32-bit FNV-1a hash (Go's `hash/fnv.New32a`, which names pod templates).
#[must_use]
pub fn fnv1a_32(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193))
}

/// A hash as the suffix of a name: each decimal digit through [`ALPHABET`]
/// (`rand.SafeEncodeString` of the number's text, as `controller.ComputeHash` calls it).
#[must_use]
pub fn safe_encode_string(hash: u32) -> String {
    safe_encode_bytes(hash.to_string().as_bytes())
}

/// Each byte through [`ALPHABET`] (`rand.SafeEncodeString`).
#[must_use]
pub fn safe_encode_bytes(bytes: &[u8]) -> String {
    bytes.iter().map(|b| char::from(ALPHABET[usize::from(*b) % ALPHABET.len()])).collect()
}

const LABEL_FMT: &str = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
const QUALIFIED_FMT: &str = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]";

/// `validation.MaxLenError`.
fn max_len(limit: usize) -> String {
    format!("must be no more than {limit} bytes")
}

/// `validation.RegexError`.
fn regex_error(message: &str, format: &str, examples: &[&str]) -> String {
    let examples: Vec<String> = examples.iter().map(|e| format!("'{e}'")).collect();
    let examples = examples.join(",  or ");
    format!("{message} (e.g. {examples}, regex used for validation is '{format}')")
}

/// Ends are alphanumeric by `end`, and all between is by `inner`.
fn bounded(text: &str, end: impl Fn(u8) -> bool, inner: impl Fn(u8) -> bool) -> bool {
    let b = text.as_bytes();
    match b {
        [] => false,
        [one] => end(*one),
        [first, middle @ .., last] => end(*first) && end(*last) && middle.iter().all(|c| inner(*c)),
    }
}

fn lower(c: u8) -> bool {
    c.is_ascii_lowercase() || c.is_ascii_digit()
}

fn is_label_shape(text: &str) -> bool {
    bounded(text, lower, |c| lower(c) || c == b'-')
}

fn is_subdomain_shape(text: &str) -> bool {
    text.split('.').all(is_label_shape)
}

fn is_qualified_shape(text: &str) -> bool {
    bounded(text, |c| c.is_ascii_alphanumeric(), |c| c.is_ascii_alphanumeric() || b"-_.".contains(&c))
}

/// What is wrong with a DNS label, such as a container's name (`IsDNS1123Label`). Empty if nothing.
#[must_use]
pub fn dns1123_label(value: &str) -> Vec<String> {
    let mut errors = Vec::new();
    if value.len() > 63 {
        errors.push(max_len(63));
    }
    if !is_label_shape(value) {
        errors.push(if is_subdomain_shape(value) {
            "must not contain dots".to_owned()
        } else {
            regex_error(
                "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', \
                 and must start and end with an alphanumeric character",
                LABEL_FMT,
                &["my-name", "123-abc"],
            )
        });
    }
    errors
}

/// What is wrong with a DNS subdomain, such as most objects' names (`IsDNS1123Subdomain`).
#[must_use]
pub fn dns1123_subdomain(value: &str) -> Vec<String> {
    let mut errors = Vec::new();
    if value.len() > 253 {
        errors.push(max_len(253));
    }
    if !is_subdomain_shape(value) {
        errors.push(regex_error(
            "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', \
             and must start and end with an alphanumeric character",
            &format!("{LABEL_FMT}(\\.{LABEL_FMT})*"),
            &["example.com"],
        ));
    }
    errors
}

/// What is wrong with a DNS-1035 label, such as a service's name (`IsDNS1035Label`).
#[must_use]
pub fn dns1035_label(value: &str) -> Vec<String> {
    let mut errors = Vec::new();
    if value.len() > 63 {
        errors.push(max_len(63));
    }
    if !is_label_shape(value) || !value.as_bytes()[0].is_ascii_lowercase() {
        errors.push(regex_error(
            "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an \
             alphabetic character, and end with an alphanumeric character",
            "[a-z]([-a-z0-9]*[a-z0-9])?",
            &["my-name", "abc-123"],
        ));
    }
    errors
}

/// What is wrong with the key of a label or annotation (`IsLabelKey`, once `IsQualifiedName`).
#[must_use]
pub fn label_key(value: &str) -> Vec<String> {
    let shape = || {
        regex_error(
            "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an \
             alphanumeric character",
            QUALIFIED_FMT,
            &["MyName", "my.name", "123-abc"],
        )
    };
    let mut errors = Vec::new();
    let name = match value.split_once('/') {
        None => value,
        Some((_, name)) if name.contains('/') => {
            return vec![format!(
                "a valid label key {} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')",
                shape()
            )];
        }
        Some((prefix, name)) => {
            if prefix.is_empty() {
                errors.push("prefix part must be non-empty".to_owned());
            } else {
                errors.extend(dns1123_subdomain(prefix).iter().map(|e| format!("prefix part {e}")));
            }
            name
        }
    };
    if name.is_empty() {
        errors.push("name part must be non-empty".to_owned());
    } else if name.len() > 63 {
        errors.push(format!("name part {}", max_len(63)));
    }
    if !is_qualified_shape(name) {
        errors.push(format!("name part {}", shape()));
    }
    errors
}

/// What is wrong with the value of a label (`IsLabelValue`).
#[must_use]
pub fn label_value(value: &str) -> Vec<String> {
    let mut errors = Vec::new();
    if value.len() > 63 {
        errors.push(max_len(63));
    }
    if !value.is_empty() && !is_qualified_shape(value) {
        errors.push(regex_error(
            "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', \
             and must start and end with an alphanumeric character",
            &format!("({QUALIFIED_FMT})?"),
            &["MyValue", "my_value", "12345"],
        ));
    }
    errors
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fnv_gives_the_published_vectors() {
        assert_eq!(fnv1a_32(b""), 0x811c_9dc5);
        assert_eq!(fnv1a_32(b"a"), 0xe40c_292c);
        assert_eq!(fnv1a_32(b"foobar"), 0xbf9c_f968);
    }

    #[test]
    fn encoding_is_by_the_characters_of_the_decimal_number() {
        // '0' is byte 48, and 48 % 27 = 21.
        assert_eq!(safe_encode_string(0), "4");
        assert_eq!(safe_encode_string(1_234_567_890), "56789bcdf4");
        assert_eq!(safe_encode_bytes(b"\x00\x01\x1a\x1b"), "bc9b");
    }

    #[test]
    fn names() {
        let long = "a".repeat(64);
        let label = "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
        for (name, value, want) in [
            ("plain", "my-name", vec![]),
            ("digits", "123-abc", vec![]),
            ("upper case", "Web", vec![label]),
            ("empty", "", vec![label]),
            ("ends in a dash", "a-", vec![label]),
            ("dots", "a.b", vec!["must not contain dots"]),
            ("too long", &long, vec!["must be no more than 63 bytes"]),
        ] {
            assert_eq!(dns1123_label(value), want, "{name}");
        }
        let subdomain = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
        assert!(dns1123_subdomain("example.com").is_empty());
        assert_eq!(dns1123_subdomain("a..b"), [subdomain]);
        assert_eq!(dns1123_subdomain(&"a".repeat(254)), ["must be no more than 253 bytes"]);
        assert!(dns1035_label("abc-1").is_empty());
        assert_eq!(dns1035_label("1abc").len(), 1);
        assert_eq!(dns1035_label("").len(), 1);
    }

    #[test]
    fn labels() {
        for good in ["app", "app.kubernetes.io/name", "A_b.c-1"] {
            assert_eq!(label_key(good), Vec::<String>::new(), "{good}");
        }
        let shape = "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
        assert_eq!(label_key(""), ["name part must be non-empty".to_owned(), format!("name part {shape}")]);
        assert_eq!(label_key("/a"), ["prefix part must be non-empty"]);
        assert_eq!(label_key("-a"), [format!("name part {shape}")]);
        assert_eq!(
            label_key("a/b/c"),
            [format!(
                "a valid label key {shape} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"
            )]
        );
        assert_eq!(label_key(&"k".repeat(64)), ["name part must be no more than 63 bytes"]);
        assert!(label_key("A.com/x")[0].starts_with("prefix part a lowercase RFC 1123 subdomain"));
        assert!(label_value("").is_empty() && label_value("1.2_x").is_empty());
        assert_eq!(
            label_value("a b"),
            [
                "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"
            ]
        );
        assert_eq!(label_value(&"v".repeat(64)), ["must be no more than 63 bytes"]);
    }
}
