//! The few shell commands that a simulated container understands: a closed list, read from the
//! container's `command` and `args`. Anything else behaves as its image's model says.

use crate::api_util::time::parse_duration;
use crate::object::Str;
use crate::time::Span;

/// What a command comes down to: it runs for a while and ends with a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Script {
    /// How long it runs; `None` is for ever.
    pub runs: Option<Span>,
    /// What it exits with.
    pub code: i32,
    /// Whether it takes no notice of the polite signal. The first process of a container has no default
    /// handlers, so that a shell or a `sleep` there lives on until it is killed.
    pub deaf: bool,
}

/// Reads a command line; `None` if it is not on the list.
pub(super) fn understand(command: &[Str], args: &[Str]) -> Option<Script> {
    let words: Vec<&str> = command.iter().chain(args).map(|s| s.as_str()).collect();
    let mut total = Script { runs: Some(Span::ZERO), code: 0, deaf: true };
    match words.as_slice() {
        [] => None,
        [sh, "-c" | "-ec" | "-lc" | "-xc", text, ..] if matches!(base(sh), "sh" | "bash" | "ash") => {
            let text = text.replace("&&", ";").replace('\n', ";");
            // `while true; do …; done` never ends, whatever it does.
            let mut seen = false;
            for part in text.split(';').map(str::trim).filter(|p| !p.is_empty()) {
                let words: Vec<&str> = part.split_whitespace().collect();
                if matches!(words.as_slice(), ["while", "true" | ":"]) {
                    return Some(Script { runs: None, code: 0, deaf: true });
                }
                let (script, ends) = simple(&words)?;
                seen = true;
                total.code = script.code;
                total.runs = match (total.runs, script.runs) {
                    (Some(a), Some(b)) => Some(a + b),
                    _ => return Some(Script { runs: None, code: 0, deaf: true }),
                };
                if ends {
                    break;
                }
            }
            seen.then_some(total)
        }
        words => simple(words).map(|(script, _)| script),
    }
}

fn base(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// One command, and whether it ends the script that it stands in.
fn simple(words: &[&str]) -> Option<(Script, bool)> {
    let done = |code| Script { runs: Some(Span::ZERO), code, deaf: true };
    let (&name, rest) = words.split_first()?;
    match (base(name), rest) {
        ("true" | ":", []) => Some((done(0), false)),
        ("false", []) => Some((done(1), false)),
        ("echo", _) if !rest.iter().any(|w| w.contains(['|', '`'])) => Some((done(0), false)),
        ("exit", []) => Some((done(0), true)),
        ("exit", [code]) => Some((done(code.parse::<u8>().ok()?.into()), true)),
        ("exec", rest) if !rest.is_empty() => simple(rest).map(|(s, _)| (s, true)),
        ("sleep", ["infinity" | "inf"]) => Some((Script { runs: None, code: 0, deaf: true }, true)),
        ("sleep", [text]) => {
            let ns = parse_duration(text).or_else(|_| parse_duration(&format!("{text}s"))).ok()?;
            Some((Script { runs: Some(Span(ns)), code: 0, deaf: true }, false))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_closed_list() {
        let s = |runs: Option<u64>, code| Some(Script { runs: runs.map(Span::secs), code, deaf: true });
        for (line, want) in [
            (&["true"][..], s(Some(0), 0)),
            (&["/bin/false"], s(Some(0), 1)),
            (&["sleep", "20"], s(Some(20), 0)),
            (&["sleep", "1m"], s(Some(60), 0)),
            (&["sleep", "infinity"], s(None, 0)),
            (&["echo", "hello", "world"], s(Some(0), 0)),
            (&["sh", "-c", "sleep 2; exit 1"], s(Some(2), 1)),
            (&["/bin/sh", "-c", "echo hi && sleep 5 && exit 3"], s(Some(5), 3)),
            (&["sh", "-c", "exit 7; sleep 100"], s(Some(0), 7)),
            (&["sh", "-c", "while true; do echo x; sleep 1; done"], s(None, 0)),
            (&["sh", "-c", "sleep infinity; exit 1"], s(None, 0)),
            (&["sh", "-c", "exec sleep 9"], s(Some(9), 0)),
            (&["nginx", "-g", "daemon off;"], None),
            (&["sh", "-c", "my-server --port 80"], None),
            (&["sleep", "soon"], None),
            (&[], None),
        ] {
            let words: Vec<Str> = line.iter().map(|w| Str::from(*w)).collect();
            assert_eq!(understand(&words, &[]), want, "{line:?}");
            if let Some((head, tail)) = words.split_first() {
                assert_eq!(understand(std::slice::from_ref(head), tail), want, "{line:?} as arguments");
            }
        }
    }
}
