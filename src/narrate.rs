//! Tells a run in lines, one a beat.

use podium_sim::caption::{Catalogue, Context, Weight, tell};
use podium_sim::object::{Key, Obj, Str};
use podium_sim::time::SimTime;
use podium_sim::trace::{Record, What, WriteVerb};
use std::collections::HashMap;

/// Turns records into lines; remembers each object's last version, to tell what changed.
pub struct Narrator<'a> {
    catalogue: &'a Catalogue,
    nodes: Vec<Str>,
    least: Weight,
    last: HashMap<Key, Obj>,
}

/// One line of narration.
pub struct Line {
    /// When.
    pub at: SimTime,
    /// How much it matters.
    pub weight: Weight,
    /// The sentence.
    pub text: String,
}

impl<'a> Narrator<'a> {
    /// A narrator who leaves out what weighs less than `least`.
    pub fn new(catalogue: &'a Catalogue, nodes: Vec<Str>, least: Weight) -> Narrator<'a> {
        Narrator { catalogue, nodes, least, last: HashMap::new() }
    }

    /// The sentence for a record, if it is worth one.
    pub fn line(&mut self, r: &Record) -> Option<Line> {
        let key = match &r.what {
            What::Write { obj, .. } => Some(obj.key()),
            _ => None,
        };
        let previous = key.as_ref().and_then(|k| self.last.get(k)).cloned();
        let context = Context { nodes: &self.nodes, previous: previous.as_ref(), sent: None };
        let told = tell(r, &context);
        if let (Some(key), What::Write { verb, obj, .. }) = (key, &r.what) {
            match verb {
                WriteVerb::Delete => self.last.remove(&key),
                WriteVerb::Create | WriteVerb::Update => self.last.insert(key, obj.clone()),
            };
        }
        let told = told.filter(|t| t.weight >= self.least)?;
        Some(Line { at: r.at, weight: told.weight, text: self.catalogue.say(&told) })
    }
}
