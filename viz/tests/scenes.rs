//! The scene without graphics: what is on the picture at chosen times of each lesson, and that going there and back
//! gives the same.

mod common;

use podium_sim::caption::Lang;
use podium_sim::links::LatencyProfile;
use podium_sim::scenario::{Run, RunOptions};
use podium_sim::time::SimTime;
use podium_sim::trace::{Source, What};
use podium_viz::facts::facts;
use podium_viz::paint::packets::{MOST, under_way};
use podium_viz::panel::caption;
use podium_viz::player::{Pace, Player};
use podium_viz::scene::Standing;
use podium_viz::theme::PodLook;
use podium_viz::view::Target;
use podium_viz::{Options, View};
use std::sync::Arc;

#[test]
fn each_lesson_has_its_facts_at_chosen_times() {
    let lessons = common::scenarios("lessons");
    assert!(lessons.len() >= 7);
    for path in lessons {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let mut view = View::new(Source::new(common::trace(&path)), Options::default());
        let times: Vec<SimTime> =
            view.player.source().story().chapters.iter().map(|c| c.passed.unwrap_or(c.began)).collect();
        let mut told = String::new();
        for t in times.into_iter().chain([view.player.end()]) {
            view.player.seek(t);
            told += &facts(&view.player);
            for lang in Lang::ALL {
                view.lang = lang;
                told += &format!("“{}”\n", caption::current(&view).expect("something has happened").text);
            }
            told.push('\n');
        }
        let file = format!("{}/tests/scenes/{name}.txt", env!("CARGO_MANIFEST_DIR"));
        expect_test::ExpectFile { path: file.clone().into(), position: file!() }.assert_eq(&told);
    }
}

#[test]
fn there_and_back_any_number_of_times_is_the_same_state() {
    for name in ["k02", "k08", "k10"] {
        let mut player = Player::new(common::lesson(name));
        let end = player.end().0;
        let time = |i: u64| SimTime((i * 7919 + 13) % 101 * end / 100);
        // Step by step from the beginning, then anywhere, then by single records.
        let first: Vec<u64> = (0..40)
            .map(|i| {
                player.seek(SimTime(0));
                player.seek(time(i));
                player.scene().digest()
            })
            .collect();
        for i in (0..40).rev().chain(0..40) {
            player.seek(time(i));
            assert_eq!(player.scene().digest(), first[i as usize], "{name} at {}", time(i));
        }
        player.seek(SimTime(end / 2));
        player.step_on();
        let here = (player.now(), player.scene().digest());
        (0..200).for_each(|_| player.step_back());
        (0..200).for_each(|_| player.step_on());
        assert_eq!((player.now(), player.scene().digest()), here, "{name}: 200 records back and on again");
    }
}

#[test]
fn messages_are_seen_on_their_way() {
    let mut player = Player::new(common::lesson("k02"));
    let sent = player
        .records()
        .iter()
        .find_map(|r| match &r.what {
            What::Sent { arrives, label, .. } if label.starts_with("create Deployment") => {
                Some((r.id, r.at, *arrives))
            }
            _ => None,
        })
        .expect("somebody creates a deployment");
    player.seek(SimTime((sent.1.0 + sent.2.0) / 2));
    let packet = under_way(&player).into_iter().find(|p| p.id == sent.0).expect("it is half way");
    assert!((packet.part - 0.5).abs() < 0.01, "{packet:?}");
    player.seek(SimTime(sent.2.0 + 1));
    assert!(under_way(&player).iter().all(|p| p.id != sent.0), "it has arrived");
}

#[test]
fn heartbeats_are_muted_unless_asked_for() {
    let mut player = Player::new(common::lesson("k08"));
    let renewal = player
        .records()
        .iter()
        .find_map(|r| match &r.what {
            What::Sent { subject: Some(k), arrives, .. }
                if k.kind.name() == "Lease" && r.at > SimTime(20_000_000_000) =>
            {
                Some((r.id, SimTime((r.at.0 + arrives.0) / 2)))
            }
            _ => None,
        })
        .expect("leases are renewed");
    player.seek(renewal.1);
    assert!(under_way(&player).iter().all(|p| p.id != renewal.0));
    player.heartbeats = true;
    assert!(under_way(&player).iter().any(|p| p.id == renewal.0));
}

#[test]
fn a_failed_node_looks_failed_before_the_control_plane_knows() {
    let mut player = Player::new(common::lesson("k08"));
    let (at, node) = player
        .records()
        .iter()
        .find_map(|r| match &r.what {
            What::Fault { name, target } if name == "nodeCrash" => {
                Some((r.at, target.trim_start_matches("node/").to_owned()))
            }
            _ => None,
        })
        .unwrap();
    player.seek(at);
    let rack = player.scene().rack(&node).unwrap();
    assert!(player.scene().racks[rack].trouble.off);
    assert_eq!(player.scene().racks[rack].standing, Standing::Ready, "nobody has noticed");
    player.seek(SimTime(at.0 + 70_000_000_000));
    assert_eq!(player.scene().racks[rack].standing, Standing::NotReady);
    assert!(player.scene().racks[rack].tiles().all(|t| t.look == PodLook::NotReady));
}

#[test]
fn the_story_gives_bursts_time_and_hurries_waits() {
    let player = Player::new(common::lesson("k08"));
    let (story, end) = (player.story(), player.end());
    assert!(story.seconds() < 300.0, "{}", story.seconds());
    let mut last = -1.0;
    for i in 0..=1000 {
        let t = SimTime(end.0 / 1000 * i);
        let place = story.place(t);
        assert!(place >= last, "time runs backwards at {t}");
        last = place;
        let back = story.time(place);
        assert!(back.0.abs_diff(t.0) < 40_000_000, "{t} became {back}");
    }
    // Five minutes of toleration take a few seconds.
    let wait = story.place(SimTime(400_000_000_000)) - story.place(SimTime(130_000_000_000));
    assert!(wait < 20.0, "{wait}");
}

#[test]
fn playing_to_the_end_passes_every_record_and_stops() {
    for pace in [Pace::Story, Pace::Clock] {
        let mut player = Player::new(common::lesson("k02"));
        (player.pace, player.playing, player.speed) = (pace, true, 8.0);
        let mut seen = 0;
        for _ in 0..100_000 {
            player.tick(0.05);
            assert!(player.past().len() >= seen);
            seen = player.past().len();
            if !player.playing {
                break;
            }
        }
        assert!(!player.playing, "{pace:?}: it ends");
        assert_eq!(seen, player.records().len());
        let mut straight = Player::new(common::lesson("k02"));
        straight.seek(straight.end());
        assert_eq!(straight.scene().digest(), player.scene().digest());
    }
}

#[test]
fn acting_in_the_past_keeps_both_futures() {
    use podium_sim::object::{Key, Kind};
    use podium_sim::world::{External, UserCommand};
    let mut player = Player::new(common::lesson("k08"));
    let at = SimTime(30_000_000_000);
    player.seek(at);
    let pod = player.scene().racks.iter().flat_map(|r| r.tiles()).next().unwrap().key.clone();
    let command = UserCommand::Delete { key: pod.clone(), grace: None, propagation: Default::default() };
    player.act(format!("delete {}", pod.name), External::User { id: 1 << 40, command }).unwrap();
    assert_eq!(player.now(), at);
    player.seek(SimTime(at.0 + 50_000_000_000));
    assert!(player.scene().tile(&pod).is_none(), "it is gone in this future");
    player.follow(0);
    assert!(player.scene().tile(&pod).is_some(), "and there in the other");
    player.follow(1);
    assert!(player.scene().tile(&pod).is_none());
    let web = Key::new(Kind::Deployment, "default", "web");
    assert!(player.scene().fold.objects.get(&web).is_some());
}

#[test]
fn many_messages_become_pulses_with_a_count() {
    let text = "apiVersion: podium.dev/v1alpha1
kind: Scenario
metadata: {name: many}
spec: {cluster: {nodes: 600}, until: 3s, steps: [{name: nothing, cordon: node-1}]}
";
    let source = podium_sim::diagnostic::SourceText::new("many.yaml", text);
    let (scenario, found) = podium_sim::scenario::parse(&source, &|_| Err(String::new()));
    let scenario = scenario.unwrap_or_else(|| panic!("{found:?}"));
    // Slow enough for all nodes' messages to be under way at once.
    let options = RunOptions {
        keep_records: true,
        latency: Some(LatencyProfile::Classroom),
        until: Some(SimTime(8_000_000_000)),
        ..RunOptions::default()
    };
    let mut run = Run::new(Arc::new(scenario), options);
    run.to_end();
    let mut view = View::new(Source::new(run.into_trace(&[])), Options::default());
    view.player.heartbeats = true;
    let area = egui::Rect::from_min_size(egui::Pos2::ZERO, egui::vec2(1280.0, 720.0));
    let (mut most, mut fewest) = (0, usize::MAX);
    for i in 0..300 {
        view.player.seek(SimTime(i * 25_000_000));
        let mut canvas = podium_viz::draw::Canvas::default();
        podium_viz::paint::scene(&mut view, area, &mut canvas);
        let drawn = canvas.hits.iter().filter(|h| matches!(h.target, Target::Record(_))).count();
        let under_way = under_way(&view.player).len();
        assert!(drawn <= MOST, "{drawn} messages are drawn one by one");
        if under_way > MOST {
            assert_eq!(drawn, 0);
            assert!(canvas.labels.iter().any(|l| l.text.starts_with(['↑', '↓'])), "no count is told");
        }
        (most, fewest) = (most.max(under_way), fewest.min(under_way));
    }
    assert!(most > MOST && fewest <= MOST, "{fewest} to {most} under way: both ways of drawing were tried");
}

#[test]
fn what_lies_behind_a_question_is_hidden_until_it_is_answered() {
    use podium_viz::panel::lesson::veil;
    use podium_viz::view::Question;
    let mut view = View::new(common::lesson("k08"), Options::default());
    let crash = view.player.source().story().chapters.iter().find(|c| c.step == "crash").unwrap().began;
    for (question, hidden) in [
        (Question::Later, true),
        (Question::Asked, true),
        (Question::Sealed(Some(1)), false),
        (Question::Sealed(None), false),
        (Question::Told(None), false),
    ] {
        view.question = question.clone();
        assert_eq!(veil(&view), hidden.then_some(SimTime(crash.0 - 1)), "{question:?}");
    }
    let mut plain = View::new(common::lesson("k02"), Options::default());
    plain.lesson = None;
    assert_eq!(veil(&plain), None, "without a question nothing is hidden");
}

#[test]
fn a_decision_of_one_future_is_not_that_of_another() {
    use podium_sim::world::{External, UserCommand};
    let mut view = View::new(common::lesson("k08"), Options::default());
    let area = egui::Rect::from_min_size(egui::Pos2::ZERO, egui::vec2(1280.0, 720.0));
    let mut seen = Vec::new();
    for node in ["node-1", "node-3"] {
        view.player.follow(0);
        view.player.seek(SimTime(110_020_000_000));
        let command = UserCommand::Cordon { node: node.into(), on: true };
        view.player.act(format!("cordon {node}"), External::User { id: 1 << 40, command }).unwrap();
        let decision = view
            .player
            .records()
            .iter()
            .rev()
            .find_map(|r| if let What::Decision(d) = &r.what { Some((r.id, d.winner.clone())) } else { None })
            .expect("the replacement is placed");
        view.player.go_to(decision.0);
        podium_viz::paint::scene(&mut view, area, &mut podium_viz::draw::Canvas::default());
        let said = view.decision.get(view.player.source().active(), decision.0).expect("it is explained");
        assert_eq!(said.best, std::slice::from_ref(&decision.1), "the winner of this future");
        seen.push(decision);
    }
    assert_ne!(seen[0].1, seen[1].1, "the futures differ");
}
