//! The YAML parser's complaints, put so that the author of a manifest can act on them.

use crate::diagnostic::SourceText;

/// Part of the parser's complaint, what to say instead, and what to do about it.
const WORDS: &[(&str, &str, &str)] = &[
    ("tabs disallowed", "a tab is used for indentation", "YAML allows only spaces there"),
    ("plain scalar, found a tab", "a tab is used for indentation", "YAML allows only spaces there"),
    (
        "mapping values are not allowed",
        "a `:` is not allowed here",
        "quote the value if the colon belongs to it; otherwise check the indentation of this line and the one before",
    ),
    (
        "did not find expected '-' indicator",
        "this line is neither an item of the list above nor outside it",
        "begin it with `- `, or indent it like the key that it belongs to",
    ),
    (
        "block mapping, did not find expected key",
        "this line is indented like none of the mappings above it",
        "give it the same indentation as the keys beside it",
    ),
    (
        "block sequence entries are not allowed",
        "a list cannot start here",
        "put the first `- ` on a line of its own, below the key",
    ),
    (
        "unknown anchor",
        "this alias refers to an anchor that is not defined above it",
        "define it with `&name`",
    ),
    ("unprintable", "there is a control character here", "a manifest is plain UTF-8 text"),
    (
        "found unexpected end of stream",
        "the quoted text that begins here never ends",
        "add the closing quote",
    ),
    (
        "found unexpected document indicator",
        "the quoted text that begins here is still open at the next `---`",
        "add the closing quote",
    ),
    (
        "invalid indentation in quoted",
        "the quoted text that begins here goes on in a line that is not indented",
        "add the closing quote, or indent the lines that belong to it",
    ),
    (
        "flow mapping, did not find",
        "expected `,` or `}` here",
        "the `{` that opens this mapping must be closed",
    ),
    ("flow sequence, expected", "expected `,` or `]` here", "the `[` that opens this list must be closed"),
    (
        "invalid indentation in flow",
        "a `{` or `[` above is still open",
        "close it, or indent the lines in it",
    ),
    (
        "unknown escape character",
        "there is an unknown `\\` escape in this quoted text",
        "write `\\\\` for a backslash, or use single quotes",
    ),
    (
        "invalid Unicode character escape",
        "there is a bad `\\u` escape in this quoted text",
        "write the character itself",
    ),
    (
        "expected hexadecimal number",
        "there is a bad `\\x` or `\\u` escape in this quoted text",
        "write `\\\\` for a backslash, or use single quotes",
    ),
    ("misplaced bracket", "this bracket closes nothing", "remove it, or quote the value"),
    ("recursion limit", "more than 100 levels of nesting", "flatten the document"),
    ("unexpected character", "a value cannot begin with this character", "put the value in quotes"),
    (
        "after double-quoted scalar",
        "there is text after the closing quote",
        "quote the whole value, or use single quotes around double ones",
    ),
    (
        "did not find expected <document start>",
        "this goes on after the document has ended",
        "separate documents with a line `---`; check the indentation of the lines above",
    ),
    ("simple key expect", "a `:` is missing after this key", "write `key: value`"),
    (
        "did not find expected node content",
        "a value is missing here",
        "write a value, or quote the one that is there",
    ),
    (
        "block scalar",
        "a `|` or `>` must be the last thing on its line",
        "put the text on the lines below it, indented by spaces",
    ),
    ("scanning a directive", "a line that begins with `%` is a YAML directive", "put the value in quotes"),
    (
        "anchor or alias",
        "a name must follow `&` or `*`",
        "put the value in quotes if it begins with that character",
    ),
    ("a tag", "this is not a valid YAML tag", "put the value in quotes if it begins with `!`"),
    ("handle wasn't declared", "this YAML tag is not known", "put the value in quotes if it begins with `!`"),
];

/// A message for a syntax error at a byte offset, and advice.
pub fn explain(info: &str, source: &SourceText, at: usize) -> (String, Option<String>) {
    let known = WORDS.iter().find(|(part, _, _)| info.contains(part));
    let message =
        known.map_or_else(|| format!("not valid YAML: {info}"), |(_, message, _)| (*message).to_owned());
    if source.line_at(at).contains("{{") {
        let help = "this looks like a Helm template: render it first (`helm template`)";
        return (message, Some(help.to_owned()));
    }
    (message, known.map(|(_, _, help)| (*help).to_owned()))
}
