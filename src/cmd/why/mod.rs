//! `podium why`: the chain of causes, in plain words; below it, of a pod, what the scheduler decided.

mod attempts;
mod show;

use crate::cli::{Nodes, WhyArgs};
use crate::exit::Failure;
use crate::load;
use podium_sim::caption::Catalogue;
use podium_sim::object::{Key, Kind};
use podium_sim::time::SimTime;
use podium_sim::trace::{Fold, Record, What, why};
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
    let asked = args.decision.is_some() || args.all_decisions;
    if *kind != Kind::Pod && asked {
        return Err(Failure::Usage(format!(
            "{}: only pods have scheduling decisions\n  help: leave --decision and --all-decisions out",
            args.object
        )));
    }
    let scheduling = match *kind == Kind::Pod && !args.chain {
        true => Some(scheduling(&args, &h.records, &index, &key, at, catalogue)?),
        false => None,
    };
    if args.json {
        let mut out = as_json(&told);
        if let (Some(Value::Object(more)), Some(out)) = (scheduling, out.as_object_mut()) {
            out.extend(more);
        }
        println!("{out:#}");
    } else {
        print!("{}", crate::term::clean(&told.to_string()));
        if let Some(Value::String(text)) = scheduling {
            print!("\n{text}");
        }
    }
    Ok(())
}

/// What the scheduler decided about a pod: as an object if JSON is wanted, else as text.
fn scheduling(
    args: &WhyArgs,
    records: &[Record],
    index: &why::TraceIndex<'_>,
    key: &Key,
    at: SimTime,
    catalogue: &Catalogue,
) -> Result<Value, Failure> {
    let all = attempts::attempts(index, key, at, catalogue);
    let of = all.len();
    let summaries = || all.iter().enumerate().map(|(i, a)| show::summary(a, i + 1)).collect::<Vec<_>>();
    if all.is_empty() {
        let why = attempts::untried(index, key, at);
        if args.decision.is_some() {
            let name = show::name_of(key);
            return Err(Failure::Usage(format!(
                "--decision: there is none about pod {name} by {at}\n  why: {why}\n  help: leave --decision out"
            )));
        }
        return Ok(match args.json {
            true => json!({"decisions": [], "decision": null, "untried": why}),
            false => show::none(&why).into(),
        });
    }
    if args.all_decisions {
        return Ok(match args.json {
            true => json!({"decisions": summaries(), "decision": null, "untried": null}),
            false => show::list(&all).into(),
        });
    }
    let n = args.decision.map_or(of, |n| usize::try_from(n).unwrap_or(usize::MAX));
    let Some(attempt) = all.get(n - 1) else {
        let there = if of == 1 { "there is 1".to_owned() } else { format!("there are {of}") };
        return Err(Failure::Usage(format!(
            "--decision {n}: {there} about pod {} by {at}\n  help: --all-decisions lists them",
            show::name_of(key)
        )));
    };
    let repeated = attempts::repeat(records, index, attempt);
    if args.json {
        let decision = show::whole(attempt, n, repeated.as_ref());
        return Ok(json!({"decisions": summaries(), "decision": decision, "untried": null}));
    }
    Ok(show::one(attempt, n, of, repeated.as_ref(), args.nodes == Nodes::All).into())
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
pub fn everything(records: &[Record]) -> Fold {
    let mut all = Fold::default();
    for r in records {
        if let What::Write { obj, .. } = &r.what {
            all.objects.insert(obj.key(), obj.clone());
        }
    }
    all
}

/// The object that is meant: by its name, or where the name ends in `*`, the newest that was created.
pub fn find(records: &[Record], key: &Key, at: SimTime) -> Option<Key> {
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

pub fn missing(fold: &Fold, kind: &Kind, name: &str, at: SimTime) -> Failure {
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
