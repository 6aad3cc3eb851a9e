//! Reference pictures: the main scenes as they were looked at and found good. Another driver may round otherwise, so a
//! small part of the pixels may differ somewhat. `PODIUM_BLESS=1 cargo test -p podium-viz --features window --test
//! pictures` draws them anew; look at each before you commit it.
#![cfg(feature = "window")]

mod common;

use podium_sim::caption::Lang;
use podium_sim::object::{Key, Kind};
use podium_sim::time::SimTime;
use podium_viz::theme::Mode;
use podium_viz::view::{Question, Target};
use podium_viz::window::{Recorder, WindowError};
use podium_viz::{Options, View};
use std::io::Write;
use std::path::PathBuf;

/// Width and height of a picture.
const SIZE: (u32, u32) = (1280, 720);
/// A pixel differs if one of its channels is off by more than this.
const OFF: u8 = 24;
/// So many pixels in ten thousand may differ.
const MAY_DIFFER: usize = 60;

/// A lesson at a moment, and what is done before the picture is taken.
struct Scene {
    name: &'static str,
    lesson: &'static str,
    at_ms: u64,
    options: Options,
    change: fn(&mut View),
}

fn scenes() -> Vec<Scene> {
    let plain = Options::default();
    let scene = |name, lesson, at_ms, options, change| Scene { name, lesson, at_ms, options, change };
    vec![
        scene("scheduling", "k08-node-down", 1_011, plain, |_| {}),
        scene("node-off", "k08-node-down", 70_000, plain, |_| {}),
        scene("node-not-ready", "k08-node-down", 130_000, Options { mode: Mode::Dark, ..plain }, |_| {}),
        scene("rollout", "k10-rolling-upgrade", 14_600, Options { lang: Lang::ZhCn, ..plain }, |_| {}),
        scene("crash-loop", "k07-restart-and-backoff", 60_000, plain, |_| {}),
        scene("presenter", "k08-node-down", 130_000, Options { presenter: true, ..plain }, |_| {}),
        scene("question", "k08-node-down", 59_999, plain, |v| v.question = Question::Asked),
        scene("bare", "k11-rollback", 20_000, Options { bare: true, ..plain }, |_| {}),
        scene("why", "k08-node-down", 430_000, plain, |v| {
            let pod =
                v.player.scene().racks.iter().flat_map(|r| r.tiles()).last().expect("a pod").key.clone();
            assert_eq!(pod.kind, Kind::Pod);
            v.select(Target::Object(Key::new(Kind::Pod, pod.ns, pod.name)));
        }),
    ]
}

fn file(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/pictures").join(format!("{name}.png"))
}

fn read(path: &PathBuf) -> Option<Vec<u8>> {
    let file = std::fs::File::open(path).ok()?;
    let mut reader = png::Decoder::new(std::io::BufReader::new(file)).read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut pixels).unwrap();
    assert_eq!((info.width, info.height), SIZE, "{}", path.display());
    Some(pixels)
}

fn write(path: &PathBuf, rgb: &[u8]) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    let mut encoder = png::Encoder::new(std::fs::File::create(path).unwrap(), SIZE.0, SIZE.1);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_compression(png::Compression::High);
    encoder.write_header().unwrap().write_image_data(rgb).unwrap();
}

#[test]
fn the_main_scenes_look_as_they_did() {
    let mut recorder = match Recorder::new(SIZE) {
        Ok(r) => r,
        Err(e @ WindowError::NoDriver(_)) => {
            let _ = writeln!(std::io::stderr(), "skipped: the reference pictures: {e}");
            return;
        }
        Err(e) => panic!("{e}"),
    };
    let bless = std::env::var_os("PODIUM_BLESS").is_some();
    let mut wrong = Vec::new();
    for s in scenes() {
        let mut view = View::new(common::lesson(s.lesson), Options { still: true, ..s.options });
        view.player.seek(SimTime(s.at_ms * 1_000_000));
        (s.change)(&mut view);
        let mut picture = Vec::new();
        // What opens takes some frames to find its place.
        for _ in 0..4 {
            picture = recorder.frame(&mut view, 0.0).unwrap();
        }
        let rgb: Vec<u8> = picture.chunks_exact(4).flat_map(|p| [p[0], p[1], p[2]]).collect();
        if bless {
            write(&file(s.name), &rgb);
            continue;
        }
        let Some(reference) = read(&file(s.name)) else {
            wrong.push(format!("{}: there is no reference picture", s.name));
            continue;
        };
        let off = |(a, b): (&[u8], &[u8])| a.iter().zip(b).any(|(a, b)| a.abs_diff(*b) > OFF);
        let differ = rgb.chunks_exact(3).zip(reference.chunks_exact(3)).filter(|p| off(*p)).count();
        if differ * 10_000 > MAY_DIFFER * rgb.len() / 3 {
            let seen = std::env::temp_dir().join(format!("podium-{}.png", s.name));
            write(&seen, &rgb);
            wrong.push(format!("{}: {differ} pixels differ; it looks like {}", s.name, seen.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
