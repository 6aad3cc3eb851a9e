//! Errors and warnings about a text that a person wrote: what is wrong, where, what was expected, how to mend it.
//!
//! A [`Diagnostic`] keeps its [`SourceText`], so that it can be printed with the line at fault long after the
//! text was parsed.

use std::fmt;
use std::sync::Arc;

/// The longest piece of a source line that is printed under a message, in characters.
const SHOWN_COLUMNS: usize = 110;

/// A text together with the name that it goes by in messages, usually a file name.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SourceText {
    /// What to call the text: `web.yaml`, `<stdin>`.
    pub name: String,
    /// The text itself.
    pub text: String,
}

impl SourceText {
    /// A shared source text.
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Arc<Self> {
        Arc::new(Self { name: name.into(), text: text.into() })
    }

    /// The line and column of a byte offset, both counted from 1, columns in characters.
    ///
    /// An offset past the end, or inside a character, counts as the nearest place before it.
    pub fn line_col(&self, offset: usize) -> (usize, usize) {
        let offset = self.floor(offset);
        let before = &self.text[..offset];
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let line = before.bytes().filter(|b| *b == b'\n').count() + 1;
        let column = before[line_start..].chars().filter(|c| *c != '\u{feff}').count() + 1;
        (line, column)
    }

    /// The text that a span covers; shorter where the span does not fit the text.
    pub fn slice(&self, span: Span) -> &str {
        let start = self.floor(span.start);
        let end = self.floor(span.end).max(start);
        &self.text[start..end]
    }

    /// The whole line that holds a byte offset, without its line break.
    pub fn line_at(&self, offset: usize) -> &str {
        let offset = self.floor(offset);
        let start = self.text[..offset].rfind('\n').map_or(0, |at| at + 1);
        let end = self.text[offset..].find('\n').map_or(self.text.len(), |at| offset + at);
        self.text[start..end].trim_end_matches('\r').trim_start_matches('\u{feff}')
    }

    fn floor(&self, offset: usize) -> usize {
        let mut offset = offset.min(self.text.len());
        while !self.text.is_char_boundary(offset) {
            offset -= 1;
        }
        offset
    }
}

/// A half-open range of bytes in a source text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// The first byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

impl Span {
    /// The bytes from `start` up to, not including, `end`.
    pub fn new(start: usize, end: usize) -> Self {
        Self { start, end: end.max(start) }
    }
}

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth saying; the text can be used all the same.
    Warning,
    /// The text cannot be used as it is.
    Error,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Severity::Warning => "warning",
            Severity::Error => "error",
        })
    }
}

/// One finding about a source text.
///
/// `Display` prints it in plain text, without a final line break:
///
/// ```text
/// web.yaml:7:13: error: `replicas` must be an integer, but this is a string
///   7 |   replicas: "3"
///     |             ^^^
///   in: spec.replicas
///   expected an integer
///   help: write `3`, without quotes
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Error or warning.
    pub severity: Severity,
    /// A stable name for the sort of finding: `yaml.syntax`, `field.unknown`, `type.mismatch` …
    pub code: &'static str,
    /// What is wrong, in one line.
    pub message: String,
    /// The text that it is about.
    pub source: Arc<SourceText>,
    /// Where in the text; `None` when it is about the text as a whole.
    pub span: Option<Span>,
    /// What would have been right here.
    pub expected: Option<String>,
    /// How to mend it: the nearest known name, or what to write instead.
    pub help: Option<String>,
    /// The field at fault, such as `spec.template.spec.containers[0].image`.
    pub path: Option<String>,
}

impl Diagnostic {
    /// An error about the source as a whole; narrow it down with the methods below.
    pub fn error(code: &'static str, source: &Arc<SourceText>, message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Error,
            code,
            message: message.into(),
            source: Arc::clone(source),
            span: None,
            expected: None,
            help: None,
            path: None,
        }
    }

    /// A warning about the source as a whole.
    pub fn warning(code: &'static str, source: &Arc<SourceText>, message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(code, source, message) }
    }

    /// The same finding at a place in the text.
    #[must_use]
    pub fn at(mut self, span: Span) -> Self {
        self.span = Some(span);
        self
    }

    /// The same finding, saying what was expected.
    #[must_use]
    pub fn expected(mut self, expected: impl Into<String>) -> Self {
        self.expected = Some(expected.into());
        self
    }

    /// The same finding, saying how to mend it.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// The same finding, naming the field. An empty path stands for the whole document and is left out.
    #[must_use]
    pub fn path(mut self, path: impl Into<String>) -> Self {
        self.path = Some(path.into()).filter(|p| !p.is_empty());
        self
    }

    /// Whether this is an error rather than a warning.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }

    /// Line and column where it begins, counted from 1, columns in characters; 1:1 without a span.
    pub fn line_col(&self) -> (usize, usize) {
        self.span.map_or((1, 1), |span| self.source.line_col(span.start))
    }

    fn write_snippet(&self, f: &mut fmt::Formatter<'_>, span: Span) -> fmt::Result {
        let (number, column) = self.source.line_col(span.start);
        let line: Vec<char> = self.source.line_at(span.start).chars().collect();
        if line.is_empty() {
            return Ok(());
        }
        let first_line = self.source.slice(span).lines().next().unwrap_or("");
        let at = (column - 1).min(line.len());
        let width = first_line.trim_end().chars().count().clamp(1, (line.len() - at).max(1));
        let from = if at + width <= SHOWN_COLUMNS { 0 } else { at.saturating_sub(SHOWN_COLUMNS / 2) };
        let to = line.len().min(from + SHOWN_COLUMNS);
        let shown: String = line[from..to].iter().map(|c| if c.is_control() { ' ' } else { *c }).collect();
        let (lead, tail) = (if from > 0 { "…" } else { "" }, if to < line.len() { "…" } else { "" });
        let number = number.to_string();
        let gutter = " ".repeat(number.len());
        let pad = " ".repeat(at - from + lead.chars().count());
        let carets = "^".repeat(width.min(SHOWN_COLUMNS - (at - from).min(SHOWN_COLUMNS - 1)));
        write!(f, "\n  {number} | {lead}{}{tail}", shown.trim_end())?;
        write!(f, "\n  {gutter} | {pad}{carets}")
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.span {
            Some(span) => {
                let (line, column) = self.line_col();
                write!(f, "{}:{line}:{column}: {}: {}", self.source.name, self.severity, self.message)?;
                self.write_snippet(f, span)?;
            }
            None => write!(f, "{}: {}: {}", self.source.name, self.severity, self.message)?,
        }
        if let Some(path) = &self.path {
            write!(f, "\n  in: {path}")?;
        }
        if let Some(expected) = &self.expected {
            write!(f, "\n  expected {expected}")?;
        }
        if let Some(help) = &self.help {
            write!(f, "\n  help: {help}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Diagnostic {}

/// The candidate that `word` was most likely meant to be, or `None` when nothing is close enough.
///
/// Close means: few letters inserted, left out, replaced or swapped with their neighbour, upper and lower case
/// being the same. A word of up to two letters must match but for case, one of up to five letters may have one
/// slip, longer ones one for every three letters (at most four). Of equally close candidates the first wins.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word: Vec<char> = word.chars().flat_map(char::to_lowercase).take(65).collect();
    if word.is_empty() || word.len() > 64 {
        return None;
    }
    let mut best: Option<(usize, &str)> = None;
    for candidate in candidates {
        let other: Vec<char> = candidate.chars().flat_map(char::to_lowercase).collect();
        let allowed = match word.len().max(other.len()) {
            0..=2 => 0,
            3..=5 => 1,
            longer => (longer / 3).min(4),
        };
        if word.len().abs_diff(other.len()) > allowed {
            continue;
        }
        let distance = osa(&word, &other);
        if distance <= allowed && best.is_none_or(|(least, _)| distance < least) {
            best = Some((distance, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

/// The optimal string alignment distance: insertions, deletions, replacements and swaps of neighbours.
fn osa(a: &[char], b: &[char]) -> usize {
    let mut before_last = vec![0; b.len() + 1];
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i; b.len() + 1];
        for j in 1..=b.len() {
            let replaced = last[j - 1] + usize::from(a[i - 1] != b[j - 1]);
            row[j] = replaced.min(last[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                row[j] = row[j].min(before_last[j - 2] + 1);
            }
        }
        before_last = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_characters_and_lines_count_from_one() {
        let source = SourceText::new("x", "a: é\r\n  bü: 1\n");
        assert_eq!(source.line_col(0), (1, 1));
        assert_eq!(source.line_col("a: é".len()), (1, 5));
        assert_eq!(source.line_col(source.text.find(": 1").unwrap()), (2, 5));
        assert_eq!(source.line_col(4), (1, 4), "inside a character");
        assert_eq!(source.line_col(9999), (3, 1));
        assert_eq!(source.line_at(0), "a: é");
        assert_eq!(
            SourceText::new("x", "\u{feff}a: 1").line_col(3),
            (1, 1),
            "a byte order mark has no column"
        );
    }

    #[test]
    fn prints_line_and_caret() {
        let source = SourceText::new("web.yaml", "spec:\n  replicas: \"3\"\n");
        let found = Diagnostic::error("type.mismatch", &source, "`replicas` must be an integer")
            .at(Span::new(18, 21))
            .path("spec.replicas")
            .expected("an integer")
            .help("write `3`");
        assert_eq!(
            found.to_string(),
            "web.yaml:2:13: error: `replicas` must be an integer\n  2 |   replicas: \"3\"\n    |             ^^^\n  \
             in: spec.replicas\n  expected an integer\n  help: write `3`"
        );
        let whole = Diagnostic::warning("x", &source, "nothing here");
        assert_eq!(whole.to_string(), "web.yaml: warning: nothing here");
    }

    #[test]
    fn long_lines_are_cut_around_the_caret() {
        let source = SourceText::new("x", format!("{}!{}", "a".repeat(500), "b".repeat(500)));
        let text = Diagnostic::error("x", &source, "m").at(Span::new(500, 501)).to_string();
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines[1].chars().count() < 130, "{text}");
        let caret = lines[2].chars().position(|c| c == '^');
        assert_eq!(caret, lines[1].chars().position(|c| c == '!'), "{text}");
    }

    #[test]
    fn nearest_finds_slips_and_refuses_strangers() {
        let known = ["containers", "initContainers", "volumes", "hostPID", "tty", "to"];
        assert_eq!(nearest("contaners", known), Some("containers"));
        assert_eq!(nearest("Containers", known), Some("containers"));
        assert_eq!(nearest("initcontainer", known), Some("initContainers"));
        assert_eq!(nearest("hostpdi", known), Some("hostPID"));
        assert_eq!(nearest("tyt", known), Some("tty"));
        assert_eq!(nearest("tx", known), None);
        assert_eq!(nearest("replicas", known), None);
        assert_eq!(nearest("", known), None);
        assert_eq!(nearest(&"x".repeat(100_000), known), None);
    }

    #[test]
    fn distance_counts_a_swap_once() {
        let distance = |a: &str, b: &str| osa(&a.chars().collect::<Vec<_>>(), &b.chars().collect::<Vec<_>>());
        assert_eq!(distance("ab", "ba"), 1);
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("", "abc"), 3);
    }
}
