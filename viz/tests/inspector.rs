//! The inspector and what can be done: facts, why, the scheduler's table, and other futures.

mod common;

use common::{Host, LESSON, at, click, pod, press, seen as view, window};
use egui::Key;
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use podium_sim::caption::Lang;
use podium_sim::object::{Key as Name, Kind};
use podium_sim::time::SimTime;
use podium_viz::panel::inspector::Tab;
use podium_viz::view::{Question, Target};
use podium_viz::{Options, View};
use std::collections::BTreeSet;
use std::path::Path;

#[test]
fn a_link_of_the_chain_leads_to_its_moment() {
    let mut h = window();
    at(&mut h, 30);
    let key = pod(&h);
    h.state_mut().view.select(Target::Object(key));
    h.run();
    click(&mut h, "Why?");
    assert_eq!(view(&h).ui.tab, Tab::Why);
    h.query_all_by_label_contains("Somebody types").last().unwrap().click_accesskit();
    h.run();
    assert!(view(&h).player.now() < SimTime(10_000_000_000), "{:?}", view(&h).player.now());
    assert!(matches!(view(&h).selected, Some(Target::Record(_))));
    click(&mut h, "← Back");
    assert_eq!(view(&h).player.now(), SimTime(30_000_000_000));
    assert!(matches!(view(&h).selected, Some(Target::Object(_))));
}

#[test]
fn a_decision_is_shown_with_every_plugin_and_node() {
    let mut h = window();
    at(&mut h, 30);
    let key = pod(&h);
    h.state_mut().view.select(Target::Object(key));
    h.state_mut().view.ui.tab = Tab::Why;
    h.run();
    for label in ["How the scheduler decided", "NodeResourcesFit", "TaintToleration", "Total"] {
        assert!(h.query_all_by_label(label).count() >= 1, "{label}");
    }
    for node in ["node-1", "node-2", "node-3"] {
        assert!(h.query_all_by_label_contains(node).count() >= 1, "{node}");
    }
}

#[test]
fn every_side_of_every_kind_of_thing_can_be_looked_at() {
    let mut h = window();
    at(&mut h, 30);
    let mut all: Vec<Target> = {
        let objects = &view(&h).player.scene().fold.objects;
        let mut kinds = BTreeSet::new();
        objects.keys().filter(|k| kinds.insert(k.kind.clone())).cloned().map(Target::Object).collect()
    };
    use podium_sim::msg::Comp;
    for comp in [
        Comp::World,
        Comp::User,
        Comp::Api,
        Comp::Etcd,
        Comp::Scheduler,
        Comp::Kcm,
        Comp::Kubelet(1),
        Comp::Runtime(1),
    ] {
        all.push(Target::Part(comp));
    }
    all.push(Target::Node("node-2".into()));
    all.extend([1, 2, 50, 400].map(|n| Target::Record(podium_sim::trace::RecordId(n))));
    for lang in Lang::ALL {
        h.state_mut().view.lang = lang;
        for target in &all {
            for tab in [Tab::Facts, Tab::Yaml, Tab::Conditions, Tab::Events, Tab::Why] {
                h.state_mut().view.ui.tab = tab;
                h.state_mut().view.select(target.clone());
                h.run();
            }
        }
    }
}

#[test]
fn acting_begins_another_future_and_the_first_stays() {
    let mut h = window();
    at(&mut h, 30);
    let key = pod(&h);
    h.state_mut().view.select(Target::Object(key.clone()));
    h.run();
    let trunk = view(&h).player.records().len();
    click(&mut h, &format!("Delete pod {}", key.name));
    assert_eq!(view(&h).player.source().branches().len(), 2);
    assert_eq!(view(&h).player.source().active(), 1);
    assert_eq!(view(&h).player.now(), SimTime(30_000_000_000));
    assert!(view(&h).toast.as_ref().unwrap().0.starts_with("Another future begins here"));
    // The question belongs to the script, which this future has left.
    press(&mut h, Key::End);
    assert_eq!(view(&h).question, Question::Later);
    assert!(!view(&h).player.scene().fold.objects.contains_key(&key));
    click(&mut h, "Follow this future: as it happened");
    assert_eq!(view(&h).player.source().active(), 0);
    assert_eq!(view(&h).player.records().len(), trunk);
    h.get_by_label_contains("Follow this future: kubectl delete pod").click();
    h.run();
    assert_eq!(view(&h).player.source().active(), 1);
}

#[test]
fn a_node_is_crashed_and_switched_on_again() {
    let mut h = window();
    at(&mut h, 30);
    h.state_mut().view.select(Target::Node("node-3".into()));
    h.run();
    click(&mut h, "Cut the power of node-3");
    let off = |h: &Harness<'static, Host>| {
        let scene = view(h).player.scene();
        scene.racks[scene.rack("node-3").unwrap()].trouble.off
    };
    press(&mut h, Key::ArrowRight);
    assert!(off(&h));
    at(&mut h, 60);
    h.run();
    click(&mut h, "Repair node-3");
    assert_eq!(view(&h).player.source().branches().len(), 3);
    at(&mut h, 62);
    assert!(!off(&h));
    h.state_mut().view.select(Target::Object(Name::new(Kind::Deployment, "default", "web")));
    h.run();
    click(&mut h, "Scale web to 4");
    at(&mut h, 80);
    h.run();
    assert!(h.query_all_by_label_contains("wanted 4").count() >= 1);
}

#[test]
fn a_trace_without_its_scenario_can_only_be_watched() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scenarios").join(LESSON);
    let mut trace = common::trace(&path);
    trace.header.files.clear();
    let mut view = View::new(podium_sim::trace::Source::new(trace), Options::default());
    let deed = podium_viz::panel::actions::Deed::Crash("node-1".into());
    podium_viz::panel::actions::perform(&mut view, &deed);
    assert_eq!(view.player.source().branches().len(), 1);
    assert!(view.toast.unwrap().0.contains("can only be watched"));
}
