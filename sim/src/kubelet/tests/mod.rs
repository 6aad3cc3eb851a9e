//! The kubelet and the simulated runtime of one node, with a stand-in for the API server.

mod failures;
mod lifecycle;
mod nodes;

use super::{Kubelet, go_duration};
use crate::apiserver::{Patch, Status, Verb};
use crate::config::{NodeConfig, WorldConfig};
use crate::core::{Core, Cx};
use crate::msg::{Comp, Input, Msg, Reply, Request, WatchEvent};
use crate::object::*;
use crate::runtime::{ImageModel, SimRuntime};
use crate::time::{SimTime, Span};
use crate::trace::{Cause, Code, Record, RecordId, What};
use crate::world::Component;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

const KUBELET: Comp = Comp::Kubelet(0);
const RUNTIME: Comp = Comp::Runtime(0);

/// How the stand-in answers.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Api {
    Up,
    /// Connection refused.
    Refuses,
    /// No answer.
    Silent,
}

struct Rig {
    core: Core,
    kubelet: Kubelet,
    runtime: SimRuntime,
    api: Api,
    objects: BTreeMap<Key, Obj>,
    revision: u64,
    watches: Vec<(Kind, u8)>,
    /// Every status that a pod was given: time, name, what `kubectl get` would show, restarts.
    shown: Vec<(SimTime, String, String, i64)>,
    records: Vec<Record>,
    requests: Vec<(SimTime, String)>,
}

fn rig(images: Value) -> Rig {
    rig_with(images, |_| {})
}

fn rig_with(images: Value, change: impl FnOnce(&mut WorldConfig)) -> Rig {
    let images: Vec<ImageModel> = serde_json::from_value(images).expect("models");
    let mut config =
        WorldConfig { nodes: NodeConfig::many(1, &NodeConfig::default()), images, ..Default::default() };
    change(&mut config);
    let kubelet = Kubelet::new(0, &config);
    let mut core = Core::new(config, 7);
    for c in [KUBELET, RUNTIME, Comp::Api] {
        let h = core.health_mut(c).expect("a component");
        h.up = true;
        h.life += 1;
    }
    let mut rig = Rig {
        core,
        kubelet,
        runtime: SimRuntime::new(0),
        api: Api::Up,
        objects: BTreeMap::new(),
        revision: 1,
        watches: Vec::new(),
        shown: Vec::new(),
        records: Vec::new(),
        requests: Vec::new(),
    };
    rig.step(RUNTIME, Input::Start, Cause::Timer("test"));
    rig.step(KUBELET, Input::Start, Cause::Timer("test"));
    rig
}

impl Rig {
    fn step(&mut self, to: Comp, input: Input, cause: Cause) {
        let mut cx = Cx::new(&mut self.core, to, cause);
        match to {
            KUBELET => self.kubelet.step(input, &mut cx),
            RUNTIME => self.runtime.step(input, &mut cx),
            _ => {
                if let Input::Message { msg: Msg::Request(r), .. } = input {
                    self.answer(*r, cause);
                }
            }
        }
        let records = self.core.tracer.take();
        self.records.extend(records);
    }

    /// Runs until so many milliseconds since the beginning.
    fn until(&mut self, ms: u64) -> &mut Rig {
        let end = SimTime(Span::ms(ms).0);
        while let Some((at, due)) = self.core.queue.pop_due(end) {
            self.core.now = at;
            let h = self.core.health(due.to);
            if h.up && (due.life == 0 || due.life == h.life) {
                self.step(due.to, due.input, due.cause);
            }
        }
        self.core.now = end;
        self
    }

    fn restart_kubelet(&mut self) {
        self.core.health_mut(KUBELET).expect("kubelet").life += 1;
        self.watches.clear();
        self.kubelet = Kubelet::new(0, &self.core.config.clone());
        self.step(KUBELET, Input::Start, Cause::Timer("test"));
    }

    /// The machine loses power and boots. `disk` is whether its runtime remembers what it had.
    fn crash(&mut self, disk: bool) {
        self.core.health_mut(RUNTIME).expect("runtime").life += 1;
        if !disk {
            self.runtime = SimRuntime::new(0);
        }
        self.step(RUNTIME, Input::Start, Cause::Timer("test"));
        self.restart_kubelet();
    }

    fn answer(&mut self, r: Request, cause: Cause) {
        self.requests.push((self.core.now, format!("{} {}", r.verb.name(), r.verb.kind())));
        let result = match self.api {
            Api::Silent => return,
            Api::Refuses => Err(Status::refused()),
            Api::Up => self.execute(r.verb, cause),
        };
        Cx::new(&mut self.core, Comp::Api, cause).respond(r.from, r.life, r.ctx, result);
    }

    fn execute(&mut self, verb: Verb, cause: Cause) -> Result<Reply, Status> {
        let lookup = |rig: &Rig, key: &Key, uid: Option<Uid>| match rig.objects.get(key) {
            None => Err(Status::not_found(key)),
            Some(o) if uid.is_some_and(|u| u != o.meta().uid) => Err(Status::conflict(key, "uid")),
            Some(o) => Ok(o.clone()),
        };
        match verb {
            Verb::Create(o) if self.objects.contains_key(&o.key()) => Err(Status::already_exists(&o.key())),
            Verb::Create(o) => Ok(Reply::Object(self.put(o, cause))),
            Verb::Get(key) => Ok(Reply::Object(lookup(self, &key, None)?)),
            Verb::List { kind, .. } => {
                let items = self.objects.values().filter(|o| o.kind() == kind).cloned().collect();
                Ok(Reply::List { items, revision: self.revision })
            }
            Verb::Watch { kind, informer, .. } => {
                self.watches.push((kind, informer));
                Ok(Reply::Watching)
            }
            Verb::Delete { key, options } => {
                assert_eq!(options.grace, Some(0));
                let o = lookup(self, &key, options.uid)?;
                self.remove(&o.key(), cause);
                Ok(Reply::Done)
            }
            Verb::Patch { key, uid, patch } => {
                let mut o = lookup(self, &key, uid)?;
                match (&mut o, patch) {
                    (Obj::Pod(p), Patch::PodStatus(s)) => Arc::make_mut(p).status = *s,
                    (Obj::Node(n), Patch::NodeStatus(s)) => Arc::make_mut(n).status = *s,
                    (Obj::Node(n), Patch::NodeConditions(list)) => {
                        let all = &mut Arc::make_mut(n).status.conditions;
                        for c in list {
                            all.retain(|o| o.type_ != c.type_);
                            all.push(c);
                        }
                    }
                    (Obj::Lease(l), Patch::Renew { at, .. }) => Arc::make_mut(l).spec.renew_time = Some(at),
                    (Obj::Event(e), Patch::EventCount { count, .. }) => Arc::make_mut(e).count = count,
                    (o, p) => panic!("{p:?} of {}", o.key()),
                }
                Ok(Reply::Object(self.put(o, cause)))
            }
            v => panic!("not expected of a kubelet: {v:?}"),
        }
    }

    fn put(&mut self, mut o: Obj, cause: Cause) -> Obj {
        self.revision += 1;
        let m = o.meta_mut();
        m.resource_version = self.revision;
        if m.uid.is_zero() {
            m.uid = Uid(u128::from(self.revision) << 64);
        }
        if let Obj::Pod(p) = &o {
            self.shown.push((self.core.now, p.metadata.name.to_string(), kubectl(p), p.restarts()));
        }
        let added = self.objects.insert(o.key(), o.clone()).is_none();
        self.tell(
            &o,
            cause,
            if added { WatchEvent::Added(o.clone()) } else { WatchEvent::Modified(o.clone()) },
        );
        o
    }

    fn remove(&mut self, key: &Key, cause: Cause) {
        self.revision += 1;
        let mut o = self.objects.remove(key).expect("there");
        o.meta_mut().resource_version = self.revision;
        self.tell(&o, cause, WatchEvent::Deleted(o.clone()));
    }

    fn tell(&mut self, o: &Obj, cause: Cause, event: WatchEvent) {
        let to: Vec<u8> = self.watches.iter().filter(|w| w.0 == o.kind()).map(|w| w.1).collect();
        for informer in to {
            let msg = Msg::Watch { informer, revision: self.revision, event: event.clone() };
            Cx::new(&mut self.core, Comp::Api, cause).send(KUBELET, msg);
        }
    }

    /// A pod is bound to the node.
    fn bind(&mut self, spec: Value) -> Key {
        self.bind_as("p", spec)
    }

    fn bind_as(&mut self, name: &str, spec: Value) -> Key {
        let v = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": "default",
            "uid": format!("00000000-0000-4000-8000-{:012}", self.revision)}, "spec": spec});
        let mut o = Obj::from_value(v).expect("a pod");
        if let Obj::Pod(p) = &mut o {
            Arc::make_mut(p).node_name = Str::from("node-1");
        }
        let cause = Cause::Record(RecordId(1));
        self.put(o, cause).key()
    }

    /// `kubectl delete pod`.
    fn delete(&mut self, key: &Key, grace: i64) {
        let mut o = self.objects[key].clone();
        let now = self.core.wall();
        let m = o.meta_mut();
        m.deletion_timestamp = Some(now);
        m.deletion_grace_period_seconds = Some(grace);
        self.put(o, Cause::Record(RecordId(1)));
    }

    fn pod(&self, key: &Key) -> Arc<Pod> {
        self.objects[key].as_pod().expect("a pod").clone()
    }

    /// The statuses shown since the beginning, with the times in tenths of seconds, as one text.
    fn history(&self) -> String {
        let mut last = String::new();
        let mut out = Vec::new();
        for (at, _, text, restarts) in &self.shown {
            let line = if *restarts > 0 { format!("{text} ({restarts})") } else { text.clone() };
            if line != last {
                out.push(format!("{}s {line}", at.0 / 1_000_000_000));
                last = line;
            }
        }
        out.join("\n")
    }

    /// Times of notes of a code, in milliseconds.
    fn times(&self, code: Code) -> Vec<u64> {
        let of = |r: &&Record| matches!(&r.what, What::Note { code: c, .. } if *c == code);
        self.records.iter().filter(of).map(|r| r.at.0 / 1_000_000).collect()
    }

    /// Notes as text: `kubelet.started container=a restart=0`.
    fn notes(&self, codes: &[Code]) -> Vec<String> {
        self.records.iter().filter_map(|r| note(r, codes)).collect()
    }

    /// Events about pods: `Reason message`, with the count if above one.
    fn events(&self) -> Vec<String> {
        let mut list: Vec<&Event> = self
            .objects
            .values()
            .filter_map(|o| if let Obj::Event(e) = o { Some(&**e) } else { None })
            .filter(|e| e.involved_object.kind == "Pod")
            .collect();
        list.sort_by_key(|e| e.metadata.resource_version);
        list.iter()
            .map(|e| {
                if e.count > 1 {
                    format!("{} x{} {}", e.reason, e.count, e.message)
                } else {
                    format!("{} {}", e.reason, e.message)
                }
            })
            .collect()
    }

    fn message(&self, key: &Key) -> String {
        match &self.pod(key).status.container_statuses[0].state {
            ContainerState::Waiting(w) => w.message.to_string(),
            other => format!("{other:?}"),
        }
    }

    fn node(&self) -> Arc<Node> {
        self.objects[&Key::new(Kind::Node, "", "node-1")].as_node().expect("a node").clone()
    }
}

fn note(r: &Record, codes: &[Code]) -> Option<String> {
    match &r.what {
        What::Note { code, args, .. } if codes.is_empty() || codes.contains(code) => {
            let args: Vec<String> = args.iter().map(|(k, v)| format!("{k}={v}")).collect();
            Some(format!("{} {}", code.as_str(), args.join(" ")).trim().to_owned())
        }
        _ => None,
    }
}

/// The STATUS and READY columns of `kubectl get pods` (`printPod`).
fn kubectl(p: &Pod) -> String {
    let of = |s: &ContainerStatus, init: bool| match &s.state {
        ContainerState::Terminated(t) if !(init && t.exit_code == 0) => Some(t.reason.to_string()),
        ContainerState::Waiting(w) if !(init && w.reason == "PodInitializing") => Some(w.reason.to_string()),
        _ => None,
    };
    let mut status = if p.status.reason.is_empty() {
        p.status.phase.as_str().to_owned()
    } else {
        p.status.reason.to_string()
    };
    let inits = &p.status.init_container_statuses;
    let done = |s: &ContainerStatus| {
        s.started == Some(true) || matches!(&s.state, ContainerState::Terminated(t) if t.exit_code == 0)
    };
    if let Some((i, s)) = inits.iter().enumerate().find(|(_, s)| !done(s)) {
        status = match of(s, true) {
            Some(why) => format!("Init:{why}"),
            None => format!("Init:{i}/{}", inits.len()),
        };
    } else {
        for s in p.status.container_statuses.iter().rev() {
            status = of(s, false).unwrap_or(status);
        }
    }
    if p.metadata.deleting() {
        status = "Terminating".to_owned();
    }
    let all = p.status.container_statuses.len();
    let ready = p.status.container_statuses.iter().filter(|s| s.ready).count();
    format!("{status} {ready}/{all}")
}

fn one(image: &str) -> Value {
    json!({"containers": [{"name": "c", "image": image}]})
}

#[test]
fn rows_are_small() {
    let pod = size_of::<super::PodRow>();
    let ctr = size_of::<super::row::Ctr>();
    assert!(pod + 2 * ctr <= 500, "{pod} + 2 × {ctr}");
    assert_eq!(go_duration(Span::secs(40)), "40s");
}
