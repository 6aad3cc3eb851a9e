//! What the scheduler says when a pod fits nowhere. Source: `pkg/scheduler/framework/types.go` (FitError).

use super::framework::Rejection;
use crate::object::Str;
use std::collections::BTreeMap;

/// What a cycle says when there is not a single node (`ErrNoNodesAvailable`).
pub const NO_NODES: &str = "no nodes available to schedule pods";

/// The longest note of an event (`validation.NoteLengthLimit`); what is longer ends in `" ..."`.
const NOTE_LENGTH_LIMIT: usize = 1024;

/// How many nodes gave each reason.
pub type Reasons = BTreeMap<Str, u32>;

/// `0/3 nodes are available: 1 Insufficient cpu, 2 node(s) were unschedulable.` The counts are sorted as text,
/// number included, as upstream does. `all` is the message of a PreFilter that rejected the pod as a whole.
pub fn fit_error(
    nodes: usize,
    all: Option<&Rejection>,
    reasons: &Reasons,
    post_filter: Option<&str>,
) -> String {
    let mut out = format!("0/{nodes} nodes are available:");
    let detail = match all {
        Some(r) => r.reasons.join(", "),
        None => histogram(reasons),
    };
    if !detail.is_empty() {
        out += &format!(" {detail}.");
    }
    if let Some(p) = post_filter {
        out += &format!(" {p}");
    }
    out
}

fn histogram(reasons: &Reasons) -> String {
    let mut lines: Vec<String> = reasons.iter().map(|(r, n)| format!("{n} {r}")).collect();
    lines.sort();
    lines.join(", ")
}

/// A message cut to what an event holds (`truncateMessage`).
pub fn truncate(message: &str) -> String {
    if message.len() <= NOTE_LENGTH_LIMIT {
        return message.into();
    }
    let mut end = NOTE_LENGTH_LIMIT - " ...".len();
    while !message.is_char_boundary(end) {
        end -= 1;
    }
    format!("{} ...", &message[..end])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::lit;

    #[test]
    fn messages() {
        let counts = |c: &[(&str, u32)]| c.iter().map(|(r, n)| (Str::from(*r), *n)).collect::<Reasons>();
        let all = Rejection::unresolvable(lit!("pod affinity terms conflict"));
        let cases = [
            (
                "sorted as text",
                fit_error(14, None, &counts(&[("Insufficient memory", 4), ("Insufficient cpu", 10)]), None),
                "0/14 nodes are available: 10 Insufficient cpu, 4 Insufficient memory.",
            ),
            (
                "rejected as a whole",
                fit_error(3, Some(&all), &counts(&[("x", 3)]), Some("p.")),
                "0/3 nodes are available: pod affinity terms conflict. p.",
            ),
            ("cut", truncate(&"ä".repeat(600)), &format!("{} ...", "ä".repeat(510))),
        ];
        for (name, have, want) in cases {
            assert_eq!(have, want, "{name}");
        }
    }
}
