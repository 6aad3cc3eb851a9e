//! What is on the picture, in words: for tests, and for those who cannot see it.

use crate::paint::packets::under_way;
use crate::player::Player;
use crate::scene::Standing;
use podium_sim::msg::Comp;
use podium_sim::object::Str;
use std::fmt::Write;

/// The scene's facts at the player's time, a line each: nodes with their pods, the pods that wait, faults, and messages
/// under way.
pub fn facts(player: &Player) -> String {
    let (mut out, scene) = (String::new(), player.scene());
    let _ = writeln!(out, "{} revision {}", player.now(), scene.revision);
    for rack in &scene.racks {
        let standing = match rack.standing {
            Standing::Unknown => "unknown",
            Standing::Ready => "ready",
            Standing::NotReady => "not ready",
        };
        let _ = write!(out, "{} {standing}", rack.name);
        for (on, word) in [
            (rack.trouble.off, "off"),
            (rack.trouble.kubelet, "kubelet stopped"),
            (rack.trouble.cut, "cut"),
            (rack.cordoned, "cordoned"),
        ] {
            if on {
                let _ = write!(out, " [{word}]");
            }
        }
        let (cpu, memory) = rack.requested();
        let _ =
            writeln!(out, " cpu {cpu}/{}m memory {}/{}Mi", rack.cpu_milli, memory >> 20, rack.memory >> 20);
        for (i, tile) in rack.slots().iter().enumerate().filter_map(|(i, t)| Some((i, t.as_ref()?))) {
            let restarts = if tile.restarts > 0 { format!(" ×{}", tile.restarts) } else { String::new() };
            let _ = writeln!(out, "  {i} {:?} {}{restarts}", tile.look, tile.key.name);
        }
    }
    for tile in scene.tray.values() {
        let _ = writeln!(out, "waits {:?} {}", tile.look, tile.key.name);
    }
    for (name, target) in scene.fold.faults.keys() {
        let _ = writeln!(out, "fault {name} {target}");
    }
    for m in under_way(player) {
        let (from, to) = (name(m.from, player.nodes()), name(m.to, player.nodes()));
        let _ = writeln!(out, "{from} → {to}: {} {:.0} %", m.label, m.part * 100.0);
    }
    out
}

fn name(comp: Comp, nodes: &[Str]) -> String {
    let node = |n: u32| nodes.get(n as usize).map_or("?", Str::as_str).to_owned();
    match comp {
        Comp::World => "world".into(),
        Comp::User => "user".into(),
        Comp::Api => "api".into(),
        Comp::Etcd => "etcd".into(),
        Comp::Scheduler => "scheduler".into(),
        Comp::Kcm => "controllers".into(),
        Comp::Kubelet(n) => format!("kubelet of {}", node(n)),
        Comp::Runtime(n) => format!("runtime of {}", node(n)),
    }
}
