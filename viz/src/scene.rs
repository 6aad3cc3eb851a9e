//! The cluster as the picture has it: racks with their slots, the pods that wait, what is broken. A fold over the
//! trace, cheap to copy, so that a player can go to any moment.

use crate::theme::{Color, PodLook, owner_color};
use podium_sim::cow::CowMap;
use podium_sim::object::{Key, Node, Obj, Pod, Str};
use podium_sim::time::SimTime;
use podium_sim::trace::{Code, Fold, Folding, Record, What, WriteVerb};
use std::sync::Arc;

/// A pod as a tile.
#[derive(Clone, Debug, PartialEq)]
pub struct Tile {
    /// Which pod.
    pub key: Key,
    /// How it is.
    pub look: PodLook,
    /// Since when it looks like that.
    pub since: SimTime,
    /// When it came to where it is.
    pub here: SimTime,
    /// Its owner's hue.
    pub hue: Color,
    /// What it asks for: thousandths of a core.
    pub cpu_milli: i64,
    /// What it asks for: bytes.
    pub memory: i64,
    /// How often its containers were started again.
    pub restarts: i64,
}

/// What is wrong with a node, as the picture shows it. Any of these may hold at once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Trouble {
    /// The machine is off.
    pub off: bool,
    /// Its kubelet is stopped.
    pub kubelet: bool,
    /// Its link to the control plane is cut.
    pub cut: bool,
}

impl Trouble {
    /// Whether anything is wrong.
    pub fn any(self) -> bool {
        self.off || self.kubelet || self.cut
    }
}

/// What the control plane says of a node.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// It has no Node object (yet).
    #[default]
    Unknown,
    /// Its Ready condition is True.
    Ready,
    /// Its Ready condition is False or Unknown.
    NotReady,
}

/// A node as a rack.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rack {
    /// The node's name.
    pub name: Str,
    /// What the control plane says of it.
    pub standing: Standing,
    /// Whether the scheduler is told to leave it alone.
    pub cordoned: bool,
    /// Its taints' keys and effects.
    pub taints: Vec<Str>,
    /// What is really wrong with it.
    pub trouble: Trouble,
    /// What it offers to pods: thousandths of a core.
    pub cpu_milli: i64,
    /// What it offers to pods: bytes.
    pub memory: i64,
    /// Its pods, each in the place that it keeps.
    slots: Vec<Option<Tile>>,
    /// What its pods ask for: thousandths of a core, and bytes.
    asked: (i64, i64),
    /// How many of its pods have each look.
    looks: [u16; PodLook::ALL.len()],
}

impl Rack {
    /// Its pods' places, from the first on.
    pub fn slots(&self) -> &[Option<Tile>] {
        &self.slots
    }
    /// Its pods.
    pub fn tiles(&self) -> impl Iterator<Item = &Tile> {
        self.slots.iter().flatten()
    }
    /// What its pods ask for: thousandths of a core, and bytes.
    pub fn requested(&self) -> (i64, i64) {
        self.asked
    }
    /// The look of its pods that is worst.
    pub fn worst(&self) -> Option<PodLook> {
        let there = PodLook::ALL.into_iter().filter(|l| self.looks[*l as usize] > 0);
        there.max_by_key(|l| l.badness())
    }

    fn find(&self, key: &Key) -> Option<usize> {
        self.slots.iter().position(|t| t.as_ref().is_some_and(|t| t.key == *key))
    }

    /// Changes one of its tiles, which it has.
    fn change(&mut self, slot: usize, change: impl FnOnce(&mut Tile)) {
        let Some(t) = &mut self.slots[slot] else { return };
        self.looks[t.look as usize] -= 1;
        change(t);
        self.looks[t.look as usize] += 1;
    }

    /// Takes a pod, in the first place that is free.
    fn add(&mut self, tile: Tile) {
        self.asked = (self.asked.0 + tile.cpu_milli, self.asked.1 + tile.memory);
        self.looks[tile.look as usize] += 1;
        match self.slots.iter_mut().find(|s| s.is_none()) {
            Some(free) => *free = Some(tile),
            None => self.slots.push(Some(tile)),
        }
    }

    fn remove(&mut self, key: &Key) {
        let Some(t) = self.find(key).and_then(|slot| self.slots[slot].take()) else { return };
        self.asked = (self.asked.0 - t.cpu_milli, self.asked.1 - t.memory);
        self.looks[t.look as usize] -= 1;
        while self.slots.last().is_some_and(Option::is_none) {
            self.slots.pop();
        }
    }
}

/// Where a pod is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Among those that wait.
    Tray,
    /// In that slot of that rack.
    Slot(u32, u32),
}

/// The cluster at a moment.
#[derive(Clone, Debug, Default)]
pub struct Scene {
    /// Everything that is known, with the objects' full texts.
    pub fold: Fold,
    /// The nodes.
    pub racks: Vec<Arc<Rack>>,
    /// Pods without a node, by the number of their arrival.
    pub tray: CowMap<u64, Tile>,
    /// The numbers of those pods.
    waiting: CowMap<Key, u64>,
    arrivals: u64,
    /// What was typed last, and when.
    pub command: Option<(SimTime, Str)>,
    /// The newest revision.
    pub revision: u64,
    /// The largest number of slots that a rack has ever had.
    pub most_slots: usize,
}

impl Scene {
    /// Before anything has happened: machines that nobody knows yet.
    pub fn new(nodes: &[Str]) -> Scene {
        let rack = |name: &Str| Arc::new(Rack { name: name.clone(), ..Rack::default() });
        Scene { racks: nodes.iter().map(rack).collect(), ..Scene::default() }
    }

    /// The rack of a node.
    pub fn rack(&self, name: &str) -> Option<usize> {
        // Node names of a cluster are numbered in order, so that the guess is nearly always right.
        let number =
            name.rsplit('-').next().and_then(|n| n.parse::<usize>().ok()).and_then(|n| n.checked_sub(1));
        let guess = number.filter(|i| self.racks.get(*i).is_some_and(|r| r.name == name));
        guess.or_else(|| self.racks.iter().position(|r| r.name == name))
    }

    /// A pod's tile and where it is.
    pub fn tile(&self, key: &Key) -> Option<(&Tile, Place)> {
        let pod = self.fold.objects.get(key)?.as_pod()?;
        if pod.node_name.is_empty() {
            return Some((self.tray.get(self.waiting.get(key)?)?, Place::Tray));
        }
        let rack = self.rack(&pod.node_name)?;
        let slot = self.racks[rack].slots.iter().position(|t| t.as_ref().is_some_and(|t| t.key == *key))?;
        Some((self.racks[rack].slots[slot].as_ref()?, Place::Slot(rack as u32, slot as u32)))
    }

    fn rack_mut(&mut self, name: &Str) -> &mut Rack {
        let at = self.rack(name).unwrap_or_else(|| {
            self.racks.push(Arc::new(Rack { name: name.clone(), ..Rack::default() }));
            self.racks.len() - 1
        });
        Arc::make_mut(&mut self.racks[at])
    }

    fn pod_written(&mut self, pod: &Pod, before: Option<&Obj>, key: &Key, at: SimTime) {
        let look = PodLook::of(pod);
        let owner = pod.metadata.controller().map_or(key.name.as_str(), |o| o.name.as_str());
        let update = |t: &mut Tile| {
            // An image that is still on its way is not told in the pod's status.
            if t.look != look && !(t.look == PodLook::Pulling && look == PodLook::Creating) {
                t.look = look;
                t.since = at;
            }
            t.restarts = pod.restarts();
        };
        let fresh = || Tile {
            key: key.clone(),
            look,
            since: at,
            here: at,
            hue: owner_color(owner),
            cpu_milli: pod.request("cpu"),
            memory: pod.request("memory"),
            restarts: pod.restarts(),
        };
        if pod.node_name.is_empty() {
            match self.waiting.get(key) {
                Some(number) => {
                    if let Some(t) = self.tray.get_mut(number) {
                        update(t);
                    }
                }
                None => {
                    self.arrivals += 1;
                    self.waiting.insert(key.clone(), self.arrivals);
                    self.tray.insert(self.arrivals, fresh());
                }
            }
            return;
        }
        if before.and_then(Obj::as_pod).is_some_and(|p| p.node_name.is_empty()) {
            self.leave_tray(key);
        }
        let rack = self.rack_mut(&pod.node_name);
        match rack.find(key) {
            Some(slot) => rack.change(slot, update),
            None => rack.add(fresh()),
        }
        let slots = rack.slots.len();
        self.most_slots = self.most_slots.max(slots);
    }

    fn leave_tray(&mut self, key: &Key) {
        if let Some(number) = self.waiting.remove(key) {
            self.tray.remove(&number);
        }
    }

    fn pod_removed(&mut self, pod: &Pod, key: &Key) {
        if pod.node_name.is_empty() {
            self.leave_tray(key);
        } else {
            self.rack_mut(&pod.node_name).remove(key);
        }
    }

    fn node_written(&mut self, node: &Node) {
        let rack = self.rack_mut(&node.metadata.name);
        rack.standing = if node.ready() { Standing::Ready } else { Standing::NotReady };
        rack.cordoned = node.spec.unschedulable;
        rack.taints =
            node.spec.taints.iter().map(|t| Str::from(format!("{}:{}", t.key, t.effect.as_str()))).collect();
        rack.cpu_milli = node.allocatable("cpu");
        rack.memory = node.allocatable("memory");
    }

    fn look(&mut self, key: &Key, at: SimTime, change: impl Fn(PodLook) -> Option<PodLook>) {
        let Some((tile, Place::Slot(rack, slot))) = self.tile(key) else { return };
        let Some(look) = change(tile.look) else { return };
        let rack = Arc::make_mut(&mut self.racks[rack as usize]);
        rack.change(slot as usize, |t| (t.look, t.since) = (look, at));
    }

    fn trouble(&mut self, fault: &str, target: &str, begins: bool) {
        let Some(name) = target.strip_prefix("node/") else { return };
        let rack = self.rack_mut(&Str::from(name));
        match fault {
            "nodeCrash" => rack.trouble.off = begins,
            "kubeletStop" => rack.trouble.kubelet = begins,
            "partition" => rack.trouble.cut = begins,
            _ => {}
        }
    }

    /// A number that is equal for equal states.
    pub fn digest(&self) -> u64 {
        let mut h = Fnv::default();
        h.text(&format!(
            "{:?}{:?}{:?}{:?}",
            self.fold.last, self.fold.in_flight, self.fold.faults, self.tray
        ));
        let versions = self.fold.objects.iter().map(|(k, o)| (k, o.meta().resource_version));
        h.text(&format!("{:?}", versions.collect::<Vec<_>>()));
        self.racks.iter().for_each(|r| h.text(&format!("{r:?}")));
        h.0
    }
}

struct Fnv(u64);

impl Default for Fnv {
    fn default() -> Fnv {
        Fnv(0xcbf2_9ce4_8422_2325)
    }
}

impl Fnv {
    fn text(&mut self, s: &str) {
        self.0 = s.bytes().fold(self.0, |h, b| (h ^ u64::from(b)).wrapping_mul(0x100_0000_01b3));
    }
}

impl Folding for Scene {
    fn apply(&mut self, r: &Record) {
        let before = self.fold.apply(r);
        match &r.what {
            What::Write { verb, obj, revision, .. } => {
                self.revision = *revision;
                match (obj, verb) {
                    (Obj::Pod(p), WriteVerb::Delete) => self.pod_removed(p, &obj.key()),
                    (Obj::Pod(p), WriteVerb::Create | WriteVerb::Update) => {
                        self.pod_written(p, before.as_ref(), &obj.key(), r.at)
                    }
                    (Obj::Node(n), WriteVerb::Create | WriteVerb::Update) => self.node_written(n),
                    (Obj::Node(n), WriteVerb::Delete) => {
                        self.rack_mut(&n.metadata.name).standing = Standing::Unknown;
                    }
                    _ => {}
                }
            }
            What::Note { code: Code::ImagePulling, subject, .. } => {
                self.look(subject, r.at, |l| (l == PodLook::Creating).then_some(PodLook::Pulling));
            }
            What::Note { code: Code::ImagePulled | Code::ImageFailed, subject, .. } => {
                self.look(subject, r.at, |l| (l == PodLook::Pulling).then_some(PodLook::Creating));
            }
            What::User { command } => self.command = Some((r.at, command.clone())),
            What::Fault { name, target } => self.trouble(name, target, true),
            What::Mend { name, target } => self.trouble(name, target, false),
            _ => {}
        }
    }
}
