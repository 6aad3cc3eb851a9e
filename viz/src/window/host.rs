//! The window: bevy's event loop, with the view in it.

use super::shapes::{Picture, ShapesPlugin, Upload};
use super::{WindowError, gpu, pass};
use crate::View;
use bevy::app::TerminalCtrlCHandlerPlugin;
use bevy::camera::CameraUpdateSystems;
use bevy::log::LogPlugin;
use bevy::prelude::*;
use bevy::render::RenderPlugin;
use bevy::render::pipelined_rendering::PipelinedRenderingPlugin;
use bevy::window::{MonitorSelection, PresentMode, PrimaryWindow, WindowMode, WindowResizeConstraints};
use bevy::winit::{UpdateMode, WinitSettings};
use bevy_egui::{
    EguiContext, EguiContextSettings, EguiFullOutput, EguiInput, EguiPlugin, EguiPostUpdateSet,
    PrimaryEguiContext,
};
use egui::{Key, ViewportCommand};
use std::time::{Duration, Instant};

/// No frame lets more time pass than this: after a hitch the picture goes on where it was.
const LONGEST: f64 = 0.1;

/// At rest, a frame is drawn this often at least.
const REST: Duration = Duration::from_secs(5);

/// The view, while it has a window.
struct Host {
    view: View,
    /// It has had its first frame.
    begun: bool,
    /// It was moving after its last frame.
    moving: bool,
    /// When the window came, and how many seconds after that the last frame was.
    since: Instant,
    last: f64,
}

/// Opens a window for a view, and returns once it is closed.
///
/// # Errors
/// If there is no display or no driver.
pub fn open(view: View, title: &str) -> Result<(), WindowError> {
    check_display()?;
    let mut app = caught(|| build(view, title))?;
    match app.run() {
        AppExit::Success => Ok(()),
        AppExit::Error(code) => Err(WindowError::Failed(format!("the window ended with code {code}"))),
    }
}

/// Whether there is a display to open a window on, and a driver to draw with.
///
/// # Errors
/// If not; the error says what to do.
pub fn check_display() -> Result<(), WindowError> {
    display()?;
    gpu::adapter().map(drop)
}

/// Whether there is a display that lets us in.
fn display() -> Result<(), WindowError> {
    let set = |name: &str| std::env::var_os(name).is_some_and(|v| !v.is_empty());
    if !set("DISPLAY") {
        let why = if set("WAYLAND_DISPLAY") {
            "there is no X11 display; this desktop runs Wayland without Xwayland (DISPLAY is not set)"
        } else {
            "there is no display (DISPLAY is not set)"
        };
        return Err(WindowError::NoDisplay(why.into()));
    }
    match x11rb::rust_connection::RustConnection::connect(None) {
        Ok(_) => Ok(()),
        Err(e) => {
            let name = std::env::var("DISPLAY").unwrap_or_default();
            Err(WindowError::NoDisplay(format!("the display {name} cannot be reached: {e}")))
        }
    }
}

/// The window system's own way to fail is to panic.
fn caught(build: impl FnOnce() -> App) -> Result<App, WindowError> {
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let built = std::panic::catch_unwind(std::panic::AssertUnwindSafe(build));
    std::panic::set_hook(hook);
    built.map_err(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no reason is given");
        WindowError::NoDisplay(format!("the window system refuses: {text}"))
    })
}

fn build(view: View, title: &str) -> App {
    let window = Window {
        title: title.to_owned(),
        name: Some("podium".to_owned()),
        resolution: (1600_u32, 900_u32).into(),
        resize_constraints: WindowResizeConstraints {
            min_width: 960.0,
            min_height: 640.0,
            ..Default::default()
        },
        present_mode: PresentMode::AutoVsync,
        ..Default::default()
    };
    let mut plugins = DefaultPlugins
        .set(WindowPlugin { primary_window: Some(window), ..Default::default() })
        .set(RenderPlugin { synchronous_pipeline_compilation: true, ..Default::default() })
        .disable::<TerminalCtrlCHandlerPlugin>()
        .disable::<PipelinedRenderingPlugin>();
    // What driver and window system have to say is for those who ask.
    if std::env::var_os("RUST_LOG").is_none() {
        plugins = plugins.disable::<LogPlugin>();
    }
    let mut app = App::new();
    app.add_plugins(plugins)
        .add_plugins(EguiPlugin { bindless_mode_array_size: None })
        .add_plugins(ShapesPlugin)
        .insert_resource(WinitSettings::continuous())
        .add_systems(Startup, camera)
        .add_systems(
            PostUpdate,
            frame.after(CameraUpdateSystems).before(EguiPostUpdateSet::ProcessOutput).before(Upload),
        );
    app.insert_non_send(Host { view, begun: false, moving: false, since: Instant::now(), last: 0.0 });
    pass::settings(&mut app);
    app
}

fn camera(mut commands: Commands) {
    commands.spawn((
        Camera2d,
        Msaa::Off,
        PrimaryEguiContext,
        EguiContextSettings { run_manually: true, ..Default::default() },
    ));
}

#[allow(clippy::too_many_arguments)]
fn frame(
    mut host: NonSendMut<Host>,
    mut contexts: Query<(&mut EguiContext, &mut EguiInput, &mut EguiFullOutput, &Camera)>,
    mut windows: Query<&mut Window, With<PrimaryWindow>>,
    mut picture: ResMut<Picture>,
    mut settings: ResMut<WinitSettings>,
    mut exit: MessageWriter<AppExit>,
) {
    let Ok((mut ctx, mut input, mut output, camera)) = contexts.single_mut() else { return };
    let Some(size) = camera.physical_target_size().filter(|s| s.x > 0 && s.y > 0) else { return };
    let host = &mut *host;
    // Whoever rested has not waited: time goes on from the click that set it going.
    let longest = if host.moving { LONGEST } else { 1.0 / 60.0 };
    // bevy's clock is that of the frame before: after a rest, a press would be seen long before its release, and no
    // click come of it.
    let now = host.since.elapsed().as_secs_f64();
    let seconds = (now - std::mem::replace(&mut host.last, now)).min(longest);
    let size = [size.x as f32, size.y as f32];
    let mut input = input.take();
    input.time = Some(now);
    // bevy_egui tells in each frame which modifiers are held; to egui that is news, and it asks for another frame.
    let held = ctx.get_mut().input(|i| i.modifiers);
    input.events.retain(|e| !matches!(e, egui::Event::ModifiersChanged(now) if *now == held));
    let done = pass::run(&mut host.view, ctx.get_mut(), input, size, seconds, !host.begun, &mut picture);
    host.begun = true;
    output.0 = Some(done.output);
    host.moving = host.view.moving();
    let mode =
        if host.moving { UpdateMode::Continuous } else { UpdateMode::reactive_low_power(rest(done.again)) };
    if settings.focused_mode != mode || settings.unfocused_mode != mode {
        (settings.focused_mode, settings.unfocused_mode) = (mode, mode);
    }
    let (close, fullscreen) = keys(ctx.get_mut());
    if close || done.commands.contains(&ViewportCommand::Close) {
        exit.write(AppExit::Success);
    }
    let Ok(mut window) = windows.single_mut() else { return };
    if fullscreen {
        let windowed = matches!(window.mode, WindowMode::Windowed);
        window.mode = mode_of(windowed);
    }
    for command in done.commands {
        match command {
            ViewportCommand::Title(title) => window.title = title,
            ViewportCommand::Fullscreen(on) => window.mode = mode_of(on),
            _ => {}
        }
    }
}

/// How long to wait for the next frame at rest, if egui wants one after that time. In few steps, since bevy draws a
/// frame at each change.
fn rest(wanted: Duration) -> Duration {
    if wanted >= REST {
        return REST;
    }
    Duration::from_millis((wanted.as_millis() as u64).max(16).next_power_of_two())
}

fn mode_of(fullscreen: bool) -> WindowMode {
    if fullscreen {
        WindowMode::BorderlessFullscreen(MonitorSelection::Current)
    } else {
        WindowMode::Windowed
    }
}

/// The window's own keys, where the view did not take them: Q closes it, F11 lets it fill the screen.
fn keys(ctx: &egui::Context) -> (bool, bool) {
    let typing = ctx.egui_wants_keyboard_input();
    ctx.input(|i| {
        let close = i.key_pressed(Key::Q) && (i.modifiers.command || i.modifiers.is_none() && !typing);
        (close, i.key_pressed(Key::F11))
    })
}
