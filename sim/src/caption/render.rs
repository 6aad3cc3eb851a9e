//! Values as words: lengths of time, amounts, kinds, actors, reasons of the scheduler.

use super::{Arg, Catalogue};
use crate::msg::Comp;
use crate::object::Kind;
use crate::trace::Actor;

impl Catalogue {
    /// A value in words.
    pub(super) fn word(&self, arg: &Arg) -> String {
        match arg {
            Arg::Text(s) => s.to_string(),
            Arg::Phrase(id) => self.text(id, &[]),
            Arg::Number(n) => n.to_string(),
            Arg::Millis(ms) => self.span(*ms),
            Arg::Bytes(n) => bytes(*n),
            Arg::Kind(kind) => self.kind(kind),
            Arg::Thing { kind, name } if name.is_empty() => self.kind(kind),
            Arg::Thing { kind, name } => self.text("thing", &[("kind", &self.kind(kind)), ("name", name)]),
            Arg::Actor { actor, node } => self.actor_as(actor, node, ".the"),
            Arg::Reasons(reasons) => {
                let said: Vec<String> = reasons.iter().map(|(why, count)| self.reason(why, *count)).collect();
                said.join(&self.text("reason-and", &[]))
            }
        }
    }

    /// A kind of object, such as `replica set`; kinds that nothing acts on keep their own name.
    pub fn kind(&self, kind: &Kind) -> String {
        let id = format!("kind-{}", kind.name());
        if self.has(&id) { self.text(&id, &[]) } else { kind.name().to_owned() }
    }

    /// Who acts, as a label: `kubelet on node-1`. `node` is the name of the actor's node, if it has one.
    pub fn actor(&self, actor: &Actor, node: &str) -> String {
        self.actor_as(actor, node, "")
    }

    /// Who asked for a write, as a label: a controller's name, or the field manager of a client.
    pub fn writer(&self, by: &str) -> String {
        match part(by) {
            "kubectl" => self.text("actor-user", &[]),
            "kube-apiserver" => self.text("actor-api", &[]),
            "kube-scheduler" => self.text("actor-scheduler", &[]),
            "kube-controller-manager" => self.text("actor-kcm", &[]),
            name => {
                let id = format!("part-{name}");
                if self.has(&id) { self.text(&id, &[]) } else { name.to_owned() }
            }
        }
    }

    fn actor_as(&self, actor: &Actor, node: &str, attribute: &str) -> String {
        if !actor.part.is_empty() {
            let name = part(&actor.part);
            let id = format!("part-{name}{attribute}");
            return if self.has(&id) { self.text(&id, &[]) } else { name.to_owned() };
        }
        let id = match actor.comp {
            Comp::World => "actor-world",
            Comp::User => "actor-user",
            Comp::Api => "actor-api",
            Comp::Etcd => "actor-etcd",
            Comp::Scheduler => "actor-scheduler",
            Comp::Kcm => "actor-kcm",
            Comp::Kubelet(_) => "actor-kubelet",
            Comp::Runtime(_) => "actor-runtime",
        };
        self.text(&format!("{id}{attribute}"), &[("node", &node)])
    }

    /// A length of time: `800 ms`, `83.4 s`, `5 min 30 s`, `2 h 5 min`.
    pub fn span(&self, ms: u64) -> String {
        let s = ms / 1000;
        match s {
            0 if ms > 0 => self.text("span-ms", &[("ms", &ms)]),
            0..120 => match (ms % 1000) / 100 {
                0 => self.text("span-s", &[("s", &s)]),
                tenth => self.text("span-s", &[("s", &format!("{s}.{tenth}"))]),
            },
            120..3600 if s.is_multiple_of(60) => self.text("span-min", &[("min", &(s / 60))]),
            120..3600 => self.text("span-min-s", &[("min", &(s / 60)), ("s", &(s % 60))]),
            _ if (s / 60).is_multiple_of(60) => self.text("span-h", &[("h", &(s / 3600))]),
            _ => self.text("span-h-min", &[("h", &(s / 3600)), ("min", &(s / 60 % 60))]),
        }
    }

    /// Why so many nodes did not fit: kube-scheduler's reasons in plain words.
    fn reason(&self, why: &str, count: u32) -> String {
        let (id, what) = if let Some(resource) = why.strip_prefix("Insufficient ") {
            ("reason-insufficient", resource.to_owned())
        } else if why == "Too many pods" {
            ("reason-too-many-pods", String::new())
        } else if let Some(rest) = why.strip_prefix("node(s) had untolerated taint") {
            // `{node.kubernetes.io/unreachable: }`, or nothing of the kind in newer versions.
            let taint =
                rest.split_once('{').map(|(_, t)| t.trim_end_matches('}').trim_end_matches([':', ' ']));
            ("reason-taint", taint.map(|t| format!(" ({t})")).unwrap_or_default())
        } else if why.starts_with("node(s) were unschedulable") {
            ("reason-unschedulable", String::new())
        } else if why.starts_with("node(s) didn't match Pod's node affinity") {
            ("reason-affinity", String::new())
        } else if why.starts_with("node(s) didn't have free ports") {
            ("reason-ports", String::new())
        } else if why.starts_with("node(s) didn't match pod topology spread") {
            ("reason-spread", String::new())
        } else if why.contains("affinity rules") {
            ("reason-pod-affinity", String::new())
        } else {
            ("reason-other", why.to_owned())
        };
        self.text(id, &[("count", &count), ("what", &what)])
    }
}

/// The plain name of a part, which may be written as the service account that it acts as.
fn part(name: &str) -> &str {
    match name.rsplit(':').next().unwrap_or(name) {
        "node-controller" => "node-lifecycle-controller",
        "generic-garbage-collector" | "garbage-collector" => "garbage-collector-controller",
        other => other,
    }
}

/// An amount of data: `12 MB`.
fn bytes(n: u64) -> String {
    match n {
        0..1_000 => format!("{n} B"),
        1_000..1_000_000 => format!("{} kB", n / 1_000),
        1_000_000..1_000_000_000 => format!("{} MB", n / 1_000_000),
        _ => format!("{}.{} GB", n / 1_000_000_000, n / 100_000_000 % 10),
    }
}

/// Milliseconds of a length of time as records write it: `50.0s`, `5m30s`, `2h05m`, `800ms`; a bare
/// number is seconds.
pub(super) fn millis(text: &str) -> Option<u64> {
    let mut rest = text;
    let mut total = 0u64;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| c != '.' && !c.is_ascii_digit()).unwrap_or(rest.len());
        let (number, tail) = rest.split_at(digits);
        let letters = tail.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(letters);
        let unit_ms: u64 = match unit {
            "h" => 3_600_000,
            "m" => 60_000,
            "s" => 1_000,
            "" if rest == text => 1_000,
            "ms" => 1,
            _ => return None,
        };
        let (whole, decimals) = number.split_once('.').unwrap_or((number, ""));
        let mut ms = whole.parse::<u64>().ok()?.checked_mul(unit_ms)?;
        let mut scale = unit_ms;
        for d in decimals.bytes() {
            scale /= 10;
            ms = ms.checked_add(u64::from(d.checked_sub(b'0').filter(|d| *d < 10)?) * scale)?;
        }
        total = total.checked_add(ms)?;
        rest = tail;
    }
    (!text.is_empty()).then_some(total)
}

/// Puts a space between a Chinese character and a Latin letter or digit, as Kubernetes' Chinese
/// documentation does, wherever a value was put in without one.
pub(super) fn space_han(text: &str) -> String {
    let han = |c: char| ('\u{4e00}'..='\u{9fff}').contains(&c);
    let latin = |c: char| c.is_ascii_alphanumeric();
    let mut out = String::with_capacity(text.len() + 8);
    let mut before = ' ';
    for c in text.chars() {
        if (han(before) && latin(c)) || (latin(before) && han(c)) {
            out.push(' ');
        }
        out.push(c);
        before = c;
    }
    out
}
