//! `podium view`: a scenario or a trace in a window.

use crate::cli::ViewArgs;
use crate::exit::Failure;
use podium_sim::caption::Catalogue;

#[cfg(not(feature = "view"))]
pub use without::{missing, run};

#[cfg(not(feature = "view"))]
mod without {
    use super::*;

    /// Says how to build it.
    pub fn run(args: &ViewArgs, _: &Catalogue) -> Result<(), Failure> {
        Err(missing(&format!("view {}", args.file.display())))
    }

    /// This podium has no window; `command` would need one.
    pub fn missing(command: &str) -> Failure {
        Failure::Lacking(format!(
            "this podium was built without its window\n  help: cargo run --release --features view -- {command}\n  \
             help: podium play --tui shows a scenario in the terminal"
        ))
    }
}

#[cfg(feature = "view")]
pub use with::{Patient, options, quietly, run, source, within};

#[cfg(feature = "view")]
mod with {
    use super::*;
    use crate::cli::{LookArgs, RunArgs};
    use crate::load;
    use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
    use podium_sim::scenario::{Run, RunOptions};
    use podium_sim::time::SimTime;
    use podium_sim::trace::{Level, Source};
    use podium_viz::theme::Mode;
    use podium_viz::window::{WindowError, check_display, open};
    use podium_viz::{Options, View};
    use std::io::IsTerminal;
    use std::path::Path;
    use std::time::{Duration, Instant};

    /// Runs the command.
    pub fn run(args: &ViewArgs, catalogue: &Catalogue) -> Result<(), Failure> {
        quietly(check_display)?;
        let source = source(&args.file, &args.run)?;
        let at = within("--at", args.at, &source, &args.file)?;
        let title = format!("podium · {}", source.header().name);
        let mut view = View::new(source, options(&args.look, catalogue));
        match at {
            Some(t) => view.player.seek(t),
            // A lesson begins when its reader does.
            None => view.player.playing = view.lesson.is_none(),
        }
        quietly(|| open(view, &title))
    }

    /// Does something with the graphics driver, and keeps what that prints off the terminal.
    pub fn quietly<T>(f: impl FnOnce() -> Result<T, WindowError>) -> Result<T, Failure> {
        let hush = crate::term::Hush::new();
        let done = f();
        drop(hush);
        done.map_err(failure)
    }

    /// Why there is no window or picture, as the command line says it.
    fn failure(e: WindowError) -> Failure {
        match e {
            WindowError::Size { .. } => Failure::Usage(e.to_string()),
            WindowError::NoDisplay(_) | WindowError::NoDriver(_) | WindowError::Failed(_) => {
                Failure::Lacking(e.to_string())
            }
        }
    }

    /// How the view begins.
    pub fn options(look: &LookArgs, catalogue: &Catalogue) -> Options {
        Options {
            lang: catalogue.lang(),
            mode: if look.dark { Mode::Dark } else { Mode::Light },
            presenter: look.presenter,
            still: look.reduced_motion,
            bare: false,
        }
    }

    /// A time of the command line, if it is within the run.
    pub fn within(
        flag: &str,
        at: Option<u64>,
        source: &Source,
        file: &Path,
    ) -> Result<Option<SimTime>, Failure> {
        match at.map(SimTime) {
            Some(t) if t > source.end() => {
                Err(Failure::Usage(format!("{flag} {t}: {} ends at {}", file.display(), source.end())))
            }
            t => Ok(t),
        }
    }

    /// What there is to see: a trace is read, anything else is played to its end.
    pub fn source(file: &Path, args: &RunArgs) -> Result<Source, Failure> {
        if let Some(trace) = load::trace(file)? {
            return Ok(Source::new(trace));
        }
        let loaded = load::scenario(file)?;
        load::warn(&loaded.warnings);
        let options = RunOptions { level: Level::Full, ..load::options(file, args) };
        let mut run = Run::new(loaded.scenario.clone(), options);
        let bar = Patient::new("playing, {elapsed}: {msg} of its time");
        while !run.ended() {
            let Some(next) = run.next_deadline() else { break };
            bar.say(|| next.to_string());
            if run.step_until(next) {
                break;
            }
        }
        drop(run.to_end());
        bar.done();
        Ok(Source::new(run.into_trace(&loaded.files)))
    }

    /// A line on the terminal that says how far it is, once it has taken a second.
    pub struct Patient {
        began: Instant,
        bar: ProgressBar,
        style: String,
        length: Option<u64>,
        shown: std::cell::Cell<bool>,
    }

    impl Patient {
        /// With a template of indicatif's.
        pub fn new(style: &str) -> Patient {
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
            Patient { began: Instant::now(), bar, style: style.into(), length: None, shown: false.into() }
        }
        /// Of so many parts.
        pub fn of(mut self, length: u64) -> Patient {
            self.length = Some(length);
            self
        }
        fn show(&self) -> bool {
            if !self.shown.get()
                && self.began.elapsed() > Duration::from_secs(1)
                && std::io::stderr().is_terminal()
            {
                self.shown.set(true);
                if let Ok(style) = ProgressStyle::with_template(&self.style) {
                    self.bar.set_style(style);
                }
                if let Some(n) = self.length {
                    self.bar.set_length(n);
                }
                self.bar.set_draw_target(ProgressDrawTarget::stderr());
            }
            self.shown.get()
        }
        /// Says something.
        pub fn say(&self, text: impl FnOnce() -> String) {
            if self.show() {
                self.bar.set_message(text());
            }
        }
        /// So many parts are done.
        pub fn at(&self, part: u64) {
            if self.show() {
                self.bar.set_position(part);
            }
        }
        /// Goes away.
        pub fn done(&self) {
            self.bar.finish_and_clear();
        }
    }
}
