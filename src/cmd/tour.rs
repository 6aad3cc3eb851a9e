//! The tour: 90 seconds in which a cluster works, breaks, recovers and explains itself.
//!
//! The same story twice: as a live picture on a terminal, as lines without one. Every figure in it is
//! taken from the run.

use crate::cli::TourArgs;
use crate::exit::Failure;
use crate::term::Style;
use crate::text::{clock, short_name, short_names, wrap};
use crate::tui::free::{Free, Pressed, why_lines};
use crate::tui::picture::{Bar, Overlay};
use crate::tui::stage::Stage;
use crate::tui::theatre::Theatre;
use podium_sim::caption::{Catalogue, Weight};
use podium_sim::config::WorldConfig;
use podium_sim::links::LatencyProfile;
use podium_sim::object::{Key, Kind, Obj, Pod, Str};
use podium_sim::time::{SimTime, Span};
use podium_sim::trace::{Code, Record, What, WriteVerb};
use podium_sim::world::{External, UserCommand, World};
use serde_json::json;
use std::io::IsTerminal;
use std::sync::Arc;

/// When the deployment is applied.
const APPLY: SimTime = SimTime(3_000_000_000);
/// How long the deployment lives, once it is complete, before a node dies.
const PEACE: Span = Span::secs(10);
/// How long the time-lapse may take at most: well over the five minutes and a bit that it needs.
const LIMIT: Span = Span::secs(600);

/// What the run has shown.
struct Findings {
    crash: SimTime,
    node: Str,
    old: Key,
    noticed: SimTime,
    tainted: SimTime,
    evicted: SimTime,
    new: Key,
    created: SimTime,
    running: SimTime,
}

/// Runs the command.
pub fn run(args: &TourArgs, c: &Catalogue, terminal: bool) -> Result<(), Failure> {
    if terminal && !args.plain && !crate::term::dumb() && std::io::stdin().is_terminal() {
        show(args, c)
    } else {
        tell(args, c)
    }
}

/// Slow messages, so that they can be seen on their way.
fn cluster<'a>(c: &'a Catalogue, latency: LatencyProfile) -> Theatre<'a> {
    let config = WorldConfig { latency, ..WorldConfig::default() };
    Theatre::live(World::new(config, 7), c).quiet_until(APPLY)
}

fn deployment() -> UserCommand {
    UserCommand::Apply {
        objects: vec![
            json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}, "spec": {"replicas": 3,
            "selector": {"matchLabels": {"app": "web"}}, "template": {"metadata": {"labels": {"app": "web"}},
            "spec": {"containers": [{"name": "web", "image": "web:1"}]}}}}),
        ],
    }
}

fn apply(t: &mut Theatre<'_>) {
    t.act(|id| External::User { id, command: deployment() });
}

/// When peace ends: so long after the deployment is complete, however slow the messages are. A branch of the world
/// looks ahead, so that it does not matter how a terminal slices time.
fn peace_ends(t: &Theatre<'_>) -> Option<SimTime> {
    let mut ahead = t.branch()?;
    let done = |t: &Theatre<'_>| {
        let complete = |r: &&Record| matches!(&r.what, What::Note { code: Code::RolloutComplete, .. });
        t.records.iter().find(complete).map(|r| r.at)
    };
    let limit = t.now() + LIMIT;
    while done(&ahead).is_none() && ahead.now() < limit {
        ahead.play_to(ahead.now() + Span::secs(1));
    }
    Some(done(&ahead)? + PEACE)
}

/// Pulls the plug of the node of the first pod that is ready.
fn crash(t: &mut Theatre<'_>) -> Option<(Str, Key)> {
    let pod: Arc<Pod> = t.pods().filter(|p| p.ready()).nth(1).or_else(|| t.pods().next())?.clone();
    let node = pod.node_name.clone();
    t.kill(node.clone());
    Some((node, Key::new(Kind::Pod, pod.metadata.namespace.clone(), pod.metadata.name.clone())))
}

/// Whether the replacement of a pod that was lost at `crash` runs.
fn replaced(t: &Theatre<'_>, crash: SimTime) -> Option<Key> {
    let created = t.records.iter().rev().take_while(|r| r.at > crash).filter_map(|r| match &r.what {
        What::Write { verb: WriteVerb::Create, obj: Obj::Pod(p), .. } => Some(p.metadata.name.clone()),
        _ => None,
    });
    let name = created.last()?;
    let key = Key::new(Kind::Pod, "default", name);
    t.pods().any(|p| p.metadata.name == key.name && p.ready()).then_some(key)
}

fn find(t: &Theatre<'_>, crash: SimTime, test: impl Fn(&Record) -> bool) -> SimTime {
    t.records.iter().find(|r| r.at >= crash && test(r)).map_or(crash, |r| r.at)
}

/// Reads the answer off the run.
fn findings(t: &Theatre<'_>, crash: SimTime, node: Str, old: Key) -> Option<Findings> {
    let new = replaced(t, crash)?;
    let note = |code: Code| find(t, crash, |r| matches!(&r.what, What::Note { code: c, .. } if *c == code));
    let of_new = |r: &Record| r.what.subject().is_some_and(|k| k == new);
    Some(Findings {
        crash,
        noticed: note(Code::LeaseExpired),
        tainted: find(t, crash, |r| matches!(&r.what, What::Note { code: Code::EvictionScheduled, .. })),
        evicted: note(Code::PodEvicted),
        created: find(t, crash, of_new),
        running: find(
            t,
            crash,
            |r| matches!(&r.what, What::Write { obj: Obj::Pod(p), .. } if p.metadata.name == new.name && p.ready()),
        ),
        node,
        old,
        new,
    })
}

/// A guess: its name in the catalogue, and whether a time fits it.
type Guess = (&'static str, fn(Span) -> bool);

/// The options of the question: their ids, and whether a length of time is meant by them.
const OPTIONS: [Guess; 3] = [
    ("5s", |s| s < Span::secs(20)),
    ("50s", |s| s >= Span::secs(20) && s <= Span::secs(300)),
    ("over-5min", |s| s > Span::secs(300)),
];

fn question(c: &Catalogue, node: &str) -> Vec<String> {
    let mut lines = vec![
        c.text("ui-tour-stopped", &[("node", &node)]),
        String::new(),
        c.text("ui-question-replacement", &[]),
        String::new(),
    ];
    for (i, (id, _)) in OPTIONS.iter().enumerate() {
        let text = c.text(&format!("ui-option-{id}"), &[]);
        lines.push(c.text("ui-option-line", &[("number", &(i + 1)), ("text", &text)]));
    }
    lines
}

fn answer(c: &Catalogue, f: &Findings, guess: Option<u8>) -> Vec<String> {
    let took = f.created - f.crash;
    let right = OPTIONS.iter().position(|(_, fits)| fits(took)).unwrap_or(0);
    let verdict = match guess {
        Some(g) if usize::from(g) == right + 1 => c.text("ui-answer-right", &[("took", &took)]),
        Some(g) => {
            let said = OPTIONS.get(usize::from(g) - 1).map_or("", |(id, _)| id);
            let guess = c.text(&format!("ui-option-{said}"), &[]);
            c.text("ui-answer-wrong", &[("guess", &guess), ("took", &took)])
        }
        None => c.text("ui-answer-none", &[("took", &took)]),
    };
    let step = |from: SimTime, to: SimTime, what: &str| {
        let what = c.text(
            what,
            &[("node", &f.node), ("old", &short_name(&f.old.name)), ("new", &short_name(&f.new.name))],
        );
        format!("{:>8}  {what}", (to - from).to_string())
    };
    vec![
        verdict,
        String::new(),
        step(f.crash, f.noticed, "ui-lapse-noticed"),
        step(f.noticed, f.tainted, "ui-lapse-tainted"),
        step(f.tainted, f.evicted, "ui-lapse-evicted"),
        step(f.evicted, f.running, "ui-lapse-running"),
        String::new(),
        c.text("ui-answer-why-so-long", &[]),
        c.text("ui-answer-new-pod", &[("new", &short_name(&f.new.name)), ("old", &short_name(&f.old.name))]),
    ]
}

/// Three commands to go on with. Two more doors belong here once they exist: the window, and real containers.
const NEXT: [(&str, &str); 3] = [
    ("ui-next-own", "podium play my-deployment.yaml"),
    ("ui-next-lesson", "podium view scenarios/lessons/k08-node-down.yaml"),
    ("ui-next-why", "podium why scenarios/lessons/k08-node-down.yaml 'pod/web-*'"),
];

fn farewell(c: &Catalogue, style: Style, columns: usize) -> String {
    let mut out = wrap(&c.text("ui-tour-end", &[]), columns).join("\n") + "\n";
    for (id, command) in NEXT {
        out.push_str(&format!("\n  {}\n      {}", style.accent(command), c.text(id, &[])));
    }
    out + "\n"
}

/// The tour in lines.
fn tell(args: &TourArgs, c: &Catalogue) -> Result<(), Failure> {
    let out = story(args, c, Style::stdout(), crate::term::columns())?;
    use std::io::Write;
    crate::quiet_pipe(std::io::stdout().lock().write_all(out.as_bytes()))
}

/// Adds lines, each wrapped.
fn push_all(out: &mut String, lines: &[String], columns: usize) {
    for l in lines {
        out.push_str(&(wrap(l, columns).join("\n") + "\n"));
    }
}

/// Adds the story's headlines from a line on; returns how far it has been told.
fn push_story(
    out: &mut String,
    t: &Theatre<'_>,
    from: usize,
    c: &Catalogue,
    style: Style,
    columns: usize,
) -> usize {
    let told: Vec<_> = t.lines[from..].iter().filter(|l| l.weight == Weight::Headline).cloned().collect();
    for l in crate::narrate::joined(&told, c) {
        push_timed(out, &clock(l.at), &short_names(&l.text), style, columns);
    }
    t.lines.len()
}

fn push_timed(out: &mut String, at: &str, text: &str, style: Style, columns: usize) {
    for (i, part) in wrap(text, columns.saturating_sub(9)).iter().enumerate() {
        let lead = if i == 0 { style.dim(&format!("{at:>7}")) } else { " ".repeat(7) };
        out.push_str(&format!("{lead}  {part}\n"));
    }
}

fn story(args: &TourArgs, c: &Catalogue, style: Style, columns: usize) -> Result<String, Failure> {
    let mut out = String::new();
    let mut t = cluster(c, LatencyProfile::Lan);
    let heading = |s: &str| {
        let lines: Vec<String> = wrap(s, columns).iter().map(|l| style.accent(l)).collect();
        format!("\n{}\n", lines.join("\n"))
    };
    out.push_str(&format!("{}\n", style.bold(&c.text("ui-tour-title", &[]))));
    push_all(&mut out, &[c.text("ui-tour-intro", &[("nodes", &t.nodes.len())])], columns);
    t.play_to(APPLY);
    out.push_str(&heading(&c.text("ui-tour-deploy", &[("replicas", &3)])));
    apply(&mut t);
    let dead = || Failure::Lacking("the tour's cluster did not come up".into());
    t.play_to(peace_ends(&t).ok_or_else(dead)?);
    let told = push_story(&mut out, &t, 0, c, style, columns);
    let at = t.now();
    let (node, old) = crash(&mut t).ok_or_else(dead)?;
    let told = push_story(&mut out, &t, told, c, style, columns);
    out.push_str(&heading(&c.text("ui-question-title", &[])));
    push_all(&mut out, &question(c, &node), columns);
    out.push_str(&format!("{}\n\n", style.dim(&c.text("ui-tour-skip", &[]))));
    until_replaced(&mut t, at);
    push_story(&mut out, &t, told, c, style, columns);
    let f = findings(&t, at, node, old)
        .ok_or_else(|| Failure::Lacking("the tour's cluster did not recover".into()))?;
    out.push_str(&heading(&c.text("ui-summary-title", &[])));
    push_all(&mut out, &answer(c, &f, args.answer), columns);
    out.push_str(&heading(&c.text("ui-panel-why", &[])));
    for l in why_lines(&t, &f.new, c) {
        match l.split_once("  ") {
            Some((at, text)) if at.trim().starts_with(|x: char| x.is_ascii_digit()) => {
                push_timed(&mut out, at.trim(), &short_names(text), style, columns);
            }
            _ if l.starts_with("  ") => {
                let (at, text) = l.trim_start().split_once("  ").unwrap_or(("", l.trim()));
                push_timed(&mut out, at, &short_names(text), style, columns);
            }
            _ => push_all(&mut out, &[short_names(&l)], columns),
        }
    }
    out.push_str(&format!("\n{}", farewell(c, style, columns)));
    Ok(out)
}

/// Plays on until the replacement runs.
fn until_replaced(t: &mut Theatre<'_>, crash: SimTime) {
    let mut until = t.now();
    while replaced(t, crash).is_none() && until < crash + LIMIT {
        until += Span::secs(1);
        t.play_to(until);
    }
}

/// The tour as a live picture.
fn show(args: &TourArgs, c: &Catalogue) -> Result<(), Failure> {
    let mut t = cluster(c, LatencyProfile::Classroom);
    let mut stage = Stage::open()?;
    let bye = |stage: Stage| {
        drop(stage);
        print!("{}", farewell(c, Style::stdout(), crate::term::columns()));
        Ok(())
    };
    let any = |p: Pressed| matches!(p, Pressed::Enter | Pressed::Char(' ') | Pressed::Right).then_some(());
    let mut o = Overlay { keys: c.text("ui-tour-continue", &[]), ..Overlay::default() };
    o.window = Some((
        c.text("ui-tour-title", &[]),
        vec![
            c.text("ui-tour-intro", &[("nodes", &t.nodes.len())]),
            String::new(),
            c.text("ui-tour-deploy", &[("replicas", &3)]),
        ],
    ));
    t.play_to(APPLY);
    if stage.ask(&t, c, &o, any)?.is_none() {
        return bye(stage);
    }
    // Until all replicas are there, and ten seconds of peace.
    apply(&mut t);
    let Some(peace_ends) = peace_ends(&t) else { return bye(stage) };
    o = Overlay { keys: c.text("ui-keys-tour", &[]), speed: "×1".into(), ..Overlay::default() };
    if !stage.play_to(&mut t, c, &o, peace_ends, 1)? {
        return bye(stage);
    }
    // The node dies and time stops.
    let at = t.now();
    let Some((node, old)) = crash(&mut t) else { return bye(stage) };
    o.speed = c.text("ui-paused", &[]);
    o.window = Some((c.text("ui-question-title", &[]), question(c, &node)));
    o.keys = c.text("ui-question-prompt", &[]);
    let guess = match args.answer {
        Some(g) => Some(g),
        None => {
            let pick = |p: Pressed| match p {
                Pressed::Char(x @ '1'..='3') => Some(Some(x as u8 - b'0')),
                Pressed::Enter => Some(None),
                _ => None,
            };
            match stage.ask(&t, c, &o, pick)? {
                Some(g) => g,
                None => return bye(stage),
            }
        }
    };
    // Time-lapse to scale: twenty times as fast, until the replacement runs. A branch of the world has run
    // ahead to say how long the bar must be.
    let ahead = t.branch().and_then(|mut b| {
        until_replaced(&mut b, at);
        findings(&b, at, node.clone(), old.clone())
    });
    let wait = |id: &str, from: SimTime, to: SimTime| (c.text(id, &[("took", &(to - from))]), to);
    let bar = ahead.map(|f| Bar {
        from: at,
        waits: vec![
            wait("ui-bar-silence", f.crash, f.noticed),
            wait("ui-bar-taint", f.noticed, f.tainted),
            wait("ui-bar-toleration", f.tainted, f.evicted),
        ],
    });
    o = Overlay { keys: c.text("ui-keys-tour", &[]), speed: "×20".into(), bar, ..Overlay::default() };
    let mut until = at;
    while replaced(&t, at).is_none() && until < at + LIMIT {
        until += Span::secs(400);
        let hurry = stage.play_until(&mut t, c, &o, until, 20, |t| replaced(t, at).is_some())?;
        if !hurry {
            return bye(stage);
        }
    }
    o.bar = None;
    // Until the deployment knows as well.
    let settled = t.now() + Span::secs(2);
    t.play_to(settled);
    let Some(f) = findings(&t, at, node, old) else { return bye(stage) };
    o.speed = c.text("ui-paused", &[]);
    o.keys = c.text("ui-tour-continue", &[]);
    o.window = Some((c.text("ui-summary-title", &[]), answer(c, &f, guess)));
    if stage.ask(&t, c, &o, any)?.is_none() {
        return bye(stage);
    }
    o.window = Some((c.text("ui-panel-why", &[]), why_lines(&t, &f.new, c)));
    if stage.ask(&t, c, &o, any)?.is_none() {
        return bye(stage);
    }
    stage.free(&mut Free::new(true, None), &mut t, c)?;
    bye(stage)
}

#[cfg(test)]
mod tests {
    use super::*;
    use podium_sim::caption::Lang;

    #[test]
    fn the_story_in_lines() {
        for (lang, file) in [
            (Lang::En, expect_test::expect_file!["../../tests/screens/tour-en.txt"]),
            (Lang::ZhCn, expect_test::expect_file!["../../tests/screens/tour-zh-CN.txt"]),
        ] {
            let out =
                story(&TourArgs::default(), &Catalogue::new(lang), Style::plain(), 80).expect("a story");
            let long: Vec<_> = out.lines().filter(|l| crate::text::width(l) > 80).collect();
            assert!(long.is_empty(), "{long:#?}");
            file.assert_eq(&out);
        }
    }

    /// The messages of the live tour are slow, those of the tour in lines are not.
    #[test]
    fn a_node_dies_ten_seconds_after_the_deployment_is_complete() {
        let c = Catalogue::new(Lang::En);
        for latency in [LatencyProfile::Lan, LatencyProfile::Classroom] {
            let mut t = cluster(&c, latency);
            t.play_to(APPLY);
            apply(&mut t);
            let end = peace_ends(&t).expect("it comes up");
            t.play_to(SimTime(end.0 - PEACE.0));
            let done =
                t.records.iter().any(|r| matches!(&r.what, What::Note { code: Code::RolloutComplete, .. }));
            assert!(done, "{latency:?}");
            t.play_to(end);
            assert!(t.lines.iter().any(|l| l.text.contains("3 of 3 replicas")), "{latency:?}");
            assert_eq!(t.pods().filter(|p| p.ready()).count(), 3, "{latency:?}");
        }
    }

    #[test]
    fn what_to_do_next_exists() {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
        for path in NEXT.iter().flat_map(|(_, c)| c.split(' ')).filter(|w| w.starts_with("scenarios/")) {
            assert!(root.join(path).is_file(), "{path}");
        }
    }
}
