//! Who caused what: the records' causes, kept as far as a scenario asks for them.

use super::matcher::glob;
use crate::object::Key;
use crate::trace::{Record, What, WriteVerb};
use std::collections::BTreeMap;

/// The causes of all records so far.
#[derive(Clone, Debug, Default)]
pub struct Causes {
    on: bool,
    /// Cause and name of each record; messages have no name.
    records: BTreeMap<u64, (u64, Option<String>)>,
    by_subject: BTreeMap<Key, Vec<u64>>,
}

impl Causes {
    /// Keeps causes only if they are wanted: they take memory.
    pub fn new(on: bool) -> Causes {
        Causes { on, ..Causes::default() }
    }

    /// Takes a record in.
    pub fn add(&mut self, r: &Record) {
        if !self.on {
            return;
        }
        let name = name(&r.what);
        if let (Some(_), Some(key)) = (&name, r.what.subject()) {
            self.by_subject.entry(key).or_default().push(r.id.0);
        }
        self.records.insert(r.id.0, (r.cause.0, name));
    }

    /// What an object's newest record of that name follows from: from the root to the record itself.
    pub fn chain(&self, key: &Key, of: Option<&str>) -> Option<Vec<&str>> {
        let named = |id: &&u64| match (of, self.records.get(id)) {
            (Some(want), Some((_, Some(name)))) => glob(want, name),
            (None, Some(_)) => true,
            _ => false,
        };
        let mut id = *self.by_subject.get(key)?.iter().rev().find(named)?;
        let mut out = Vec::new();
        while let Some((cause, name)) = self.records.get(&id) {
            out.extend(name.as_deref());
            // A cause always precedes what it causes: this ends.
            if *cause >= id {
                break;
            }
            id = *cause;
        }
        out.reverse();
        Some(out)
    }
}

/// A record's name in a chain; messages are only the way from one to the next.
fn name(what: &What) -> Option<String> {
    Some(match what {
        What::Start { .. } => "start".to_owned(),
        What::User { .. } => "user".to_owned(),
        What::Timer { name } => format!("timer {name}"),
        What::Fault { name, .. } => format!("fault {name}"),
        What::Mend { name, .. } => format!("mend {name}"),
        What::Sent { .. } | What::Delivered { .. } | What::Dropped { .. } | What::Usage { .. } => {
            return None;
        }
        What::Write { verb, obj, .. } => {
            let verb = match verb {
                WriteVerb::Create => "create",
                WriteVerb::Update => "update",
                WriteVerb::Delete => "delete",
            };
            format!("{verb} {}", obj.kind().name().to_lowercase())
        }
        What::Refused { verb, .. } => format!("refused {verb}"),
        What::Decision(_) => "scheduler.decision".to_owned(),
        What::Note { code, .. } => code.as_str().to_owned(),
    })
}

/// Whether names come in that order, with anything between them.
pub fn in_order(want: &[String], have: &[&str]) -> bool {
    let mut rest = have.iter();
    want.iter().all(|w| rest.any(|h| glob(w, h)))
}
