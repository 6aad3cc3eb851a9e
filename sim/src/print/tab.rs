//! Columns of text, as Go's `text/tabwriter` aligns them.
//!
//! A cell ends with a tab; a column is a run of consecutive lines that all have a cell there. What
//! follows a line's last tab belongs to no column and is not padded. Widths are those on a terminal
//! (wide characters count two), where Go counts characters; the two agree on what Kubernetes prints.

use std::fmt;

/// Columns of `text`: at least `min` wide, `padding` spaces between (`tabwriter.Writer.Init`).
pub(crate) fn align(text: &str, min: usize, padding: usize) -> String {
    let lines: Vec<Vec<&str>> = text.split('\n').map(|l| l.split('\t').collect()).collect();
    let mut out = String::with_capacity(text.len() * 2);
    let mut widths = Vec::new();
    format(&lines, min, padding, &mut widths, &mut out);
    // The last piece after the final newline is an empty line of its own.
    if text.ends_with('\n') {
        out.pop();
    }
    if out.is_empty() || text.ends_with('\n') { out } else { out[..out.len() - 1].to_owned() }
}

/// `tabwriter.Writer.format`: fixes the width of one column for each of its blocks, then goes on
/// to the next column within that block.
fn format(lines: &[Vec<&str>], min: usize, padding: usize, widths: &mut Vec<usize>, out: &mut String) {
    let column = widths.len();
    let has_cell = |line: &Vec<&str>| column + 1 < line.len();
    let mut at = 0;
    while at < lines.len() {
        let run = |yes: bool| lines[at..].iter().take_while(|l| has_cell(l) == yes).count();
        let plain = run(false);
        for line in &lines[at..at + plain] {
            write_line(line, widths, out);
        }
        at += plain;
        let block = lines[at..].iter().take_while(|l| has_cell(l)).count();
        if block > 0 {
            let cells = lines[at..at + block].iter().map(|l| display_width(l[column]) + padding);
            let width = cells.max().unwrap_or(0).max(min);
            widths.push(width);
            format(&lines[at..at + block], min, padding, widths, out);
            widths.pop();
            at += block;
        }
    }
}

fn write_line(line: &[&str], widths: &[usize], out: &mut String) {
    for (i, cell) in line.iter().enumerate() {
        out.push_str(cell);
        if let (Some(width), true) = (widths.get(i), i + 1 < line.len()) {
            out.extend(std::iter::repeat_n(' ', width.saturating_sub(display_width(cell))));
        }
    }
    out.push('\n');
}

/// How many terminal columns a text takes.
pub(crate) fn display_width(text: &str) -> usize {
    text.chars().map(char_width).sum()
}

/// 0 for marks that combine, 2 for East Asian wide characters and emoji, else 1.
fn char_width(c: char) -> usize {
    match u32::from(c) {
        0x300..=0x36f | 0x200b..=0x200f | 0x20d0..=0x20ff | 0xfe00..=0xfe0f | 0xfe20..=0xfe2f => 0,
        0x1100..=0x115f
        | 0x2e80..=0x303e
        | 0x3041..=0xa4cf
        | 0xac00..=0xd7a3
        | 0xf900..=0xfaff
        | 0xfe30..=0xfe6f
        | 0xff00..=0xff60
        | 0xffe0..=0xffe6
        | 0x1f300..=0x1f64f
        | 0x1f680..=0x1f6ff
        | 0x1f900..=0x1f9ff
        | 0x20000..=0x3fffd => 2,
        _ => 1,
    }
}

/// What kubectl's describers write to: indented lines with tabs, aligned when flushed
/// (`describe.NewPrefixWriter` over `tabbedString`).
#[derive(Default)]
pub(crate) struct Out {
    done: String,
    pending: String,
}

impl Out {
    /// Writes text as it is, tabs and newlines included.
    pub(crate) fn raw(&mut self, text: &str) {
        self.pending.push_str(text);
    }
    /// Writes a line, indented by two spaces a level.
    pub(crate) fn line(&mut self, level: usize, text: fmt::Arguments<'_>) {
        self.pending.extend(std::iter::repeat_n("  ", level));
        // Writing to a string does not fail.
        let _ = fmt::Write::write_fmt(&mut self.pending, text);
        self.pending.push('\n');
    }
    /// Aligns what was written; columns do not continue below.
    pub(crate) fn flush(&mut self) {
        self.done.push_str(&align(&self.pending, 0, 2));
        self.pending.clear();
    }
    /// The whole text.
    pub(crate) fn finish(mut self) -> String {
        self.flush();
        self.done
    }
}

/// `w!(out, level, "format", …)`: one line to an [`Out`].
macro_rules! w {
    ($out:expr, $level:expr, $($arg:tt)+) => {
        $out.line($level, format_args!($($arg)+))
    };
}
pub(crate) use w;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn aligns_as_text_tabwriter_does() {
        // Expected texts by Go's rules: a column ends at the first line without a cell there.
        for (name, min, padding, text, want) in [
            ("two columns", 0, 2, "a\tb\nccc\td\n", "a    b\nccc  d\n"),
            (
                "a line without cells ends the column",
                0,
                2,
                "a\tb\nlong line\nccc\td\n",
                "a  b\nlong line\nccc  d\n",
            ),
            ("the last cell is not padded", 0, 2, "a\tb\tc\nx\ty\n", "a  b  c\nx  y\n"),
            ("an empty cell still pads", 0, 2, "ab\t\tc\n", "ab    c\n"),
            (
                "a short line ends only later columns",
                0,
                2,
                "a\tbbbb\tc\nd\te\nf\tg\th\n",
                "a  bbbb  c\nd  e\nf  g  h\n",
            ),
            ("least width", 6, 3, "0\tx\n", "0     x\n"),
            ("wide characters", 0, 2, "世界\tx\nabcd\ty\n", "世界  x\nabcd  y\n"),
            ("combining marks", 0, 2, "e\u{301}\tx\na\ty\n", "e\u{301}  x\na  y\n"),
            ("no newline at the end", 0, 2, "a\tb", "a  b"),
            ("empty lines", 0, 2, "\na\tb\n\n", "\na  b\n\n"),
            ("nothing", 0, 2, "", ""),
        ] {
            assert_eq!(align(text, min, padding), want, "{name}");
        }
    }
}
