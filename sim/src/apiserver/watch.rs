//! Watches: who gets told of which change.
//!
//! Source: `k8s.io/apiserver/pkg/storage/cacher`. A watch starts after a revision and gets every later
//! change once and in order; an object that starts or stops to match is reported as added or deleted.

use super::{ApiServer, Request, Selection, Status, Verb};
use crate::core::Cx;
use crate::etcd::Committed;
use crate::msg::{Comp, Msg, Reply, WatchEvent};
use crate::object::{Kind, Obj, Str};
use crate::time::Span;
use std::collections::{BTreeMap, VecDeque};

/// `*/*`: all kinds that are kept inert. The garbage and namespace controllers watch these as metadata.
pub(super) fn all_inert(kind: &Kind) -> bool {
    matches!(kind, Kind::Other(s) if s == "*/*")
}

#[derive(Clone, Debug)]
struct Watcher {
    client: Comp,
    life: u32,
    informer: u8,
    selection: Selection,
}

/// All open watches, and the changes that a new one may start from.
#[derive(Clone, Debug, Default)]
pub(super) struct Watches {
    by_kind: BTreeMap<Kind, Vec<Watcher>>,
    by_node: BTreeMap<(Kind, Str), Vec<Watcher>>,
    inert: Vec<Watcher>,
    window: VecDeque<Committed>,
    /// Changes up to this revision are no longer in the window.
    forgotten: u64,
}

impl Watches {
    pub(super) fn clients(&self) -> Vec<(Comp, u32, u8)> {
        let all = self.by_kind.values().chain(self.by_node.values()).flatten().chain(&self.inert);
        all.map(|w| (w.client, w.life, w.informer)).collect()
    }

    pub(super) fn remove(&mut self, client: Comp, informer: Option<u8>) {
        let keep = |w: &Watcher| w.client != client || informer.is_some_and(|i| i != w.informer);
        self.by_kind.values_mut().for_each(|v| v.retain(keep));
        // A kubelet's watches are found through the map, not by going through all nodes' lists.
        self.by_node.retain(|_, v| {
            v.retain(keep);
            !v.is_empty()
        });
        self.inert.retain(keep);
    }

    pub(super) fn clear(&mut self) {
        self.by_kind.clear();
        self.by_node.clear();
        self.inert.clear();
    }

    /// The cache was filled anew: nothing before that revision is known.
    pub(super) fn reset(&mut self, revision: u64) {
        self.window.clear();
        self.forgotten = revision;
    }

    /// Tells everyone who should know.
    pub(super) fn publish(&mut self, cx: &mut Cx<'_>, event: &Committed) {
        let kind = event.object().kind();
        if kind != Kind::Event {
            self.window.push_back(event.clone());
            if self.window.len() > cx.core.config.watch_window
                && let Some(e) = self.window.pop_front()
            {
                self.forgotten = e.revision;
            }
        }
        for w in self.by_kind.get(&kind).into_iter().flatten() {
            tell(cx, w, event);
        }
        if let Kind::Other(_) = kind {
            for w in &self.inert {
                tell(cx, w, event);
            }
        }
        let node_of = |o: &Obj| match o {
            Obj::Pod(p) => p.node_name.clone(),
            Obj::Node(n) => n.metadata.name.clone(),
            _ => Str::new(),
        };
        let new = event.new.as_ref().map(node_of).unwrap_or_default();
        let old = event.old.as_ref().map(node_of).unwrap_or_default();
        for node in [&new, &old] {
            if !node.is_empty() {
                for w in self.by_node.get(&(kind.clone(), node.clone())).into_iter().flatten() {
                    tell(cx, w, event);
                }
            }
            if new == old {
                break;
            }
        }
    }

    /// Sends a bookmark to every watcher, so that it can go on from a newer revision after a break.
    pub(super) fn bookmarks(&self, cx: &mut Cx<'_>, revision: u64) {
        for (client, life, informer) in self.clients() {
            let msg = Msg::Watch { informer, revision, event: WatchEvent::Bookmark(revision) };
            cx.send_to_life(client, life, msg, None, Span::ZERO);
        }
    }
}

/// Reports a change to one watcher, as its selector sees it.
fn tell(cx: &mut Cx<'_>, w: &Watcher, event: &Committed) {
    let before = event.old.as_ref().filter(|o| w.selection.matches(o));
    let after = event.new.as_ref().filter(|o| w.selection.matches(o));
    let seen = match (before, after) {
        (None, None) => return,
        (None, Some(o)) => WatchEvent::Added(o.clone()),
        (Some(_), Some(o)) => WatchEvent::Modified(o.clone()),
        (Some(o), None) => WatchEvent::Deleted(o.clone()),
    };
    let full = cx.core.tracer.level() == crate::trace::Level::Full;
    let subject = full.then(|| event.object().key());
    let msg = Msg::Watch { informer: w.informer, revision: event.revision, event: seen };
    cx.send_to_life(w.client, w.life, msg, subject, Span::ZERO);
}

impl ApiServer {
    pub(super) fn open_watch(&mut self, cx: &mut Cx<'_>, request: Request) {
        let Verb::Watch { kind, selection, revision, informer } = request.verb.clone() else { return };
        if revision < self.watches.forgotten && revision < self.revision {
            return self.answer(cx, request, Err(Status::expired(revision)));
        }
        let node = selection.pinned(&kind).map(Str::from).unwrap_or_default();
        let w = Watcher { client: request.from, life: request.life, informer, selection };
        self.watches.remove_one(&kind, &node, &w);
        self.answer(cx, request, Ok(Reply::Watching));
        for event in self.watches.window.iter().filter(|e| e.revision > revision) {
            let k = event.object().kind();
            if k == kind || (all_inert(&kind) && matches!(k, Kind::Other(_))) {
                tell(cx, &w, event);
            }
        }
        if all_inert(&kind) {
            self.watches.inert.push(w);
        } else if node.is_empty() {
            self.watches.by_kind.entry(kind).or_default().push(w);
        } else {
            self.watches.by_node.entry((kind, node)).or_default().push(w);
        }
    }
}

impl Watches {
    /// An informer has one stream: a new one takes the place of an old one.
    fn remove_one(&mut self, kind: &Kind, node: &Str, w: &Watcher) {
        let keep = |x: &Watcher| x.client != w.client || x.informer != w.informer;
        if all_inert(kind) {
            self.inert.retain(keep);
        } else if node.is_empty() {
            if let Some(v) = self.by_kind.get_mut(kind) {
                v.retain(keep);
            }
        } else if let Some(v) = self.by_node.get_mut(&(kind.clone(), node.clone())) {
            v.retain(keep);
        }
    }
}
