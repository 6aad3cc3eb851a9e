//! What is on the picture, as data: shapes for the graphics card, labels for the text painter, and places to click.
//!
//! All lengths are in egui's points from the top left corner of the window. A shape is a rounded rectangle with a
//! fill, a border, a pattern and a glyph; that is enough for everything here, and one shader draws all of them.

use crate::theme::Color;
use bytemuck::{Pod, Zeroable};
use egui::{Align2, Pos2, Rect};

/// How a shape is filled. The shader's `pattern_*` functions have the same numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Default)]
#[repr(u32)]
pub enum Pattern {
    /// Plain.
    #[default]
    Solid = 0,
    /// Diagonal lines in the border's colour.
    Hatch = 1,
    /// Wide diagonal stripes in the border's colour.
    Stripes = 2,
    /// Filled from the left up to `amount`, the rest faintly.
    Bar = 3,
    /// Fades from the fill on the right to nothing on the left; `turn` quarter turns clockwise.
    Fade = 4,
    /// Filled from the bottom up to `amount`.
    Level = 5,
}

/// A sign inside a shape. The shader's `glyph_*` functions have the same numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Default)]
#[repr(u32)]
pub enum Glyph {
    /// Nothing.
    #[default]
    None = 0,
    /// A check mark.
    Check = 1,
    /// A cross.
    Cross = 2,
    /// A clock: a ring with two hands.
    Clock = 3,
    /// An arrow down.
    Down = 4,
    /// A full square.
    Square = 5,
    /// The sign for power: an open ring with a line.
    Power = 6,
    /// An exclamation mark.
    Bang = 7,
    /// A full triangle that points right; `turn` quarter turns clockwise.
    Triangle = 8,
    /// An arrow that comes back to its beginning: again and again.
    Again = 9,
    /// A question mark.
    Question = 10,
    /// A ring.
    Ring = 11,
}

/// A rounded rectangle. 48 bytes, as the shader reads it.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Pod, Zeroable)]
pub struct Shape {
    /// Left, top, width, height.
    pub rect: [f32; 4],
    /// Red, green, blue, alpha: a byte each, from the lowest on.
    pub fill: u32,
    /// The colour of border and pattern.
    pub stroke: u32,
    /// The colour of the glyph.
    pub ink: u32,
    /// Pattern in bits 0–7, glyph in bits 8–15, quarter turns in bits 16–17.
    pub kind: u32,
    /// Radius of the corners.
    pub radius: f32,
    /// Width of the border, drawn inside.
    pub border: f32,
    /// For [`Pattern::Bar`] and [`Pattern::Level`]: how full, 0 to 1.
    pub amount: f32,
    /// Size of the glyph as a part of the smaller side; 0 means 0.55.
    pub glyph_size: f32,
}

impl Shape {
    /// A plain rectangle.
    pub fn fill(rect: Rect, color: Color) -> Shape {
        let rect = [rect.min.x, rect.min.y, rect.width(), rect.height()];
        Shape { rect, fill: color.0, ..Shape::default() }
    }
    /// With round corners.
    #[must_use]
    pub fn radius(self, radius: f32) -> Shape {
        Shape { radius, ..self }
    }
    /// With a border.
    #[must_use]
    pub fn border(self, border: f32, color: Color) -> Shape {
        Shape { border, stroke: color.0, ..self }
    }
    /// With a pattern, in the border's colour.
    #[must_use]
    pub fn pattern(self, pattern: Pattern, amount: f32) -> Shape {
        Shape { kind: (self.kind & !0xff) | pattern as u32, amount, ..self }
    }
    /// With a glyph.
    #[must_use]
    pub fn glyph(self, glyph: Glyph, ink: Color) -> Shape {
        Shape { kind: (self.kind & !0xff00) | ((glyph as u32) << 8), ink: ink.0, ..self }
    }
    /// With a glyph of that part of the smaller side.
    #[must_use]
    pub fn glyph_size(self, part: f32) -> Shape {
        Shape { glyph_size: part, ..self }
    }
    /// Turned clockwise by quarters: what points right points down after one.
    #[must_use]
    pub fn turn(self, quarters: u32) -> Shape {
        Shape { kind: (self.kind & !0x3_0000) | ((quarters & 3) << 16), ..self }
    }
}

/// A piece of text on the picture.
#[derive(Clone, Debug, PartialEq)]
pub struct Label {
    /// Where.
    pub at: Pos2,
    /// Which point of the text is there.
    pub anchor: Align2,
    /// The text.
    pub text: String,
    /// Height of the letters.
    pub size: f32,
    /// Its colour.
    pub color: Color,
    /// It is cut off with an ellipsis beyond this width.
    pub max_width: f32,
    /// With letters of one width.
    pub mono: bool,
}

/// Something that can be clicked or pointed at.
#[derive(Clone, Debug, PartialEq)]
pub struct Hit {
    /// Where it is.
    pub rect: Rect,
    /// What it is.
    pub target: crate::view::Target,
}

/// A picture.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Canvas {
    /// From back to front.
    pub shapes: Vec<Shape>,
    /// On top of all shapes.
    pub labels: Vec<Label>,
    /// From back to front: the last one under the pointer counts.
    pub hits: Vec<Hit>,
}

impl Canvas {
    /// Takes everything off.
    pub fn clear(&mut self) {
        self.shapes.clear();
        self.labels.clear();
        self.hits.clear();
    }
    /// Adds a shape.
    pub fn shape(&mut self, shape: Shape) {
        self.shapes.push(shape);
    }
    /// Adds a label.
    pub fn label(
        &mut self,
        at: Pos2,
        anchor: Align2,
        text: impl Into<String>,
        size: f32,
        color: Color,
    ) -> &mut Label {
        let text = text.into();
        self.labels.push(Label { at, anchor, text, size, color, max_width: f32::INFINITY, mono: false });
        self.labels.last_mut().expect("it was just pushed")
    }
    /// Adds a place to click.
    pub fn hit(&mut self, rect: Rect, target: crate::view::Target) {
        self.hits.push(Hit { rect, target });
    }
    /// What is at a point.
    pub fn at(&self, point: Pos2) -> Option<&Hit> {
        self.hits.iter().rev().find(|h| h.rect.contains(point))
    }
}
