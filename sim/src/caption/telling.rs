//! What a record says, free of any language: which message, with which values, how important.

use super::{Context, change, render};
use crate::object::{Key, Kind, Str, lit};
use crate::trace::{Actor, Code, Decision, Record, What};
use std::borrow::Cow;

/// The faults that have sentences of their own: `fault-NAME` and `mend-NAME`.
pub const FAULTS: &[&str] = &[
    "nodeCrash",
    "nodeRestart",
    "kubeletStop",
    "apiServerDown",
    "etcdDown",
    "etcdSlow",
    "controllerManagerDown",
    "schedulerDown",
    "containerCrash",
    "imageMissing",
    "partition",
];

/// The timers that have sentences of their own: `timer-NAME`.
pub const TIMERS: &[&str] = &[
    "bookmarks",
    "client-timeout",
    "compaction",
    "lease-expiry",
    "lease-renewal",
    "node-monitor",
    "node-status",
    "scheduler-back-off",
    "scheduler-retry-of-unschedulable-pods",
];

/// Reasons as the components write them, with the message that says the same.
const PHRASES: &[(&str, &str)] = &[
    ("the machine is off", "phrase-machine-off"),
    ("nodeCrash", "phrase-machine-off"),
    ("its kubelet is stopped", "phrase-kubelet-stopped"),
    ("kubeletStop", "phrase-kubelet-stopped"),
    ("its link to the control plane is cut", "phrase-link-cut"),
    ("the link is cut", "phrase-link-cut"),
    ("partition", "phrase-link-cut"),
    ("nobody is there", "phrase-nobody"),
    ("Expired", "phrase-expired"),
    ("ConnectionRefused", "phrase-refused"),
    ("Timeout", "phrase-timeout"),
    ("NodeAdd", "phrase-node-added"),
    ("NodeDelete", "phrase-node-removed"),
    ("NodeUpdateNodeAllocatable", "phrase-node-room"),
    ("NodeUpdateNodeLabel", "phrase-node-labels"),
    ("NodeUpdateNodeTaint", "phrase-node-taints"),
    ("NodeUpdateNodeCondition", "phrase-node-condition"),
    ("AssignedPodAdd", "phrase-pod-added"),
    ("AssignedPodDelete", "phrase-pod-removed"),
    ("PodUpdatePodLabel", "phrase-pod-labels"),
    ("PodUpdatePodToleration", "phrase-pod-tolerations"),
    ("PodUpdatePodSchedulingGatesEliminated", "phrase-pod-gates"),
    ("PodUpdatePodScaleDown", "phrase-pod-smaller"),
    ("PersistentVolumeClaimUpdate", "phrase-volume-claim"),
    ("PersistentVolumeUpdate", "phrase-volume"),
    ("StorageClassUpdate", "phrase-storage-class"),
    ("CSINodeUpdate", "phrase-csi-node"),
    ("CSIDriverUpdate", "phrase-csi-driver"),
    ("CSIStorageCapacityUpdate", "phrase-csi-capacity"),
    ("VolumeAttachmentDelete", "phrase-volume-detached"),
];

/// How important a record is to somebody who watches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Weight {
    /// Only for a chain of causes: timers, lost messages.
    Noise,
    /// For those who want to know how it works.
    Detail,
    /// A line of the story.
    Headline,
}

/// A sentence to be said in some language.
#[derive(Clone, Debug, PartialEq)]
pub struct Telling {
    /// The message.
    pub id: Cow<'static, str>,
    /// Its values.
    pub args: Vec<(Str, Arg)>,
    /// How important it is.
    pub weight: Weight,
}

/// A value in a sentence.
#[derive(Clone, Debug, PartialEq)]
pub enum Arg {
    /// As it is.
    Text(Str),
    /// A message without values.
    Phrase(&'static str),
    /// A number.
    Number(i64),
    /// A length of time in milliseconds.
    Millis(u64),
    /// An amount of data.
    Bytes(u64),
    /// A kind of object.
    Kind(Kind),
    /// An object by its kind and name; with an empty name, objects of that kind.
    Thing {
        /// Its kind.
        kind: Kind,
        /// Its name, led by its namespace unless that is `default`.
        name: Str,
    },
    /// Who acts.
    Actor {
        /// The actor.
        actor: Actor,
        /// The name of its node; empty if it is of the control plane.
        node: Str,
    },
    /// Why nodes did not fit, with how many each.
    Reasons(Vec<(Str, u32)>),
}

impl From<&Str> for Arg {
    fn from(s: &Str) -> Arg {
        Arg::Text(s.clone())
    }
}
impl From<String> for Arg {
    fn from(s: String) -> Arg {
        Arg::Text(s.into())
    }
}
impl From<i64> for Arg {
    fn from(n: i64) -> Arg {
        Arg::Number(n)
    }
}
impl From<u32> for Arg {
    fn from(n: u32) -> Arg {
        Arg::Number(n.into())
    }
}

impl Telling {
    pub(super) fn new(weight: Weight, id: impl Into<Cow<'static, str>>) -> Telling {
        Telling { id: id.into(), args: Vec::new(), weight }
    }
    /// Adds a value, or puts it in place of one of that name.
    pub(super) fn with(mut self, name: impl Into<Str>, arg: impl Into<Arg>) -> Telling {
        let (name, arg) = (name.into(), arg.into());
        match self.args.iter_mut().find(|(k, _)| *k == name) {
            Some(slot) => slot.1 = arg,
            None => self.args.push((name, arg)),
        }
        self
    }
}

/// An object's name, led by its namespace unless that is `default`.
pub(crate) fn name_of(key: &Key) -> Str {
    if key.ns.is_empty() || key.ns == "default" {
        key.name.clone()
    } else {
        format!("{}/{}", key.ns, key.name).into()
    }
}

/// The name of an actor's node; empty for the control plane.
pub(crate) fn node_of(actor: &Actor, nodes: &[Str]) -> Str {
    actor.comp.node().and_then(|n| nodes.get(n as usize)).cloned().unwrap_or_default()
}

/// What a record says; `None` if it is not worth a sentence.
pub fn tell(record: &Record, context: &Context<'_>) -> Option<Telling> {
    use Weight::{Detail, Headline, Noise};
    Some(match &record.what {
        What::Start { .. } => Telling::new(Headline, "root-start"),
        What::User { command } => Telling::new(Headline, "root-user").with("command", command),
        What::Timer { name } => {
            let id = match TIMERS.iter().find(|t| **t == name.replace([' ', '.'], "-")) {
                Some(t) => Cow::from(format!("timer-{t}")),
                None => Cow::from("root-timer"),
            };
            Telling::new(Noise, id).with("name", name).with("actor", actor(&record.actor, context))
        }
        What::Fault { name, target } => trouble("fault", name, target),
        What::Mend { name, target } => trouble("mend", name, target),
        What::Sent { .. } | What::Delivered { .. } | What::Usage { .. } => return None,
        What::Dropped { why, .. } => match context.sent.map(|r| &r.what) {
            Some(What::Sent { to, label, .. }) => Telling::new(Noise, "lost-message")
                .with("to", actor(&Actor { comp: *to, part: lit!("") }, context))
                .with("label", label)
                .with("why", phrase(why)),
            _ => Telling::new(Noise, "lost-unknown").with("why", phrase(why)),
        },
        What::Write { verb, obj, .. } => change::tell(*verb, obj, context.previous)?,
        What::Refused { verb, key, code, reason, message } => {
            let (weight, id) = match reason.as_str() {
                "Conflict" => (Detail, "refused-conflict"),
                "NotFound" => (Detail, "refused-notFound"),
                "AlreadyExists" => (Detail, "refused-alreadyExists"),
                "Invalid" => (Headline, "refused-invalid"),
                "Forbidden" => (Headline, "refused-forbidden"),
                "BadRequest" => (Headline, "refused-badRequest"),
                "Expired" => (Detail, "refused-expired"),
                "Timeout" => (Detail, "refused-timeout"),
                "ConnectionRefused" => (Detail, "refused-unreachable"),
                "InternalError" => (Detail, "refused-internal"),
                _ => (Detail, "refused-other"),
            };
            Telling::new(weight, id)
                .with("verb", verb)
                .with("thing", Arg::Thing { kind: key.kind.clone(), name: name_of(key) })
                .with("code", u32::from(*code))
                .with("reason", reason)
                .with("message", message)
        }
        What::Decision(decision) => decided(decision),
        What::Note { code, subject, args } => note(record, context, *code, subject, args),
    })
}

fn actor(actor: &Actor, context: &Context<'_>) -> Arg {
    Arg::Actor { actor: actor.clone(), node: node_of(actor, context.nodes) }
}

/// A list of taints set and lifted (`a:NoSchedule, -b:NoExecute`) as those that were set and those that were lifted.
fn set_and_lifted(taints: &str) -> (String, String) {
    let (lifted, set): (Vec<&str>, Vec<&str>) = taints.split(", ").partition(|t| t.starts_with('-'));
    (set.join(", "), lifted.iter().map(|t| &t[1..]).collect::<Vec<_>>().join(", "))
}

fn phrase(why: &Str) -> Arg {
    let known = PHRASES.iter().find(|(text, _)| *text == why.as_str());
    known.map_or_else(|| why.into(), |(_, id)| Arg::Phrase(id))
}

fn trouble(what: &str, name: &Str, target: &Str) -> Telling {
    let known = FAULTS.iter().find(|f| **f == *name).copied().unwrap_or("other");
    // The trace names objects as kubectl does: node/node-2, pod/web-1, shop/pod/web-1.
    let target: Str = match known {
        "imageMissing" => target.clone(),
        _ => target
            .split('/')
            .filter(|part| !matches!(*part, "node" | "pod"))
            .collect::<Vec<_>>()
            .join("/")
            .into(),
    };
    let both = format!("{name} {target}");
    Telling::new(Weight::Headline, format!("{what}-{known}"))
        .with("target", &target)
        .with("what", both.trim_end().to_owned())
}

fn decided(d: &Decision) -> Telling {
    let id = match (d.winner.is_empty(), d.looked_at) {
        (false, _) => "decision-placed",
        (true, 0) if d.reasons.is_empty() => "decision-no-nodes",
        (true, _) => "decision-refused",
    };
    Telling::new(Weight::Headline, id)
        .with("name", &name_of(&d.pod))
        .with("node", &d.winner)
        .with("looked", d.looked_at)
        .with("feasible", d.feasible)
        .with("score", d.score)
        .with("reasons", Arg::Reasons(d.reasons.clone()))
}

fn note(record: &Record, context: &Context<'_>, code: Code, subject: &Key, args: &[(Str, Str)]) -> Telling {
    let name = name_of(subject);
    let arg = |name: &str| args.iter().find(|(k, _)| *k == name).map_or("", |(_, v)| v.as_str());
    let (set, lifted) = set_and_lifted(arg("taints"));
    let id: Cow<'static, str> = match code {
        Code::NodeTainted if set.is_empty() => "node-untainted".into(),
        Code::NodeTainted if !lifted.is_empty() => "node-retainted".into(),
        // In the foreground the owner is still there, and waits.
        Code::GarbageCollected if arg("first") == "yes" => "gc-collected-first".into(),
        Code::PodRetried if arg("event") == "UnschedulableTimeout" => "scheduler-retried-anyway".into(),
        // How a container ended whose machine lost its power, no one knows.
        Code::ContainerExited if arg("reason") == "Unknown" => "kubelet-exited-lost".into(),
        Code::ContainerExited if arg("asked") == "yes" => "kubelet-exited-asked".into(),
        code => code.as_str().replace('.', "-").into(),
    };
    let mut telling = Telling::new(weight_of_code(code), id)
        .with("name", &name)
        .with("node", &node_of(&record.actor, context.nodes))
        .with("actor", actor(&record.actor, context))
        .with("thing", Arg::Thing { kind: subject.kind.clone(), name: name.clone() });
    for (k, v) in args {
        let arg = match k.as_str() {
            "grace" | "silence" | "wait" | "took" => render::millis(v).map(Arg::Millis),
            "bytes" => v.parse().ok().map(Arg::Bytes),
            "kind" => Kind::ALL.into_iter().find(|kind| kind.name() == v.as_str()).map(Arg::Kind),
            "why" | "event" => Some(phrase(v)),
            "taints" => Some(set.clone().into()),
            _ => None,
        };
        telling = telling.with(k.clone(), arg.unwrap_or_else(|| v.into()));
    }
    if code == Code::NodeTainted { telling.with("lifted", lifted) } else { telling }
}

fn weight_of_code(code: Code) -> Weight {
    match code {
        Code::NodeSilent
        | Code::LeaseExpired
        | Code::NodeBack
        | Code::NodeTainted
        | Code::EvictionScheduled
        | Code::EvictionCancelled
        | Code::PodEvicted
        | Code::PodNominated
        | Code::PodPreempted
        | Code::ReplicasMissing
        | Code::ReplicasSurplus
        | Code::RevisionCreated
        | Code::RevisionReused
        | Code::RolloutComplete
        | Code::RolloutStalled
        | Code::PodRejected
        | Code::ImagePulling
        | Code::ImageFailed
        | Code::ContainerStarted
        | Code::ContainerExited
        | Code::ContainerBackoff
        | Code::ProbeUnready
        | Code::ProbeFailed => Weight::Headline,
        Code::NodeRegistered
        | Code::ReplicaSetScaled
        | Code::GarbageCollected
        | Code::NamespaceEmptied
        | Code::PodBackoff
        | Code::PodRetried
        | Code::NominationWithdrawn
        | Code::PodSeen
        | Code::ImagePulled
        | Code::ImagePresent
        | Code::SandboxReady
        | Code::ContainerCreated
        | Code::ProbeReady
        | Code::ContainerKilling
        | Code::PodGone
        | Code::Relist => Weight::Detail,
    }
}
