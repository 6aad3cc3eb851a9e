//! Templates of objects: the part of Go's `text/template` that scheduler_perf's files use.
//!
//! `{{.Index}}`, `{{ .Count }}` and other values; `{{if …}} … {{else if …}} … {{else}} … {{end}}`; comments; the
//! trim marks `{{-` and `-}}`; scheduler_perf's functions (`AddInt`, `Mod`, `DivideFloat` …) and Go's `eq`, `ne`,
//! `lt`, `le`, `gt`, `ge`, `and`, `or`, `not`; brackets. Anything else is an error at its line and column.

use super::functions::{FUNCTIONS, call};
use crate::diagnostic::{Diagnostic, SourceText, Span, nearest};
use std::collections::BTreeMap;
use std::sync::Arc;

/// How deep actions may lie in each other.
const MAX_DEPTH: usize = 50;

/// A value in a template.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A whole number.
    Int(i64),
    /// A number with a fraction.
    Float(f64),
    /// A text.
    Text(String),
    /// `true` or `false`.
    Bool(bool),
}

impl Value {
    pub(super) fn truth(&self) -> bool {
        match self {
            Value::Int(n) => *n != 0,
            Value::Float(f) => *f != 0.0,
            Value::Text(t) => !t.is_empty(),
            Value::Bool(b) => *b,
        }
    }

    pub(super) fn number(&self) -> Option<f64> {
        match self {
            Value::Int(n) => Some(*n as f64),
            Value::Float(f) => Some(*f),
            Value::Text(t) => t.parse().ok(),
            Value::Bool(_) => None,
        }
    }

    pub(super) fn show(&self) -> String {
        match self {
            Value::Int(n) => n.to_string(),
            Value::Float(f) => f.to_string(),
            Value::Text(t) => t.clone(),
            Value::Bool(b) => b.to_string(),
        }
    }
}

/// The values that a template may use, by name.
pub type Env = BTreeMap<String, Value>;

#[derive(Clone, Debug)]
enum Expr {
    Literal(Value),
    Field(String, Span),
    Call(&'static str, Vec<Expr>, Span),
}

#[derive(Clone, Debug)]
enum Part {
    Text(String),
    Print(Expr, Span),
    If(Vec<(Expr, Vec<Part>)>, Vec<Part>),
}

/// A template, read once and filled in often.
#[derive(Clone, Debug)]
pub struct Template {
    source: Arc<SourceText>,
    parts: Vec<Part>,
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Word(String),
    Field(String),
    Literal(Value),
    Open,
    Close,
}

type Found<T> = Result<T, Box<Diagnostic>>;

impl Template {
    /// Reads a template.
    ///
    /// # Errors
    /// When it uses something that is not known, at its place.
    pub fn parse(source: &Arc<SourceText>) -> Found<Template> {
        let mut reader = Reader { source, at: 0, trim: false };
        let (parts, end) = reader.parts(0)?;
        match end {
            End::File => Ok(Template { source: source.clone(), parts }),
            End::Else(span, _) | End::Close(span) => {
                let found = reader.error(span, "this ends nothing");
                Err(Box::new(found.help("there is no `{{if}}` before it")))
            }
        }
    }

    /// The text that it was read from.
    pub fn source(&self) -> &Arc<SourceText> {
        &self.source
    }

    /// Whether it is the same for all values.
    pub fn is_plain(&self) -> bool {
        self.parts.iter().all(|p| matches!(p, Part::Text(_)))
    }

    /// Fills it in.
    ///
    /// # Errors
    /// When a value is missing or has the wrong type, at the place that needs it.
    pub fn render(&self, env: &Env) -> Found<String> {
        let mut out = String::with_capacity(self.source.text.len());
        self.write(&self.parts, env, &mut out)?;
        Ok(out)
    }

    fn write(&self, parts: &[Part], env: &Env, out: &mut String) -> Found<()> {
        for part in parts {
            match part {
                Part::Text(t) => out.push_str(t),
                Part::Print(e, span) => match self.eval(e, env)? {
                    Some(v) => out.push_str(&v.show()),
                    None => return Err(self.missing(e, *span, env)),
                },
                Part::If(branches, other) => {
                    let mut chosen = other;
                    for (condition, parts) in branches {
                        if self.eval(condition, env)?.is_some_and(|v| v.truth()) {
                            chosen = parts;
                            break;
                        }
                    }
                    self.write(chosen, env, out)?;
                }
            }
        }
        Ok(())
    }

    /// `None` is a value that was not given.
    fn eval(&self, e: &Expr, env: &Env) -> Found<Option<Value>> {
        match e {
            Expr::Literal(v) => Ok(Some(v.clone())),
            Expr::Field(name, _) => Ok(env.get(name).cloned()),
            Expr::Call(name, args, span) => {
                let mut values = Vec::new();
                for a in args {
                    match self.eval(a, env)? {
                        Some(v) => values.push(v),
                        None if matches!(*name, "and" | "or" | "not") => values.push(Value::Bool(false)),
                        None => return Err(self.missing(a, *span, env)),
                    }
                }
                call(name, &values).map(Some).map_err(|m| Box::new(self.error(*span, m)))
            }
        }
    }

    fn error(&self, span: Span, message: impl Into<String>) -> Diagnostic {
        Diagnostic::error("template.value", &self.source, message).at(span)
    }

    fn missing(&self, e: &Expr, span: Span, env: &Env) -> Box<Diagnostic> {
        let (name, span) = match e {
            Expr::Field(name, span) => (name.as_str(), *span),
            _ => ("value", span),
        };
        let known: Vec<&str> = env.keys().map(String::as_str).collect();
        let found = self.error(span, format!("this template is given no `.{name}`"));
        let found = found.expected(format!("one of .{}", known.join(", .")));
        Box::new(match nearest(name, known) {
            Some(near) => found.help(format!("did you mean `.{near}`?")),
            None => found.help(format!(
                "give it under `templateParams` of the operation: `templateParams: {{{name}: …}}`"
            )),
        })
    }
}

/// What a list of parts ended with.
enum End {
    File,
    /// With the condition of an `else if`.
    Else(Span, Option<Expr>),
    Close(Span),
}

struct Reader<'a> {
    source: &'a Arc<SourceText>,
    at: usize,
    /// Whether blanks that follow belong to the action before.
    trim: bool,
}

impl Reader<'_> {
    fn error(&self, span: Span, message: impl Into<String>) -> Diagnostic {
        Diagnostic::error("template.syntax", self.source, message).at(span)
    }

    fn parts(&mut self, depth: usize) -> Found<(Vec<Part>, End)> {
        let source = self.source.clone();
        let text = source.text.as_str();
        let mut out = Vec::new();
        loop {
            let rest = &text[self.at..];
            let open = rest.find("{{");
            let mut plain = &rest[..open.unwrap_or(rest.len())];
            if self.trim {
                plain = plain.trim_start();
                self.trim = false;
            }
            let Some(open) = open else {
                self.at = text.len();
                out.push(Part::Text(plain.to_owned()));
                return Ok((out, End::File));
            };
            let start = self.at + open;
            let Some(close) = text[start..].find("}}") else {
                let found = self.error(Span::new(start, start + 2), "this `{{` is never closed");
                return Err(Box::new(found.help("write `}}` after the action")));
            };
            let span = Span::new(start, start + close + 2);
            let mut inner = Span::new(start + 2, start + close);
            let body = source.slice(inner);
            if body.starts_with('-') && body[1..].starts_with(char::is_whitespace) {
                plain = plain.trim_end();
                inner.start += 1;
            }
            if body.ends_with('-') && body[..body.len() - 1].ends_with(char::is_whitespace) {
                inner.end -= 1;
                self.trim = true;
            }
            inner = Span::new(inner.start.min(inner.end), inner.end);
            if !plain.is_empty() {
                out.push(Part::Text(plain.to_owned()));
            }
            self.at = span.end;
            let body = source.slice(inner).trim();
            if body.starts_with("/*") && body.ends_with("*/") {
                continue;
            }
            let word = body.split_whitespace().next().unwrap_or("");
            let after = |n: usize| {
                let from = source.slice(inner).find(word).unwrap_or(0) + n;
                Span::new(inner.start + from, inner.end)
            };
            match word {
                "if" => {
                    let first = self.expression(after(2))?;
                    out.push(self.branches(first, span, depth)?);
                }
                "else" => {
                    let rest = after(4);
                    let more = source.slice(rest).trim();
                    if more.is_empty() {
                        return Ok((out, End::Else(span, None)));
                    }
                    if more.split_whitespace().next() != Some("if") {
                        let found = self.error(rest, format!("`{more}` cannot follow `else`"));
                        return Err(Box::new(found.expected("`{{else}}` or `{{else if …}}`")));
                    }
                    let from = source.slice(rest).find("if").map_or(0, |n| n + 2);
                    let condition = self.expression(Span::new(rest.start + from, rest.end))?;
                    return Ok((out, End::Else(span, Some(condition))));
                }
                "end" => return Ok((out, End::Close(span))),
                _ => out.push(Part::Print(self.expression(inner)?, span)),
            }
        }
    }

    fn branches(&mut self, first: Expr, span: Span, depth: usize) -> Found<Part> {
        if depth >= MAX_DEPTH {
            return Err(Box::new(
                self.error(span, format!("conditions lie more than {MAX_DEPTH} deep in each other")),
            ));
        }
        let mut branches = Vec::new();
        let mut condition = Some(first);
        let mut other = Vec::new();
        loop {
            let (parts, end) = self.parts(depth + 1)?;
            let done = condition.is_none();
            match condition.take() {
                Some(c) => branches.push((c, parts)),
                None => other = parts,
            }
            match end {
                End::Close(_) => return Ok(Part::If(branches, other)),
                End::Else(at, _) if done => {
                    return Err(Box::new(self.error(at, "a second `{{else}}` of one `{{if}}`")));
                }
                End::Else(_, next) => condition = next,
                End::File => {
                    let found = self.error(span, "this `{{if}}` never ends");
                    return Err(Box::new(found.help("write `{{end}}` after it")));
                }
            }
        }
    }

    fn expression(&self, span: Span) -> Found<Expr> {
        let tokens = self.tokens(span)?;
        let mut at = 0;
        let e = self.pipeline(&tokens, &mut at, span, 0)?;
        match tokens.get(at) {
            None => Ok(e),
            Some((_, s)) => Err(Box::new(
                self.error(*s, "nothing may follow here")
                    .help("pass values to a function: `AddInt 1 .Index`"),
            )),
        }
    }

    /// A function with its arguments, or one value.
    fn pipeline(&self, tokens: &[(Token, Span)], at: &mut usize, all: Span, depth: usize) -> Found<Expr> {
        let Some((token, span)) = tokens.get(*at) else {
            return Err(Box::new(
                self.error(all, "this action is empty").expected("`{{.Index}}`, for example"),
            ));
        };
        let Token::Word(name) = token else { return self.value(tokens, at, all, depth) };
        let Some((name, least, most)) = FUNCTIONS.iter().find(|f| f.0 == name).copied() else {
            return Err(self.unknown(name, *span));
        };
        *at += 1;
        let mut args = Vec::new();
        while tokens.get(*at).is_some_and(|(t, _)| *t != Token::Close) {
            args.push(self.value(tokens, at, all, depth)?);
        }
        if args.len() < least || args.len() > most {
            let wants = if least == most { least.to_string() } else { format!("{least} to {most}") };
            let message = format!("`{name}` takes {wants} arguments, and here are {}", args.len());
            return Err(Box::new(self.error(*span, message)));
        }
        Ok(Expr::Call(name, args, *span))
    }

    fn value(&self, tokens: &[(Token, Span)], at: &mut usize, all: Span, depth: usize) -> Found<Expr> {
        let Some((token, span)) = tokens.get(*at) else {
            return Err(Box::new(self.error(all, "a value is missing here")));
        };
        *at += 1;
        match token {
            Token::Literal(v) => Ok(Expr::Literal(v.clone())),
            Token::Field(f) => Ok(Expr::Field(f.clone(), *span)),
            Token::Open if depth < MAX_DEPTH => {
                let e = self.pipeline(tokens, at, all, depth + 1)?;
                if tokens.get(*at).is_some_and(|(t, _)| *t == Token::Close) {
                    *at += 1;
                    return Ok(e);
                }
                Err(Box::new(self.error(*span, "this bracket is never closed")))
            }
            Token::Open => Err(Box::new(self.error(*span, "brackets lie too deep in each other"))),
            Token::Close => Err(Box::new(self.error(*span, "this bracket closes nothing"))),
            Token::Word(w) => Err(self.unknown(w, *span)),
        }
    }

    fn unknown(&self, word: &str, span: Span) -> Box<Diagnostic> {
        let names = FUNCTIONS.iter().map(|f| f.0).chain(["if", "else", "end"]);
        let found = self.error(span, format!("`{word}` is not known here"));
        let found =
            found.expected("a value such as `.Index`, a number, a text in quotes, or a known function");
        Box::new(match nearest(word, names.clone()) {
            Some(near) => found.help(format!("did you mean `{near}`?")),
            None => found.help(format!("known are {}", names.collect::<Vec<_>>().join(", "))),
        })
    }

    fn tokens(&self, span: Span) -> Found<Vec<(Token, Span)>> {
        let text = self.source.slice(span);
        let mut out = Vec::new();
        let mut chars = text.char_indices().peekable();
        while let Some((i, c)) = chars.next() {
            let place = |len: usize| Span::new(span.start + i, span.start + i + len);
            let word = |ok: fn(char) -> bool| {
                let len: usize =
                    text[i + c.len_utf8()..].chars().take_while(|c| ok(*c)).map(char::len_utf8).sum();
                &text[i..i + c.len_utf8() + len]
            };
            let name = |c: char| c.is_alphanumeric() || c == '_';
            let (token, len) = match c {
                c if c.is_whitespace() => continue,
                '(' => (Token::Open, 1),
                ')' => (Token::Close, 1),
                '.' => {
                    let w = word(name);
                    if w.len() < 2 {
                        let found = self.error(place(1), "a dot needs a name after it");
                        return Err(Box::new(found.expected("`.Index`, for example")));
                    }
                    (Token::Field(w[1..].to_owned()), w.len())
                }
                '"' | '`' => {
                    let Some(end) = text[i + 1..].find(c) else {
                        return Err(Box::new(self.error(place(1), "this text is never closed")));
                    };
                    let t = &text[i + 1..i + 1 + end];
                    if c == '"' && t.contains('\\') {
                        let found =
                            self.error(place(end + 2), "a backslash in a text is not understood here");
                        return Err(Box::new(found.help("write the text between backticks")));
                    }
                    (Token::Literal(Value::Text(t.to_owned())), end + 2)
                }
                c if c.is_ascii_digit() || c == '-' => {
                    let w = word(|c| c.is_alphanumeric() || c == '.');
                    let v = w
                        .parse()
                        .map(Value::Int)
                        .ok()
                        .or_else(|| w.parse().ok().filter(|f: &f64| f.is_finite()).map(Value::Float));
                    let Some(v) = v else {
                        return Err(Box::new(self.error(place(w.len()), format!("`{w}` is not a number"))));
                    };
                    (Token::Literal(v), w.len())
                }
                c if name(c) => {
                    let w = word(name);
                    let token = match w {
                        "true" => Token::Literal(Value::Bool(true)),
                        "false" => Token::Literal(Value::Bool(false)),
                        _ => Token::Word(w.to_owned()),
                    };
                    (token, w.len())
                }
                _ => {
                    let found =
                        self.error(place(c.len_utf8()), format!("`{c}` is not understood in a template"));
                    let help = "podium knows values, functions, brackets, and if, else, end";
                    return Err(Box::new(found.help(help)));
                }
            };
            out.push((token, place(len)));
            while chars.peek().is_some_and(|(j, _)| *j < i + len) {
                chars.next();
            }
        }
        Ok(out)
    }
}
