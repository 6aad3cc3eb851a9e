//! The panels, clicked and typed at without a window.

mod common;

use common::{Host, open};
use egui::{Key, Modifiers};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use podium_sim::caption::{Catalogue, Lang};
use podium_sim::object::{Key as Name, Kind};
use podium_sim::time::SimTime;
use podium_viz::keys::KEYS;
use podium_viz::panel::inspector::Tab;
use podium_viz::player::Pace;
use podium_viz::theme::Mode;
use podium_viz::view::{Question, Target};
use podium_viz::{Options, View};
use std::collections::BTreeSet;
use std::path::Path;

const LESSON: &str = "lessons/k08-node-down.yaml";

fn window() -> Harness<'static, Host> {
    let mut h = open(LESSON, Options::default());
    h.run();
    h
}

fn view<'a>(h: &'a Harness<'static, Host>) -> &'a View {
    &h.state().view
}

fn click(h: &mut Harness<'static, Host>, label: &str) {
    h.get_by_label(label).click();
    h.run();
}

fn press(h: &mut Harness<'static, Host>, key: Key) {
    h.key_press(key);
    h.run();
}

fn shift(h: &mut Harness<'static, Host>, key: Key) {
    h.key_press_modifiers(Modifiers::SHIFT, key);
    h.run();
}

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

fn pod(h: &Harness<'static, Host>) -> Name {
    let objects = &view(h).player.scene().fold.objects;
    objects.iter().find(|(k, o)| k.kind == Kind::Pod && o.as_pod().unwrap().ready()).unwrap().0.clone()
}

fn at(h: &mut Harness<'static, Host>, secs: u64) {
    h.state_mut().view.player.seek(SimTime(secs * 1_000_000_000));
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
fn no_text_of_a_panel_is_smaller_than_fourteen_points_and_colours_can_be_read() {
    let light = |c: egui::Color32| {
        let part = |v: u8| {
            let v = f32::from(v) / 255.0;
            if v <= 0.04045 { v / 12.92 } else { ((v + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * part(c.r()) + 0.7152 * part(c.g()) + 0.0722 * part(c.b())
    };
    let contrast = |a: egui::Color32, b: egui::Color32| {
        let (a, b) = (light(a).max(light(b)), light(a).min(light(b)));
        (a + 0.05) / (b + 0.05)
    };
    for mode in [Mode::Light, Mode::Dark] {
        let mut h = open(LESSON, Options { mode, ..Options::default() });
        h.run();
        let style = h.ctx.global_style();
        assert!(style.text_styles.values().all(|f| f.size >= 14.0));
        assert!(style.animation_time.abs() < 1e-9, "the view is still");
        let theme = view(&h).theme();
        for text in [theme.text, theme.faint, theme.accent, theme.good, theme.bad] {
            let c = contrast(text.egui(), theme.surface.egui());
            assert!(c >= 4.5, "{mode:?} {text:x?}: {c}");
        }
        for w in
            [&style.visuals.widgets.inactive, &style.visuals.widgets.hovered, &style.visuals.widgets.active]
        {
            assert!(contrast(w.fg_stroke.color, w.weak_bg_fill) >= 4.5);
        }
    }
}

#[test]
fn a_link_of_the_chain_leads_to_its_moment() {
    let mut h = window();
    at(&mut h, 30);
    let key = pod(&h);
    h.state_mut().view.select(Target::Object(key));
    h.run();
    click(&mut h, "Why?");
    assert_eq!(view(&h).ui.tab, Tab::Why);
    h.query_all_by_label_contains("Somebody types").last().unwrap().click_accesskit();
    h.run();
    assert!(view(&h).player.now() < SimTime(10_000_000_000), "{:?}", view(&h).player.now());
    assert!(matches!(view(&h).selected, Some(Target::Record(_))));
    click(&mut h, "← Back");
    assert_eq!(view(&h).player.now(), SimTime(30_000_000_000));
    assert!(matches!(view(&h).selected, Some(Target::Object(_))));
}

#[test]
fn a_decision_is_shown_with_every_plugin_and_node() {
    let mut h = window();
    at(&mut h, 30);
    let key = pod(&h);
    h.state_mut().view.select(Target::Object(key));
    h.state_mut().view.ui.tab = Tab::Why;
    h.run();
    for label in ["How the scheduler decided", "NodeResourcesFit", "TaintToleration", "Total"] {
        assert!(h.query_all_by_label(label).count() >= 1, "{label}");
    }
    for node in ["node-1", "node-2", "node-3"] {
        assert!(h.query_all_by_label_contains(node).count() >= 1, "{node}");
    }
}

#[test]
fn every_side_of_every_kind_of_thing_can_be_looked_at() {
    let mut h = window();
    at(&mut h, 30);
    let mut all: Vec<Target> = {
        let objects = &view(&h).player.scene().fold.objects;
        let mut kinds = BTreeSet::new();
        objects.keys().filter(|k| kinds.insert(k.kind.clone())).cloned().map(Target::Object).collect()
    };
    use podium_sim::msg::Comp;
    for comp in [
        Comp::World,
        Comp::User,
        Comp::Api,
        Comp::Etcd,
        Comp::Scheduler,
        Comp::Kcm,
        Comp::Kubelet(1),
        Comp::Runtime(1),
    ] {
        all.push(Target::Part(comp));
    }
    all.push(Target::Node("node-2".into()));
    all.extend([1, 2, 50, 400].map(|n| Target::Record(podium_sim::trace::RecordId(n))));
    for lang in Lang::ALL {
        h.state_mut().view.lang = lang;
        for target in &all {
            for tab in [Tab::Facts, Tab::Yaml, Tab::Conditions, Tab::Events, Tab::Why] {
                h.state_mut().view.ui.tab = tab;
                h.state_mut().view.select(target.clone());
                h.run();
            }
        }
    }
}

#[test]
fn acting_begins_another_future_and_the_first_stays() {
    let mut h = window();
    at(&mut h, 30);
    let key = pod(&h);
    h.state_mut().view.select(Target::Object(key.clone()));
    h.run();
    let trunk = view(&h).player.records().len();
    click(&mut h, &format!("Delete pod {}", key.name));
    assert_eq!(view(&h).player.source().branches().len(), 2);
    assert_eq!(view(&h).player.source().active(), 1);
    assert_eq!(view(&h).player.now(), SimTime(30_000_000_000));
    assert!(view(&h).toast.as_ref().unwrap().0.starts_with("Another future begins here"));
    // The question belongs to the script, which this future has left.
    press(&mut h, Key::End);
    assert_eq!(view(&h).question, Question::Later);
    assert!(!view(&h).player.scene().fold.objects.contains_key(&key));
    click(&mut h, "Follow this future: as it happened");
    assert_eq!(view(&h).player.source().active(), 0);
    assert_eq!(view(&h).player.records().len(), trunk);
    h.get_by_label_contains("Follow this future: kubectl delete pod").click();
    h.run();
    assert_eq!(view(&h).player.source().active(), 1);
}

#[test]
fn a_node_is_crashed_and_switched_on_again() {
    let mut h = window();
    at(&mut h, 30);
    h.state_mut().view.select(Target::Node("node-3".into()));
    h.run();
    click(&mut h, "Cut the power of node-3");
    let off = |h: &Harness<'static, Host>| {
        let scene = view(h).player.scene();
        scene.racks[scene.rack("node-3").unwrap()].trouble.off
    };
    press(&mut h, Key::ArrowRight);
    assert!(off(&h));
    at(&mut h, 60);
    h.run();
    click(&mut h, "Repair node-3");
    assert_eq!(view(&h).player.source().branches().len(), 3);
    at(&mut h, 62);
    assert!(!off(&h));
    h.state_mut().view.select(Target::Object(Name::new(Kind::Deployment, "default", "web")));
    h.run();
    click(&mut h, "Scale web to 4");
    at(&mut h, 80);
    h.run();
    assert!(h.query_all_by_label_contains("wanted 4").count() >= 1);
}

#[test]
fn a_trace_without_its_scenario_can_only_be_watched() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scenarios").join(LESSON);
    let mut trace = common::trace(&path);
    trace.header.files.clear();
    let mut view = View::new(podium_sim::trace::Source::new(trace), Options::default());
    let deed = podium_viz::panel::actions::Deed::Crash("node-1".into());
    podium_viz::panel::actions::perform(&mut view, &deed);
    assert_eq!(view.player.source().branches().len(), 1);
    assert!(view.toast.unwrap().0.contains("can only be watched"));
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

/// The words between quotes that name a message of the window or of the front doors.
fn named(folder: &Path, out: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            named(&path, out);
        } else if path.extension().is_some_and(|e| e == "rs") {
            let text = std::fs::read_to_string(&path).unwrap();
            out.extend(text.split('"').filter(|w| w.starts_with("view-") && w.len() > 5).map(str::to_owned));
        }
    }
}

/// Names of egui's areas, which are no messages.
const AREAS: &[&str] = &["view-top", "view-timeline", "view-caption", "view-left", "view-right", "view-help"];

#[test]
fn every_message_of_the_window_exists_and_is_used() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut used = BTreeSet::new();
    named(&root.join("src"), &mut used);
    let of = |lang: &str| -> BTreeSet<String> {
        let path = root.join("../sim/locales").join(lang).join("view.ftl");
        let text = std::fs::read_to_string(path).unwrap();
        let ids = text.lines().filter(|l| l.starts_with("view-"));
        ids.filter_map(|l| Some(l.split_once(" =")?.0.to_owned())).collect()
    };
    let (en, zh) = (of("en"), of("zh-CN"));
    assert_eq!(en, zh);
    for id in &used {
        assert!(
            en.contains(id) || AREAS.contains(&id.as_str()) || id == "view-question",
            "{id} has no message"
        );
    }
    for id in &en {
        assert!(used.contains(id), "{id} is used nowhere");
    }
    for lang in Lang::ALL {
        let c = Catalogue::new(lang);
        assert!(en.iter().all(|id| c.has(id)));
    }
}
