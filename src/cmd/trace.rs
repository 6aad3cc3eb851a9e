//! `podium trace`: reads, compares and exports traces.

use crate::cli::{RunArgs, TraceCommand};
use crate::exit::Failure;
use crate::load::{self, History};
use podium_sim::object::Kind;
use podium_sim::time::SimTime;
use podium_sim::trace::{Record, What, export};
use serde_json::Value;
use std::collections::BTreeSet;
use std::io::Write;
use std::path::Path;

/// So many differences between two records are told.
const DIFFERENCES: usize = 12;
/// So many characters of a long text are shown.
const PART: usize = 60;

fn read(path: &Path) -> Result<History, Failure> {
    load::until(path, &RunArgs::default(), None)
}

/// Runs the command.
pub fn run(command: TraceCommand) -> Result<(), Failure> {
    match command {
        TraceCommand::Cat { file, from, to, about, all } => {
            let h = read(&file)?;
            cat(&h, SimTime(from.unwrap_or(0)), to.map_or(SimTime(u64::MAX), SimTime), about.as_deref(), all)
        }
        TraceCommand::Diff { a, b } => diff(&a, &b),
        TraceCommand::Export { file, format, output } => {
            let h = read(&file)?;
            let mut out: Box<dyn Write> = match &output {
                Some(p) => Box::new(std::io::BufWriter::new(
                    std::fs::File::create(p).map_err(|e| Failure::Usage(format!("{}: {e}", p.display())))?,
                )),
                None => Box::new(std::io::BufWriter::new(std::io::stdout().lock())),
            };
            let written = if format == "chrome" {
                serde_json::to_writer(&mut out, &export::chrome(&h.records, &h.header))
                    .map_err(std::io::Error::from)
            } else {
                h.records.iter().try_for_each(|r| writeln!(out, "{}", export::json(r, &h.header)))
            };
            crate::quiet_pipe(written.and_then(|()| out.flush()))
        }
    }
}

/// Whether a record belongs to what goes on all the time, or is only a message.
fn dull(r: &Record) -> bool {
    match &r.what {
        What::Sent { .. } | What::Delivered { .. } | What::Timer { .. } | What::Usage { .. } => true,
        What::Write { obj, .. } => obj.kind() == Kind::Lease,
        _ => false,
    }
}

fn heading() -> String {
    format!(
        "{:>8} {:>8} {:<13} {:<24} {:<9} {:<32} DETAIL",
        "RECORD", "CAUSE", "TIME", "ACTOR", "TYPE", "OBJECT"
    )
}

/// What a record is about.
fn object(r: &Record) -> String {
    r.what.subject().filter(|k| !k.name.is_empty()).map(|k| k.to_string()).unwrap_or_default()
}

/// A record in columns.
fn row(r: &Record, h: &History) -> String {
    let mut actor = export::comp_name(r.actor.comp, &h.header);
    if !r.actor.part.is_empty() {
        actor = r.actor.part.to_string();
    }
    let cause = if r.cause.0 == 0 { "-".to_owned() } else { r.cause.0.to_string() };
    let (at, object) = (r.at.to_string(), object(r));
    let (kind, detail) = (export::type_name(&r.what), export::detail(r, &h.header));
    let row = format!("{:>8} {cause:>8} {at:<13} {actor:<24} {kind:<9} {object:<32} {detail}", r.id.0);
    row.trim_end().to_owned()
}

fn cat(h: &History, from: SimTime, to: SimTime, about: Option<&str>, all: bool) -> Result<(), Failure> {
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    let print = |out: &mut dyn Write| -> std::io::Result<()> {
        writeln!(
            out,
            "# {} · seed {} · {} · {} · {} records",
            h.header.name,
            h.header.seed,
            h.header.kubernetes,
            format!("{:?}", h.header.level).to_lowercase(),
            h.records.len()
        )?;
        writeln!(out, "{}", heading())?;
        for r in h.records.iter().filter(|r| r.at >= from && r.at <= to && (all || !dull(r))) {
            if about.is_none_or(|a| object(r).contains(a)) {
                writeln!(out, "{}", row(r, h))?;
            }
        }
        out.flush()
    };
    crate::quiet_pipe(print(&mut out))
}

/// Tells the first difference; exit code 1 if there is one.
fn diff(a: &Path, b: &Path) -> Result<(), Failure> {
    let (ha, hb) = (read(a)?, read(b)?);
    let (na, nb) = (a.display(), b.display());
    if ha.header.seed != hb.header.seed {
        println!("{na} has seed {}, {nb} has seed {}", ha.header.seed, hb.header.seed);
    }
    if ha.header.latency != hb.header.latency {
        println!("{na} has latency {:?}, {nb} has {:?}", ha.header.latency, hb.header.latency);
    }
    let same = ha.records.iter().zip(&hb.records).take_while(|(x, y)| x == y).count();
    let goes_on = |short: &Path, long: &Path, h: &History, r: &Record| {
        println!("{} ends after {same} records; {} goes on:", short.display(), long.display());
        println!("{}\n{}", heading(), row(r, h));
    };
    match (ha.records.get(same), hb.records.get(same)) {
        (None, None) => {
            println!("the two are equal: {same} records");
            return Ok(());
        }
        (Some(x), None) => goes_on(b, a, &ha, x),
        (None, Some(y)) => goes_on(a, b, &hb, y),
        (Some(x), Some(y)) => {
            let records = if same == 1 { "record is" } else { "records are" };
            println!("{same} {records} equal at the beginning; then {na} and {nb} differ:");
            println!("{}\n{}\n{}", heading(), row(x, &ha), row(y, &hb));
            let mut found = Vec::new();
            differences("", &export::json(x, &ha.header), &export::json(y, &hb.header), &mut found);
            println!("they differ in");
            for line in found.iter().take(DIFFERENCES) {
                println!("  {line}");
            }
            if found.len() > DIFFERENCES {
                println!("  and {} more", found.len() - DIFFERENCES);
            }
        }
    }
    Err(Failure::Assertion)
}

/// A text in a line: of a long one, what stands around a place.
fn part(text: &str, at: usize) -> String {
    let from = if text.chars().count() > PART { at.saturating_sub(PART / 3) } else { 0 };
    let shown: String = text.trim_end().chars().skip(from).take(PART).collect();
    let (left, right) = (from > 0, text.trim_end().chars().count() > from + PART);
    let shown = shown.replace('\n', " ");
    format!("{}{}{}", if left { "…" } else { "" }, shown, if right { "…" } else { "" })
}

/// What differs between two values, each part with its path.
fn differences(path: &str, a: &Value, b: &Value, out: &mut Vec<String>) {
    let inside = |key: &str| if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
    match (a, b) {
        _ if a == b => {}
        (Value::Object(x), Value::Object(y)) => {
            let keys: BTreeSet<&String> = x.keys().chain(y.keys()).collect();
            for key in keys {
                let of = |m: &serde_json::Map<String, Value>| m.get(key).cloned().unwrap_or(Value::Null);
                differences(&inside(key), &of(x), &of(y), out);
            }
        }
        (Value::Array(x), Value::Array(y)) if x.len() == y.len() => {
            for (i, (p, q)) in x.iter().zip(y).enumerate() {
                differences(&format!("{path}[{i}]"), p, q, out);
            }
        }
        _ => {
            let (what, time) = match path {
                "id" => ("the record's number", false),
                "at_ns" => ("the time", true),
                "arrives_ns" => ("the time of arrival", true),
                "cause" => ("the cause", false),
                "part" | "actor" => ("the actor", false),
                "type" => ("the type", false),
                "subject" => ("what it is about", false),
                path => (path, false),
            };
            let say = |v: &Value| match v {
                Value::Null => "nothing".to_owned(),
                Value::String(s) => s.clone(),
                Value::Number(n) if time => {
                    let ns = n.as_u64().unwrap_or_default();
                    format!("{}.{:09} s", ns / 1_000_000_000, ns % 1_000_000_000)
                }
                v => v.to_string(),
            };
            let (a, b) = (say(a), say(b));
            let same = a.chars().zip(b.chars()).take_while(|(x, y)| x == y).count();
            out.push(format!("{what}: {} in the first, {} in the second", part(&a, same), part(&b, same)));
        }
    }
}
