//! The loop around the live picture: draws, reads keys, lets time pass.

use super::picture::{self, Overlay};
use super::theatre::Theatre;
use crate::exit::Failure;
use crate::load::{self, Loaded};
use crossterm::event::{self, Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use podium_sim::apiserver::Propagation;
use podium_sim::caption::Catalogue;
use podium_sim::fault::Fault;
use podium_sim::object::{Key, Kind, Str};
use podium_sim::scenario::{Run, RunOptions};
use podium_sim::time::{SimTime, Span};
use podium_sim::trace::{What, why};
use podium_sim::world::{External, UserCommand};
use ratatui::DefaultTerminal;
use serde_json::json;
use std::time::{Duration, Instant};

/// Pictures a second.
const FRAMES: u64 = 20;
/// How far `←` goes back.
const BACK: Span = Span::secs(10);

/// What somebody pressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pressed {
    /// A letter or digit.
    Char(char),
    /// Go on.
    Enter,
    /// Back in time.
    Left,
    /// Forward in time.
    Right,
    /// Away.
    Quit,
}

/// A terminal in raw mode, put back in order when dropped.
pub struct Stage {
    terminal: DefaultTerminal,
}

impl Drop for Stage {
    fn drop(&mut self) {
        ratatui::restore();
    }
}

fn lost(e: std::io::Error) -> Failure {
    Failure::Lacking(format!("the terminal cannot be drawn on: {e}"))
}

impl Stage {
    /// Takes the terminal over.
    pub fn open() -> Result<Stage, Failure> {
        ratatui::try_init().map(|terminal| Stage { terminal }).map_err(lost)
    }

    /// Draws one picture.
    pub fn draw(&mut self, t: &Theatre<'_>, c: &Catalogue, o: &Overlay) -> Result<(), Failure> {
        self.terminal.draw(|f| picture::draw(f, t, c, o)).map(|_| ()).map_err(lost)
    }

    /// Waits for a key, at most so long.
    pub fn key(&mut self, wait: Duration) -> Result<Option<Pressed>, Failure> {
        if !event::poll(wait).map_err(lost)? {
            return Ok(None);
        }
        let Event::Key(KeyEvent { code, modifiers, kind: KeyEventKind::Press, .. }) =
            event::read().map_err(lost)?
        else {
            return Ok(None);
        };
        Ok(match code {
            KeyCode::Char('c') if modifiers.contains(KeyModifiers::CONTROL) => Some(Pressed::Quit),
            KeyCode::Char('q') | KeyCode::Esc => Some(Pressed::Quit),
            KeyCode::Char(c) => Some(Pressed::Char(c)),
            KeyCode::Enter => Some(Pressed::Enter),
            KeyCode::Left | KeyCode::Backspace => Some(Pressed::Left),
            KeyCode::Right => Some(Pressed::Right),
            _ => None,
        })
    }

    /// Plays up to a moment at some speed (virtual seconds a second). Returns early, with false, when
    /// somebody wants to quit; any other key jumps to the end.
    pub fn play_to(
        &mut self,
        t: &mut Theatre<'_>,
        c: &Catalogue,
        o: &Overlay,
        until: SimTime,
        speed: u64,
    ) -> Result<bool, Failure> {
        let (from, began) = (t.now(), Instant::now());
        while t.now() < until {
            let passed = Span((began.elapsed().as_nanos() as u64).saturating_mul(speed));
            t.play_to((from + passed).min(until));
            self.draw(t, c, o)?;
            match self.key(Duration::from_millis(1000 / FRAMES))? {
                Some(Pressed::Quit) => return Ok(false),
                Some(_) => t.play_to(until),
                None => {}
            }
        }
        Ok(true)
    }

    /// Shows a picture until a key is pressed that `accept` takes.
    pub fn ask<T>(
        &mut self,
        t: &Theatre<'_>,
        c: &Catalogue,
        o: &Overlay,
        accept: impl Fn(Pressed) -> Option<T>,
    ) -> Result<Option<T>, Failure> {
        loop {
            self.draw(t, c, o)?;
            match self.key(Duration::from_millis(500))? {
                Some(Pressed::Quit) => return Ok(None),
                Some(p) => {
                    if let Some(x) = accept(p) {
                        return Ok(Some(x));
                    }
                }
                None => {}
            }
        }
    }

    /// Lets somebody do as they like until they quit.
    pub fn free(&mut self, t: &mut Theatre<'_>, c: &Catalogue) -> Result<(), Failure> {
        let mut speed: u64 = 1;
        let mut paused = false;
        let mut last = Instant::now();
        let mut overlay = Overlay {
            keys: c.text(if t.acts() { "ui-keys-free" } else { "ui-keys-tape" }, &[]),
            ..Overlay::default()
        };
        loop {
            let passed = Span((last.elapsed().as_nanos() as u64).saturating_mul(speed));
            last = Instant::now();
            if !paused && overlay.window.is_none() {
                t.play_to(t.now() + passed);
            }
            overlay.speed = if paused { c.text("ui-paused", &[]) } else { format!("×{speed}") };
            self.draw(t, c, &overlay)?;
            let Some(p) = self.key(Duration::from_millis(1000 / FRAMES))? else { continue };
            if overlay.window.take().is_some() && p != Pressed::Quit {
                last = Instant::now();
                continue;
            }
            match p {
                Pressed::Quit => return Ok(()),
                Pressed::Char(' ') => paused = !paused,
                Pressed::Char('+' | '=') => speed = (speed * 2).min(256),
                Pressed::Char('-') => speed = (speed / 2).max(1),
                Pressed::Char('f') => speed = if speed == 32 { 1 } else { 32 },
                Pressed::Left => t.rewind(SimTime((t.now() - (SimTime(0) + BACK)).0)),
                Pressed::Right => t.play_to(t.now() + BACK),
                Pressed::Char('w') => overlay.window = Some(why_newest(t, c)),
                Pressed::Char(x) => act(t, x),
                Pressed::Enter => {}
            }
            last = Instant::now();
        }
    }
}

/// Does what a key stands for to a live cluster.
fn act(t: &mut Theatre<'_>, key: char) {
    match key {
        'd' => {
            let pod =
                t.pods().filter(|p| p.active() && p.ready()).max_by_key(|p| p.metadata.resource_version);
            if let Some(key) =
                pod.map(|p| Key::new(Kind::Pod, p.metadata.namespace.clone(), p.metadata.name.clone()))
            {
                let propagation = Propagation::Background;
                t.act(|id| External::User {
                    id,
                    command: UserCommand::Delete { key, grace: None, propagation },
                });
            }
        }
        'k' => {
            let alive = |n: &&Str| !t.broken(n);
            let busiest = t
                .nodes
                .iter()
                .filter(alive)
                .max_by_key(|n| t.pods().filter(|p| p.node_name == ***n && p.active()).count());
            if let Some(node) = busiest.cloned() {
                let fault = Fault { name: "nodeCrash".into(), args: json!({"node": node.as_str()}) };
                t.act(|id| External::Fault { id, fault });
            }
        }
        's' => {
            let d = t.fold.objects.values().find_map(|o| o.as_deployment().cloned());
            if let Some(d) = d {
                let replicas = match d.spec.replicas.unwrap_or(1) {
                    3 => 5,
                    5 => 2,
                    _ => 3,
                };
                let key = Key::new(Kind::Deployment, d.metadata.namespace.clone(), d.metadata.name.clone());
                t.act(|id| External::User { id, command: UserCommand::Scale { key, replicas } });
            }
        }
        _ => {}
    }
}

/// The chain of causes of the pod that was created last, as a window.
fn why_newest(t: &Theatre<'_>, c: &Catalogue) -> (String, Vec<String>) {
    let newest = t.records.iter().rev().find_map(|r| match &r.what {
        What::Write { verb: podium_sim::trace::WriteVerb::Create, obj, .. } if obj.kind() == Kind::Pod => {
            Some(obj.key())
        }
        _ => None,
    });
    let title = c.text("ui-panel-why", &[]);
    let Some(key) = newest else { return (title, vec![c.text("ui-empty", &[])]) };
    (title, why_lines(t, &key, c))
}

/// A chain of causes as lines.
pub fn why_lines(t: &Theatre<'_>, key: &Key, c: &Catalogue) -> Vec<String> {
    let index = why::TraceIndex::new(&t.records, &t.nodes);
    match why::explain(&index, key, t.now(), c, why::Order::OldestFirst) {
        Ok(told) => {
            let mut lines = vec![told.headline.clone()];
            lines.extend(told.lines.iter().map(|l| format!("{}  {}", l.at, l.text)));
            lines
        }
        Err(e) => vec![e.to_string()],
    }
}

/// Plays a scenario, then shows it as a recorded run that can be gone through.
pub fn play(loaded: &Loaded, options: &RunOptions, c: &Catalogue) -> Result<(), Failure> {
    let mut run = Run::new(loaded.scenario.clone(), options.clone());
    let report = run.to_end();
    let header = load::header(loaded, options, &run);
    let records = run.take_records();
    let nodes = header.nodes.iter().map(|n| Str::from(n.as_str())).collect();
    let mut t = Theatre::tape(records, nodes, report.ended_at, c);
    let mut stage = Stage::open()?;
    stage.free(&mut t, c)?;
    drop(stage);
    println!("{}", report.to_string().trim_end());
    if report.passed { Ok(()) } else { Err(Failure::Assertion) }
}
