//! The node's object, its status and its lease.
//!
//! Upstream: `pkg/kubelet/kubelet_node_status.go`, `pkg/kubelet/nodestatus`, and
//! `k8s.io/component-helpers/apimachinery/lease`.

use super::{Kubelet, KubeletCtx, KubeletTimer, Node};
use crate::api_util::quantity::Format;
use crate::api_util::{Quantity, Time};
use crate::apiserver::{Patch, Status, Verb};
use crate::client::Change;
use crate::config::{KUBERNETES_VERSION, WorldConfig};
use crate::core::Cx;
use crate::msg::{Ctx, Reply, Timer};
use crate::object::{
    self, Condition, ConditionStatus, Key, Kind, Labels, Lease, LeaseSpec, NodeAddress, NodeImage, NodeSpec,
    NodeStatus, NodeSystemInfo, Obj, ObjectMeta, OwnerReference, Str, lit,
};
use crate::runtime::{RuntimeCommand, full_name, pod_cidr};
use crate::time::Span;
use crate::trace::Code;
use std::sync::{Arc, LazyLock};

/// `nodeInfo`, the same on every node.
static NODE_INFO: LazyLock<Arc<NodeSystemInfo>> = LazyLock::new(|| {
    Arc::new(NodeSystemInfo {
        architecture: lit!("amd64"),
        container_runtime_version: lit!("containerd://2.1.4"),
        kernel_version: lit!("6.8.0"),
        kubelet_version: Str::from(KUBERNETES_VERSION),
        operating_system: lit!("linux"),
        os_image: lit!("Podium (simulated)"),
        other: Default::default(),
    })
});

/// The four conditions: type, whether it is True, reason, message.
const CONDITIONS: [(Str, bool, Str, Str); 4] = [
    (
        lit!("MemoryPressure"),
        false,
        lit!("KubeletHasSufficientMemory"),
        lit!("kubelet has sufficient memory available"),
    ),
    (lit!("DiskPressure"), false, lit!("KubeletHasNoDiskPressure"), lit!("kubelet has no disk pressure")),
    (
        lit!("PIDPressure"),
        false,
        lit!("KubeletHasSufficientPID"),
        lit!("kubelet has sufficient PID available"),
    ),
    (lit!("Ready"), true, lit!("KubeletReady"), lit!("kubelet is posting ready status")),
];

/// How many images a node status lists (`nodeStatusMaxImages`).
const MAX_IMAGES: usize = 50;

impl Node {
    fn key(&self) -> Key {
        Key { kind: Kind::Node, ns: lit!(""), name: self.name.clone() }
    }

    fn lease_key(&self) -> Key {
        Key { kind: Kind::Lease, ns: lit!("kube-node-lease"), name: self.name.clone() }
    }

    /// The conditions as they are now; one that has not changed keeps its time.
    fn conditions(&self, now: Time) -> Vec<Condition> {
        CONDITIONS
            .into_iter()
            .map(|(type_, on, reason, message)| {
                let status = ConditionStatus::from(on);
                let old =
                    self.object.as_ref().and_then(|o| o.condition(&type_)).filter(|c| c.status == status);
                Condition {
                    type_,
                    status,
                    last_heartbeat_time: Some(now),
                    last_transition_time: old.and_then(|c| c.last_transition_time).or(Some(now)),
                    reason,
                    message,
                    ..Default::default()
                }
            })
            .collect()
    }

    /// Whether the API says of the node what this kubelet says of it.
    fn agrees(&self) -> bool {
        self.object.as_ref().is_none_or(|o| {
            CONDITIONS.iter().all(|(type_, on, reason, _)| {
                o.condition(type_)
                    .is_some_and(|c| c.status == ConditionStatus::from(*on) && c.reason == *reason)
            })
        })
    }

    fn image_list(&self) -> Vec<NodeImage> {
        let mut list: Vec<NodeImage> = self
            .images
            .iter()
            .map(|(name, (id, bytes))| {
                let full = Str::from(full_name(name));
                NodeImage { names: vec![id.clone(), full], size_bytes: *bytes as i64 }
            })
            .collect();
        list.sort_by(|a, b| b.size_bytes.cmp(&a.size_bytes).then_with(|| a.names.cmp(&b.names)));
        list.truncate(MAX_IMAGES);
        list
    }

    /// The whole status.
    fn status(&self, config: &WorldConfig, now: Time) -> NodeStatus {
        let machine = &config.nodes[self.n as usize];
        let old = self.object.as_ref().map(|o| o.status.clone()).unwrap_or_default();
        let mut capacity: object::ResourceList = [
            (lit!("cpu"), machine.cpu),
            (lit!("memory"), machine.memory),
            (lit!("pods"), Quantity::new(machine.pods, Format::DecimalSi)),
            (lit!("ephemeral-storage"), Quantity::new(100 << 30, Format::BinarySi)),
        ]
        .into();
        capacity.extend(machine.extended.iter().map(|(k, v)| (k.clone(), *v)));
        let mut conditions = self.conditions(now);
        conditions
            .extend(old.conditions.iter().filter(|c| CONDITIONS.iter().all(|k| k.0 != c.type_)).cloned());
        NodeStatus {
            allocatable: capacity.clone(),
            capacity,
            conditions,
            addresses: vec![
                NodeAddress { type_: lit!("InternalIP"), address: self.ip.clone() },
                NodeAddress { type_: lit!("Hostname"), address: self.name.clone() },
            ],
            node_info: Some(NODE_INFO.clone()),
            images: self.image_list(),
            other: old.other,
        }
    }

    fn new_object(&self, config: &WorldConfig, now: Time) -> object::Node {
        let machine = &config.nodes[self.n as usize];
        let mut labels: Labels = [
            (lit!("beta.kubernetes.io/arch"), lit!("amd64")),
            (lit!("beta.kubernetes.io/os"), lit!("linux")),
            (lit!("kubernetes.io/arch"), lit!("amd64")),
            (lit!("kubernetes.io/hostname"), self.name.clone()),
            (lit!("kubernetes.io/os"), lit!("linux")),
        ]
        .into_iter()
        .collect();
        for (k, v) in machine.labels.iter() {
            labels.insert(k.clone(), v.clone());
        }
        object::Node {
            metadata: ObjectMeta { name: self.name.clone(), labels, ..Default::default() },
            // Upstream the controller manager hands out pod ranges; here they follow from the node's number.
            spec: NodeSpec {
                pod_cidr: Str::from(pod_cidr(self.n, config)),
                taints: machine.taints.clone(),
                ..Default::default()
            },
            status: self.status(config, now),
        }
    }

    /// Sends the whole status.
    fn send_status(&mut self, cx: &mut Cx<'_>) {
        let status = self.status(&cx.config(), cx.wall());
        self.images_changed = false;
        self.reported = Some(cx.now());
        let patch = Patch::NodeStatus(Box::new(status));
        cx.request(Verb::Patch { key: self.key(), uid: None, patch }, Ctx::Kubelet(KubeletCtx::NodeStatus));
    }
}

impl Kubelet {
    /// The process starts: register, find out what runs, and begin the periods.
    pub(super) fn start(&mut self, cx: &mut Cx<'_>) {
        self.node.runtime(cx, RuntimeCommand::List);
        self.node.node_event(cx, lit!("Starting"), "Starting kubelet.".to_owned());
        self.register(cx);
        self.node_informer.start(cx);
        let period = cx.core.config.timings.node_status_update;
        cx.tick(period, Timer::Kubelet(KubeletTimer::Status), "node status");
    }

    /// Creates the node object (`tryRegisterWithAPIServer`), again and again until it is there.
    pub(super) fn register(&mut self, cx: &mut Cx<'_>) {
        if self.node.registered {
            return;
        }
        let object = self.node.new_object(&cx.config(), cx.wall());
        cx.request(Verb::Create(Obj::Node(Arc::new(object))), Ctx::Kubelet(KubeletCtx::Register));
    }

    fn register_later(&mut self, cx: &mut Cx<'_>) {
        let d = Span::ms((200 << self.node.tries.min(6)).min(7_000));
        self.node.tries += 1;
        cx.after(d, Timer::Kubelet(KubeletTimer::Register));
    }

    fn on_registered(&mut self, node: Arc<object::Node>, fresh: bool, cx: &mut Cx<'_>) {
        self.node.registered = true;
        self.node.tries = 0;
        self.node.object = Some(node);
        let cause = cx.note(Code::NodeRegistered, &self.node.key(), &[]);
        cx.set_cause(cause);
        if fresh {
            self.node.reported = Some(cx.now());
        } else {
            self.node.send_status(cx);
        }
        for reason in
            ["NodeHasSufficientMemory", "NodeHasNoDiskPressure", "NodeHasSufficientPID", "NodeReady"]
        {
            let message = format!("Node {} status is now: {reason}", self.node.name);
            self.node.node_event(cx, Str::from(reason), message);
        }
        self.create_lease(cx);
        self.next_lease(cx);
    }

    /// Periods jitter by up to a twenty-fifth, so that a large cluster's heartbeats spread.
    fn next_lease(&mut self, cx: &mut Cx<'_>) {
        let period = Span(cx.core.config.timings.node_lease_duration.0 / 4);
        let jitter = Span(cx.rng().below((period.0 / 25).max(1)));
        cx.tick(period + jitter, Timer::Kubelet(KubeletTimer::Lease), "lease renewal");
    }

    fn create_lease(&mut self, cx: &mut Cx<'_>) {
        let seconds = (cx.core.config.timings.node_lease_duration.0 / 1_000_000_000) as i64;
        let owner = self.node.object.as_ref().map(|o| OwnerReference {
            api_version: lit!("v1"),
            kind: lit!("Node"),
            name: o.metadata.name.clone(),
            uid: o.metadata.uid,
            ..Default::default()
        });
        let lease = Lease {
            metadata: ObjectMeta {
                name: self.node.name.clone(),
                namespace: lit!("kube-node-lease"),
                owner_references: owner.into_iter().collect(),
                ..Default::default()
            },
            spec: LeaseSpec {
                holder_identity: self.node.name.clone(),
                lease_duration_seconds: Some(seconds),
                renew_time: Some(cx.core.wall_micro()),
                ..Default::default()
            },
        };
        cx.request(Verb::Create(Obj::Lease(Arc::new(lease))), Ctx::Kubelet(KubeletCtx::LeaseCreate));
    }

    fn send_renewal(&mut self, cx: &mut Cx<'_>) {
        let seconds = (cx.core.config.timings.node_lease_duration.0 / 1_000_000_000) as i64;
        let patch = Patch::Renew { holder: self.node.name.clone(), seconds, at: cx.core.wall_micro() };
        let verb = Verb::Patch { key: self.node.lease_key(), uid: None, patch };
        cx.request(verb, Ctx::Kubelet(KubeletCtx::LeaseRenew));
    }

    pub(super) fn renew_lease(&mut self, cx: &mut Cx<'_>) {
        if self.node.lease {
            self.send_renewal(cx);
        } else {
            self.create_lease(cx);
        }
        self.next_lease(cx);
    }

    pub(super) fn on_node(&mut self, change: Change) {
        let object = match change {
            Change::Replace(list) => list.into_iter().next(),
            Change::Set(o) => Some(o),
            // Upstream too, a kubelet whose node was deleted does not register it again by itself.
            Change::Remove(_) => None,
        };
        if let Some(Obj::Node(node)) = object {
            self.node.object = Some(node);
        }
    }

    pub(super) fn on_node_response(
        &mut self,
        ctx: KubeletCtx,
        result: Result<Reply, Box<Status>>,
        cx: &mut Cx<'_>,
    ) {
        match (ctx, result) {
            (KubeletCtx::Register | KubeletCtx::GetNode, _) if self.node.registered => {}
            (KubeletCtx::Register, Ok(Reply::Object(Obj::Node(node)))) => self.on_registered(node, true, cx),
            (KubeletCtx::GetNode, Ok(Reply::Object(Obj::Node(node)))) => self.on_registered(node, false, cx),
            (KubeletCtx::Register, Err(e)) if e.reason == "AlreadyExists" => {
                cx.request(Verb::Get(self.node.key()), Ctx::Kubelet(KubeletCtx::GetNode));
            }
            (KubeletCtx::Register | KubeletCtx::GetNode, _) => self.register_later(cx),
            (KubeletCtx::NodeStatus, Ok(Reply::Object(Obj::Node(node)))) => self.node.object = Some(node),
            // At the next tick it is sent again.
            (KubeletCtx::NodeStatus, Err(_)) => self.node.reported = None,
            (KubeletCtx::LeaseCreate, Ok(_)) => self.node.lease = true,
            (KubeletCtx::LeaseCreate, Err(e)) if e.reason == "AlreadyExists" => {
                self.node.lease = true;
                self.send_renewal(cx);
            }
            (KubeletCtx::LeaseRenew, Err(e)) if e.code == 404 => {
                self.node.lease = false;
                self.create_lease(cx);
            }
            // The control plane may think the node lost by now, and the watch that would tell may be broken:
            // upstream reads the node at every tick; here a failed renewal makes the next tick report.
            (KubeletCtx::LeaseRenew, Err(_)) => self.node.reported = None,
            (KubeletCtx::LeaseCreate | KubeletCtx::LeaseRenew | KubeletCtx::NodeStatus, _) => {}
            (KubeletCtx::PodStatus(..) | KubeletCtx::PodDelete(..), _) => {}
        }
    }

    /// Every ten seconds: sends the node's status if it has changed, is denied, or is five minutes old, and
    /// what could not be sent of the pods' (`syncNodeStatus`, `status_manager.syncBatch`).
    pub(super) fn on_status_tick(&mut self, cx: &mut Cx<'_>) {
        let now = cx.now();
        let timings = &cx.core.config.timings;
        let (period, report, timeout) =
            (timings.node_status_update, timings.node_status_report, timings.client_timeout);
        if self.node.registered {
            cx.set_background(self.node.agrees());
            if self.node.images_changed {
                self.node.send_status(cx);
            } else if self.node.reported.is_none_or(|t| now - t >= report) || !self.node.agrees() {
                self.node.reported = Some(now);
                let patch = Patch::NodeConditions(self.node.conditions(cx.wall()));
                let verb = Verb::Patch { key: self.node.key(), uid: None, patch };
                cx.request(verb, Ctx::Kubelet(KubeletCtx::NodeStatus));
            }
        } else if now - crate::time::SimTime(0) >= timeout {
            // The answer to the last try may have been lost.
            self.register(cx);
        }
        if !self.listed {
            self.node.runtime(cx, RuntimeCommand::List);
        }
        let cause = cx.cause();
        let node = &mut self.node;
        self.pods.update(
            |row| row.dirty,
            |row| {
                cx.set_cause(row.failed.take().unwrap_or(cause));
                cx.set_background(false);
                if row.request != 0 && now - row.asked_at >= timeout {
                    row.request = 0;
                }
                row.report(node, cx);
            },
        );
        cx.set_cause(cause);
        cx.tick(period, Timer::Kubelet(KubeletTimer::Status), "node status");
    }
}
