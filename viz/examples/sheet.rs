//! Every pattern and glyph at several sizes, light and dark, as a picture: `cargo run -p podium-viz --features window
//! --example sheet -- sheet.png`. For a look at them after the shader was changed.

use egui::{Align2, Pos2, Rect, Ui, pos2, vec2};
use podium_viz::draw::{Canvas, Glyph, Pattern, Shape};
use podium_viz::theme::{Color, Mode, Theme, palette};
use podium_viz::window::{Painted, Recorder};
use podium_viz::{fonts, panel};

const GLYPHS: [Glyph; 11] = [
    Glyph::Check,
    Glyph::Cross,
    Glyph::Clock,
    Glyph::Down,
    Glyph::Square,
    Glyph::Power,
    Glyph::Bang,
    Glyph::Triangle,
    Glyph::Again,
    Glyph::Question,
    Glyph::Ring,
];

const PATTERNS: [Pattern; 6] =
    [Pattern::Solid, Pattern::Hatch, Pattern::Stripes, Pattern::Bar, Pattern::Fade, Pattern::Level];

const SIZES: [f32; 8] = [6.0, 10.0, 12.0, 16.0, 20.0, 28.0, 40.0, 64.0];

struct Sheet {
    canvas: Canvas,
    theme: Theme,
}

impl Sheet {
    fn square(at: Pos2, size: f32) -> Rect {
        Rect::from_center_size(at, vec2(size, size))
    }

    fn fill(&mut self) {
        let t = self.theme;
        let c = &mut self.canvas;
        for (row, size) in SIZES.into_iter().enumerate() {
            let y = 40.0 + SIZES[..row].iter().map(|s| s + 14.0).sum::<f32>() + size / 2.0;
            c.label(pos2(10.0, y), Align2::LEFT_CENTER, format!("{size}"), 11.0, t.faint);
            for (i, glyph) in GLYPHS.into_iter().enumerate() {
                let at = pos2(70.0 + 76.0 * i as f32, y);
                let box_ = Shape::fill(Sheet::square(at, size), palette::BLUE).radius(size * 0.18);
                c.shape(box_.glyph(glyph, Color::rgb(0xFF_FFFF)));
            }
            for (i, pattern) in PATTERNS.into_iter().enumerate() {
                let at = pos2(930.0 + 76.0 * i as f32, y);
                let s = Shape::fill(Sheet::square(at, size), palette::ORANGE.mix(t.surface, 0.55));
                c.shape(s.radius(size * 0.18).border(1.5, palette::ORANGE).pattern(pattern, 0.62));
            }
        }
        for turn in 0..4 {
            let at = pos2(70.0 + 50.0 * turn as f32, 460.0);
            c.shape(Shape::fill(Sheet::square(at, 36.0), t.rack).glyph(Glyph::Triangle, t.packet).turn(turn));
            let at = at + vec2(220.0, 0.0);
            c.shape(Shape::fill(Sheet::square(at, 36.0), t.rack).glyph(Glyph::Down, t.packet).turn(turn));
            let at = at + vec2(220.0, 0.0);
            c.shape(
                Shape::fill(Sheet::square(at, 36.0), palette::PURPLE).pattern(Pattern::Fade, 0.0).turn(turn),
            );
            let at = at + vec2(220.0, 0.0);
            let ghost = Shape::fill(Sheet::square(at, 36.0), Color(0)).radius(4.0 * turn as f32);
            c.shape(ghost.border(1.0 + turn as f32, t.bad).glyph(Glyph::Cross, t.bad));
        }
        for (i, width) in [0.5, 1.0, 1.5, 2.0, 3.0].into_iter().enumerate() {
            let y = 440.0 + 9.0 * i as f32;
            c.shape(Shape::fill(Rect::from_min_size(pos2(960.0, y), vec2(380.0, width)), t.text));
        }
        for (i, glyph) in GLYPHS.into_iter().enumerate() {
            let at = pos2(90.0 + 120.0 * i as f32, 560.0);
            c.shape(
                Shape::fill(Sheet::square(at, 110.0), t.surface)
                    .radius(12.0)
                    .border(2.0, t.line)
                    .glyph(glyph, t.text)
                    .glyph_size(0.75),
            );
        }
    }
}

impl Painted for Sheet {
    fn prepare(&mut self, ctx: &egui::Context) {
        ctx.set_fonts(fonts::definitions());
        panel::style(ctx, &self.theme, 1.0, true);
    }
    fn frame(&mut self, ui: &mut Ui, _: f64) {
        self.canvas.clear();
        self.fill();
        for l in &self.canvas.labels {
            let font = egui::FontId::proportional(l.size);
            ui.painter().text(l.at, l.anchor, &l.text, font, l.color.egui());
        }
    }
    fn canvas(&self) -> &Canvas {
        &self.canvas
    }
    fn background(&self) -> Color {
        self.theme.background
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let out = std::env::args().nth(1).unwrap_or_else(|| "sheet.png".into());
    let scale: f32 = std::env::args().nth(2).map_or(Ok(1.0), |s| s.parse())?;
    let (width, height) = ((1401.0 * scale) as u32, (640.0 * scale) as u32);
    let mut pixels = Vec::new();
    for mode in [Mode::Light, Mode::Dark] {
        let mut sheet = Sheet { canvas: Canvas::default(), theme: Theme::of(mode) };
        let mut recorder = Recorder::scaled((width, height), scale)?;
        pixels.extend(recorder.frame(&mut sheet, 0.0)?);
        let began = std::time::Instant::now();
        for _ in 0..10 {
            recorder.frame(&mut sheet, 0.04)?;
        }
        println!("{:.1} ms a frame", began.elapsed().as_secs_f64() * 100.0);
    }
    let file = std::fs::File::create(out)?;
    let mut png = png::Encoder::new(std::io::BufWriter::new(file), width, height * 2);
    png.set_color(png::ColorType::Rgba);
    png.set_depth(png::BitDepth::Eight);
    png.write_header()?.write_image_data(&pixels)?;
    Ok(())
}
