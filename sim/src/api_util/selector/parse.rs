//! The string form of label selectors (`labels.Parser`).

use super::{Operator, Requirement, SelectorError, invalid};
use crate::api_util::hash::label_key;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token<'t> {
    End,
    /// A name, or `in` or `notin`.
    Word(&'t str),
    /// One of `= == != > < ( ) , !`.
    Symbol(&'t str),
}

fn special(c: char) -> bool {
    "=!(),<>".contains(c)
}

fn space(c: char) -> bool {
    " \t\r\n".contains(c)
}

fn scan(text: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start_matches(space);
    while let Some(first) = rest.chars().next() {
        let (token, after) = if special(first) {
            let length = match rest.as_bytes() {
                [b'=' | b'!', b'=', ..] => 2,
                _ => 1,
            };
            let (symbol, after) = rest.split_at(length);
            (Token::Symbol(symbol), after)
        } else {
            let end = rest.find(|c| special(c) || space(c)).unwrap_or(rest.len());
            let (word, after) = rest.split_at(end);
            (Token::Word(word), after)
        };
        tokens.push(token);
        rest = after.trim_start_matches(space);
    }
    tokens
}

struct Parser<'t> {
    tokens: Vec<Token<'t>>,
    at: usize,
}

impl<'t> Parser<'t> {
    fn peek(&self) -> Token<'t> {
        self.tokens.get(self.at).copied().unwrap_or(Token::End)
    }

    fn next(&mut self) -> Token<'t> {
        let token = self.peek();
        self.at += 1;
        token
    }

    fn requirement(&mut self) -> Result<Requirement, String> {
        let mut token = self.next();
        let absent = token == Token::Symbol("!");
        if absent {
            token = self.next();
        }
        let Token::Word(key) = token else {
            return Err(format!("found '{}', expected: identifier", literal(token)));
        };
        let wrong = label_key(key);
        if !wrong.is_empty() {
            return Err(invalid("<nil>", &format!("{key:?}"), &wrong.join("; ")));
        }
        if absent {
            return Requirement::new(key, Operator::DoesNotExist, Vec::new());
        }
        if matches!(self.peek(), Token::End | Token::Symbol(",")) {
            return Requirement::new(key, Operator::Exists, Vec::new());
        }
        let token = self.next();
        let operator = match token {
            Token::Word("in") => Operator::In,
            Token::Word("notin") => Operator::NotIn,
            Token::Symbol("=") => Operator::Equals,
            Token::Symbol("==") => Operator::DoubleEquals,
            Token::Symbol("!=") => Operator::NotEquals,
            Token::Symbol(">") => Operator::GreaterThan,
            Token::Symbol("<") => Operator::LessThan,
            _ => {
                let all = "in, notin, =, ==, !=, gt, lt";
                return Err(format!("found '{}', expected: {all}", literal(token)));
            }
        };
        let values = match operator {
            Operator::In | Operator::NotIn => self.values()?,
            _ => vec![self.exact()?],
        };
        Requirement::new(key, operator, values)
    }

    /// `(x,y)`; an empty place between commas is the empty value.
    fn values(&mut self) -> Result<Vec<String>, String> {
        let open = self.next();
        if open != Token::Symbol("(") {
            return Err(format!("found '{}' expected: '('", literal(open)));
        }
        let mut values = Vec::new();
        let mut current = None;
        loop {
            let token = self.next();
            match token {
                Token::Word(word) if current.is_none() => current = Some(word),
                Token::Symbol(mark @ ("," | ")")) => {
                    values.push(current.take().unwrap_or_default().to_owned());
                    if mark == ")" {
                        // In a set a value counts once.
                        values.sort_unstable();
                        values.dedup();
                        return Ok(values);
                    }
                }
                _ if current.is_some() => {
                    return Err(format!("found '{}', expected: ',' or ')'", literal(token)));
                }
                _ if values.is_empty() => {
                    return Err(format!("found '{}', expected: ',', ')' or identifier", literal(token)));
                }
                _ => return Err(format!("found '{}', expected: ',', or identifier", literal(token))),
            }
        }
    }

    fn exact(&mut self) -> Result<String, String> {
        match self.peek() {
            Token::End | Token::Symbol(",") => Ok(String::new()),
            Token::Word(word) => {
                self.at += 1;
                Ok(word.to_owned())
            }
            token => Err(format!("found '{}', expected: identifier", literal(token))),
        }
    }
}

fn literal(token: Token<'_>) -> &str {
    match token {
        Token::End => "",
        Token::Word(text) | Token::Symbol(text) => text,
    }
}

pub(super) fn parse(text: &str) -> Result<Vec<Requirement>, SelectorError> {
    let mut parser = Parser { tokens: scan(text), at: 0 };
    let mut requirements = Vec::new();
    if parser.peek() == Token::End {
        return Ok(requirements);
    }
    if !matches!(parser.peek(), Token::Word(_) | Token::Symbol("!")) {
        let found = literal(parser.peek());
        return Err(SelectorError::Syntax(format!(
            "found '{found}', expected: !, identifier, or 'end of string'"
        )));
    }
    loop {
        requirements.push(parser.requirement().map_err(SelectorError::Requirement)?);
        match parser.next() {
            Token::End => return Ok(requirements),
            Token::Symbol(",") => {
                let after = parser.peek();
                if !matches!(after, Token::Word(_) | Token::Symbol("!")) {
                    let found = literal(after);
                    return Err(SelectorError::Syntax(format!(
                        "found '{found}', expected: identifier after ','"
                    )));
                }
            }
            token => {
                let found = literal(token);
                return Err(SelectorError::Syntax(format!(
                    "found '{found}', expected: ',' or 'end of string'"
                )));
            }
        }
    }
}
