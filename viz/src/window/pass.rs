//! The view's part of a frame: one run of egui, and from it the picture for [`super::shapes`].

use super::Painted;
use super::shapes::Picture;
use bevy::app::{App, PostUpdate};
use bevy::asset::AssetEventSystems;
use bevy::prelude::IntoScheduleConfigs;
use bevy_egui::{EguiGlobalSettings, EguiPostUpdateSet};
use egui::{Context, FullOutput, RawInput, ViewportCommand, ViewportId};
use std::time::Duration;

/// What came of a frame.
pub struct Pass {
    /// For bevy_egui.
    pub output: FullOutput,
    /// What the view asks of its window.
    pub commands: Vec<ViewportCommand>,
    /// When egui wants the next frame at the latest.
    pub again: Duration,
}

/// Runs the view for one frame of `size` pixels and puts its shapes into `picture`. `seconds` have passed since the
/// frame before; the `first` frame prepares fonts and sizes.
pub fn run(
    view: &mut dyn Painted,
    ctx: &Context,
    mut input: RawInput,
    size: [f32; 2],
    seconds: f64,
    first: bool,
    picture: &mut Picture,
) -> Pass {
    let points = |ctx: &Context, native: f32| {
        let scale = native * ctx.zoom_factor();
        egui::Rect::from_min_size(egui::Pos2::ZERO, egui::vec2(size[0] / scale, size[1] / scale))
    };
    let native = input.viewport().native_pixels_per_point.unwrap_or(1.0);
    let mut before = None;
    if first {
        // Fonts and zoom take effect with the next run of egui, so an empty one goes ahead.
        view.prepare(ctx);
        let mut empty = input.clone();
        empty.events.clear();
        empty.screen_rect = Some(points(ctx, native));
        before = Some(ctx.run_ui(empty, |_| {}));
    }
    input.screen_rect = Some(points(ctx, native));
    let mut left = seconds;
    let mut output = ctx.run_ui(input, |ui| view.frame(ui, std::mem::take(&mut left)));
    if let Some(mut empty) = before {
        empty.append(output);
        output = empty;
    }
    picture.take(view.canvas(), view.background(), size, output.pixels_per_point);
    let root = output.viewport_output.get_mut(&ViewportId::ROOT);
    let (commands, again) = match root {
        Some(v) => (std::mem::take(&mut v.commands), v.repaint_delay),
        None => (Vec::new(), Duration::MAX),
    };
    Pass { output, commands, again }
}

/// What window and pictures have in common in bevy's settings.
pub fn settings(app: &mut App) {
    // A glyph that egui draws for the first time must reach the renderer in the same frame.
    app.configure_sets(PostUpdate, EguiPostUpdateSet::PostProcessOutput.before(AssetEventSystems));
    app.world_mut().resource_mut::<EguiGlobalSettings>().auto_create_primary_context = false;
}
