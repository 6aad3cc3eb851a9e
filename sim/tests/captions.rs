//! Captions and chains of causes over the trace of a world that runs.

use podium_sim::caption::{Catalogue, Lang};
use podium_sim::config::WorldConfig;
use podium_sim::fault::Fault;
use podium_sim::object::{Key, Kind, Str};
use podium_sim::time::{SimTime, Span};
use podium_sim::trace::{Level, Order, Record, Root, TraceIndex, chain, explain};
use podium_sim::world::{External, UserCommand, World};
use serde_json::json;

fn run(level: Level) -> (Vec<Record>, Vec<Str>) {
    let config = WorldConfig { trace: level, ..WorldConfig::default() };
    let nodes = config.nodes.iter().map(|n| n.name.clone()).collect();
    let mut world = World::new(config, 3);
    let at = |s| SimTime(0) + Span::secs(s);
    world.advance(at(1));
    let web = json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}, "spec": {
        "replicas": 2, "selector": {"matchLabels": {"app": "web"}}, "template": {"metadata": {"labels": {"app": "web"}},
        "spec": {"containers": [{"name": "web", "image": "web:1"}]}}}});
    world.handle(at(2), External::User { id: 1, command: UserCommand::Apply { objects: vec![web] } });
    let key = Key::new(Kind::Deployment, "default", "web");
    world.handle(at(20), External::User { id: 2, command: UserCommand::Scale { key, replicas: 3 } });
    let fault = Fault { name: "nodeCrash".into(), args: json!({"node": "node-2"}) };
    world.handle(at(30), External::Fault { id: 1, fault });
    world.advance(at(500));
    world.handle(at(500), External::Mend { id: 1 });
    world.advance(at(600));
    (world.take_records(), nodes)
}

#[test]
fn each_record_goes_back_to_a_root_and_says_all_its_values() {
    for level in [Level::Full, Level::Lifecycle] {
        let (records, nodes) = run(level);
        let index = TraceIndex::new(&records, &nodes);
        for lang in Lang::ALL {
            let catalogue = Catalogue::new(lang);
            for record in &records {
                chain(&index, record.id).unwrap_or_else(|e| panic!("{level:?}: {e}: {record:?}"));
                let Some(text) = catalogue.caption(record, &index.context(record)) else { continue };
                assert!(!text.contains("{$"), "{level:?}: {text}: {record:?}");
            }
        }
    }
}

#[test]
fn a_scaled_deployment_goes_back_to_its_user() {
    let (records, nodes) = run(Level::Lifecycle);
    let index = TraceIndex::new(&records, &nodes);
    let key = Key::new(Kind::Deployment, "default", "web");
    let catalogue = Catalogue::new(Lang::En);
    let why = explain(&index, &key, SimTime(0) + Span::ms(2_005), &catalogue, Order::OldestFirst);
    let why = why.expect("a deployment");
    assert_eq!(why.root, Root::User, "{why}");
    assert!(why.to_string().contains("Deployment web is created: it wants 2 replicas."), "{why}");
}
