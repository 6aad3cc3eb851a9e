//! The lesson's text, and its question: time stops before the answer can be seen, and the run itself answers.

use super::widgets;
use crate::view::{Question, View};
use egui::{Align2, Button, Context, Frame, Margin, RichText, Stroke, Ui, Window, vec2};
use podium_sim::scenario::lesson::Prediction;
use podium_sim::scenario::{self};
use podium_sim::time::SimTime;

/// The question, when to ask it, and when the run has shown the answer. Nothing if the branch that is followed left the
/// script before.
fn question(view: &View) -> Option<(&Prediction, SimTime, SimTime)> {
    let p = view.lesson.as_ref()?.prediction.as_ref()?;
    let story = view.player.source().story();
    let step = |name: &str| story.chapters.iter().find(|c| c.step == name);
    // Just before the step begins: nothing of it has happened.
    let ask = SimTime(step(&p.before)?.began.0.saturating_sub(1));
    let tell = step(&p.after).and_then(|c| c.passed).unwrap_or(view.player.source().branches()[0].end);
    (view.player.scripted() > ask).then_some((p, ask, tell))
}

/// Stops time where the question is to be asked, and tells the answer once the run has shown it. Time has passed, or
/// somebody has made a step, since `before`.
pub fn watch(view: &mut View, before: SimTime) {
    let Some((_, ask, tell)) = question(view) else {
        if view.question == Question::Asked {
            view.question = Question::Later;
        }
        return;
    };
    let now = view.player.now();
    if view.question == Question::Later && before <= ask && now > ask {
        view.player.seek(ask);
        view.player.playing = false;
        view.question = Question::Asked;
    }
    told(view, tell);
}

/// Somebody went elsewhere in time: a question that lies behind is skipped, and that is said.
pub fn jumped(view: &mut View, _before: SimTime) {
    let Some((_, ask, tell)) = question(view) else { return watch(view, view.player.now()) };
    let now = view.player.now();
    match view.question {
        Question::Later | Question::Asked if now > ask => {
            view.question = Question::Sealed(None);
            let text = view.text("view-question-passed");
            view.say(text);
        }
        Question::Asked if now < ask => view.question = Question::Later,
        _ => {}
    }
    told(view, tell);
}

/// As long as the question is open, what lies behind it is not shown: the time at which it is asked.
pub fn veil(view: &View) -> Option<SimTime> {
    let open = matches!(view.question, Question::Later | Question::Asked);
    question(view).filter(|_| open).map(|(_, ask, _)| ask)
}

fn told(view: &mut View, tell: SimTime) {
    if let Question::Sealed(guess) = view.question
        && view.player.now() >= tell
        && view.player.scripted() >= tell
    {
        view.question = Question::Told(guess);
        view.ui.verdict_read = false;
    }
}

/// Seals an answer.
pub fn answer(view: &mut View, option: usize) {
    let options = question(view).map_or(0, |(p, ..)| p.options.len());
    if view.question == Question::Asked && option < options {
        view.question = Question::Sealed(Some(option));
        view.player.playing = true;
        let text = view.text("view-question-sealed");
        view.say(text);
    }
}

fn skip(view: &mut View) {
    view.question = Question::Sealed(None);
    view.player.playing = true;
    let text = view.text("view-question-skipped");
    view.say(text);
}

/// What the run says to what was guessed.
pub fn judged(view: &View) -> Option<String> {
    let Question::Told(guess) = view.question else { return None };
    let p = view.lesson.as_ref()?.prediction.as_ref()?;
    let c = view.catalogue();
    let text = |i: usize| p.options[i].text.get(view.lang);
    let answer = view.player.source().story().answer.as_ref();
    let Some(right) = p.options.iter().position(|o| Some(&o.id) == answer) else {
        return Some(view.text("view-question-unanswered"));
    };
    Some(match guess.filter(|g| *g < p.options.len()) {
        Some(g) if g == right => c.text("ui-quiz-right", &[("answer", &text(right))]),
        Some(g) => c.text("ui-quiz-wrong", &[("guess", &text(g)), ("answer", &text(right))]),
        None => {
            let said = c.text("ui-quiz-none", &[("answer", &text(right))]);
            c.text("view-question-none", &[("said", &said)])
        }
    })
}

/// The question, over the picture.
pub fn ask(view: &mut View, ctx: &Context) {
    let Some((p, ..)) = question(view) else { return };
    let text = p.question.get(view.lang).to_owned();
    let c = view.catalogue();
    let options: Vec<String> = p
        .options
        .iter()
        .enumerate()
        .map(|(i, o)| c.text("ui-option-line", &[("number", &(i + 1)), ("text", &o.text.get(view.lang))]))
        .collect();
    let (mut chosen, mut skipped) = (None, false);
    Window::new(RichText::new(view.text("ui-question-title")).size(20.0))
        .id(egui::Id::new("view-question"))
        .anchor(Align2::CENTER_CENTER, [0.0, -40.0])
        .collapsible(false)
        .resizable(false)
        .show(ctx, |ui| {
            let width = (ctx.content_rect().width() - 60.0).clamp(200.0, 560.0);
            ui.set_width(width);
            ui.label(RichText::new(text).size(22.0));
            ui.add_space(6.0);
            for (i, option) in options.iter().enumerate() {
                let button = Button::new(RichText::new(option).size(20.0)).wrap().min_size(vec2(width, 40.0));
                let hint = view.catalogue().text("view-hint-answer", &[("key", &(i + 1))]);
                if ui.add(button).on_hover_text(hint).clicked() {
                    chosen = Some(i);
                }
            }
            ui.add_space(4.0);
            skipped = ui.button(view.text("view-question-skip")).clicked();
        });
    if let Some(i) = chosen {
        answer(view, i);
    } else if skipped {
        skip(view);
    }
}

/// The verdict, above the sentence, until it is read.
pub fn verdict(view: &mut View, ui: &mut Ui) {
    let Some(text) = judged(view).filter(|_| !view.ui.verdict_read) else { return };
    let theme = view.theme();
    Frame::new()
        .fill(theme.accent.mix(theme.surface, 0.85).egui())
        .stroke(Stroke::new(2.0, theme.accent.egui()))
        .inner_margin(Margin::symmetric(10, 6))
        .corner_radius(4.0)
        .show(ui, |ui| {
            ui.horizontal_wrapped(|ui| {
                ui.label(RichText::new(text).size(20.0).color(theme.text.egui()));
                view.ui.verdict_read = ui.button(view.text("view-close")).clicked();
            });
        });
}

/// The lesson: what it is about, what is being told, and its question.
pub fn show(view: &mut View, ui: &mut Ui) {
    let Some(lesson) = view.lesson.clone() else { return };
    let theme = view.theme();
    let open = egui::CollapsingHeader::new(RichText::new(lesson.title.get(view.lang)).size(18.0).strong())
        .id_salt("lesson")
        .default_open(true);
    open.show(ui, |ui| {
        let told = narrated(view, &lesson.narration);
        let intro = lesson.intro.get(view.lang).trim();
        if told.is_empty() {
            ui.label(intro);
        } else {
            // It has been read by now: what is being told needs the room.
            let about = egui::CollapsingHeader::new(view.text("view-lesson-about")).id_salt("about");
            about.show(ui, |ui| ui.label(intro));
        }
        if let Some(((at, now), before)) = told.split_last() {
            for (at, text) in before.iter().rev().take(2).rev() {
                widgets::faint(view, ui, format!("{}  {text}", widgets::clock(*at, 0)));
            }
            let line = format!("{}  {now}", widgets::clock(*at, 0));
            ui.label(RichText::new(line).size(16.0).color(theme.accent.egui()));
        }
        let Some(p) = &lesson.prediction else { return };
        ui.separator();
        ui.label(RichText::new(p.question.get(view.lang)).strong());
        let state = match &view.question {
            Question::Later => view.text("view-question-later"),
            Question::Asked => view.text("view-question-now"),
            Question::Sealed(Some(i)) => view.catalogue().text(
                "view-question-guess",
                &[("guess", &p.options.get(*i).map_or("?", |o| o.text.get(view.lang)))],
            ),
            Question::Sealed(None) => view.text("view-question-skipped"),
            Question::Told(_) => judged(view).unwrap_or_default(),
        };
        ui.label(state);
        if matches!(view.question, Question::Sealed(_) | Question::Told(_))
            && ui.button(view.text("view-question-again")).clicked()
        {
            ask_again(view);
        }
    });
    ui.separator();
}

/// Back to the question, as if it had never been asked.
fn ask_again(view: &mut View) {
    view.player.follow(0);
    if let Some(ask) = question(view).map(|q| q.1) {
        view.player.seek(ask);
        view.player.playing = false;
        view.question = Question::Asked;
    }
}

/// What has been told by now. Of a step that acts, its text is told when it begins; of one that waits, when what it
/// waits for has happened.
fn narrated(view: &mut View, all: &[scenario::lesson::Narration]) -> Vec<(SimTime, String)> {
    if view.ui.acting.is_none() {
        let scenario = scenario::from_files(&view.player.source().header().files);
        let steps = scenario.into_iter().flat_map(|s| s.spec.steps.clone());
        view.ui.acting = Some(steps.filter(|s| s.acts()).map(|s| s.name).collect());
    }
    let acting = view.ui.acting.as_deref().unwrap_or_default();
    let now = view.player.now();
    let moment = |n: &scenario::lesson::Narration| {
        let chapter = view.player.chapters().iter().find(|c| c.step == n.step)?;
        let at = if acting.contains(&n.step) { chapter.began } else { chapter.passed? };
        (at <= now).then(|| (at, n.text.get(view.lang).to_owned()))
    };
    let mut told: Vec<_> = all.iter().filter_map(moment).collect();
    told.sort_by_key(|(at, _)| *at);
    told
}
