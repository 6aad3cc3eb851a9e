//! Chains end, broken ones are refused, and the story of a replacement reads like one.

use super::*;
use crate::caption::Lang;
use crate::links::LinkClass;
use crate::msg::Comp;
use crate::object::lit;
use crate::rng::Rng;
use crate::trace::{Actor, Code, Decision, Heard};
use expect_test::expect;
use serde_json::{Value, json};
use std::sync::Arc;

/// A trace written by hand, each record caused by the one before it unless said otherwise.
#[derive(Default)]
struct Story {
    records: Vec<Record>,
    cause: u64,
}

impl Story {
    fn add(&mut self, ms: u64, comp: Comp, part: &str, what: What) -> RecordId {
        let id = RecordId(self.records.len() as u64 + 1);
        let cause = RecordId(if what.is_root() { 0 } else { self.cause });
        self.records.push(Record {
            id,
            at: SimTime(ms * 1_000_000),
            cause,
            actor: Actor { comp, part: part.into() },
            what,
        });
        self.cause = id.0;
        id
    }

    fn note(
        &mut self,
        ms: u64,
        comp: Comp,
        part: &str,
        code: Code,
        key: &Key,
        args: &[(&str, &str)],
    ) -> RecordId {
        let args = args.iter().map(|(k, v)| ((*k).into(), (*v).into())).collect();
        self.add(ms, comp, part, What::Note { code, subject: key.clone(), args })
    }

    /// A request to the API server and what comes of it: three hops, a write.
    fn write(&mut self, ms: u64, comp: Comp, verb: WriteVerb, value: Value) -> RecordId {
        let obj = Obj::from_value(value).expect("an object");
        let previous = self
            .records
            .iter()
            .rev()
            .find(|r| matches!(&r.what, What::Write { obj: o, .. } if o.key() == obj.key()))
            .map(|r| r.id)
            .unwrap_or_default();
        self.hop(ms, comp, Comp::Api);
        self.hop(ms, Comp::Api, Comp::Etcd);
        let id = self.add(
            ms,
            Comp::Etcd,
            "",
            What::Write { verb, revision: 1, previous, by: lit!("kubectl"), obj },
        );
        self.hop(ms, Comp::Etcd, Comp::Api);
        id
    }

    fn hop(&mut self, ms: u64, from: Comp, to: Comp) {
        let class = crate::core::link_class(from, to);
        let what =
            What::Sent { to, class, label: lit!("patch"), subject: None, arrives: SimTime(ms * 1_000_000) };
        let sent = self.add(ms, from, "", what);
        let cause = self.cause;
        self.add(ms, to, "", What::Delivered { sent });
        self.cause = cause;
    }
}

fn pod_json(name: &str, node: &str, phase: &str, ready: bool, deleting: bool) -> Value {
    let mut meta = json!({"name": name, "namespace": "default"});
    if deleting {
        meta["deletionTimestamp"] = json!("2026-01-01T00:06:00Z");
        meta["deletionGracePeriodSeconds"] = json!(30);
    }
    json!({"apiVersion": "v1", "kind": "Pod", "metadata": meta,
        "spec": {"nodeName": node, "containers": [{"name": "web", "image": "web:1"}]},
        "status": {"phase": phase, "conditions": [{"type": "Ready", "status": if ready { "True" } else { "False" }}]}})
}

fn node_json(ready: &str, taint: Option<&str>) -> Value {
    let taints: Vec<Value> = taint.iter().map(|k| json!({"key": k, "effect": "NoExecute"})).collect();
    json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "node-2"}, "spec": {"taints": taints},
        "status": {"conditions": [{"type": "Ready", "status": ready}]}})
}

fn decision(pod: &Key, winner: &str, reasons: &[(&str, u32)]) -> What {
    What::Decision(Arc::new(Decision {
        pod: pod.clone(),
        revision: 40,
        since: SimTime(0),
        pods: Heard::default(),
        nodes: Heard::default(),
        others: vec![],
        nominations: vec![],
        profile: lit!("default-scheduler"),
        forgotten: Vec::new(),
        attempt: 1,
        looked_at: 3,
        start: 0,
        feasible: 2 * u32::from(!winner.is_empty()),
        draw: 0,
        winner: winner.into(),
        score: 287,
        reasons: reasons.iter().map(|(r, n)| ((*r).into(), *n)).collect(),
        rejectors: vec![],
        nominated: lit!(""),
        victims: vec![],
    }))
}

fn pod_key(name: &str) -> Key {
    Key::new(Kind::Pod, "default", name)
}

static NODES: [Str; 3] = [lit!("node-1"), lit!("node-2"), lit!("node-3")];

/// Lesson K08: node-2 crashes and its pod is replaced on node-3.
fn replacement() -> Story {
    let mut s = Story::default();
    let (old, new) = (pod_key("web-a"), pod_key("web-b"));
    let node = Key::new(Kind::Node, "", "node-2");
    let rs = Key::new(Kind::ReplicaSet, "default", "web-5d9");
    let (life, evict, sets) =
        ("node-lifecycle-controller", "taint-eviction-controller", "replicaset-controller");
    s.add(0, Comp::World, "", What::Start { scheduler: lit!("") });
    s.write(10, Comp::Kubelet(1), WriteVerb::Create, node_json("True", None));
    s.add(500, Comp::User, "", What::User { command: lit!("kubectl apply -f web.yaml") });
    s.write(510, Comp::Kcm, WriteVerb::Create, pod_json("web-a", "", "Pending", false, false));
    s.write(520, Comp::Scheduler, WriteVerb::Update, pod_json("web-a", "node-2", "Pending", false, false));
    s.write(900, Comp::Kubelet(1), WriteVerb::Update, pod_json("web-a", "node-2", "Running", true, false));
    s.add(60_000, Comp::World, "", What::Fault { name: lit!("nodeCrash"), target: lit!("node/node-2") });
    s.note(60_000, Comp::World, "", Code::NodeSilent, &node, &[("why", "the machine is off")]);
    s.note(105_000, Comp::Kcm, life, Code::LeaseExpired, &node, &[("grace", "50.0s"), ("silence", "50.2s")]);
    s.write(105_002, Comp::Kcm, WriteVerb::Update, node_json("Unknown", None));
    let taint = "node.kubernetes.io/unreachable";
    s.note(105_004, Comp::Kcm, life, Code::NodeTainted, &node, &[("taints", taint)]);
    s.write(105_005, Comp::Kcm, WriteVerb::Update, node_json("Unknown", Some(taint)));
    let args = [("node", "node-2"), ("taint", taint), ("seconds", "300")];
    s.note(105_006, Comp::Kcm, evict, Code::EvictionScheduled, &old, &args);
    s.note(405_006, Comp::Kcm, evict, Code::PodEvicted, &old, &args);
    s.write(405_008, Comp::Kcm, WriteVerb::Update, pod_json("web-a", "node-2", "Running", true, true));
    let args = [("have", "2"), ("want", "3"), ("create", "1")];
    s.note(405_010, Comp::Kcm, sets, Code::ReplicasMissing, &rs, &args);
    s.write(405_012, Comp::Kcm, WriteVerb::Create, pod_json("web-b", "", "Pending", false, false));
    s.add(405_014, Comp::Scheduler, "", decision(&new, "node-3", &[]));
    s.write(
        405_016,
        Comp::Scheduler,
        WriteVerb::Update,
        pod_json("web-b", "node-3", "Pending", false, false),
    );
    let kubelet = Comp::Kubelet(2);
    s.note(405_018, kubelet, "", Code::PodSeen, &new, &[]);
    s.note(405_019, kubelet, "", Code::ImagePulling, &new, &[("image", "web:1")]);
    let args = [("image", "web:1"), ("took", "0.8s"), ("bytes", "12000000")];
    s.note(405_819, kubelet, "", Code::ImagePulled, &new, &args);
    s.note(406_200, kubelet, "", Code::ContainerStarted, &new, &[("container", "web"), ("restart", "0")]);
    s.write(406_202, kubelet, WriteVerb::Update, pod_json("web-b", "node-3", "Running", true, false));
    s
}

fn ask(story: &Story, key: &Key, ms: u64, lang: Lang, order: Order) -> Result<Why, WhyError> {
    let index = TraceIndex::new(&story.records, &NODES);
    explain(&index, key, SimTime(ms * 1_000_000), &Catalogue::new(lang), order)
}

#[test]
fn the_story_of_a_replacement_in_english() {
    let why = ask(&replacement(), &pod_key("web-b"), 500_000, Lang::En, Order::OldestFirst).expect("a story");
    expect![[r#"
        Pod web-b runs on node-3. Why?
          00:01:00.000  The machine node-2 crashes.
          00:01:00.000  No more heartbeats come from node-2: the machine is off.
          00:01:45.000  For 50.2 s the node lifecycle controller has seen no renewal of the lease of node-2. The limit is 50 s: the node counts as not ready.
          00:01:45.004  The node lifecycle controller taints node-2: node.kubernetes.io/unreachable.
          00:01:45.006  Pod web-a tolerates the taint node.kubernetes.io/unreachable of node-2 for 300 s: the clock starts.
          00:06:45.006  Pod web-a has tolerated the taint node.kubernetes.io/unreachable of node-2 for 300 s. The time is up: it is evicted.
          00:06:45.010  Replica set web-5d9 has 2 of 3 pods: its controller creates one more.
          00:06:45.012  Pod web-b is created. It is only an entry in etcd: it has no node yet.
          00:06:45.014  The scheduler chooses node-3 for pod web-b: 2 of 3 nodes fit. Score 287.
          00:06:45.018  The kubelet on node-3 sees that pod web-b has been given to its node.
          00:06:45.019  The kubelet on node-3 asks the runtime to pull web:1.
          00:06:45.819  The image web:1 (12 MB) has arrived on node-3 after 800 ms.
          00:06:46.200  Container web of pod web-b runs on node-3.
          00:06:46.202  Pod web-b is Running and ready on node-3.
    "#]].assert_eq(&why.to_string());
    assert_eq!(why.root, Root::Fault);
}

#[test]
fn the_story_of_a_replacement_in_chinese() {
    let why =
        ask(&replacement(), &pod_key("web-b"), 500_000, Lang::ZhCn, Order::OldestFirst).expect("a story");
    expect![[r#"
        Pod web-b 运行在 node-3 上。为什么？
          00:01:00.000  机器 node-2 宕机。
          00:01:00.000  节点 node-2 不再发来心跳：机器断电了。
          00:01:45.000  节点生命周期控制器已有 50.2 秒没有看到 node-2 续租，超过了 50 秒的宽限期：节点被视为未就绪。
          00:01:45.004  节点生命周期控制器给 node-2 打上污点：node.kubernetes.io/unreachable。
          00:01:45.006  Pod web-a 可以容忍 node-2 的污点 node.kubernetes.io/unreachable 300 秒：开始计时。
          00:06:45.006  Pod web-a 对 node-2 的污点 node.kubernetes.io/unreachable 已容忍满 300 秒，时间到：它被驱逐。
          00:06:45.010  ReplicaSet web-5d9 应有 3 个副本，现有 2 个：控制器补建 1 个 Pod。
          00:06:45.012  创建了 Pod web-b。它目前只是 etcd 里的一条记录，还没有节点。
          00:06:45.014  调度器为 Pod web-b 选中 node-3：3 个节点中有 2 个合适，得分 287。
          00:06:45.018  node-3 上的 kubelet 看到 Pod web-b 分配给了自己的节点。
          00:06:45.019  node-3 上的 kubelet 请容器运行时拉取镜像 web:1。
          00:06:45.819  镜像 web:1（12 MB）用时 800 毫秒拉取到了 node-3。
          00:06:46.200  Pod web-b 的容器 web 在 node-3 上运行起来了。
          00:06:46.202  Pod web-b 在 node-3 上运行并已就绪。
    "#]].assert_eq(&why.to_string());
}

#[test]
fn an_answer_begins_with_the_newest_and_is_json() {
    let why = ask(&replacement(), &Key::new(Kind::Node, "", "node-2"), 104_000, Lang::En, Order::NewestFirst);
    let why = why.expect("an answer");
    let text = serde_json::to_string_pretty(&why).expect("JSON");
    expect![[r#"
        {
          "headline": "Node node-2 is Ready. Why?",
          "root": "fault",
          "lines": [
            {
              "at": 60000000000,
              "record": 32,
              "text": "No more heartbeats come from node-2: the machine is off.",
              "actor": "world"
            },
            {
              "at": 60000000000,
              "record": 31,
              "text": "The machine node-2 crashes.",
              "actor": "world"
            }
          ]
        }"#]]
    .assert_eq(&text);
    assert_eq!(serde_json::from_str::<Why>(&text).expect("a Why"), why);
}

#[test]
fn a_pod_found_ready_by_a_probe_still_tells_why_it_is_there() {
    let mut s = Story::default();
    let (pod, kubelet) = (pod_key("web-a"), Comp::Kubelet(0));
    s.add(0, Comp::User, "", What::User { command: lit!("kubectl apply -f web.yaml") });
    s.write(10, Comp::User, WriteVerb::Create, pod_json("web-a", "", "Pending", false, false));
    s.add(20, Comp::Scheduler, "", decision(&pod, "node-1", &[]));
    s.write(22, Comp::Scheduler, WriteVerb::Update, pod_json("web-a", "node-1", "Pending", false, false));
    s.note(30, kubelet, "", Code::ContainerStarted, &pod, &[("container", "web"), ("restart", "0")]);
    s.write(31, kubelet, WriteVerb::Update, pod_json("web-a", "node-1", "Running", false, false));
    s.add(5_000, kubelet, "", What::Timer { name: lit!("readiness probe") });
    s.note(5_000, kubelet, "", Code::ProbeReady, &pod, &[("container", "web")]);
    s.write(5_001, kubelet, WriteVerb::Update, pod_json("web-a", "node-1", "Running", true, false));
    let why = ask(&s, &pod, 9_000, Lang::En, Order::OldestFirst).expect("a story");
    expect![[r#"
        Pod web-a runs on node-1. Why?
          00:00:00.000  Somebody types: kubectl apply -f web.yaml
          00:00:00.010  Pod web-a is created. It is only an entry in etcd: it has no node yet.
          00:00:00.020  The scheduler chooses node-1 for pod web-a: 2 of 3 nodes fit. Score 287.
          00:00:00.030  Container web of pod web-a runs on node-1.
          00:00:05.000  A timer of the kubelet on node-1 goes off: readiness probe.
          00:00:05.000  Container web of pod web-a has passed its readiness probe.
          00:00:05.001  Pod web-a is Running and ready on node-1.
    "#]]
    .assert_eq(&why.to_string());
    assert_eq!(why.root, Root::User);
}

#[test]
fn a_pending_pod_is_explained_by_the_last_decision() {
    let mut s = Story::default();
    let pod = pod_key("big");
    s.add(0, Comp::User, "", What::User { command: lit!("kubectl apply -f big.yaml") });
    s.write(10, Comp::User, WriteVerb::Create, pod_json("big", "", "Pending", false, false));
    let refusal =
        s.add(20, Comp::Scheduler, "", decision(&pod, "", &[("Insufficient cpu", 2), ("Too many pods", 1)]));
    s.write(22, Comp::Scheduler, WriteVerb::Update, pod_json("big", "", "Pending", false, false));
    let index = TraceIndex::new(&s.records, &NODES);
    assert_eq!(object_state_record(&index, &pod, SimTime(u64::MAX)), Some(refusal));
    let why = ask(&s, &pod, 100, Lang::En, Order::OldestFirst).expect("a story");
    expect![[r#"
        Pod big is Pending and has no node. Why?
          00:00:00.000  Somebody types: kubectl apply -f big.yaml
          00:00:00.010  Pod big is created. It is only an entry in etcd: it has no node yet.
          00:00:00.020  The scheduler finds no node for pod big; 3 looked at: 2 nodes have too little cpu free; one node is full of pods.
    "#]].assert_eq(&why.to_string());
    let unknown = ask(&s, &pod_key("small"), 100, Lang::En, Order::OldestFirst);
    assert_eq!(unknown, Err(WhyError::NoObject { key: pod_key("small"), at: SimTime(100_000_000) }));
    // Before it was created nothing is known either.
    assert!(ask(&s, &pod, 5, Lang::En, Order::OldestFirst).is_err());
}

/// Records with random causes: roots now and then, otherwise something older.
fn random_records(rng: &mut Rng, first: u64, n: u64) -> Vec<Record> {
    (0..n)
        .map(|i| {
            let root = i == 0 || rng.below(8) == 0;
            let what = match (root, rng.below(3)) {
                (true, _) => What::Start { scheduler: lit!("") },
                (false, 0) => What::Note { code: Code::PodSeen, subject: pod_key("p"), args: vec![] },
                (false, 1) => What::Delivered { sent: RecordId(first) },
                (false, _) => What::Sent {
                    to: Comp::Api,
                    class: LinkClass::UserApi,
                    label: lit!(""),
                    subject: None,
                    arrives: SimTime(i),
                },
            };
            Record {
                id: RecordId(first + i),
                at: SimTime(i),
                cause: RecordId(if root { 0 } else { first + rng.below(i) }),
                actor: Actor { comp: Comp::User, part: lit!("") },
                what,
            }
        })
        .collect()
}

#[test]
fn chains_end_and_broken_ones_are_refused() {
    for seed in 0..200 {
        let mut rng = Rng::new(seed, "chains");
        let first = 1 + rng.below(3) * 100;
        let n = 1 + rng.below(60);
        let records = random_records(&mut rng, first, n);
        let index = TraceIndex::new(&records, &NODES);
        for record in &records {
            let ids = chain(&index, record.id).unwrap_or_else(|e| panic!("seed {seed}: {e}"));
            assert!(ids.windows(2).all(|w| w[0] > w[1]), "seed {seed}: {ids:?} goes round");
            assert!(index.get(ids[ids.len() - 1]).expect("known").what.is_root(), "seed {seed}");
        }
        let past_end = RecordId(first + n);
        assert_eq!(chain(&index, past_end), Err(ChainError::NoRecord(past_end)), "seed {seed}");
        assert_eq!(chain(&index, RecordId(0)), Err(ChainError::NoRecord(RecordId(0))), "seed {seed}");

        // Now one cause is wrong: each chain through it is refused, all others still end.
        let mut broken = records.clone();
        let at = rng.below(n) as usize;
        if broken[at].what.is_root() {
            continue;
        }
        let id = broken[at].id;
        let wrong = match rng.below(4) {
            0 => ChainError::ForwardCause { record: id, cause: id },
            1 => ChainError::ForwardCause { record: id, cause: RecordId(id.0 + 1 + rng.below(100)) },
            2 if first > 1 => ChainError::UnknownCause { record: id, cause: RecordId(first - 1) },
            _ => ChainError::Rootless(id),
        };
        broken[at].cause = match wrong {
            ChainError::ForwardCause { cause, .. } | ChainError::UnknownCause { cause, .. } => cause,
            ChainError::Rootless(_) | ChainError::NoRecord(_) => RecordId(0),
        };
        let bad = TraceIndex::new(&broken, &NODES);
        for record in &broken {
            let through = chain(&index, record.id).expect("was good").contains(&id);
            let now = chain(&bad, record.id);
            assert_eq!(now.as_ref().err(), through.then_some(&wrong), "seed {seed}, record {}", record.id.0);
        }
    }
}
