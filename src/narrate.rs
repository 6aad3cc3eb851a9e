//! Tells a run in lines, one a beat.

use crate::text::short_names;
use podium_sim::caption::{Catalogue, Context, Telling, Weight, tell};
use podium_sim::object::{Key, Obj, Str};
use podium_sim::time::{SimTime, Span};
use podium_sim::trace::{Record, What, WriteVerb};
use std::collections::HashMap;

/// How far apart lines may be that are told as one.
const BEAT: Span = Span::secs(1);

/// Turns records into lines; remembers each object's last version, to tell what changed.
pub struct Narrator<'a> {
    catalogue: &'a Catalogue,
    nodes: Vec<Str>,
    least: Weight,
    last: HashMap<Key, Obj>,
}

/// One line of narration.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// When.
    pub at: SimTime,
    /// How much it matters.
    pub weight: Weight,
    /// The sentence.
    pub text: String,
    /// Which sentence it is.
    id: String,
    /// How many more lines like it there were.
    more: u32,
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
        let mut told = told?;
        told.weight = weight(&told);
        if told.weight < self.least {
            return None;
        }
        let text = crate::term::clean(&self.catalogue.say(&told)).into_owned();
        Some(Line { at: r.at, weight: told.weight, text, id: told.id.into_owned(), more: 0 })
    }
}

/// What a telling weighs here: an answer that a client expected is no news, nor is how a cluster boots.
fn weight(told: &Telling) -> Weight {
    match &*told.id {
        "refused-notFound" | "refused-conflict" => Weight::Noise,
        "kubelet-started" => told.weight.min(Weight::Detail),
        "write-created" => Weight::Noise,
        _ => told.weight,
    }
}

/// Joins what happens to several pods at about the same time.
#[derive(Default)]
pub struct Beats {
    waiting: Vec<Line>,
}

impl Beats {
    /// A line comes in.
    pub fn add(&mut self, line: Line) {
        // The ellipsis stands where a pod's name was made short; a kubelet's lines are all about pods.
        let of_pod = |l: &Line| short_names(&l.text).contains('…') || l.id.starts_with("kubelet-");
        let about_pod = of_pod(&line);
        let same = |l: &&mut Line| l.id == line.id && l.at + BEAT >= line.at && of_pod(l);
        match self.waiting.iter_mut().rev().find(same) {
            Some(l) if about_pod => l.more += 1,
            _ => self.waiting.push(line),
        }
    }

    /// The lines to which nothing can be joined any more.
    pub fn ready(&mut self, now: SimTime, c: &Catalogue) -> Vec<Line> {
        let n = self.waiting.iter().take_while(|l| l.at + BEAT < now).count();
        self.waiting.drain(..n).map(|l| with_more(l, c)).collect()
    }

    /// All lines.
    pub fn rest(&mut self, c: &Catalogue) -> Vec<Line> {
        self.waiting.drain(..).map(|l| with_more(l, c)).collect()
    }
}

fn with_more(mut l: Line, c: &Catalogue) -> Line {
    if l.more > 0 {
        let more = c.text("ui-and-more", &[("count", &l.more)]);
        let gap = if more.trim().is_ascii() { " " } else { "" };
        l.text = format!("{}{gap}{}", l.text, more.trim());
    }
    l
}

/// Lines joined beat by beat.
pub fn joined(lines: &[Line], c: &Catalogue) -> Vec<Line> {
    let mut beats = Beats::default();
    lines.iter().cloned().for_each(|l| beats.add(l));
    beats.rest(c)
}
