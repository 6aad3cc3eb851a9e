//! `podium get`, `describe`, `events` and `top`: kubectl's own tables at any moment of a run.

use crate::cli::{DescribeArgs, EventsArgs, GetArgs, TopArgs};
use crate::exit::Failure;
use crate::load::{self, History};
use crate::term;
use podium_sim::api_util::Selector;
use podium_sim::object::{Key, Kind, Obj};
use podium_sim::print::{self, top::Usage};
use podium_sim::time::SimTime;
use podium_sim::trace::Fold;
use serde_json::Value;
use std::collections::BTreeMap;

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

/// `podium top`: what the running containers use, as their image's model has it.
pub fn top(args: TopArgs) -> Result<(), Failure> {
    let world = load::world(&args.at)?;
    let mut pods: BTreeMap<(String, String), (i64, i64)> = BTreeMap::new();
    let mut nodes: BTreeMap<String, (i64, i64)> =
        world.config().nodes.iter().map(|n| (n.name.to_string(), (0, 0))).collect();
    for (node, u) in world.usage() {
        let n = nodes.entry(node.to_string()).or_default();
        *n = (n.0 + u.cpu_milli, n.1 + u.memory);
        if args.all_namespaces || u.pod.ns == *args.namespace {
            let p = pods.entry((u.pod.ns.to_string(), u.pod.name.to_string())).or_default();
            *p = (p.0 + u.cpu_milli, p.1 + u.memory);
        }
    }
    if args.what.starts_with('p') {
        let rows: Vec<Usage> = pods
            .into_iter()
            .map(|((namespace, name), (cpu, memory))| Usage {
                namespace,
                name,
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
    let rows: Vec<Usage> = nodes
        .into_iter()
        .map(|(name, (cpu, memory))| {
            let node = world.get(&Key::new(Kind::Node, "", name.as_str())).and_then(Obj::as_node);
            let of = |r: &str| node.map_or(0, |n| n.allocatable(r));
            let known = node.is_some_and(|n| n.ready());
            Usage {
                cpu_milli_of: of("cpu"),
                memory_bytes_of: of("memory"),
                name,
                cpu_milli: known.then_some(cpu),
                memory_bytes: known.then_some(memory),
                ..Default::default()
            }
        })
        .collect();
    print!("{}", print::top::nodes(&rows, false));
    Ok(())
}
