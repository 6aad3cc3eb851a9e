//! JSON values as YAML, character for character as kubectl writes them.
//!
//! kubectl goes through `sigs.k8s.io/yaml`, which is go-yaml v2: a port of libyaml's emitter
//! (`emitterc.go`) under rules for when a string needs quotes (`encode.go`, `resolve.go`). This is
//! the part of both that JSON needs: block style, keys in "natural" order, sequences at their
//! parent's column, literal blocks for text of several lines, folding after column 80.
//!
//! Two texts differ on purpose, since kubectl's own would not read back as they were: strings with
//! U+0085, U+2028 or U+2029 are written with escapes, and `<<` is quoted.

use serde_json::Value;
use std::cmp::Ordering;

/// Where go-yaml begins to look for a place to fold.
const BEST_WIDTH: usize = 80;

/// A value as a YAML document, with a newline at the end.
pub fn to_yaml(value: &Value) -> String {
    let mut e = Emitter { out: String::new(), column: 0, indent: -1, whitespace: true, indention: true };
    e.node(value, Place::Root);
    if !e.out.ends_with('\n') {
        e.out.push('\n');
    }
    e.out
}

/// What a node stands in; decides indentation and which scalar styles are allowed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Root,
    Item,
    Key,
    LongKey,
    Value,
}

struct Emitter {
    out: String,
    column: usize,
    indent: i32,
    whitespace: bool,
    indention: bool,
}

impl Emitter {
    fn put(&mut self, c: char) {
        self.out.push(c);
        self.column = if c == '\n' { 0 } else { self.column + 1 };
    }

    /// `yaml_emitter_write_indent`.
    fn new_line(&mut self) {
        let indent = usize::try_from(self.indent).unwrap_or(0);
        if !self.indention || self.column > indent || (self.column == indent && !self.whitespace) {
            self.put('\n');
        }
        while self.column < indent {
            self.put(' ');
        }
        self.whitespace = true;
        self.indention = true;
    }

    /// `yaml_emitter_write_indicator`.
    fn indicator(&mut self, text: &str, space_before: bool, is_space: bool, is_indention: bool) {
        if space_before && !self.whitespace {
            self.put(' ');
        }
        text.chars().for_each(|c| self.put(c));
        self.whitespace = is_space;
        self.indention = self.indention && is_indention;
    }

    /// Runs `f` one level deeper.
    fn deeper(&mut self, indentless: bool, f: impl FnOnce(&mut Self)) {
        let before = self.indent;
        if self.indent < 0 {
            self.indent = 0;
        } else if !indentless {
            self.indent += 2;
        }
        f(self);
        self.indent = before;
    }

    fn node(&mut self, value: &Value, place: Place) {
        match value {
            Value::Object(m) if !m.is_empty() => {
                let mut entries: Vec<(&String, &Value)> = m.iter().collect();
                entries.sort_by(|a, b| natural(a.0, b.0));
                self.deeper(false, |e| {
                    for (key, value) in entries {
                        e.new_line();
                        e.entry(key, value);
                    }
                });
            }
            Value::Array(items) if !items.is_empty() => {
                let indentless = matches!(place, Place::Value | Place::LongKey) && !self.indention;
                self.deeper(indentless, |e| {
                    for item in items {
                        e.new_line();
                        e.indicator("-", true, false, true);
                        e.node(item, Place::Item);
                    }
                });
            }
            Value::Object(_) => self.empty("{", "}"),
            Value::Array(_) => self.empty("[", "]"),
            Value::String(s) => self.string(s, place),
            Value::Null => self.word("null"),
            Value::Bool(b) => self.word(if *b { "true" } else { "false" }),
            Value::Number(n) => match n.as_f64() {
                Some(f) if n.is_f64() => self.word(&float(f)),
                _ => self.word(&n.to_string()),
            },
        }
    }

    fn entry(&mut self, key: &str, value: &Value) {
        // A simple key is on one line and at most 128 bytes long.
        if key.contains('\n') || key.len() > 128 {
            self.indicator("?", true, false, true);
            self.string(key, Place::LongKey);
            self.new_line();
            self.indicator(":", true, false, true);
        } else {
            self.string(key, Place::Key);
            self.indicator(":", false, false, false);
        }
        self.node(value, Place::Value);
    }

    fn empty(&mut self, open: &str, close: &str) {
        self.indicator(open, true, true, false);
        self.indicator(close, false, false, false);
    }

    /// A plain word without spaces.
    fn word(&mut self, text: &str) {
        self.indicator(text, true, false, false);
    }

    /// `encoder.stringv` and `yaml_emitter_select_scalar_style`.
    fn string(&mut self, s: &str, place: Place) {
        let a = Analysis::of(s);
        let folds = place != Place::Key;
        self.deeper(false, |e| {
            if s.contains('\n') && a.block_allowed && folds {
                e.literal(s);
            } else if s.contains('\n') || looks_special(s) || !a.single_allowed {
                e.double_quoted(s, folds);
            } else if a.plain_allowed && s != "<<" {
                e.plain(s, folds);
            } else {
                e.single_quoted(s, folds);
            }
        });
    }

    /// Writes a space, or a new line in its place where the text may be folded.
    fn space(&mut self, fold: bool) {
        if fold { self.new_line() } else { self.put(' ') }
    }

    fn plain(&mut self, s: &str, folds: bool) {
        self.indicator("", true, false, false);
        let mut after_space = false;
        let mut chars = s.chars().peekable();
        while let Some(c) = chars.next() {
            if c == ' ' {
                let room = self.column <= BEST_WIDTH || chars.peek() == Some(&' ');
                self.space(folds && !after_space && !room);
            } else {
                self.put(c);
                self.indention = false;
            }
            after_space = c == ' ';
        }
        self.whitespace = false;
        self.indention = false;
    }

    fn single_quoted(&mut self, s: &str, folds: bool) {
        self.indicator("'", true, false, false);
        let mut after_space = false;
        for (i, c) in s.char_indices() {
            if c == ' ' {
                let inner = i > 0 && i + 1 < s.len();
                let room = self.column <= BEST_WIDTH || s[i + 1..].starts_with(' ');
                self.space(folds && !after_space && inner && !room);
            } else {
                if c == '\'' {
                    self.put('\'');
                }
                self.put(c);
                self.indention = false;
            }
            after_space = c == ' ';
        }
        self.indicator("'", false, false, false);
    }

    fn double_quoted(&mut self, s: &str, folds: bool) {
        self.indicator("\"", true, false, false);
        // libyaml asks whether the whole text begins with a byte order mark, at each character.
        let mark = s.starts_with('\u{feff}');
        let mut after_space = false;
        for (i, c) in s.char_indices() {
            if c == ' ' && !mark {
                let inner = i > 0 && i + 1 < s.len();
                let fold = folds && !after_space && inner && self.column > BEST_WIDTH;
                self.space(fold);
                if fold && s[i + 1..].starts_with(' ') {
                    self.put('\\');
                }
                after_space = true;
                continue;
            }
            after_space = false;
            if printable(c) && c != '\n' && c != '"' && c != '\\' && !mark {
                self.put(c);
                continue;
            }
            escape(c).chars().for_each(|c| self.put(c));
        }
        self.indicator("\"", false, false, false);
    }

    fn literal(&mut self, s: &str) {
        self.indicator("|", true, false, false);
        if s.starts_with([' ', '\n']) {
            self.indicator("2", false, false, false);
        }
        match s.strip_suffix('\n') {
            None => self.indicator("-", false, false, false),
            Some(rest) if rest.is_empty() || rest.ends_with('\n') => self.indicator("+", false, false, false),
            Some(_) => {}
        }
        self.put('\n');
        self.indention = true;
        self.whitespace = true;
        let mut at_start = true;
        for c in s.chars() {
            if c == '\n' {
                self.put('\n');
                self.indention = true;
                at_start = true;
            } else {
                if at_start {
                    self.new_line();
                }
                self.put(c);
                self.indention = false;
                at_start = false;
            }
        }
    }
}

/// `yaml_emitter_analyze_scalar`, for block context.
struct Analysis {
    plain_allowed: bool,
    single_allowed: bool,
    block_allowed: bool,
}

impl Analysis {
    fn of(s: &str) -> Analysis {
        if s.is_empty() {
            return Analysis { plain_allowed: true, single_allowed: true, block_allowed: false };
        }
        let blank = |c: Option<&char>| c.is_none_or(|c| matches!(c, ' ' | '\t'));
        let mut indicators = s.starts_with("---") || s.starts_with("...");
        let mut special = false;
        let (mut space_then_break, mut break_then_space) = (false, false);
        let mut previous = '\n';
        let mut chars = s.chars().enumerate().peekable();
        while let Some((i, c)) = chars.next() {
            let next_blank = blank(chars.peek().map(|(_, c)| c));
            indicators |= match c {
                '#' if i > 0 => matches!(previous, ' ' | '\t' | '\n'),
                ',' | '[' | ']' | '{' | '}' | '&' | '*' | '!' | '|' | '>' | '\'' | '"' | '%' | '@' | '`'
                | '#' => i == 0,
                '?' | '-' => i == 0 && next_blank,
                ':' => next_blank,
                _ => false,
            };
            special |= !printable(c);
            if i > 0 {
                break_then_space |= c == ' ' && previous == '\n';
                space_then_break |= c == '\n' && previous == ' ';
            }
            previous = c;
        }
        let breaks = s.contains('\n');
        let edge = s.starts_with([' ', '\n']) || s.ends_with([' ', '\n']);
        let bad = space_then_break || special;
        Analysis {
            plain_allowed: !indicators && !bad && !edge && !breaks,
            single_allowed: !bad && !break_then_space,
            block_allowed: !bad && !s.ends_with(' '),
        }
    }
}

/// go-yaml's `is_printable`: no tab, nothing beyond the basic plane; and none of the rare line
/// breaks, which it would print and not read back.
fn printable(c: char) -> bool {
    matches!(c, '\n' | ' '..='~' | '\u{a0}'..='\u{2027}' | '\u{202a}'..='\u{d7ff}' | '\u{e000}'..='\u{fefe}' | '\u{ff00}'..='\u{fffd}')
}

fn escape(c: char) -> String {
    let short = match c {
        '\0' => "\\0",
        '\x07' => "\\a",
        '\x08' => "\\b",
        '\t' => "\\t",
        '\n' => "\\n",
        '\x0b' => "\\v",
        '\x0c' => "\\f",
        '\r' => "\\r",
        '\x1b' => "\\e",
        '"' => "\\\"",
        '\\' => "\\\\",
        '\u{85}' => "\\N",
        '\u{a0}' => "\\_",
        '\u{2028}' => "\\L",
        '\u{2029}' => "\\P",
        _ => {
            let n = u32::from(c);
            return match n {
                0..=0xff => format!("\\x{n:02X}"),
                0x100..=0xffff => format!("\\u{n:04X}"),
                _ => format!("\\U{n:08X}"),
            };
        }
    };
    short.to_owned()
}

/// Whether a plain text would be read as something other than a string (`resolve`).
fn looks_special(s: &str) -> bool {
    const WORDS: [&str; 35] = [
        "", "~", "null", "Null", "NULL", "y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On",
        "ON", "n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF", ".nan", ".NaN",
        ".NAN", ".inf", ".Inf", ".INF", "+.inf", "-.inf",
    ];
    if WORDS.contains(&s) || matches!(s, "+.Inf" | "+.INF" | "-.Inf" | "-.INF") {
        return true;
    }
    s.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '.'))
        && (is_number(&s.replace('_', "")) || is_sexagesimal(s) || is_date(s))
}

/// `strconv.ParseInt(s, 0, 64)`, or go-yaml's float pattern.
fn is_number(s: &str) -> bool {
    let unsigned = s.strip_prefix(['+', '-']).unwrap_or(s);
    let digits = |t: &str, radix: u32| !t.is_empty() && t.chars().all(|c| c.is_digit(radix));
    for (prefix, radix) in [("0x", 16), ("0X", 16), ("0o", 8), ("0O", 8), ("0b", 2), ("0B", 2)] {
        if let Some(rest) = unsigned.strip_prefix(prefix) {
            return digits(rest, radix);
        }
    }
    let (mantissa, exponent) = match unsigned.find(['e', 'E']) {
        Some(i) => (&unsigned[..i], Some(&unsigned[i + 1..])),
        None => (unsigned, None),
    };
    let exponent_ok = exponent.is_none_or(|e| digits(e.strip_prefix(['+', '-']).unwrap_or(e), 10));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let all_digits = whole.chars().chain(fraction.chars()).all(|c| c.is_ascii_digit());
    exponent_ok && all_digits && !(whole.is_empty() && fraction.is_empty())
}

/// `1:20`, a number to YAML 1.1 (`isBase60Float`).
fn is_sexagesimal(s: &str) -> bool {
    let unsigned = s.strip_prefix(['+', '-']).unwrap_or(s);
    let mut parts = unsigned.split(':');
    let first = parts.next().unwrap_or_default();
    let rest: Vec<&str> = parts.collect();
    let part_ok = |i: usize, p: &str| {
        let p = if i + 1 == rest.len() {
            let (p, fraction) = p.split_once('.').unwrap_or((p, ""));
            if !fraction.chars().all(|c| c.is_ascii_digit() || c == '_') {
                return false;
            }
            p
        } else {
            p
        };
        matches!(p.as_bytes(), [b'0'..=b'9'] | [b'0'..=b'5', b'0'..=b'9'])
    };
    first.starts_with(|c: char| c.is_ascii_digit())
        && first.chars().all(|c| c.is_ascii_digit() || c == '_')
        && !rest.is_empty()
        && rest.iter().enumerate().all(|(i, p)| part_ok(i, p))
}

/// A date, perhaps with a time: four digits, a dash, and only what dates have
/// (`parseTimestamp`; a little more is quoted here than there).
fn is_date(s: &str) -> bool {
    let b = s.as_bytes();
    b.len() >= 8 && b[..4].iter().all(u8::is_ascii_digit) && b[4] == b'-' && {
        let (date, time) = s.split_at(s.find(['T', 't', ' ']).unwrap_or(s.len()));
        let parts: Vec<&str> = date.split('-').collect();
        let one_or_two = |p: &&str| matches!(p.len(), 1 | 2) && p.bytes().all(|c| c.is_ascii_digit());
        parts.len() == 3
            && parts[1..].iter().all(one_or_two)
            && time.chars().skip(1).all(|c| c.is_ascii_digit() || ":.+-Zz".contains(c))
    }
}

/// Go's `strconv.FormatFloat(f, 'g', -1, 64)`; whole numbers have become integers before that.
fn float(f: f64) -> String {
    if f.fract() == 0.0 && f.abs() < 9.2e18 {
        return if f == 0.0 { "0".to_owned() } else { format!("{f:.0}") };
    }
    let scientific = format!("{f:e}");
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if (-4..6).contains(&exponent) {
        return format!("{f}");
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{mantissa}e{sign}{:02}", exponent.abs())
}

/// go-yaml's order of keys: letters after other characters, runs of digits by their value
/// (`keyList.Less`).
fn natural(a: &str, b: &str) -> Ordering {
    let (ar, br): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    for i in 0..ar.len().min(br.len()) {
        let (x, y) = (ar[i], br[i]);
        if x == y {
            continue;
        }
        let letters = (x.is_alphabetic(), y.is_alphabetic());
        if letters == (true, true) {
            return x.cmp(&y);
        }
        if letters.0 || letters.1 {
            return if letters.1 { Ordering::Less } else { Ordering::Greater };
        }
        let mut start = 0u128;
        if x == '0' || y == '0' {
            let before = ar[..i].iter().rev().take_while(|c| c.is_ascii_digit());
            start = u128::from(before.into_iter().any(|c| *c != '0'));
        }
        let run = |chars: &[char]| {
            let digits = chars[i..].iter().map_while(|c| c.to_digit(10));
            digits.fold((start, 0usize), |(n, len), d| {
                (n.saturating_mul(10).saturating_add(u128::from(d)), len + 1)
            })
        };
        return run(&ar).cmp(&run(&br)).then(x.cmp(&y));
    }
    ar.len().cmp(&br.len())
}
