//! `podium play`: plays a scenario or a manifest and narrates it.

use crate::cli::{Pace, PlayArgs};
use crate::exit::Failure;
use crate::load;
use crate::narrate::Narrator;
use crate::term::Style;
use podium_sim::api_util::Time;
use podium_sim::caption::{Catalogue, Weight};
use podium_sim::object::{Kind, Obj, Str};
use podium_sim::print;
use podium_sim::scenario::{Report, Run};
use podium_sim::time::SimTime;
use podium_sim::trace::{Level, Record, Writer};
use podium_sim::world::World;
use serde_json::json;
use std::io::Write;
use std::time::{Duration, Instant};

/// Runs the command.
pub fn run(args: &PlayArgs, catalogue: &Catalogue) -> Result<(), Failure> {
    let loaded = load::scenario(&args.file)?;
    load::warn(&loaded.warnings);
    let mut options = load::options(&args.file, &args.run);
    options.level = args.trace_level;
    options.until = args.until.map(SimTime);
    if args.tui {
        return crate::tui::play(&loaded, &options, catalogue);
    }
    let mut run = Run::new(loaded.scenario.clone(), options.clone());
    let header = load::header(&loaded, &options, &run);
    let nodes: Vec<Str> = header.nodes.iter().map(|n| Str::from(n.as_str())).collect();
    let least = if args.verbose { Weight::Noise } else { Weight::Detail };
    let mut narrator = Narrator::new(catalogue, nodes, least);
    let mut writer = Writer::new(&header);
    let style = Style::stdout();
    let mut out = std::io::stdout().lock();
    let quiet = args.json;
    if !quiet {
        title(&mut out, &loaded, catalogue, style)?;
    }
    let began = Instant::now();
    let mut step: Option<String> = None;
    while !run.ended() {
        let Some(next) = run.next_deadline() else { break };
        pace(args.pace, began, next);
        let more = run.step_until(next);
        let now_at = run.current_step().map(str::to_owned);
        if now_at != step && !quiet {
            if let Some(name) = &now_at {
                step_title(&mut out, &loaded, name, run.now(), catalogue, style)?;
            }
            step = now_at;
        }
        let records = run.take_records();
        writer.add(&records);
        if !quiet {
            tell(&mut out, &mut narrator, &records, style)?;
        }
        if !more {
            break;
        }
    }
    let report = run.to_end();
    let rest = run.take_records();
    writer.add(&rest);
    if !quiet {
        tell(&mut out, &mut narrator, &rest, style)?;
    }
    let hash = writer.hash();
    if let Some(path) = &args.trace {
        if header.level == Level::Off {
            return Err(Failure::Usage(
                "--trace with --trace-level off would write nothing; leave one of them out".into(),
            ));
        }
        let bytes = writer.finish(run.cluster().input_log());
        std::fs::write(path, bytes).map_err(|e| Failure::Usage(format!("{}: {e}", path.display())))?;
    }
    if args.json {
        let v = json!({"scenario": header.name, "seed": header.seed, "kubernetes": header.kubernetes, "latency": header.latency,
            "trace_hash": hash, "trace_level": header.level, "passed": report.passed, "report": report});
        return finish(&report, writeln!(out, "{v:#}"));
    }
    let end = summary(&mut out, &run, &report, style).and_then(|()| {
        writeln!(
            out,
            "{}",
            style.dim(&format!(
                "seed {} · timings of Kubernetes {} · latency {} · trace {hash} ({})",
                header.seed,
                header.kubernetes,
                format!("{:?}", header.latency).to_lowercase(),
                format!("{:?}", header.level).to_lowercase(),
            ))
        )
    });
    finish(&report, end)
}

fn finish(report: &Report, written: std::io::Result<()>) -> Result<(), Failure> {
    crate::quiet_pipe(written)?;
    if report.passed { Ok(()) } else { Err(Failure::Assertion) }
}

fn pace(pace: Pace, began: Instant, next: SimTime) {
    let factor = match pace {
        Pace::Max => return,
        Pace::Real => 1,
        Pace::Ten => 10,
    };
    let due = Duration::from_nanos(next.0 / factor);
    if let Some(wait) = due.checked_sub(began.elapsed()) {
        std::thread::sleep(wait);
    }
}

fn tell(
    out: &mut impl Write,
    narrator: &mut Narrator<'_>,
    records: &[Record],
    style: Style,
) -> Result<(), Failure> {
    for r in records {
        if let Some(line) = narrator.line(r) {
            let text = match line.weight {
                Weight::Headline => style.bold(&line.text),
                Weight::Detail => line.text,
                Weight::Noise => style.dim(&line.text),
            };
            crate::quiet_pipe(writeln!(out, "{}  {text}", style.dim(&line.at.to_string())))?;
        }
    }
    Ok(())
}

fn title(
    out: &mut impl Write,
    loaded: &load::Loaded,
    catalogue: &Catalogue,
    style: Style,
) -> Result<(), Failure> {
    let s = &loaded.scenario;
    let written = match &s.spec.lesson {
        Some(l) => writeln!(
            out,
            "{}\n{}\n",
            style.bold(l.title.get(catalogue.lang())),
            l.intro.get(catalogue.lang())
        ),
        None => writeln!(out, "{}", style.bold(&s.metadata.name)),
    };
    crate::quiet_pipe(written)
}

fn step_title(
    out: &mut impl Write,
    loaded: &load::Loaded,
    name: &str,
    at: SimTime,
    catalogue: &Catalogue,
    style: Style,
) -> Result<(), Failure> {
    let lesson = loaded.scenario.spec.lesson.as_ref();
    let text = lesson.and_then(|l| l.narration.iter().find(|n| n.step == name));
    let text = text.map_or(String::new(), |n| format!("  {}", n.text.get(catalogue.lang())));
    crate::quiet_pipe(writeln!(
        out,
        "\n{}  {}{text}",
        style.dim(&at.to_string()),
        style.accent(&format!("▶ {name}"))
    ))
}

/// The cluster at the end, and how the assertions went.
fn summary(out: &mut impl Write, run: &Run<World>, report: &Report, style: Style) -> std::io::Result<()> {
    let world = run.cluster();
    let now = Time(world.config().epoch_s + (world.now().0 / 1_000_000_000) as i64);
    let kinds = [Kind::Node, Kind::Deployment, Kind::Pod];
    let shown: Vec<Obj> = world
        .objects()
        .iter()
        .filter(|(k, _)| kinds.contains(&k.kind) && (k.ns.is_empty() || k.ns == "default"))
        .map(|(_, o)| o.clone())
        .collect();
    writeln!(out)?;
    for kind in kinds {
        let some: Vec<Obj> = shown.iter().filter(|o| o.kind() == kind).cloned().collect();
        if !some.is_empty() && some.len() <= 24 {
            writeln!(out, "{}", print::table(&some, now).render(false, false, false).trim_end())?;
            writeln!(out)?;
        } else if !some.is_empty() {
            writeln!(out, "{} {}\n", some.len(), kind.plural())?;
        }
    }
    writeln!(out, "{}", report.to_string().trim_end())?;
    let mark = if report.passed { style.good("passed") } else { style.bad("FAILED") };
    writeln!(out, "{mark} at {} after {} events", world.now(), world.steps())
}
