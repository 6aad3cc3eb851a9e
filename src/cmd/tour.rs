//! The tour: 90 seconds in which a cluster works, breaks, recovers and explains itself.
//!
//! The same story twice: as a live picture on a terminal, as lines without one. Every figure in it is
//! taken from the run.

use crate::cli::TourArgs;
use crate::exit::Failure;
use crate::term::Style;
use crate::tui::picture::{Bar, Overlay};
use crate::tui::stage::{Pressed, Stage, why_lines};
use crate::tui::theatre::Theatre;
use podium_sim::caption::Catalogue;
use podium_sim::config::WorldConfig;
use podium_sim::fault::Fault;
use podium_sim::links::LatencyProfile;
use podium_sim::object::{Key, Kind, Obj, Pod, Str};
use podium_sim::time::{SimTime, Span};
use podium_sim::trace::{Code, Record, What, WriteVerb};
use podium_sim::world::{External, UserCommand, World};
use serde_json::json;
use std::io::IsTerminal;
use std::sync::Arc;

/// When the deployment is applied.
const APPLY: SimTime = SimTime(1_500_000_000);
/// How long the deployment lives before a node dies.
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
    if terminal && !args.plain && std::io::stdin().is_terminal() { show(args, c) } else { tell(args, c) }
}

/// Slow messages, so that they can be seen on their way.
fn cluster<'a>(c: &'a Catalogue, latency: LatencyProfile) -> Theatre<'a> {
    let config = WorldConfig { latency, ..WorldConfig::default() };
    Theatre::live(World::new(config, 7), c)
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

/// Pulls the plug of the node of the first pod that is ready.
fn crash(t: &mut Theatre<'_>) -> Option<(Str, Key)> {
    let pod: Arc<Pod> = t.pods().filter(|p| p.ready()).nth(1).or_else(|| t.pods().next())?.clone();
    let node = pod.node_name.clone();
    let fault = Fault { name: "nodeCrash".into(), args: json!({"node": node.as_str()}) };
    t.act(|id| External::Fault { id, fault });
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

/// The options of the question: their ids, and whether a length of time is meant by them.
const OPTIONS: [(&str, fn(Span) -> bool); 3] = [
    ("5s", |s| s < Span::secs(20)),
    ("40s", |s| s >= Span::secs(20) && s <= Span::secs(300)),
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
        let what = c.text(what, &[("node", &f.node), ("old", &f.old.name), ("new", &f.new.name)]);
        format!("  {:>8}  {what}", (to - from).to_string())
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
        c.text("ui-answer-new-pod", &[("new", &f.new.name), ("old", &f.old.name)]),
    ]
}

/// Three commands to go on with.
fn farewell(c: &Catalogue) -> Vec<String> {
    [
        ("ui-next-own", "podium play my-deployment.yaml"),
        ("ui-next-window", "podium play scenarios/lessons/k08-node-down.yaml --tui"),
        ("ui-next-why", "podium why scenarios/lessons/k08-node-down.yaml 'pod/web-*'"),
    ]
    .iter()
    .map(|(id, command)| format!("  {command:<54} {}", c.text(id, &[])))
    .collect()
}

/// The tour in lines.
fn tell(args: &TourArgs, c: &Catalogue) -> Result<(), Failure> {
    let style = Style::stdout();
    let mut out = String::new();
    let mut t = cluster(c, LatencyProfile::Lan);
    let heading = |s: &str| format!("\n{}\n", style.accent(s));
    out.push_str(&style.bold(&c.text("ui-tour-title", &[])));
    out.push_str(&format!("\n{}\n", c.text("ui-tour-intro", &[("nodes", &t.nodes.len())])));
    t.play_to(APPLY);
    out.push_str(&heading(&c.text("ui-tour-deploy", &[("replicas", &3)])));
    let mut told = t.lines.len();
    let flush = |t: &Theatre<'_>, out: &mut String, told: &mut usize| {
        for l in &t.lines[*told..] {
            out.push_str(&format!("{}  {}\n", style.dim(&l.at.to_string()), l.text));
        }
        *told = t.lines.len();
    };
    apply(&mut t);
    t.play_to(APPLY + PEACE);
    flush(&t, &mut out, &mut told);
    let at = t.now();
    let (node, old) =
        crash(&mut t).ok_or_else(|| Failure::Lacking("the tour's cluster did not come up".into()))?;
    flush(&t, &mut out, &mut told);
    out.push_str(&heading(&c.text("ui-question-title", &[])));
    out.push_str(&question(c, &node).join("\n"));
    out.push_str(&format!("\n{}\n", c.text("ui-tour-skip", &[])));
    let mut until = t.now();
    while replaced(&t, at).is_none() && until < at + LIMIT {
        until += Span::secs(1);
        t.play_to(until);
    }
    out.push('\n');
    flush(&t, &mut out, &mut told);
    let f = findings(&t, at, node, old)
        .ok_or_else(|| Failure::Lacking("the tour's cluster did not recover".into()))?;
    out.push_str(&heading(&c.text("ui-summary-title", &[])));
    out.push_str(&answer(c, &f, args.answer).join("\n"));
    out.push('\n');
    out.push_str(&heading(&c.text("ui-panel-why", &[])));
    out.push_str(&why_lines(&t, &f.new, c).join("\n"));
    out.push_str(&format!("\n\n{}\n{}\n", c.text("ui-tour-end", &[]), farewell(c).join("\n")));
    use std::io::Write;
    crate::quiet_pipe(std::io::stdout().lock().write_all(out.as_bytes()))
}

/// The tour as a live picture.
fn show(args: &TourArgs, c: &Catalogue) -> Result<(), Failure> {
    let mut t = cluster(c, LatencyProfile::Classroom);
    let mut stage = Stage::open()?;
    let bye = |stage: Stage| {
        drop(stage);
        println!("{}\n{}", c.text("ui-tour-end", &[]), farewell(c).join("\n"));
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
    // Ten seconds of peace.
    apply(&mut t);
    o = Overlay { keys: c.text("ui-keys-tour", &[]), speed: "×1".into(), ..Overlay::default() };
    if !stage.play_to(&mut t, c, &o, APPLY + PEACE, 1)? {
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
    // Time-lapse to scale: twenty times as fast, until the replacement runs.
    o = Overlay {
        keys: c.text("ui-keys-tour", &[]),
        speed: "×20".into(),
        bar: Some(Bar {
            from: at,
            length: Span::secs(360),
            label: c.text("ui-since-crash", &[("node", &node)]),
        }),
        window: None,
    };
    let mut until = at;
    while replaced(&t, at).is_none() && until < at + LIMIT {
        until += Span::secs(5);
        if !stage.play_to(&mut t, c, &o, until, 20)? {
            return bye(stage);
        }
    }
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
    o.window = Some((
        c.text("ui-your-turn", &[]),
        c.text("ui-your-turn-keys", &[]).lines().map(str::to_owned).collect(),
    ));
    if stage.ask(&t, c, &o, any)?.is_none() {
        return bye(stage);
    }
    stage.free(&mut t, c)?;
    bye(stage)
}
