//! A pod's life through the whole cluster.

use podium_sim::config::{NodeConfig, WorldConfig};
use podium_sim::object::{Key, Kind, Obj};
use podium_sim::time::{SimTime, Span};
use podium_sim::trace::{Header, Trace, Writer, export};
use podium_sim::world::{External, UserCommand, World};
use serde_json::json;

#[test]
fn a_bare_pod_is_scheduled_and_runs() {
    let config = WorldConfig { nodes: NodeConfig::many(3, &NodeConfig::default()), ..Default::default() };
    let mut world = World::new(config, 1);
    world.advance(SimTime(0) + Span::secs(2));
    let pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web"},
        "spec": {"containers": [{"name": "web", "image": "web:1"}]}});
    let now = world.now();
    world.handle(now, External::User { id: 1, command: UserCommand::Apply { objects: vec![pod] } });
    world.advance(now + Span::secs(20));
    let records = world.take_records();
    let header =
        Header { nodes: vec!["node-1".into(), "node-2".into(), "node-3".into()], ..Default::default() };
    if std::env::var_os("PODIUM_SHOW").is_some() {
        for r in &records {
            println!("{}", export::json(r, &header));
        }
    }
    let Some(Obj::Pod(p)) = world.get(&Key::new(Kind::Pod, "default", "web")) else { panic!("no pod") };
    assert_eq!(
        p.status.phase.as_str(),
        "Running",
        "{}",
        world.get(&Key::new(Kind::Pod, "default", "web")).unwrap().to_value()
    );
    assert!(p.ready());

    // The trace survives being written and read.
    let mut w = Writer::new(&header);
    w.add(&records);
    let bytes = w.finish(world.input_log(), &Default::default(), world.now());
    let back = Trace::read(&bytes).expect("a trace");
    assert_eq!(back.records.len(), records.len());
    for (a, b) in back.records.iter().zip(&records) {
        assert_eq!(a, b);
    }
}
