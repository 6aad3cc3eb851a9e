//! Exit codes and the one error type of the command line.

use podium_sim::diagnostic::Diagnostic;
use std::fmt;

/// Why a command did not succeed. Each has its exit code.
#[derive(Debug)]
pub enum Failure {
    /// 1: an assertion failed; everything has been said already.
    Assertion,
    /// 2: the command was used wrongly.
    Usage(String),
    /// 3: this machine lacks something.
    Lacking(String),
    /// 5: a file is missing or invalid.
    Invalid(String),
    /// 5: files with mistakes at known places; none if all has been said already.
    Mistakes(Vec<Diagnostic>),
}

impl Failure {
    /// The exit code.
    pub fn code(&self) -> i32 {
        match self {
            Failure::Assertion => 1,
            Failure::Usage(_) => 2,
            Failure::Lacking(_) => 3,
            Failure::Invalid(_) | Failure::Mistakes(_) => 5,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Assertion => Ok(()),
            // Some messages are kubectl's own and begin as kubectl's do.
            Failure::Usage(m) | Failure::Lacking(m) | Failure::Invalid(m)
                if m.to_lowercase().starts_with("error") =>
            {
                f.write_str(m)
            }
            Failure::Usage(m) | Failure::Lacking(m) | Failure::Invalid(m) => write!(f, "error: {m}"),
            Failure::Mistakes(list) => {
                let shown: Vec<String> = list.iter().map(|d| d.to_string().trim_end().to_owned()).collect();
                f.write_str(&shown.join("\n\n"))
            }
        }
    }
}
