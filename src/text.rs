//! Text in a terminal: widths, wrapping, short names, short times.

use podium_sim::time::SimTime;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// How many columns a text takes.
pub fn width(s: &str) -> usize {
    UnicodeWidthStr::width(s)
}

/// Fills up with spaces to so many columns, or cuts off with `…`.
pub fn pad(s: &str, columns: usize) -> String {
    if width(s) <= columns {
        return format!("{s}{}", " ".repeat(columns - width(s)));
    }
    let (mut out, mut used) = (String::new(), 0);
    for c in s.chars() {
        let w = c.width().unwrap_or(0);
        if used + w + 1 > columns {
            break;
        }
        out.push(c);
        used += w;
    }
    if columns > 0 {
        out.push('…');
        used += 1;
    }
    format!("{out}{}", " ".repeat(columns - used.min(columns)))
}

/// Breaks a text into lines of at most so many columns: at spaces, and between Chinese characters, but
/// not before closing punctuation.
pub fn wrap(s: &str, columns: usize) -> Vec<String> {
    let columns = columns.max(8);
    let mut lines = Vec::new();
    let (mut line, mut word) = (String::new(), String::new());
    let put = |line: &mut String, word: &mut String, lines: &mut Vec<String>| {
        if width(line.as_str()) + width(word.trim_end()) > columns && !line.trim().is_empty() {
            lines.push(line.trim_end().to_owned());
            line.clear();
        }
        while width(word.trim_end()) > columns {
            let mut used = 0;
            let at = word.char_indices().find(|(_, c)| {
                used += c.width().unwrap_or(0);
                used > columns
            });
            let rest = word.split_off(at.map_or(word.len(), |(i, _)| i));
            lines.push(std::mem::replace(word, rest));
        }
        line.push_str(word);
        word.clear();
    };
    let mut chars = s.chars().peekable();
    while let Some(c) = chars.next() {
        word.push(c);
        let wide = |c: char| c.width() == Some(2);
        let closing = |c: char| "，。：；！？）”、".contains(c);
        let next = chars.peek().copied();
        let breaks = match next {
            _ if c == ' ' => next != Some(' '),
            Some(n) => (wide(c) || wide(n)) && !closing(n) && !"（“".contains(c),
            None => true,
        };
        if breaks {
            put(&mut line, &mut word, &mut lines);
        }
    }
    put(&mut line, &mut word, &mut lines);
    if !line.trim().is_empty() || lines.is_empty() {
        lines.push(line.trim_end().to_owned());
    }
    lines
}

/// `web-5d6f8b7c9-x2x4z` as `web…x2x4z`, so that it fits a rack.
pub fn short_name(name: &str) -> String {
    let mut parts = name.rsplitn(3, '-');
    let hashy = |s: &str, least: usize, most: usize| {
        (least..=most).contains(&s.len()) && s.chars().all(|c| c.is_ascii_digit() || c.is_ascii_lowercase())
    };
    match (parts.next(), parts.next(), parts.next()) {
        (Some(last), Some(hash), Some(base)) if hashy(last, 5, 5) && hashy(hash, 8, 10) => {
            format!("{base}…{last}")
        }
        _ => name.to_owned(),
    }
}

/// A sentence with all pods' names in it made short, and the taints' names without their common prefix.
pub fn short_names(text: &str) -> String {
    let inside = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
    let mut out = String::with_capacity(text.len());
    let text = text.replace("node.kubernetes.io/", "");
    let mut rest = text.as_str();
    while let Some(from) = rest.find(inside) {
        out.push_str(&rest[..from]);
        rest = &rest[from..];
        let to = rest.find(|c| !inside(c)).unwrap_or(rest.len());
        let (word, tail) = rest.split_at(to);
        let name = word.trim_end_matches('.');
        out.push_str(&short_name(name));
        out.push_str(&word[name.len()..]);
        rest = tail;
    }
    out.push_str(rest);
    out
}

/// A clock without what is mostly zero: `1:10.0`, `1:02:03.0`.
pub fn clock(t: SimTime) -> String {
    let tenths = t.0 / 100_000_000;
    let (h, m, s) = (tenths / 36_000, tenths / 600 % 60, tenths / 10 % 60);
    if h > 0 { format!("{h}:{m:02}:{s:02}.{}", tenths % 10) } else { format!("{m}:{s:02}.{}", tenths % 10) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_broken_where_they_may_be() {
        let cases: [(&str, &str, usize, &[&str]); 4] = [
            ("words", "the quick brown fox", 10, &["the quick", "brown fox"]),
            ("a long word", "abcdefghijkl", 8, &["abcdefgh", "ijkl"]),
            ("chinese", "节点坏了，看看怎么办。", 10, &["节点坏了，", "看看怎么", "办。"]),
            ("empty", "", 10, &[""]),
        ];
        for (name, text, columns, want) in cases {
            assert_eq!(wrap(text, columns), want, "{name}");
        }
    }

    #[test]
    fn names_are_made_short() {
        assert_eq!(short_names("Pod web-76f5d859b4-s922m."), "Pod web…s922m.");
        assert_eq!(short_names("set web-76f5d859b4 on node-1"), "set web-76f5d859b4 on node-1");
        assert_eq!(pad("节点坏了", 5), "节点…");
        assert_eq!(clock(SimTime(70_020_000_000)), "1:10.0");
    }
}
