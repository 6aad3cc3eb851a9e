//! The loop around the live picture: draws, reads keys, lets time pass.

use super::free::{Free, Pressed, Quiz};
use super::picture::{self, Overlay};
use super::theatre::Theatre;
use crate::exit::Failure;
use crate::load::Loaded;
use crate::standing::{self, Standing};
use crate::text::clock;
use crossterm::event::{self, Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use podium_sim::caption::Catalogue;
use podium_sim::object::Str;
use podium_sim::scenario::{Report, Run, RunOptions};
use podium_sim::time::{SimTime, Span};
use ratatui::DefaultTerminal;
use ratatui::style::Color;
use std::time::{Duration, Instant};

/// Pictures a second.
const FRAMES: u64 = 20;

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
        let draw = |f: &mut ratatui::Frame<'_>| {
            picture::draw(f, t, c, o);
            if !crate::term::colours() {
                f.buffer_mut().content.iter_mut().for_each(|cell| {
                    cell.set_fg(Color::Reset).set_bg(Color::Reset);
                });
            }
        };
        self.terminal.draw(draw).map(|_| ()).map_err(lost)
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
            KeyCode::Char('q') => Some(Pressed::Quit),
            KeyCode::Esc => Some(Pressed::Esc),
            KeyCode::Char(c) => Some(Pressed::Char(c)),
            KeyCode::Enter => Some(Pressed::Enter),
            KeyCode::Left | KeyCode::Backspace => Some(Pressed::Left),
            KeyCode::Right => Some(Pressed::Right),
            KeyCode::Up => Some(Pressed::Up),
            KeyCode::Down => Some(Pressed::Down),
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
        self.play_until(t, c, o, until, speed, |_| false)
    }

    /// Likewise, or until something is so.
    pub fn play_until(
        &mut self,
        t: &mut Theatre<'_>,
        c: &Catalogue,
        o: &Overlay,
        until: SimTime,
        speed: u64,
        enough: impl Fn(&Theatre<'_>) -> bool,
    ) -> Result<bool, Failure> {
        let (from, began) = (t.now(), Instant::now());
        while t.now() < until && !enough(t) {
            let passed = Span((began.elapsed().as_nanos() as u64).saturating_mul(speed));
            t.play_to((from + passed).min(until));
            self.draw(t, c, o)?;
            match self.key(Duration::from_millis(1000 / FRAMES))? {
                Some(Pressed::Quit | Pressed::Esc) => return Ok(false),
                Some(_) => {
                    while t.now() < until && !enough(t) {
                        t.play_to((t.now() + Span::secs(1)).min(until));
                    }
                }
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
                Some(Pressed::Quit | Pressed::Esc) => return Ok(None),
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
    pub fn free(&mut self, free: &mut Free, t: &mut Theatre<'_>, c: &Catalogue) -> Result<(), Failure> {
        let mut last = Instant::now();
        loop {
            let passed = Span(last.elapsed().as_nanos() as u64);
            last = Instant::now();
            free.tick(t, c, passed);
            self.draw(t, c, &free.overlay(t, c))?;
            if let Some(p) = self.key(Duration::from_millis(1000 / FRAMES))? {
                let before = Instant::now();
                if !free.press(p, t, c) {
                    return Ok(());
                }
                // The time that a jump takes to work out is no time of the cluster's.
                last += before.elapsed();
            }
        }
    }
}

/// A lesson's question, with what the run says.
pub fn quiz(loaded: &Loaded, report: &Report, c: &Catalogue) -> Option<Quiz> {
    let p = loaded.scenario.spec.lesson.as_ref()?.prediction.as_ref()?;
    let step = |name: &str| report.steps.iter().find(|s| s.name == name);
    Some(Quiz {
        // Just before the step, which shows the beginning of the answer.
        ask_at: SimTime(step(&p.before)?.began?.0.saturating_sub(1)),
        tell_at: step(&p.after)?.passed?,
        question: p.question.get(c.lang()).to_owned(),
        options: p.options.iter().map(|o| o.text.get(c.lang()).to_owned()).collect(),
        right: p.options.iter().position(|o| Some(&o.id) == report.answer.as_ref()),
    })
}

/// What is printed once the picture is gone: the report, which is of the whole run. Who left before its end is
/// told so.
pub fn goodbye(report: &Report, standing: Option<&Standing>, seen: SimTime, c: &Catalogue) -> String {
    let mut out = String::new();
    if seen < report.ended_at {
        let (time, end) = (clock(seen), clock(report.ended_at));
        out.push_str(&format!("{}\n\n", c.text("ui-left-early", &[("time", &time), ("end", &end)])));
    }
    out.push_str(&format!("{}\n", report.to_string().trim_end()));
    if let Some(s) = standing {
        out.push_str(&format!("{}\n", s.text));
    }
    out
}

/// Plays a scenario, then shows it as a recorded run that can be gone through.
pub fn play(loaded: &Loaded, options: &RunOptions, c: &Catalogue) -> Result<(), Failure> {
    let mut run = Run::new(loaded.scenario.clone(), options.clone());
    let report = run.to_end();
    let header = run.header(&loaded.files);
    let records = run.take_records();
    let standing = standing::of_run(&loaded.scenario, run.cluster().objects());
    let nodes = header.nodes.iter().map(|n| Str::from(n.as_str())).collect();
    let mut t = Theatre::tape(records, nodes, report.ended_at, c);
    let mut stage = Stage::open()?;
    let mut free = Free::new(false, quiz(loaded, &report, c));
    stage.free(&mut free, &mut t, c)?;
    drop(stage);
    print!("{}", goodbye(&report, standing.as_ref(), free.furthest(&t), c));
    if report.passed { Ok(()) } else { Err(Failure::Assertion) }
}
