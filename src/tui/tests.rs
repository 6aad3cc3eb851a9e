//! The picture at chosen moments, and the keys.

use super::free::{Free, Pressed};
use super::picture::{Overlay, draw};
use super::stage::goodbye;
use super::theatre::Theatre;
use podium_sim::caption::{Catalogue, Lang};
use podium_sim::config::WorldConfig;
use podium_sim::links::LatencyProfile;
use podium_sim::scenario::{Ended, Report};
use podium_sim::time::{SimTime, Span};
use podium_sim::world::{External, UserCommand, World};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use serde_json::json;

fn stage(c: &Catalogue) -> Theatre<'_> {
    let config = WorldConfig { latency: LatencyProfile::Classroom, ..WorldConfig::default() };
    let mut t = Theatre::live(World::new(config, 7), c).quiet_until(SimTime(3_000_000_000));
    t.play_to(SimTime(3_000_000_000));
    let web = json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}, "spec": {"replicas": 3,
        "selector": {"matchLabels": {"app": "web"}}, "template": {"metadata": {"labels": {"app": "web"}},
        "spec": {"containers": [{"name": "web", "image": "web:1"}]}}}});
    t.act(|id| External::User { id, command: UserCommand::Apply { objects: vec![web] } });
    t
}

fn picture(t: &Theatre<'_>, c: &Catalogue, o: &Overlay, size: (u16, u16)) -> String {
    let mut terminal = Terminal::new(TestBackend::new(size.0, size.1)).expect("a terminal");
    terminal.draw(|f| draw(f, t, c, o)).expect("a picture");
    let buffer = terminal.backend().buffer().clone();
    let mut out = String::new();
    for y in 0..size.1 {
        let (mut line, mut x) = (String::new(), 0);
        while x < size.0 {
            let s = buffer[(x, y)].symbol();
            line.push_str(s);
            x += crate::text::width(s).max(1) as u16;
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

const S: fn(u64) -> SimTime = |s| SimTime(s * 1_000_000_000);

#[test]
fn the_picture_at_chosen_moments() {
    let files = [
        (Lang::En, expect_test::expect_file!["../../tests/screens/picture-en.txt"]),
        (Lang::ZhCn, expect_test::expect_file!["../../tests/screens/picture-zh-CN.txt"]),
    ];
    for (lang, file) in files {
        let c = Catalogue::new(lang);
        let mut t = stage(&c);
        let mut free = Free::new(false, None);
        let mut out = String::new();
        t.play_to(S(6));
        out += &picture(&t, &c, &free.overlay(&t, &c), (80, 24));
        t.play_to(S(13));
        free.press(Pressed::Char('k'), &mut t, &c);
        t.play_to(S(90));
        out += &picture(&t, &c, &free.overlay(&t, &c), (80, 24));
        t.play_to(S(390));
        free.press(Pressed::Char('w'), &mut t, &c);
        out += &picture(&t, &c, &free.overlay(&t, &c), (100, 30));
        out += &picture(&t, &c, &Overlay::default(), (40, 10));
        file.assert_eq(&out);
    }
}

#[test]
fn a_box_leaves_the_newest_line_in_sight() {
    let c = Catalogue::new(Lang::En);
    let mut t = stage(&c);
    t.play_to(S(20));
    t.kill("node-3".into());
    for lines in [1, 4, 8] {
        let window = Some(("Guess".to_owned(), vec!["?".to_owned(); lines]));
        let o = Overlay { window, ..Overlay::default() };
        for size in [(80, 24), (100, 30), (200, 60)] {
            let shown = picture(&t, &c, &o, size);
            let (log, guess) = (shown.find("No more heartbeats"), shown.find("Guess"));
            assert!(log.is_some() && log < guess, "{lines} lines, {size:?}\n{shown}");
            assert!(shown.contains("node-3 ✖ power off"), "{shown}");
            assert_eq!(shown.matches('?').count(), lines, "{shown}");
        }
    }
}

#[test]
fn going_back_shows_the_same_picture() {
    let c = Catalogue::new(Lang::En);
    let mut t = stage(&c);
    let mut free = Free::new(false, None);
    let look = |t: &Theatre<'_>| picture(t, &c, &Overlay::default(), (100, 30));
    t.play_to(S(13));
    free.press(Pressed::Char('d'), &mut t, &c);
    t.play_to(S(15));
    let before = look(&t);
    t.play_to(S(25));
    free.press(Pressed::Left, &mut t, &c);
    assert_eq!(look(&t), before);
    assert_eq!(t.now(), S(15));
}

#[test]
fn keys_do_what_they_say() {
    let c = Catalogue::new(Lang::En);
    let mut t = stage(&c);
    let mut free = Free::new(true, None);
    t.play_to(S(14));
    assert!(free.overlay(&t, &c).window.is_some(), "the keys are explained first");
    free.tick(&mut t, &c, Span::secs(5));
    assert_eq!(t.now(), S(14), "time stands still behind a window");
    let cases: [(Pressed, &str); 7] = [
        (Pressed::Enter, ""),
        (Pressed::Char('d'), "You delete pod web…"),
        (Pressed::Char('s'), "You want 5 replicas of web now."),
        (Pressed::Char('r'), "There is nothing to do that to just now."),
        (Pressed::Char('k'), "You cut the power of node-"),
        (Pressed::Char('r'), "You switch node-"),
        (Pressed::Right, "On to 0:24.0."),
    ];
    for (key, says) in cases {
        assert!(free.press(key, &mut t, &c));
        let hint = free.overlay(&t, &c).hint;
        assert!(hint.starts_with(says), "{key:?}: {hint}");
    }
    free.press(Pressed::Left, &mut t, &c);
    free.press(Pressed::Char('d'), &mut t, &c);
    let hint = free.overlay(&t, &c).hint;
    assert!(hint.ends_with("another future."), "{hint}");
    free.press(Pressed::Char('f'), &mut t, &c);
    free.tick(&mut t, &c, Span::secs(1));
    assert_eq!(t.now(), S(46));
    free.press(Pressed::Char(' '), &mut t, &c);
    free.tick(&mut t, &c, Span::secs(1));
    assert_eq!(t.now(), S(46));
    assert!(!free.press(Pressed::Quit, &mut t, &c));
}

/// A run that is over, ten seconds long.
fn tape(c: &Catalogue) -> Theatre<'_> {
    let mut t = stage(c);
    t.play_to(S(10));
    Theatre::tape(t.records, t.nodes, S(10), c)
}

#[test]
fn esc_closes_a_box_first() {
    let c = Catalogue::new(Lang::En);
    let mut t = tape(&c);
    let mut free = Free::new(false, None);
    for open in ['?', 'w'] {
        assert!(free.press(Pressed::Char(open), &mut t, &c));
        assert!(free.overlay(&t, &c).window.is_some());
        assert!(free.press(Pressed::Esc, &mut t, &c), "{open}: it closes the box");
        assert!(free.overlay(&t, &c).window.is_none());
    }
    assert!(!free.press(Pressed::Esc, &mut t, &c), "there is no box: it leaves");
    free.press(Pressed::Char('?'), &mut t, &c);
    assert!(!free.press(Pressed::Quit, &mut t, &c), "q leaves from a box, too");
}

#[test]
fn going_back_in_a_recorded_run_says_so() {
    let c = Catalogue::new(Lang::En);
    let mut t = tape(&c);
    let mut free = Free::new(false, None);
    for (key, says) in [
        (Pressed::Left, "Back at 0:00.0."),
        (Pressed::Right, "On to 0:10.0."),
        (Pressed::Left, "Back at 0:00.0."),
    ] {
        free.press(key, &mut t, &c);
        assert_eq!(free.overlay(&t, &c).hint, says);
    }
}

#[test]
fn who_leaves_early_is_told_so() {
    let c = Catalogue::new(Lang::En);
    let mut t = tape(&c);
    let mut free = Free::new(false, None);
    let report = Report {
        name: "short".into(),
        file: String::new(),
        passed: true,
        seed: 7,
        steps: Vec::new(),
        failure: None,
        ended: Ended::Finished,
        ended_at: S(10),
        revision: 9,
        instants: 1,
        answer: None,
    };
    free.tick(&mut t, &c, Span::secs(4));
    let said = goodbye(&report, None, free.furthest(&t), &c);
    assert!(said.starts_with("You left at 0:04.0. The run goes on to 0:10.0"), "{said}");
    free.press(Pressed::Right, &mut t, &c);
    free.press(Pressed::Left, &mut t, &c);
    let said = goodbye(&report, None, free.furthest(&t), &c);
    assert!(said.starts_with("passed  short"), "it was seen to its end: {said}");
}

/// The ids of ui.ftl, and all sources that may use them.
#[test]
fn no_word_is_missing_or_unused() {
    let sources = [
        include_str!("free.rs"),
        include_str!("picture.rs"),
        include_str!("plane.rs"),
        include_str!("window.rs"),
        include_str!("stage.rs"),
        include_str!("../cmd/tour.rs"),
        include_str!("../cmd/play.rs"),
        include_str!("../narrate.rs"),
    ];
    let literals: Vec<&str> = sources.iter().flat_map(|s| s.split('"')).collect();
    let ftl = include_str!("../../sim/locales/en/ui.ftl");
    let ids: Vec<&str> = ftl
        .lines()
        .filter(|l| l.starts_with("ui-"))
        .filter_map(|l| l.split_once(" ="))
        .map(|(id, _)| id)
        .collect();
    for id in &ids {
        let part = id.strip_prefix("ui-pod-").or_else(|| id.strip_prefix("ui-option-"));
        let used = literals.contains(id) || part.is_some_and(|p| literals.contains(&p));
        assert!(used, "{id} is used nowhere");
    }
    for l in literals.iter().filter(|l| l.starts_with("ui-") && !l.contains('{')) {
        assert!(ids.contains(l), "{l} is no message");
    }
}
