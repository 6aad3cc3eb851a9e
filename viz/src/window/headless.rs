//! Pictures without a window: the same view, drawn into memory. No display is needed, only a driver.

use super::shapes::{Picture, ShapesPlugin};
use super::{Painted, WindowError};
use super::{gpu, pass};
use bevy::app::TerminalCtrlCHandlerPlugin;
use bevy::asset::RenderAssetUsages;
use bevy::camera::RenderTarget;
use bevy::log::LogPlugin;
use bevy::prelude::*;
use bevy::render::pipelined_rendering::PipelinedRenderingPlugin;
use bevy::render::render_asset::RenderAssets;
use bevy::render::render_resource::{
    Buffer, BufferDescriptor, BufferUsages, CommandEncoderDescriptor, Extent3d, MapMode, PollType,
    TexelCopyBufferInfo, TexelCopyBufferLayout, TextureFormat, TextureUsages,
};
use bevy::render::renderer::{RenderDevice, RenderQueue};
use bevy::render::texture::GpuImage;
use bevy::render::{RenderApp, RenderPlugin};
use bevy::time::TimeUpdateStrategy;
use bevy::window::ExitCondition;
use bevy::winit::WinitPlugin;
use bevy_egui::{EguiContext, EguiContextSettings, EguiFullOutput, EguiPlugin, PrimaryEguiContext};
use std::time::Duration;

/// So many frames are drawn and thrown away before the first: egui learns in them how large things are.
const WARM_UP: u32 = 2;

/// Draws a view into pictures. The same view gives the same bytes, on one machine and driver.
pub struct Recorder {
    app: App,
    camera: Entity,
    target: Handle<Image>,
    buffer: Buffer,
    size: (u32, u32),
    scale: f32,
    clock: f64,
    warm: bool,
}

impl std::fmt::Debug for Recorder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Recorder")
            .field("size", &self.size)
            .field("scale", &self.scale)
            .finish_non_exhaustive()
    }
}

impl Recorder {
    /// For pictures of so many pixels, a pixel for a point.
    ///
    /// # Errors
    /// If there is no driver, or if it cannot draw pictures of that size.
    pub fn new(size: (u32, u32)) -> Result<Recorder, WindowError> {
        Recorder::scaled(size, 1.0)
    }

    /// Likewise, with so many pixels for a point: 2 draws everything twice as large.
    ///
    /// # Errors
    /// As for [`Recorder::new`].
    pub fn scaled(size: (u32, u32), scale: f32) -> Result<Recorder, WindowError> {
        let (creation, largest) = gpu::device()?;
        if size.0.min(size.1) == 0 || size.0.max(size.1) > largest {
            return Err(WindowError::Size { asked: size, largest });
        }
        let mut app = App::new();
        app.add_plugins(
            DefaultPlugins
                .set(WindowPlugin {
                    primary_window: None,
                    exit_condition: ExitCondition::DontExit,
                    ..Default::default()
                })
                .set(RenderPlugin {
                    render_creation: creation,
                    synchronous_pipeline_compilation: true,
                    ..Default::default()
                })
                .disable::<WinitPlugin>()
                .disable::<LogPlugin>()
                .disable::<TerminalCtrlCHandlerPlugin>()
                .disable::<PipelinedRenderingPlugin>(),
        )
        .add_plugins(EguiPlugin { bindless_mode_array_size: None })
        .add_plugins(ShapesPlugin)
        .insert_resource(TimeUpdateStrategy::ManualDuration(Duration::from_millis(20)));
        pass::settings(&mut app);
        let mut image = Image::new_target_texture(size.0, size.1, TextureFormat::Rgba8UnormSrgb, None);
        image.texture_descriptor.usage |= TextureUsages::COPY_SRC;
        image.asset_usage = RenderAssetUsages::default();
        let target = app.world_mut().resource_mut::<Assets<Image>>().add(image);
        let camera = app
            .world_mut()
            .spawn((
                Camera2d,
                Msaa::Off,
                RenderTarget::Image(target.clone().into()),
                PrimaryEguiContext,
                EguiContextSettings { run_manually: true, ..Default::default() },
            ))
            .id();
        app.finish();
        app.cleanup();
        let device = app.world().resource::<RenderDevice>();
        let buffer = device.create_buffer(&BufferDescriptor {
            label: Some("picture"),
            size: u64::from(row(size.0)) * u64::from(size.1),
            usage: BufferUsages::COPY_DST | BufferUsages::MAP_READ,
            mapped_at_creation: false,
        });
        Ok(Recorder { app, camera, target, buffer, size, scale, clock: 0.0, warm: false })
    }

    /// Width and height of the pictures.
    pub fn size(&self) -> (u32, u32) {
        self.size
    }

    /// Lets `seconds` pass for the view and draws it: red, green, blue, alpha, a byte each, row by row from the top.
    ///
    /// # Errors
    /// If the driver fails.
    pub fn frame(&mut self, view: &mut dyn Painted, seconds: f64) -> Result<Vec<u8>, WindowError> {
        if !self.warm {
            for i in 0..WARM_UP {
                self.draw(view, 0.0, i == 0)?;
            }
            self.warm = true;
        }
        self.draw(view, seconds, false)?;
        self.read()
    }

    fn draw(&mut self, view: &mut dyn Painted, seconds: f64, first: bool) -> Result<(), WindowError> {
        let lost = || WindowError::Failed("the picture's context is gone".into());
        self.clock += seconds;
        let mut input = egui::RawInput { time: Some(self.clock), focused: false, ..Default::default() };
        input.viewports.entry(egui::ViewportId::ROOT).or_default().native_pixels_per_point = Some(self.scale);
        let size = [self.size.0 as f32, self.size.1 as f32];
        let world = self.app.world_mut();
        let ctx = world.get_mut::<EguiContext>(self.camera).ok_or_else(lost)?.get_mut().clone();
        let mut picture = world.resource_mut::<Picture>();
        let done = pass::run(view, &ctx, input, size, seconds, first, &mut picture);
        world.get_mut::<EguiFullOutput>(self.camera).ok_or_else(lost)?.0 = Some(done.output);
        self.app.update();
        Ok(())
    }

    /// The pixels of the frame that was drawn last.
    fn read(&mut self) -> Result<Vec<u8>, WindowError> {
        let failed = |what: &str| WindowError::Failed(format!("the picture cannot be read: {what}"));
        let (width, height) = self.size;
        let world = self.app.world();
        let device = world.resource::<RenderDevice>();
        let queue = world.resource::<RenderQueue>();
        let images = self.app.sub_app(RenderApp).world().resource::<RenderAssets<GpuImage>>();
        let image = images.get(&self.target).ok_or_else(|| failed("there is none"))?;
        let mut encoder = device.create_command_encoder(&CommandEncoderDescriptor::default());
        let layout =
            TexelCopyBufferLayout { offset: 0, bytes_per_row: Some(row(width)), rows_per_image: None };
        encoder.copy_texture_to_buffer(
            image.texture.as_image_copy(),
            TexelCopyBufferInfo { buffer: &self.buffer, layout },
            Extent3d { width, height, depth_or_array_layers: 1 },
        );
        queue.submit([encoder.finish()]);
        let (tx, rx) = std::sync::mpsc::channel();
        let slice = self.buffer.slice(..);
        slice.map_async(MapMode::Read, move |result| drop(tx.send(result)));
        device.poll(PollType::wait_indefinitely()).map_err(|e| failed(&e.to_string()))?;
        match rx.try_recv() {
            Ok(Ok(())) => {}
            Ok(Err(e)) => return Err(failed(&e.to_string())),
            Err(_) => return Err(failed("the driver does not answer")),
        }
        let mut out = Vec::with_capacity(width as usize * height as usize * 4);
        for line in slice.get_mapped_range().chunks_exact(row(width) as usize) {
            out.extend_from_slice(&line[..width as usize * 4]);
        }
        self.buffer.unmap();
        Ok(out)
    }
}

/// Bytes of a row in the buffer: the driver wants a multiple of 256.
fn row(width: u32) -> u32 {
    (width * 4).next_multiple_of(256)
}
