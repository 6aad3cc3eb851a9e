//! `podium get`, `describe`, `events` and `top`: kubectl's own tables at any moment of a run.

use crate::cli::{DescribeArgs, EventsArgs, GetArgs, TopArgs};
use crate::exit::Failure;
use crate::load::{self, History};
use crate::term;
use podium_sim::api_util::Selector;
use podium_sim::object::{Key, Kind, Node, Obj, Str};
use podium_sim::print::{self, top::Usage};
use podium_sim::time::SimTime;
use podium_sim::trace::{Fold, Level};
use podium_sim::world::World;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Kinds, and a name if one was given.
type Wanted = (Vec<Kind>, Option<String>);

/// What to show: kinds, and a name for each if one was given.
fn targets(words: &[String], fold: &Fold) -> Result<Vec<Wanted>, Failure> {
    if words.iter().any(|w| w.contains('/')) {
        return words.iter().map(|w| load::target(w, fold)).collect();
    }
    let kinds = load::kinds(&words[0], fold)?;
    if words.len() == 1 {
        return Ok(vec![(kinds, None)]);
    }
    Ok(words[1..].iter().map(|n| (kinds.clone(), Some(n.clone()))).collect())
}

/// The moment that is asked for, and the clock on the wall then.
fn moment(h: &History, at: Option<u64>) -> (Fold, podium_sim::api_util::Time) {
    let fold = h.fold(at);
    let at = at.map_or(h.end(), SimTime);
    (fold, h.wall(at))
}

fn select(
    fold: &Fold,
    kinds: &[Kind],
    name: Option<&str>,
    ns: Option<&str>,
    labels: Option<&Selector>,
) -> Vec<Obj> {
    // In the order in which the kinds were asked for.
    let of_kind = |kind: &Kind| fold.objects.range(Key::new(kind.clone(), "", "")..);
    kinds
        .iter()
        .flat_map(|kind| of_kind(kind).take_while(move |(k, _)| k.kind == *kind))
        .filter(|(k, _)| {
            (!k.kind.namespaced() || ns.is_none_or(|ns| k.ns == *ns))
                && name.is_none_or(|n| crate::glob(n, &k.name))
        })
        .filter(|(_, o)| labels.is_none_or(|s| s.matches_by(|k| o.meta().labels.get(k).map(|v| v.as_str()))))
        .map(|(_, o)| o.clone())
        .collect()
}

fn not_found(kind: &Kind, name: &str) -> Failure {
    Failure::Usage(format!("Error from server (NotFound): {} \"{name}\" not found", kind.resource()))
}

/// `podium get`.
pub fn get(args: GetArgs) -> Result<(), Failure> {
    let format = if args.json { Some("json") } else { args.output.as_deref() };
    let format: print::Format = format
        .map(|f| f.parse().map_err(|e: print::output::UnknownFormat| Failure::Usage(e.to_string())))
        .transpose()?
        .unwrap_or_default();
    let selector = args
        .selector
        .as_deref()
        .map(|s| Selector::parse(s).map_err(|e| Failure::Usage(format!("--selector: {e}"))))
        .transpose()?;
    let h = load::history(&args.at)?;
    let (fold, now) = moment(&h, args.at.at);
    let wanted = targets(&args.what, &fold)?;
    let ns = (!args.all_namespaces).then_some(args.namespace.as_str());
    let mut found = Vec::new();
    for (kinds, name) in &wanted {
        let some = select(&fold, kinds, name.as_deref(), ns, selector.as_ref());
        if let Some(name) = name.as_ref().filter(|_| some.is_empty()) {
            return Err(not_found(&kinds[0], name));
        }
        found.extend(some);
    }
    if found.is_empty() && matches!(format, print::Format::Table | print::Format::Wide) {
        match ns {
            Some(ns) if wanted.iter().flat_map(|(k, _)| k).any(Kind::namespaced) => {
                eprintln!("No resources found in {ns} namespace.");
            }
            _ => eprintln!("No resources found"),
        }
        return Ok(());
    }
    let single = wanted.len() == 1 && wanted[0].1.is_some() && found.len() == 1;
    let options = print::output::Options {
        format,
        show_namespace: args.all_namespaces,
        no_headers: args.no_headers,
        list: !single,
    };
    let text = print::print(&found, options, now);
    match format {
        // YAML and JSON have their own way to write control characters.
        print::Format::Yaml | print::Format::Json => print!("{text}"),
        print::Format::Table | print::Format::Wide | print::Format::Name => print!("{}", term::clean(&text)),
    }
    Ok(())
}

/// `podium describe`.
pub fn describe(args: DescribeArgs) -> Result<(), Failure> {
    let h = load::history(&args.at)?;
    let (fold, now) = moment(&h, args.at.at);
    let wanted = targets(&args.what, &fold)?;
    let cluster = print::Cluster { objects: &fold.objects, now };
    let mut texts = Vec::new();
    for (kinds, name) in &wanted {
        let some = select(&fold, kinds, name.as_deref(), Some(&args.namespace), None);
        if let Some(name) = name.as_ref().filter(|_| some.is_empty()) {
            return Err(not_found(&kinds[0], name));
        }
        texts.extend(some.iter().filter_map(|o| print::describe(cluster, &o.key())));
    }
    if texts.is_empty() {
        eprintln!("No resources found in {} namespace.", args.namespace);
    }
    print!("{}", term::clean(&texts.join("\n\n")));
    Ok(())
}

/// `podium events`.
pub fn events(args: EventsArgs) -> Result<(), Failure> {
    let h = load::history(&args.at)?;
    let (fold, now) = moment(&h, args.at.at);
    let about = args.about.as_deref().map(|t| load::target(t, &fold)).transpose()?;
    let ns = (!args.all_namespaces).then_some(args.namespace.as_str());
    let mut found = select(&fold, &[Kind::Event], None, ns, None);
    if let Some((kinds, name)) = &about {
        found.retain(|o| match o {
            Obj::Event(e) => {
                kinds.iter().any(|k| e.involved_object.kind == *k.name())
                    && name.as_ref().is_none_or(|n| crate::glob(n, &e.involved_object.name))
            }
            _ => false,
        });
    }
    if args.json {
        let items: Vec<Value> = found.iter().map(Obj::to_value).collect();
        println!("{:#}", Value::from(items));
    } else if found.is_empty() {
        eprintln!("No events found in {} namespace.", args.namespace);
    } else {
        let text = print::events::events(&found, now).render(false, args.all_namespaces, false);
        print!("{}", term::clean(&text));
    }
    Ok(())
}

/// What the pods on a node use.
struct Used {
    name: String,
    node: Option<Arc<Node>>,
    pods: Vec<(Key, i64, i64)>,
}

/// From a world, which knows it to the moment.
fn used_now(world: &World) -> Vec<Used> {
    let mut pods: BTreeMap<Str, Vec<(Key, i64, i64)>> = BTreeMap::new();
    for (node, u) in world.usage() {
        let pod = Key { kind: Kind::Pod, ns: u.pod.ns, name: u.pod.name };
        pods.entry(node).or_default().push((pod, u.cpu_milli, u.memory));
    }
    let of = |name: &Str| Used {
        name: name.to_string(),
        node: world.get(&Key::new(Kind::Node, "", name.as_str())).and_then(Obj::as_node).cloned(),
        pods: pods.remove(name).unwrap_or_default(),
    };
    world.config().nodes.iter().map(|n| &n.name).map(of).collect()
}

/// From a trace, which knows what the kubelets had measured.
fn used_by_trace(h: &History, args: &TopArgs) -> Result<Vec<Used>, Failure> {
    if h.header.level != Level::Full {
        return Err(Failure::Usage(format!(
            "{}: only a trace of level full holds what containers use\n  help: give the scenario or manifest that it was made from",
            args.at.file.display()
        )));
    }
    let fold = h.fold(args.at.at);
    if let Some(newest) = fold.usage.values().map(|m| m.at).max() {
        eprintln!("note: as the kubelets had measured it by {}; the newest figures are of {newest}", fold.at);
    }
    // A pod that was measured and has gone since still counts for its node, but is not listed.
    let there = |pod: &Key| !args.what.starts_with('p') || fold.objects.contains_key(pod);
    let of = |(name, i): (&String, u32)| Used {
        name: name.clone(),
        node: fold.objects.get(&Key::new(Kind::Node, "", name.as_str())).and_then(Obj::as_node).cloned(),
        pods: fold.usage.get(&i).map_or(Vec::new(), |m| {
            let there = m.pods.iter().filter(|p| there(&p.pod));
            there.map(|p| (p.pod.clone(), p.cpu_milli, p.memory_bytes)).collect()
        }),
    };
    Ok(h.header.nodes.iter().zip(0..).map(of).collect())
}

/// `podium top`: what the running containers use, as their image's model has it.
pub fn top(args: TopArgs) -> Result<(), Failure> {
    let used = match load::recorded(&args.at.file, args.at.at)? {
        Some(h) => used_by_trace(&h, &args)?,
        None => used_now(&load::world(&args.at)?),
    };
    if args.what.starts_with('p') {
        let mut pods: BTreeMap<Key, (i64, i64)> = BTreeMap::new();
        let all = used.into_iter().flat_map(|u| u.pods);
        for (pod, cpu, memory) in all.filter(|(k, ..)| args.all_namespaces || k.ns == *args.namespace) {
            let sum = pods.entry(pod).or_default();
            *sum = (sum.0 + cpu, sum.1 + memory);
        }
        let rows: Vec<Usage> = pods
            .into_iter()
            .map(|(pod, (cpu, memory))| Usage {
                namespace: pod.ns.to_string(),
                name: pod.name.to_string(),
                cpu_milli: Some(cpu),
                memory_bytes: Some(memory),
                ..Default::default()
            })
            .collect();
        if rows.is_empty() {
            eprintln!("No resources found in {} namespace.", args.namespace);
        } else {
            print!("{}", print::top::pods(&rows, args.all_namespaces, false));
        }
        return Ok(());
    }
    let row = |u: Used| {
        let of = |r: &str| u.node.as_ref().map_or(0, |n| n.allocatable(r));
        let known = u.node.as_ref().is_some_and(|n| n.ready());
        let (cpu, memory) = u.pods.iter().fold((0, 0), |sum, (_, c, m)| (sum.0 + c, sum.1 + m));
        Usage {
            cpu_milli_of: of("cpu"),
            memory_bytes_of: of("memory"),
            name: u.name,
            cpu_milli: known.then_some(cpu),
            memory_bytes: known.then_some(memory),
            ..Default::default()
        }
    };
    let rows: Vec<Usage> = used.into_iter().map(row).collect();
    print!("{}", print::top::nodes(&rows, false));
    Ok(())
}
