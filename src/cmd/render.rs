//! `podium render`: a moment as a picture, a while as a film.

use crate::cli::RenderArgs;
use crate::exit::Failure;
use podium_sim::caption::Catalogue;

/// Says how to build it.
#[cfg(not(feature = "view"))]
pub fn run(args: &RenderArgs, _: &Catalogue) -> Result<(), Failure> {
    Err(super::view::missing(&format!("render {} --out {}", args.file.display(), args.out.display())))
}

#[cfg(feature = "view")]
pub use with::run;

#[cfg(feature = "view")]
mod with {
    use super::*;
    use crate::cli::FilmPace;
    use crate::cmd::view::{Patient, options, quietly, source, within};
    use crate::cmd::why;
    use crate::load;
    use podium_sim::object::{Key, Kind};
    use podium_sim::time::SimTime;
    use podium_viz::picture::{self, Film, Gif, WebP};
    use podium_viz::player::Pace;
    use podium_viz::view::{Question, Target};
    use podium_viz::window::{Recorder, check_graphics};
    use podium_viz::{Options, View};
    use std::fs::File;
    use std::io::{BufWriter, Write};
    use std::path::Path;

    /// What a file's ending asks for.
    #[derive(Clone, Copy, PartialEq)]
    enum Format {
        Png,
        Gif,
        WebP,
    }

    /// No film has more frames: at 20 a second that is half an hour.
    const MOST_FRAMES: u64 = 36_000;

    /// Runs the command.
    pub fn run(args: &RenderArgs, catalogue: &Catalogue) -> Result<(), Failure> {
        let format = format(args)?;
        quietly(check_graphics)?;
        let source = source(&args.file, &args.run)?;
        let begin = within("--from", args.from, &source, &args.file)?.unwrap_or(SimTime(0));
        let end = within("--to", args.to, &source, &args.file)?.unwrap_or(source.end());
        let at = within("--at", args.at, &source, &args.file)?.unwrap_or(source.end());
        if begin >= end && format != Format::Png {
            return Err(Failure::Usage(format!(
                "--from {begin} --to {end}: a film must not end before it begins"
            )));
        }
        let mut view = View::new(source, Options { bare: !args.panels, ..options(&args.look, catalogue) });
        // Nobody is there to answer.
        view.question = Question::Sealed(None);
        if let Some(text) = &args.select {
            let until = if format == Format::Png { at } else { end };
            view.player.seek(until);
            let target = target(&view, text, &args.namespace, until)?;
            view.select(target);
        }
        let film = Recording {
            size: args.size.unwrap_or(if format == Format::Png { (1920, 1080) } else { (1280, 720) }),
            scale: args.scale,
            fps: f64::from(args.fps.unwrap_or(20)),
        };
        if format == Format::Png {
            view.player.seek(at);
            return film.picture(&mut view, &args.out);
        }
        view.player.seek(begin);
        view.player.pace = match args.pace.unwrap_or_default() {
            FilmPace::Story => Pace::Story,
            FilmPace::Clock => Pace::Clock,
        };
        view.player.speed = args.speed.unwrap_or(1.0);
        view.player.until = Some(end);
        film.film(&mut view, end, &args.out, format)
    }

    fn format(args: &RenderArgs) -> Result<Format, Failure> {
        let ending = args.out.extension().map(|e| e.to_string_lossy().to_lowercase());
        let format = match ending.as_deref() {
            Some("png") => Format::Png,
            Some("gif") => Format::Gif,
            Some("webp") => Format::WebP,
            _ => {
                return Err(Failure::Usage(format!(
                    "--out {}: expected a file that ends in .png, .gif or .webp",
                    args.out.display()
                )));
            }
        };
        let of_films = [
            ("--from", args.from.is_some()),
            ("--to", args.to.is_some()),
            ("--fps", args.fps.is_some()),
            ("--pace", args.pace.is_some()),
            ("--speed", args.speed.is_some()),
        ];
        match of_films.iter().find(|(_, given)| *given) {
            Some((flag, _)) if format == Format::Png => Err(Failure::Usage(format!(
                "{flag} is for films, and {} is a picture\n  help: choose its moment with --at, or write a .gif or .webp",
                args.out.display()
            ))),
            None if format != Format::Png && args.at.is_some() => Err(Failure::Usage(format!(
                "--at is for pictures, and {} is a film\n  help: choose its part with --from and --to, or write a .png",
                args.out.display()
            ))),
            _ => Ok(format),
        }
    }

    /// What `--select` means, of all that has existed until then.
    fn target(view: &View, text: &str, namespace: &str, until: SimTime) -> Result<Target, Failure> {
        let records = view.player.records();
        let (kinds, name) = load::target(text, &why::everything(records))?;
        let ([kind], Some(name)) = (kinds.as_slice(), &name) else {
            return Err(Failure::Usage(format!(
                "--select {text:?}: expected one object, as KIND/NAME, such as pod/web-1"
            )));
        };
        let ns = if kind.namespaced() { namespace } else { "" };
        let found = why::find(records, &Key::new(kind.clone(), ns, name.as_str()), until);
        let key = found.ok_or_else(|| why::missing(&view.player.scene().fold, kind, name, until))?;
        Ok(if *kind == Kind::Node { Target::Node(key.name) } else { Target::Object(key) })
    }

    struct Recording {
        size: (u32, u32),
        scale: f32,
        fps: f64,
    }

    /// A file that is not there in the end if it could not be written to its end.
    fn written(
        out: &Path,
        write: impl FnOnce(BufWriter<File>) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let file = File::create(out).map_err(|e| unwritable(out, &e))?;
        let whole = file.metadata().is_ok_and(|m| m.is_file());
        let done = write(BufWriter::new(file));
        if done.is_err() && whole {
            let _ = std::fs::remove_file(out);
        }
        done
    }

    fn unwritable(out: &Path, e: &std::io::Error) -> Failure {
        Failure::Usage(format!("{}: {e}", out.display()))
    }

    impl Recording {
        fn picture(&self, view: &mut View, out: &Path) -> Result<(), Failure> {
            written(out, |mut file| {
                let mut recorder = quietly(|| Recorder::scaled(self.size, self.scale))?;
                let pixels = quietly(|| recorder.frame(view, 0.0))?;
                let done = picture::png(&mut file, self.size, &pixels).and_then(|()| file.flush());
                done.map_err(|e| unwritable(out, &e))
            })
        }

        /// How long a film becomes, in seconds.
        fn seconds(view: &View, end: SimTime) -> f64 {
            let (p, story) = (&view.player, view.player.story());
            let whole = match p.pace {
                Pace::Story => story.place(end) - story.place(p.now()),
                Pace::Clock => (end.0 - p.now().0) as f64 / 1e9,
            };
            whole / p.speed
        }

        fn film(&self, view: &mut View, end: SimTime, out: &Path, format: Format) -> Result<(), Failure> {
            let seconds = Recording::seconds(view, end);
            let frames = (seconds * self.fps).ceil() as u64 + 1;
            if frames > MOST_FRAMES {
                return Err(Failure::Usage(format!(
                    "this film would have {frames} frames; {MOST_FRAMES} is the most\n  \
                     help: take a part with --from and --to, a higher --speed, a lower --fps, or --pace story"
                )));
            }
            written(out, |file| {
                let film: std::io::Result<Box<dyn Film>> = match format {
                    Format::WebP => {
                        WebP::new(file, self.size, self.fps).map(|f| Box::new(f) as Box<dyn Film>)
                    }
                    _ => Gif::new(file, self.size, self.fps).map(|f| Box::new(f) as Box<dyn Film>),
                };
                let mut film = film.map_err(|e| unwritable(out, &e))?;
                let mut recorder = quietly(|| Recorder::scaled(self.size, self.scale))?;
                let bar = Patient::new("{bar:30} {pos}/{len} frames, {eta} left").of(frames);
                let mut step = 0.0;
                for i in 0.. {
                    view.player.playing = true;
                    let pixels = recorder.frame(view, step).map_err(|e| Failure::Lacking(e.to_string()))?;
                    film.add(&pixels).map_err(|e| unwritable(out, &e))?;
                    bar.at(i + 1);
                    if view.player.now() >= end || i > frames + 2 {
                        break;
                    }
                    step = 1.0 / self.fps;
                }
                let done = film.finish().map_err(|e| unwritable(out, &e));
                bar.done();
                done
            })
        }
    }
}
