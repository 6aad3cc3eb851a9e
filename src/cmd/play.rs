//! `podium play`: plays a scenario or a manifest and narrates it.

use crate::cli::{Pace, PlayArgs};
use crate::exit::Failure;
use crate::load;
use crate::narrate::{Beats, Line, Narrator};
use crate::standing;
use crate::term::Style;
use crate::text::wrap;
use crate::tui::free::Quiz;
use podium_sim::api_util::Time;
use podium_sim::caption::{Catalogue, Weight};
use podium_sim::object::{Kind, Obj, Str};
use podium_sim::print;
use podium_sim::scenario::lesson::Prediction;
use podium_sim::scenario::{PlannedFault, Report, Run, RunOptions, plan};
use podium_sim::time::SimTime;
use podium_sim::trace::{Level, Record, RecordId, Writer};
use podium_sim::world::World;
use serde_json::json;
use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

/// Runs the command.
pub fn run(args: &PlayArgs, catalogue: &Catalogue) -> Result<(), Failure> {
    let loaded = load::scenario(&args.file)?;
    load::warn(&loaded.warnings);
    let mut options = load::options(&args.file, &args.run);
    options.level = args.trace_level;
    options.until = args.until.map(SimTime);
    if let Some(numbers) = &args.faults {
        options.plan = Some(some_faults(&loaded, &options, numbers)?);
    }
    if args.tui {
        return crate::tui::play(&loaded, &options, catalogue);
    }
    let mut run = Run::new(loaded.scenario.clone(), options.clone());
    let header = run.header(&loaded.files);
    let nodes: Vec<Str> = header.nodes.iter().map(|n| Str::from(n.as_str())).collect();
    let style = Style::stdout();
    let least = if args.verbose { Weight::Noise } else { Weight::Detail };
    let mut teller = Teller {
        narrator: Narrator::new(catalogue, nodes, least),
        beats: Beats::default(),
        catalogue,
        verbose: args.verbose,
        style,
    };
    let prediction = loaded.scenario.spec.lesson.as_ref().and_then(|l| l.prediction.as_ref());
    let asks = std::io::stdin().is_terminal() && std::io::stdout().is_terminal();
    let (mut guess, mut answered) = (None, false);
    let mut writer = Writer::new(&header);
    let mut out = std::io::stdout().lock();
    let quiet = args.json;
    if !quiet {
        title(&mut out, &loaded, catalogue, style)?;
    }
    let began = Instant::now();
    // Steps that have been shown, and the newest of them.
    let (mut shown, mut step): (usize, Option<String>) = (0, None);
    while !run.ended() {
        let Some(next) = run.next_deadline() else { break };
        pace(args.pace, began, next);
        let over = run.step_until(next);
        let records = run.take_records();
        writer.add(&records);
        if quiet {
            if over {
                break;
            }
            continue;
        }
        let new: Vec<(String, RecordId)> =
            run.begun_steps().skip(shown).map(|(name, newest)| (name.to_owned(), newest)).collect();
        let mut records = records.as_slice();
        for (name, newest) in new {
            shown += 1;
            // What led to a step stands above its heading, what the step does below.
            let led = records.partition_point(|r| r.id <= newest);
            teller.tell(&mut out, &records[..led], run.now())?;
            teller.rest(&mut out)?;
            records = &records[led..];
            if let Some(before) = step.as_deref().filter(|name| !acts(&loaded, name)) {
                narration(&mut out, &loaded, before, run.now(), catalogue, style)?;
            }
            if let Some(p) = prediction.filter(|p| !answered && step.as_ref() == Some(&p.after)) {
                answered = true;
                verdict(&mut out, p, &run.report(), guess, catalogue, style)?;
            }
            if let Some(p) = prediction.filter(|p| p.before == name) {
                guess = question(&mut out, p, asks, catalogue, style)?;
            }
            let head = style.accent(&format!("▶ {}", crate::term::clean(&name)));
            crate::quiet_pipe(writeln!(out, "\n{}  {head}", style.dim(&run.now().to_string())))?;
            if acts(&loaded, &name) {
                narration(&mut out, &loaded, &name, run.now(), catalogue, style)?;
            }
            step = Some(name);
        }
        teller.tell(&mut out, records, run.now())?;
        if over {
            break;
        }
    }
    let report = run.to_end();
    let rest = run.take_records();
    writer.add(&rest);
    if !quiet {
        teller.tell(&mut out, &rest, run.now())?;
        teller.rest(&mut out)?;
        if let (Some(p), false) = (prediction, answered) {
            verdict(&mut out, p, &report, guess, catalogue, style)?;
        }
    }
    let hash = writer.hash();
    if let Some(path) = &args.trace {
        if header.level == Level::Off {
            return Err(Failure::Usage(
                "--trace with --trace-level off would write nothing; leave one of them out".into(),
            ));
        }
        let bytes = writer.finish(run.cluster().input_log(), &report.story(), report.ended_at);
        std::fs::write(path, bytes).map_err(|e| Failure::Usage(format!("{}: {e}", path.display())))?;
    }
    let standing = standing::of_run(&loaded.scenario, run.cluster().objects());
    if args.json {
        let note = standing.map(|s| s.text);
        let v = json!({"scenario": header.name, "seed": header.seed, "kubernetes": header.kubernetes, "latency": header.latency,
            "trace_hash": hash, "trace_level": header.level, "passed": report.passed, "note": note, "report": report});
        return finish(&report, writeln!(out, "{v:#}"));
    }
    let end = summary(&mut out, &run, &report, style).and_then(|()| {
        if let Some(s) = &standing {
            writeln!(out, "{}", if s.well { s.text.clone() } else { style.bad(&s.text) })?;
        }
        writeln!(
            out,
            "{}",
            style.dim(&format!(
                "seed {} · {} events · timings of Kubernetes {} · latency {} · trace {hash} ({})",
                header.seed,
                run.cluster().steps(),
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

/// The faults that a seed draws, those of the given numbers alone.
fn some_faults(
    loaded: &load::Loaded,
    options: &RunOptions,
    numbers: &[usize],
) -> Result<Vec<PlannedFault>, Failure> {
    let all = plan(&loaded.scenario, options.seed.unwrap_or(loaded.scenario.spec.seed));
    let pick = |n: &usize| {
        n.checked_sub(1).and_then(|i| all.get(i)).cloned().ok_or_else(|| {
            Failure::Usage(format!(
                "--faults {n}: this scenario and seed draw {} faults, numbered from 1",
                all.len()
            ))
        })
    };
    numbers.iter().map(pick).collect()
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

/// Tells records in lines.
struct Teller<'a> {
    narrator: Narrator<'a>,
    beats: Beats,
    catalogue: &'a Catalogue,
    verbose: bool,
    style: Style,
}

impl Teller<'_> {
    fn tell(&mut self, out: &mut impl Write, records: &[Record], now: SimTime) -> Result<(), Failure> {
        for r in records {
            match self.narrator.line(r) {
                Some(line) if self.verbose => self.print(out, &line)?,
                Some(line) => self.beats.add(line),
                None => {}
            }
        }
        let ready = self.beats.ready(now, self.catalogue);
        ready.iter().try_for_each(|l| self.print(out, l))
    }

    fn rest(&mut self, out: &mut impl Write) -> Result<(), Failure> {
        let rest = self.beats.rest(self.catalogue);
        rest.iter().try_for_each(|l| self.print(out, l))
    }

    fn print(&self, out: &mut impl Write, line: &Line) -> Result<(), Failure> {
        for (lead, part) in hanging(line.at, &line.text, self.style) {
            let text = match line.weight {
                Weight::Headline => self.style.bold(&part),
                Weight::Detail => part,
                Weight::Noise => self.style.dim(&part),
            };
            crate::quiet_pipe(writeln!(out, "{lead}  {text}"))?;
        }
        Ok(())
    }
}

/// Asks a lesson's question, and waits for a guess where somebody can type one.
fn question(
    out: &mut impl Write,
    p: &Prediction,
    asks: bool,
    c: &Catalogue,
    style: Style,
) -> Result<Option<usize>, Failure> {
    let columns = crate::term::columns();
    let mut text = String::from("\n");
    for line in wrap(&format!("? {}", p.question.get(c.lang())), columns) {
        text.push_str(&format!("{}\n", style.accent(&line)));
    }
    for (i, o) in p.options.iter().enumerate() {
        let option = c.text("ui-option-line", &[("number", &(i + 1)), ("text", &o.text.get(c.lang()))]);
        for (n, line) in wrap(&option, columns.saturating_sub(5)).iter().enumerate() {
            text.push_str(&format!("{}{line}\n", if n == 0 { "  " } else { "     " }));
        }
    }
    crate::quiet_pipe(out.write_all(text.as_bytes()))?;
    if !asks {
        return Ok(None);
    }
    crate::quiet_pipe(write!(out, "  › ").and_then(|()| out.flush()))?;
    let mut line = String::new();
    let _ = std::io::stdin().read_line(&mut line);
    Ok(line.trim().parse::<usize>().ok().filter(|n| (1..=p.options.len()).contains(n)).map(|n| n - 1))
}

/// Says what the run has answered.
fn verdict(
    out: &mut impl Write,
    p: &Prediction,
    report: &Report,
    guess: Option<usize>,
    c: &Catalogue,
    style: Style,
) -> Result<(), Failure> {
    let Some(right) = p.options.iter().position(|o| Some(&o.id) == report.answer.as_ref()) else {
        return Ok(());
    };
    let quiz = Quiz {
        ask_at: SimTime(0),
        tell_at: SimTime(0),
        question: String::new(),
        options: p.options.iter().map(|o| o.text.get(c.lang()).to_owned()).collect(),
        right: Some(right),
    };
    let verdict = wrap(&quiz.verdict(guess, c), crate::term::columns().saturating_sub(2));
    crate::quiet_pipe(verdict.iter().enumerate().try_for_each(|(i, line)| {
        let lead = if i == 0 { format!("\n{}", style.accent("!")) } else { " ".into() };
        writeln!(out, "{lead} {}", style.bold(line))
    }))
}

fn title(
    out: &mut impl Write,
    loaded: &load::Loaded,
    catalogue: &Catalogue,
    style: Style,
) -> Result<(), Failure> {
    let s = &loaded.scenario;
    let written = match &s.spec.lesson {
        Some(l) => {
            let intro = wrap(l.intro.get(catalogue.lang()).trim(), crate::term::columns()).join("\n");
            writeln!(out, "{}\n{intro}", style.bold(l.title.get(catalogue.lang())))
        }
        None => writeln!(out, "{}", style.bold(&s.metadata.name)),
    };
    crate::quiet_pipe(written)
}

/// Whether a step does something; if not, it waits for something to happen.
fn acts(loaded: &load::Loaded, name: &str) -> bool {
    loaded.scenario.step(name).is_some_and(|s| s.acts())
}

/// What the lesson says of a step: before it acts, or once what it waits for has happened.
fn narration(
    out: &mut impl Write,
    loaded: &load::Loaded,
    name: &str,
    at: SimTime,
    catalogue: &Catalogue,
    style: Style,
) -> Result<(), Failure> {
    let lesson = loaded.scenario.spec.lesson.as_ref();
    let Some(n) = lesson.and_then(|l| l.narration.iter().find(|n| n.step == name)) else { return Ok(()) };
    for (lead, part) in hanging(at, n.text.get(catalogue.lang()), style) {
        crate::quiet_pipe(writeln!(out, "{lead}  {}", style.accent(&part)))?;
    }
    Ok(())
}

/// A text as lines, the time before the first and nothing before the others.
fn hanging(at: SimTime, text: &str, style: Style) -> impl Iterator<Item = (String, String)> {
    let parts = wrap(text, crate::term::columns().saturating_sub(14));
    parts
        .into_iter()
        .enumerate()
        .map(move |(i, part)| (if i == 0 { style.dim(&at.to_string()) } else { " ".repeat(12) }, part))
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
    let said = report.to_string();
    let (first, rest) = said.trim_end().split_once('\n').unwrap_or((said.trim_end(), ""));
    let first = if report.passed { style.good(first) } else { style.bad(first) };
    writeln!(out, "{first}")?;
    if !rest.is_empty() {
        writeln!(out, "{rest}")?;
    }
    Ok(())
}
