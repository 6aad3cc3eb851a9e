//! `docs/scheduler-plugin.md`: the code in it is the plugin's, and the configuration in it does what it says.

use podium_sim::diagnostic::SourceText;
use podium_sim::scheduler::profile::Profile;
use podium_sim::scheduler::whatif::{Fate, Options, Report, cluster, schedule, templates};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;

fn text(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// The blocks of the guide in a language.
fn blocks(language: &str) -> Vec<String> {
    let guide = text("../docs/scheduler-plugin.md");
    let fence = format!("```{language}\n");
    guide.split(&fence).skip(1).map(|b| b.split("```").next().unwrap_or_default().to_owned()).collect()
}

/// The block of YAML that is the file of that name.
fn file(name: &str) -> Arc<SourceText> {
    let is_it = |b: &String| b.starts_with(&format!("# {name}\n"));
    let block = blocks("yaml").into_iter().find(is_it).unwrap_or_else(|| panic!("{name} is not there"));
    SourceText::new(name, block)
}

#[test]
fn the_code_is_that_of_the_plugin() {
    let plugin = text("src/scheduler/plugins/pack_by_owner.rs");
    let plugin = plugin.split("\n#[cfg(test)]").next().unwrap_or_default();
    let others = text("src/scheduler/plugins/mod.rs");
    let (elsewhere, here): (Vec<String>, Vec<String>) =
        blocks("rust").into_iter().partition(|b| others.contains(b.as_str()));
    assert_eq!(elsewhere.len(), 1, "the line in OWN");
    assert_eq!(here.join("\n").trim_end(), plugin.trim_end());
}

fn profile() -> Arc<Profile> {
    Profile::read(&file("packed.yaml")).unwrap_or_else(|found| panic!("{found:?}"))
}

fn place(profile: Arc<Profile>) -> Report {
    let (mut there, mut found) = cluster(&[file("cluster.yaml")]);
    let (pods, more) = templates(&[file("web.yaml")], &mut there);
    found.extend(more);
    assert!(found.is_empty(), "{found:?}");
    schedule(&there, &pods, &Options { profile, ..Options::default() }, &mut |_, _| {})
}

#[test]
fn the_profile_asks_the_plugin() {
    use podium_sim::scheduler::framework::{FILTER, SCORE};
    let profile = profile();
    let i = profile.plugins.iter().position(|e| e.plugin.name() == "PackByOwner").expect("it is enabled");
    assert!(profile.asks(i, FILTER) && profile.asks(i, SCORE));
    assert_eq!(profile.weight(i), 10);
    assert_eq!(profile.plugins.len(), Profile::standard().plugins.len() + 1);
}

#[test]
fn pods_are_packed_and_no_more_than_the_most_on_a_node() {
    let report = place(profile());
    let nodes: Vec<_> = report.answers.iter().map(|a| a.fate.node()).collect();
    assert_eq!(nodes.len(), 10);
    for three in nodes[..9].chunks(3) {
        assert!(three[0].is_some() && three.iter().all(|n| *n == three[0]), "{nodes:?}");
    }
    let Fate::Refused { reasons, .. } = &report.answers[9].fate else { panic!("{nodes:?}") };
    assert_eq!(reasons[..], [("node(s) had enough pods of the same owner".into(), 3)]);
}

#[test]
fn without_it_they_are_spread() {
    let report = place(Profile::standard());
    let mut counts = BTreeMap::new();
    for a in &report.answers {
        *counts.entry(a.fate.node().expect("it has a node").clone()).or_insert(0) += 1;
    }
    let mut counts: Vec<i32> = counts.into_values().collect();
    counts.sort_unstable();
    assert_eq!(counts, [3, 3, 4]);
}
