//! What the shader draws, read back from pictures. Where there is no driver the tests are skipped, aloud.
#![cfg(feature = "window")]

use egui::{Rect, Ui, pos2, vec2};
use podium_sim::diagnostic::SourceText;
use podium_sim::scenario::{Run, RunOptions, parse};
use podium_sim::time::SimTime;
use podium_sim::trace::Source;
use podium_viz::draw::{Canvas, Glyph, Pattern, Shape};
use podium_viz::theme::Color;
use podium_viz::window::{Painted, Recorder, WindowError};
use podium_viz::{Options, View};
use std::io::Write;
use std::sync::Arc;

const BACKGROUND: Color = Color::rgb(0xFA_FAF7);
const RED: Color = Color::rgb(0xD5_5E00);
const BLUE: Color = Color::rgb(0x00_72B2);
const WHITE: Color = Color::rgb(0xFF_FFFF);

/// Shapes and a text.
struct Demo {
    canvas: Canvas,
    text: &'static str,
}

impl Demo {
    fn new(shapes: Vec<Shape>) -> Demo {
        Demo { canvas: Canvas { shapes, ..Canvas::default() }, text: "" }
    }
}

impl Painted for Demo {
    fn prepare(&mut self, ctx: &egui::Context) {
        ctx.set_fonts(podium_viz::fonts::definitions());
    }
    fn frame(&mut self, ui: &mut Ui, _: f64) {
        let font = egui::FontId::proportional(14.0);
        ui.painter().text(pos2(10.0, 100.0), egui::Align2::LEFT_TOP, self.text, font, egui::Color32::BLACK);
    }
    fn canvas(&self) -> &Canvas {
        &self.canvas
    }
    fn background(&self) -> Color {
        BACKGROUND
    }
}

/// A recorder, unless this machine has no driver.
fn recorder(size: (u32, u32), scale: f32) -> Option<Recorder> {
    match Recorder::scaled(size, scale) {
        Ok(r) => Some(r),
        Err(e @ WindowError::NoDriver(_)) => {
            // Past the test harness, which keeps what passing tests print.
            let _ = writeln!(std::io::stderr(), "skipped: a test of pictures: {e}");
            None
        }
        Err(e) => panic!("{e}"),
    }
}

fn rect(x: f32, y: f32, width: f32, height: f32) -> Rect {
    Rect::from_min_size(pos2(x, y), vec2(width, height))
}

struct Picture(Vec<u8>, u32);

impl Picture {
    fn at(&self, x: u32, y: u32) -> [u8; 4] {
        let i = (y * self.1 + x) as usize * 4;
        self.0[i..i + 4].try_into().unwrap()
    }
    #[track_caller]
    fn is(&self, x: u32, y: u32, color: Color) {
        let (got, expected) = (self.at(x, y), color.0.to_le_bytes());
        let near = got.iter().zip(expected).all(|(a, b)| a.abs_diff(b) <= 1);
        assert!(near, "at {x} {y} there is {got:?}, not {expected:?}");
    }
}

fn drawn(shapes: Vec<Shape>) -> Option<Picture> {
    let size = (333, 187);
    let pixels = recorder(size, 1.0)?.frame(&mut Demo::new(shapes), 0.0).unwrap();
    assert_eq!(pixels.len(), 333 * 187 * 4);
    assert!(pixels.chunks(4).all(|p| p[3] == 255), "a picture is opaque");
    Some(Picture(pixels, size.0))
}

#[test]
fn shapes_are_where_they_should_be() {
    let Some(p) = drawn(vec![
        Shape::fill(rect(10.0, 10.0, 40.0, 30.0), RED).border(2.0, BLUE),
        Shape::fill(rect(300.0, 170.0, 33.0, 17.0), BLUE),
        Shape::fill(rect(30.0, 20.0, 60.0, 10.0), WHITE),
        Shape::fill(rect(100.0, 10.0, 30.0, 30.0), RED).radius(15.0),
        Shape::fill(rect(0.0, 0.0, 0.0, 20.0), RED),
    ]) else {
        return;
    };
    p.is(20, 15, RED);
    p.is(10, 10, BLUE);
    p.is(49, 39, BLUE);
    p.is(47, 37, RED);
    p.is(9, 10, BACKGROUND);
    p.is(50, 39, BACKGROUND);
    // The later one lies above.
    p.is(40, 25, WHITE);
    p.is(85, 25, WHITE);
    // In the last row and column.
    p.is(332, 186, BLUE);
    p.is(101, 11, BACKGROUND);
    p.is(115, 25, RED);
    p.is(0, 10, BACKGROUND);
}

#[test]
fn patterns_and_glyphs() {
    let square = |i: u32| Shape::fill(rect(10.0 + 40.0 * i as f32, 10.0, 30.0, 30.0), RED);
    let Some(p) = drawn(vec![
        square(0).pattern(Pattern::Bar, 0.5),
        square(1).pattern(Pattern::Level, 0.5),
        square(2).pattern(Pattern::Fade, 0.0),
        square(3).pattern(Pattern::Fade, 0.0).turn(1),
        square(4).glyph(Glyph::Cross, WHITE),
        square(5).glyph(Glyph::Triangle, WHITE).turn(2),
        square(6).border(0.0, BLUE).pattern(Pattern::Stripes, 0.0),
    ]) else {
        return;
    };
    p.is(12, 25, RED);
    assert!(p.at(37, 25)[2] > 150, "the rest of a bar is faint");
    p.is(52, 15, BACKGROUND);
    p.is(52, 35, RED);
    assert!(p.at(92, 25)[2] > 220 && p.at(118, 25)[2] < 110, "it fades to the left");
    assert!(p.at(145, 12)[2] > 220 && p.at(145, 38)[2] < 110, "a quarter turn clockwise: to the top");
    p.is(184, 24, WHITE);
    p.is(175, 24, RED);
    // It points left: a tip there, and its broad side on the right.
    p.is(229, 30, WHITE);
    p.is(219, 30, RED);
    let stripes: Vec<[u8; 4]> = (0..30).map(|i| p.at(250 + i, 25)).collect();
    assert!(stripes.iter().any(|c| c[2] > 150) && stripes.iter().any(|c| c[0] > 180), "{stripes:?}");
}

#[test]
fn half_transparent_shapes_mix() {
    let Some(p) = drawn(vec![
        Shape::fill(rect(0.0, 0.0, 50.0, 50.0), Color::rgb(0)),
        Shape::fill(rect(0.0, 0.0, 50.0, 50.0), WHITE.fade(0.5)),
    ]) else {
        return;
    };
    // Half of the light, which is more than half of the byte.
    let [r, ..] = p.at(25, 25);
    assert!((186..=190).contains(&r), "{r}");
}

#[test]
fn thousands_of_shapes_at_once() {
    let Some(mut r) = recorder((333, 187), 1.0) else { return };
    r.frame(&mut Demo::new(vec![]), 0.0).unwrap();
    // More than there was room for: the last ones are in the very next frame.
    let many = |count: u32, color| {
        (0..count)
            .map(move |i| Shape::fill(rect((i % 100) as f32 * 3.0, (i / 100) as f32 * 3.0, 2.0, 2.0), color))
    };
    let p = Picture(r.frame(&mut Demo::new(many(5_000, RED).collect()), 0.05).unwrap(), 333);
    p.is(0, 0, RED);
    p.is(298, 148, RED);
    let p = Picture(r.frame(&mut Demo::new(many(50, BLUE).collect()), 0.05).unwrap(), 333);
    p.is(0, 0, BLUE);
    p.is(298, 148, BACKGROUND);
}

#[test]
fn twice_as_large() {
    let Some(mut r) = recorder((400, 300), 2.0) else { return };
    let mut demo = Demo::new(vec![Shape::fill(rect(10.0, 10.0, 40.0, 30.0), RED)]);
    let p = Picture(r.frame(&mut demo, 0.0).unwrap(), 400);
    p.is(21, 21, RED);
    p.is(99, 79, RED);
    p.is(100, 79, BACKGROUND);
    assert_eq!(r.size(), (400, 300));
}

#[test]
fn text_is_there_in_the_first_frame_and_every_new_letter_at_once() {
    let Some(mut r) = recorder((333, 187), 1.0) else { return };
    let mut demo = Demo::new(vec![]);
    let dark = |pixels: &[u8]| pixels.chunks(4).filter(|p| p[0] < 100).count();
    for text in ["ABC", "调度器", "xyz"] {
        demo.text = text;
        let first = r.frame(&mut demo, 0.05).unwrap();
        let second = r.frame(&mut demo, 0.05).unwrap();
        assert!(dark(&first) > 20, "{text} is missing");
        assert!(first == second, "{text} changes");
    }
}

#[test]
fn sizes_that_cannot_be() {
    if recorder((16, 16), 1.0).is_none() {
        return;
    }
    assert!(matches!(Recorder::new((0, 10)), Err(WindowError::Size { .. })));
    assert!(matches!(Recorder::new((1_000_000, 10)), Err(WindowError::Size { .. })));
}

fn lesson() -> View {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../scenarios/lessons/k08-node-down.yaml");
    let text = std::fs::read_to_string(path).unwrap();
    let load = |name: &str| {
        let full = std::path::Path::new(path).with_file_name(name);
        std::fs::read_to_string(full).map(|t| SourceText::new(name, t)).map_err(|e| e.to_string())
    };
    let scenario = parse::parse(&SourceText::new(path, text), &load).0.unwrap();
    let mut run = Run::new(Arc::new(scenario), RunOptions { keep_records: true, ..RunOptions::default() });
    run.to_end();
    View::new(Source::new(run.into_trace(&[])), Options { bare: true, ..Options::default() })
}

#[test]
fn the_same_view_gives_the_same_bytes() {
    let film = || -> Option<Vec<Vec<u8>>> {
        let mut r = recorder((333, 187), 1.0)?;
        let mut view = lesson();
        view.player.seek(SimTime(40_000_000_000));
        view.player.playing = true;
        Some((0..6).map(|_| r.frame(&mut view, 0.1).unwrap()).collect())
    };
    let (Some(a), Some(b)) = (film(), film()) else { return };
    for (i, (a, b)) in a.iter().zip(&b).enumerate() {
        assert!(a == b, "frame {i} differs");
    }
}
