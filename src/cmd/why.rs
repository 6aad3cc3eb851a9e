//! `podium why`: the chain of causes, in plain words.

use crate::cli::WhyArgs;
use crate::exit::Failure;
use crate::load;
use podium_sim::caption::Catalogue;
use podium_sim::object::Key;
use podium_sim::time::SimTime;
use podium_sim::trace::{Fold, What, why};
use serde_json::{Value, json};

/// Runs the command.
pub fn run(args: WhyArgs, catalogue: &Catalogue) -> Result<(), Failure> {
    let h = load::history(&args.at)?;
    let at = args.at.at.map_or(h.end(), SimTime);
    let nodes = h.nodes();
    let index = why::TraceIndex::new(&h.records, &nodes);
    // What is gone by the end can still be asked about: all that ever was is looked at for its kind.
    let (kinds, name) = load::target(&args.object, &everything(&h.records))?;
    let ([kind], Some(name)) = (kinds.as_slice(), &name) else {
        return Err(Failure::Usage(format!(
            "{:?}: expected one object, as KIND/NAME, such as pod/web-1",
            args.object
        )));
    };
    let ns = if kind.namespaced() { args.namespace.as_str() } else { "" };
    let key = find(&h.records, &Key::new(kind.clone(), ns, name.as_str()), at)
        .ok_or_else(|| missing(&h.fold(args.at.at), kind, name, at))?;
    let told = why::explain(&index, &key, at, catalogue, why::Order::OldestFirst)
        .map_err(|e| Failure::Usage(e.to_string()))?;
    if args.json {
        println!("{:#}", as_json(&told));
    } else {
        print!("{}", crate::term::clean(&told.to_string()));
    }
    Ok(())
}

/// An explanation as JSON; times are in seconds, as in the other reports.
fn as_json(told: &why::Why) -> Value {
    let line = |l: &why::WhyLine| {
        let at = l.at - SimTime(0);
        json!({"at_s": at.as_secs_f64(), "record": l.record.0, "actor": l.actor, "text": l.text})
    };
    let lines: Vec<Value> = told.lines.iter().map(line).collect();
    json!({"headline": told.headline, "root": told.root, "lines": lines})
}

/// Every object that was ever written, as a state that never was.
pub fn everything(records: &[podium_sim::trace::Record]) -> Fold {
    let mut all = Fold::default();
    for r in records {
        if let What::Write { obj, .. } = &r.what {
            all.objects.insert(obj.key(), obj.clone());
        }
    }
    all
}

/// The object that is meant: by its name, or where the name ends in `*`, the newest that was created.
pub fn find(records: &[podium_sim::trace::Record], key: &Key, at: SimTime) -> Option<Key> {
    records
        .iter()
        .take_while(|r| r.at <= at)
        .filter_map(|r| match &r.what {
            What::Write { verb: podium_sim::trace::WriteVerb::Create, obj, .. } => Some(obj.key()),
            _ => None,
        })
        .filter(|k| k.kind == key.kind && k.ns == key.ns && crate::glob(&key.name, &k.name))
        .last()
}

pub fn missing(fold: &Fold, kind: &podium_sim::object::Kind, name: &str, at: SimTime) -> Failure {
    let there: Vec<&str> =
        fold.objects.keys().filter(|k| k.kind == *kind).map(|k| k.name.as_str()).take(8).collect();
    let word = kind.name().to_lowercase();
    let help = if there.is_empty() {
        format!("there is no {word} at all at that time")
    } else {
        format!("at that time there are: {}", there.join(", "))
    };
    Failure::Usage(format!("no {word} {name:?} has existed by {at}\n  help: {help}"))
}
