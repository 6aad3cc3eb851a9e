//! The whole view, without a window: what is shown, what is chosen, and what a key or a click does. A host (the window,
//! the picture maker, a test) gives it an egui context and time, and draws its canvas below egui's own shapes.

use crate::draw::Canvas;
use crate::player::Player;
use crate::theme::{Mode, Theme};
use crate::{fonts, keys, paint, panel};
use podium_sim::caption::{Catalogue, Lang};
use podium_sim::msg::Comp;
use podium_sim::object::{Key, Str};
use podium_sim::scenario::lesson::Lesson;
use podium_sim::scenario::{self};
use podium_sim::trace::{RecordId, Source};

/// Something that can be chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// A part of the control plane, or of a node.
    Part(Comp),
    /// A node, by its name.
    Node(Str),
    /// An object.
    Object(Key),
    /// A record of the trace: a message on its way, a line of a chain.
    Record(RecordId),
}

/// A lesson's question, and what has become of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Question {
    /// Not there yet, or there is none.
    #[default]
    Later,
    /// It is asked; time stands still.
    Asked,
    /// Answered with an option's number, or skipped; the run has not shown the answer yet.
    Sealed(Option<usize>),
    /// The run has shown the answer.
    Told(Option<usize>),
}

/// Which panels are open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Panels {
    /// Facts about what is chosen.
    pub inspector: bool,
    /// Deployments and their replica sets.
    pub workloads: bool,
    /// What the signs mean.
    pub legend: bool,
    /// The sheet of keys.
    pub help: bool,
    /// The lesson's text.
    pub lesson: bool,
}

/// How the view begins.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// The language.
    pub lang: Lang,
    /// Light or dark.
    pub mode: Mode,
    /// Large type and no panels.
    pub presenter: bool,
    /// Nothing slides; things are where they will be.
    pub still: bool,
    /// A picture without panels: scene and caption only.
    pub bare: bool,
}

/// The whole view.
pub struct View {
    /// Time.
    pub player: Player,
    /// The language.
    pub lang: Lang,
    catalogues: Vec<Catalogue>,
    /// Light or dark.
    pub mode: Mode,
    /// Large type, panels hidden.
    pub presenter: bool,
    /// Nothing slides.
    pub still: bool,
    /// Scene and caption only.
    pub bare: bool,
    /// The picture is blanked, as presenters' remotes do.
    pub blank: bool,
    /// Which panels are open.
    pub panels: Panels,
    /// What is chosen.
    pub selected: Option<Target>,
    /// What the pointer is on.
    pub hover: Option<Target>,
    /// The lesson, if the trace is one.
    pub lesson: Option<Lesson>,
    /// Its question.
    pub question: Question,
    /// Something to say for a moment: what was done, or why it was not.
    pub toast: Option<(String, f64)>,
    /// How the racks are zoomed and moved.
    pub camera: crate::layout::Camera,
    /// A decision of the scheduler, explained; kept while it is looked at.
    pub decision: crate::decision::Watched,
    canvas: Canvas,
    prepared: Option<(Mode, bool, bool)>,
    /// What the panels remember.
    pub ui: panel::State,
    /// Seconds of the viewer since the beginning.
    pub clock: f64,
}

impl std::fmt::Debug for View {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("View").field("player", &self.player).finish_non_exhaustive()
    }
}

impl View {
    /// A view of a trace.
    pub fn new(source: Source, options: Options) -> View {
        let lesson = scenario::from_files(&source.header().files).and_then(|s| s.spec.lesson);
        View {
            player: Player::new(source),
            lang: options.lang,
            catalogues: Lang::ALL.map(Catalogue::new).into(),
            mode: options.mode,
            presenter: options.presenter,
            still: options.still,
            bare: options.bare,
            blank: false,
            panels: Panels {
                inspector: false,
                workloads: true,
                legend: true,
                help: false,
                lesson: lesson.is_some(),
            },
            selected: None,
            hover: None,
            lesson,
            question: Question::Later,
            toast: None,
            camera: Default::default(),
            decision: Default::default(),
            canvas: Canvas::default(),
            prepared: None,
            ui: panel::State::default(),
            clock: 0.0,
        }
    }

    /// The texts in the language that is chosen.
    pub fn catalogue(&self) -> &Catalogue {
        let at = Lang::ALL.iter().position(|l| *l == self.lang).unwrap_or(0);
        &self.catalogues[at]
    }

    /// A text without values.
    pub fn text(&self, id: &str) -> String {
        self.catalogue().text(id, &[])
    }

    /// The colours.
    pub fn theme(&self) -> Theme {
        Theme::of(self.mode)
    }

    /// How much larger than usual everything is.
    pub fn scale(&self) -> f32 {
        if self.presenter { 1.35 } else { 1.0 }
    }

    /// The picture below egui's shapes, as the last frame left it.
    pub fn canvas(&self) -> &Canvas {
        &self.canvas
    }

    /// Whether another frame would differ from this one by itself.
    pub fn moving(&self) -> bool {
        self.player.playing || self.toast.is_some()
    }

    /// Fonts and colours for egui. They take effect with the next frame, so a host calls this before its first.
    pub fn prepare(&mut self, ctx: &egui::Context) {
        if self.prepared == Some((self.mode, self.presenter, self.still)) {
            return;
        }
        if self.prepared.is_none_or(|(_, presenter, _)| presenter != self.presenter) {
            ctx.set_fonts(fonts::definitions());
        }
        self.prepared = Some((self.mode, self.presenter, self.still));
        panel::style(ctx, &self.theme(), self.scale(), self.still);
    }

    /// One frame: keys, time, panels, and the picture. `seconds` have passed since the one before.
    pub fn frame(&mut self, ui: &mut egui::Ui, seconds: f64) {
        self.prepare(&ui.ctx().clone());
        keys::handle(self, ui.ctx());
        self.clock += seconds;
        let before = self.player.now();
        self.player.tick(seconds);
        panel::lesson::watch(self, before);
        if self.toast.as_ref().is_some_and(|(_, until)| *until < self.clock) {
            self.toast = None;
        }
        let area = panel::show(self, ui);
        let mut canvas = std::mem::take(&mut self.canvas);
        canvas.clear();
        paint::scene(self, area, &mut canvas);
        panel::labels(self, ui, area, &canvas);
        self.canvas = canvas;
    }

    /// Chooses something: the inspector shows it.
    pub fn select(&mut self, target: Target) {
        self.selected = Some(target);
        self.panels.inspector = true;
    }

    /// Says something for a few seconds.
    pub fn say(&mut self, text: impl Into<String>) {
        self.toast = Some((text.into(), self.clock + 4.0));
    }
}
