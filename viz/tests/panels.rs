//! Time, language, keys and the question: the panels, clicked and typed at without a window.

mod common;

use common::{Host, LESSON, click, open, press, seen as view, shift, window};
use egui::{Key, Modifiers};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use podium_sim::caption::Lang;
use podium_sim::time::SimTime;
use podium_viz::Options;
use podium_viz::keys::KEYS;
use podium_viz::player::Pace;
use podium_viz::theme::Mode;
use podium_viz::view::Question;

/// A step of the script: when it began.
fn began(h: &Harness<'static, Host>, step: &str) -> SimTime {
    let story = view(h).player.source().story();
    story.chapters.iter().find(|c| c.step == step).unwrap().began
}

#[test]
fn buttons_do_what_they_say() {
    let mut h = window();
    click(&mut h, "Play or pause");
    assert!(view(&h).player.playing);
    click(&mut h, "Play or pause");
    assert!(!view(&h).player.playing);
    click(&mut h, "One record forward");
    let first = view(&h).player.past().len();
    assert!(first > 0);
    click(&mut h, "One record forward");
    assert!(view(&h).player.past().len() > first);
    click(&mut h, "One record back");
    assert_eq!(view(&h).player.past().len(), first);
    click(&mut h, "To the next event worth telling");
    let told = view(&h).player.now();
    click(&mut h, "To the next event worth telling");
    assert!(view(&h).player.now() > told);
    click(&mut h, "To the last event worth telling");
    assert_eq!(view(&h).player.now(), told);
    click(&mut h, "To the beginning");
    assert_eq!(view(&h).player.now(), SimTime(0));
    click(&mut h, "Twice as fast");
    assert!((view(&h).player.speed - 2.0).abs() < 1e-9);
    click(&mut h, "Half as fast");
    assert!((view(&h).player.speed - 1.0).abs() < 1e-9);
    click(&mut h, "Story time or clock time");
    assert_eq!(view(&h).player.pace, Pace::Clock);
    click(&mut h, "Play in a loop");
    assert!(view(&h).player.looping);
    click(&mut h, "Show or hide heartbeats");
    assert!(view(&h).player.heartbeats);
    click(&mut h, "Light or dark");
    assert_eq!(view(&h).mode, Mode::Dark);
    click(&mut h, "To the end");
    assert_eq!(view(&h).player.now(), view(&h).player.end());
}

#[test]
fn the_language_changes_everywhere_and_back() {
    let mut h = window();
    assert!(h.query_by_label("Play or pause").is_some());
    click(&mut h, "Change the language");
    assert_eq!(view(&h).lang, Lang::ZhCn);
    assert!(h.query_by_label("Play or pause").is_none());
    assert!(h.query_by_label("节点宕机：发现、驱逐、补位").is_some());
    click(&mut h, "播放或暂停");
    assert!(view(&h).player.playing);
    click(&mut h, "切换语言");
    assert_eq!(view(&h).lang, Lang::En);
    press(&mut h, Key::L);
    assert_eq!(view(&h).lang, Lang::ZhCn);
}

#[test]
fn keys_do_the_same() {
    let mut h = window();
    press(&mut h, Key::Space);
    assert!(view(&h).player.playing);
    press(&mut h, Key::Space);
    press(&mut h, Key::ArrowRight);
    let one = view(&h).player.past().len();
    press(&mut h, Key::ArrowRight);
    press(&mut h, Key::ArrowLeft);
    assert_eq!(view(&h).player.past().len(), one);
    shift(&mut h, Key::ArrowRight);
    let told = view(&h).player.now();
    press(&mut h, Key::PageDown);
    assert!(view(&h).player.now() > told);
    press(&mut h, Key::PageUp);
    assert_eq!(view(&h).player.now(), told);
    shift(&mut h, Key::ArrowLeft);
    assert!(view(&h).player.now() < told);
    press(&mut h, Key::Home);
    press(&mut h, Key::CloseBracket);
    let second = view(&h).player.now();
    assert!(view(&h).player.chapters().iter().any(|c| c.began == second));
    press(&mut h, Key::OpenBracket);
    assert!(view(&h).player.now() < second);
    press(&mut h, Key::T);
    assert_eq!(view(&h).mode, Mode::Dark);
    press(&mut h, Key::Plus);
    press(&mut h, Key::Plus);
    press(&mut h, Key::Minus);
    assert!((view(&h).player.speed - 2.0).abs() < 1e-9);
    press(&mut h, Key::I);
    assert!(view(&h).panels.inspector);
    press(&mut h, Key::Escape);
    assert!(!view(&h).panels.inspector);
    press(&mut h, Key::End);
    assert_eq!(view(&h).player.now(), view(&h).player.end());
}

#[test]
fn a_presenter_has_large_type_and_no_panels() {
    let mut h = window();
    assert!(h.query_by_label("Change the language").is_some());
    press(&mut h, Key::F5);
    assert!(view(&h).presenter);
    assert!((h.ctx.zoom_factor() - 1.35).abs() < 1e-3);
    assert!(h.query_by_label("Change the language").is_none());
    assert!(h.query_by_label("Play or pause").is_some());
    press(&mut h, Key::Escape);
    assert!(!view(&h).presenter);
    press(&mut h, Key::Period);
    assert!(view(&h).blank);
    assert!(h.query_by_label("Play or pause").is_none());
    press(&mut h, Key::Space);
    assert!(!view(&h).blank && !view(&h).player.playing);
}

/// Plays until the question is asked.
fn asked() -> Harness<'static, Host> {
    let mut h = window();
    h.state_mut().view.player.speed = 64.0;
    h.state_mut().view.player.playing = true;
    h.state_mut().seconds = 0.2;
    for _ in 0..400 {
        if view(&h).question == Question::Asked {
            break;
        }
        h.step();
    }
    h.state_mut().seconds = 0.0;
    h.run();
    h
}

#[test]
fn the_question_stops_time_until_an_answer_is_sealed() {
    let mut h = asked();
    assert_eq!(view(&h).question, Question::Asked);
    let crash = began(&h, "crash");
    assert_eq!(view(&h).player.now().0, crash.0 - 1);
    assert!(!view(&h).player.playing);
    // Nothing goes on before it is answered.
    press(&mut h, Key::Space);
    press(&mut h, Key::ArrowRight);
    press(&mut h, Key::CloseBracket);
    assert_eq!(view(&h).player.now().0, crash.0 - 1);
    click(&mut h, "1) Less than a minute");
    assert_eq!(view(&h).question, Question::Sealed(Some(0)));
    assert!(view(&h).player.playing);
    // The verdict comes when the run has shown it, and not before.
    press(&mut h, Key::CloseBracket);
    assert_eq!(view(&h).question, Question::Sealed(Some(0)));
    press(&mut h, Key::End);
    assert_eq!(view(&h).question, Question::Told(Some(0)));
    let said = "Not quite. You said: Less than a minute. The run says: More than five and a half minutes";
    assert!(h.query_all_by_label_contains(said).count() >= 1);
    click(&mut h, "Close");
    assert!(view(&h).ui.verdict_read);
}

#[test]
fn an_answer_is_given_with_a_digit_too() {
    let mut h = asked();
    press(&mut h, Key::Num7);
    assert_eq!(view(&h).question, Question::Asked, "there are three options");
    press(&mut h, Key::Num3);
    assert_eq!(view(&h).question, Question::Sealed(Some(2)));
    press(&mut h, Key::End);
    assert!(h.query_all_by_label_contains("Right: More than five and a half minutes").count() >= 1);
}

#[test]
fn a_question_can_be_skipped_and_going_past_it_skips_it() {
    let mut h = asked();
    click(&mut h, "Skip");
    assert_eq!(view(&h).question, Question::Sealed(None));
    press(&mut h, Key::End);
    assert_eq!(view(&h).question, Question::Told(None));
    assert!(h.query_all_by_label_contains("No guess this time.").count() >= 1);
    let mut h = window();
    press(&mut h, Key::End);
    assert_eq!(view(&h).question, Question::Told(None));
    assert!(view(&h).toast.as_ref().unwrap().0.contains("skipped"));
    // Stepping over its place asks it.
    let mut h = window();
    for _ in 0..8 {
        press(&mut h, Key::CloseBracket);
    }
    assert_eq!(view(&h).question, Question::Asked);
}

#[test]
fn dragging_along_the_timeline_goes_through_time() {
    let mut h = window();
    let line = h.get_by_label("Timeline").rect();
    let at = |part: f32| egui::pos2(line.left() + line.width() * part, line.center().y);
    h.drag_at(at(0.1));
    h.run();
    let early = view(&h).player.now();
    h.hover_at(at(0.2));
    h.run();
    let later = view(&h).player.now();
    h.drop_at(at(0.2));
    h.run();
    assert!(SimTime(0) < early && early < later, "{early:?} {later:?}");
    assert!(later < view(&h).player.end());
}

#[test]
fn the_wheel_zooms_around_the_pointer_and_a_double_click_shows_all() {
    let mut h = window();
    let middle = egui::pos2(700.0, 250.0);
    h.hover_at(middle);
    h.run();
    h.event(egui::Event::MouseWheel {
        unit: egui::MouseWheelUnit::Point,
        delta: egui::vec2(0.0, 200.0),
        modifiers: Modifiers::NONE,
        phase: egui::TouchPhase::Move,
    });
    h.run();
    assert!(view(&h).camera.zoom > 1.0);
    press(&mut h, Key::Num0);
    assert!((view(&h).camera.zoom - 1.0).abs() < 1e-6);
    h.drag_at(middle);
    h.run();
    h.hover_at(middle + egui::vec2(40.0, 10.0));
    h.run();
    h.drop_at(middle + egui::vec2(40.0, 10.0));
    h.run();
    assert_eq!(view(&h).camera.pan, egui::vec2(40.0, 10.0));
}

#[test]
fn the_sheet_names_every_key() {
    for (lang, open) in [(Lang::En, "Show these keys"), (Lang::ZhCn, "显示按键说明")] {
        let mut h = self::open(LESSON, Options { lang, ..Options::default() });
        h.run();
        click(&mut h, open);
        assert!(view(&h).panels.help);
        for b in KEYS {
            let text = view(&h).text(b.text);
            assert!(h.query_all_by_label(&text).count() >= 1, "{text}");
            let key = b.written(view(&h));
            assert!(h.query_all_by_label(&key).count() >= 1, "{key}");
        }
        press(&mut h, Key::Escape);
        assert!(!view(&h).panels.help);
    }
}
