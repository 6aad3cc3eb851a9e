//! `podium trace`: reads, compares and exports traces.

use crate::cli::{RunArgs, TraceCommand};
use crate::exit::Failure;
use crate::load::{self, History};
use podium_sim::object::Kind;
use podium_sim::time::SimTime;
use podium_sim::trace::{Record, What, export};
use std::io::Write;
use std::path::Path;

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
        writeln!(
            out,
            "{:>8} {:>8} {:<13} {:<24} {:<9} {:<32} DETAIL",
            "RECORD", "CAUSE", "TIME", "ACTOR", "TYPE", "OBJECT"
        )?;
        for r in h.records.iter().filter(|r| r.at >= from && r.at <= to && (all || !dull(r))) {
            let subject =
                r.what.subject().filter(|k| !k.name.is_empty()).map(|k| k.to_string()).unwrap_or_default();
            if about.is_some_and(|a| !subject.contains(a)) {
                continue;
            }
            let mut actor = export::comp_name(r.actor.comp, &h.header);
            if !r.actor.part.is_empty() {
                actor = r.actor.part.to_string();
            }
            let cause = if r.cause.0 == 0 { "-".to_owned() } else { r.cause.0.to_string() };
            writeln!(
                out,
                "{:>8} {:>8} {:<13} {:<24} {:<9} {:<32} {}",
                r.id.0,
                cause,
                r.at.to_string(),
                actor,
                export::type_name(&r.what),
                subject,
                export::detail(r, &h.header)
            )?;
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
    let (x, y) = (ha.records.get(same), hb.records.get(same));
    let say = |h: &History, r: &Record| {
        let who = if r.actor.part.is_empty() {
            export::comp_name(r.actor.comp, &h.header)
        } else {
            r.actor.part.to_string()
        };
        let subject = r.what.subject().map(|k| k.to_string()).unwrap_or_default();
        format!(
            "at {} {who}: {} {subject} {}",
            r.at,
            export::type_name(&r.what),
            export::detail(r, &h.header)
        )
    };
    match (x, y) {
        (None, None) => {
            println!("the two are equal: {same} records");
            return Ok(());
        }
        (Some(x), None) => println!("{nb} ends after {same} records; {na} goes on\n  {}", say(&ha, x)),
        (None, Some(y)) => println!("{na} ends after {same} records; {nb} goes on\n  {}", say(&hb, y)),
        (Some(x), Some(y)) => {
            println!("the first {same} records are equal; then, at record {}:", same + 1);
            let (mut p, mut q) = (say(&ha, x), say(&hb, y));
            if p == q {
                // They differ in something that a line does not show.
                p = export::json(x, &ha.header).to_string();
                q = export::json(y, &hb.header).to_string();
            }
            println!("  {na}: {p}\n  {nb}: {q}");
            if let (What::Write { obj: p, .. }, What::Write { obj: q, .. }) = (&x.what, &y.what)
                && p.key() == q.key()
            {
                let change = podium_sim::api_util::patch::diff_merge_patch(&p.to_value(), &q.to_value());
                println!("  what would turn the first {} into the second: {change}", p.key());
            }
        }
    }
    Err(Failure::Assertion)
}
