//! What keys do. The same list feeds the sheet of keys and the hints on buttons, so that none can be forgotten.

use crate::panel::{actions, lesson, widgets};
use crate::player::Pace;
use crate::theme::Mode;
use crate::view::{Question, View};
use egui::{Context, Key, Modifiers};
use podium_sim::caption::Lang;
use podium_sim::time::{SimTime, Span};

/// Something that a key or a button does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// Time goes on, or stops.
    Play,
    /// One record on.
    StepOn,
    /// One record back.
    StepBack,
    /// To the next sentence of weight.
    BeatOn,
    /// To the one before.
    BeatBack,
    /// To the beginning.
    First,
    /// To the end.
    Last,
    /// The cluster goes on for a minute beyond the end.
    GoOn,
    /// To the next step of the script.
    ChapterOn,
    /// To the beginning of this one, or the one before.
    ChapterBack,
    /// Twice as fast.
    Faster,
    /// Half as fast.
    Slower,
    /// By the story, or by the clock.
    Pace,
    /// Begin again at the end.
    Loop,
    /// Show heartbeats.
    Heartbeats,
    /// The other language.
    Language,
    /// Light or dark.
    Theme,
    /// Large type, no panels.
    Presenter,
    /// Nothing slides.
    Still,
    /// A plain screen.
    Blank,
    /// The panel of facts.
    Inspector,
    /// The panel of workloads.
    Workloads,
    /// What the signs mean.
    Legend,
    /// All racks in sight.
    Whole,
    /// The sheet of keys.
    Help,
    /// Closes what is open.
    Close,
}

/// Keys with what they do.
#[derive(Clone, Copy, Debug)]
pub struct Binding {
    /// What they do.
    pub act: Act,
    /// Each of them.
    pub keys: &'static [(Modifiers, Key)],
    /// As they are written; a message of the catalogues if it begins with `view-`.
    pub written: &'static str,
    /// The message that says what they do.
    pub text: &'static str,
}

const fn plain(key: Key) -> (Modifiers, Key) {
    (Modifiers::NONE, key)
}

const fn shift(key: Key) -> (Modifiers, Key) {
    (Modifiers::SHIFT, key)
}

const fn bind(
    act: Act,
    keys: &'static [(Modifiers, Key)],
    written: &'static str,
    text: &'static str,
) -> Binding {
    Binding { act, keys, written, text }
}

/// All keys but the digits, which answer a question. What needs Shift stands before what does not.
pub const KEYS: &[Binding] = &[
    bind(Act::Play, &[plain(Key::Space)], "view-key-space", "view-act-play"),
    bind(Act::BeatOn, &[shift(Key::ArrowRight), plain(Key::PageDown)], "Shift+→  PgDn", "view-act-beat-on"),
    bind(Act::BeatBack, &[shift(Key::ArrowLeft), plain(Key::PageUp)], "Shift+←  PgUp", "view-act-beat-back"),
    bind(Act::StepOn, &[plain(Key::ArrowRight)], "→", "view-act-step-on"),
    bind(Act::StepBack, &[plain(Key::ArrowLeft)], "←", "view-act-step-back"),
    bind(Act::ChapterOn, &[plain(Key::CloseBracket)], "]", "view-act-chapter-on"),
    bind(Act::ChapterBack, &[plain(Key::OpenBracket)], "[", "view-act-chapter-back"),
    bind(Act::First, &[plain(Key::Home)], "Home", "view-act-first"),
    bind(Act::Last, &[plain(Key::End)], "End", "view-act-last"),
    bind(Act::GoOn, &[plain(Key::E)], "E", "view-act-go-on"),
    bind(Act::Faster, &[plain(Key::Plus), plain(Key::Equals)], "+", "view-act-faster"),
    bind(Act::Slower, &[plain(Key::Minus)], "-", "view-act-slower"),
    bind(Act::Pace, &[plain(Key::P)], "P", "view-act-pace"),
    bind(Act::Loop, &[plain(Key::R)], "R", "view-act-loop"),
    bind(Act::Heartbeats, &[plain(Key::H)], "H", "view-act-heartbeats"),
    bind(Act::Language, &[plain(Key::L)], "L", "view-act-language"),
    bind(Act::Theme, &[plain(Key::T)], "T", "view-act-theme"),
    bind(Act::Presenter, &[plain(Key::F5)], "F5", "view-act-presenter"),
    bind(Act::Blank, &[plain(Key::Period), plain(Key::B)], ".  B", "view-act-blank"),
    bind(Act::Still, &[plain(Key::M)], "M", "view-act-still"),
    bind(Act::Inspector, &[plain(Key::I)], "I", "view-act-inspector"),
    bind(Act::Workloads, &[plain(Key::W)], "W", "view-act-workloads"),
    bind(Act::Legend, &[plain(Key::G)], "G", "view-act-legend"),
    bind(Act::Whole, &[plain(Key::Num0)], "0", "view-act-whole"),
    bind(Act::Help, &[plain(Key::Questionmark), shift(Key::Slash), plain(Key::F1)], "?  F1", "view-act-help"),
    bind(Act::Close, &[plain(Key::Escape)], "Esc", "view-act-close"),
];

const DIGITS: [Key; 9] =
    [Key::Num1, Key::Num2, Key::Num3, Key::Num4, Key::Num5, Key::Num6, Key::Num7, Key::Num8, Key::Num9];

/// How far a cluster goes on at a time.
const MINUTE: Span = Span::secs(60);

/// What a widget that has been reached with Tab does something with itself.
const WIDGETS_OWN: [Key; 5] = [Key::Space, Key::ArrowLeft, Key::ArrowRight, Key::Home, Key::End];

impl Act {
    /// Its keys.
    pub fn binding(self) -> &'static Binding {
        KEYS.iter().find(|b| b.act == self).expect("each act has a key")
    }
}

impl Binding {
    /// Its keys as they are written, in the language that is chosen.
    pub fn written(&self, view: &View) -> String {
        if self.written.starts_with("view-") { view.text(self.written) } else { self.written.to_owned() }
    }
}

/// What it does and with which key, as a hint on a button.
pub fn hint(view: &View, act: Act) -> String {
    let b = act.binding();
    let (what, key) = (view.text(b.text), b.written(view));
    view.catalogue().text("view-hint", &[("what", &what), ("key", &key)])
}

/// Takes the keys that were pressed since the last frame.
pub fn handle(view: &mut View, ctx: &Context) {
    if view.blank {
        let any = ctx.input_mut(|i| {
            let woken = |e: &egui::Event| matches!(e, egui::Event::Key { pressed: true, .. });
            let any = i.events.iter().any(woken) || i.pointer.any_pressed();
            i.events.retain(|e| !woken(e));
            any
        });
        view.blank = !any;
        return;
    }
    // Only Tab gives a widget the keys that it knows itself; the mouse does not, or Space would be lost after a click.
    if ctx.input(|i| i.pointer.any_released())
        && let Some(id) = ctx.memory(|m| m.focused())
    {
        ctx.memory_mut(|m| m.surrender_focus(id));
    }
    let focused = ctx.memory(|m| m.focused()).is_some();
    let pressed = |(modifiers, key): (Modifiers, Key)| ctx.input_mut(|i| i.consume_key(modifiers, key));
    for b in KEYS {
        if focused && b.keys.iter().any(|(_, key)| WIDGETS_OWN.contains(key)) {
            continue;
        }
        if b.keys.iter().any(|k| pressed(*k)) {
            perform(view, b.act);
        }
    }
    if view.question == Question::Asked {
        for (i, key) in DIGITS.into_iter().enumerate() {
            if pressed(plain(key)) {
                lesson::answer(view, i);
            }
        }
    }
}

/// Does it.
pub fn perform(view: &mut View, act: Act) {
    let forward = matches!(act, Act::Play | Act::StepOn | Act::BeatOn | Act::ChapterOn | Act::Last);
    if forward && view.question == Question::Asked {
        let text = view.text("view-question-first");
        return view.say(text);
    }
    let before = view.player.now();
    let p = &mut view.player;
    match act {
        Act::Play => {
            if !p.playing && p.now() >= p.end() {
                p.seek(SimTime(0));
            }
            p.playing = !p.playing;
        }
        Act::StepOn | Act::BeatOn | Act::ChapterOn | Act::Last => {
            p.playing = false;
            match act {
                Act::StepOn => p.step_on(),
                Act::BeatOn => p.beat_on(),
                Act::ChapterOn => p.chapter_on(),
                _ => p.seek(p.end()),
            }
        }
        Act::StepBack | Act::BeatBack | Act::ChapterBack | Act::First => {
            p.playing &= matches!(act, Act::ChapterBack | Act::First);
            match act {
                Act::StepBack => p.step_back(),
                Act::BeatBack => p.beat_back(),
                Act::ChapterBack => p.chapter_back(),
                _ => p.seek(SimTime(0)),
            }
        }
        Act::GoOn => {
            let to = p.end() + MINUTE;
            let text = match p.grow(to) {
                Ok(()) => view.catalogue().text("view-went-on", &[("time", &widgets::clock(to, 0))]),
                Err(e) => actions::refusal(view, &e),
            };
            view.say(text);
        }
        Act::Faster => p.faster(2.0),
        Act::Slower => p.faster(0.5),
        Act::Pace => {
            p.pace = match p.pace {
                Pace::Story => Pace::Clock,
                Pace::Clock => Pace::Story,
            }
        }
        Act::Loop => p.looping = !p.looping,
        Act::Heartbeats => p.heartbeats = !p.heartbeats,
        Act::Language => {
            view.lang = match view.lang {
                Lang::En => Lang::ZhCn,
                Lang::ZhCn => Lang::En,
            }
        }
        Act::Theme => {
            view.mode = match view.mode {
                Mode::Light => Mode::Dark,
                Mode::Dark => Mode::Light,
            }
        }
        Act::Presenter => view.presenter = !view.presenter,
        Act::Still => view.still = !view.still,
        Act::Blank => view.blank = true,
        Act::Inspector => view.panels.inspector = !view.panels.inspector,
        Act::Workloads => view.panels.workloads = !view.panels.workloads,
        Act::Legend => view.panels.legend = !view.panels.legend,
        Act::Whole => view.camera = Default::default(),
        Act::Help => view.panels.help = !view.panels.help,
        Act::Close => close(view),
    }
    match act {
        Act::StepOn | Act::BeatOn | Act::ChapterOn => lesson::watch(view, before),
        Act::Last => lesson::jumped(view, before),
        _ if view.player.now() < before => lesson::jumped(view, before),
        _ => {}
    }
}

/// Closes the newest of what is open.
fn close(view: &mut View) {
    if view.panels.help {
        view.panels.help = false;
    } else if view.panels.inspector {
        view.panels.inspector = false;
        view.selected = None;
    } else if view.selected.is_some() {
        view.selected = None;
    } else {
        view.presenter = false;
    }
}
