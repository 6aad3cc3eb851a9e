//! Colours. Okabe and Ito's palette for states, which the colour-blind can tell apart; a light theme for projectors,
//! which wash out dark ones, and a dark theme for screens.

use podium_sim::object::Pod;

/// Red, green, blue and alpha, a byte each, red lowest: as the shader reads it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Color(pub u32);

impl Color {
    /// An opaque colour, from `0xRRGGBB`.
    pub const fn rgb(hex: u32) -> Color {
        Color(((hex >> 16) & 0xff) | (hex & 0xff00) | ((hex & 0xff) << 16) | 0xff00_0000)
    }
    /// Less of it: `part` 0 is nothing, 1 the colour as it is.
    #[must_use]
    pub fn fade(self, part: f32) -> Color {
        let alpha = ((self.0 >> 24) as f32 * part.clamp(0.0, 1.0)).round() as u32;
        Color((self.0 & 0x00ff_ffff) | (alpha << 24))
    }
    /// Between this and another: 0 is this one.
    #[must_use]
    pub fn mix(self, other: Color, part: f32) -> Color {
        let channel = |shift: u32| {
            let (a, b) = ((self.0 >> shift & 0xff) as f32, (other.0 >> shift & 0xff) as f32);
            ((a + (b - a) * part.clamp(0.0, 1.0)).round() as u32) << shift
        };
        Color(channel(0) | channel(8) | channel(16) | channel(24))
    }
    /// For egui.
    pub fn egui(self) -> egui::Color32 {
        let [r, g, b, a] = self.0.to_le_bytes();
        egui::Color32::from_rgba_unmultiplied(r, g, b, a)
    }
}

/// How a pod is, so far as a picture shows it: colour, glyph and fill tell it three times.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs)]
pub enum PodLook {
    Pending,
    Pulling,
    Creating,
    NotReady,
    Ready,
    Succeeded,
    BackOff,
    ImageBackOff,
    Failed,
    Terminating,
    Unknown,
}

impl PodLook {
    /// All looks, in the order of a pod's life.
    pub const ALL: [PodLook; 11] = [
        PodLook::Pending,
        PodLook::Pulling,
        PodLook::Creating,
        PodLook::NotReady,
        PodLook::Ready,
        PodLook::Succeeded,
        PodLook::BackOff,
        PodLook::ImageBackOff,
        PodLook::Failed,
        PodLook::Terminating,
        PodLook::Unknown,
    ];

    /// How a pod looks, by what `kubectl get pods` would print as its status.
    pub fn of(pod: &Pod) -> PodLook {
        if pod.metadata.deleting() {
            return PodLook::Terminating;
        }
        let status = podium_sim::print::pod_summary(pod).status;
        match status.as_str() {
            "Running" if pod.ready() => PodLook::Ready,
            "Running" => PodLook::NotReady,
            "Pending" if pod.node_name.is_empty() => PodLook::Pending,
            "Pending" | "ContainerCreating" | "PodInitializing" => PodLook::Creating,
            "Completed" => PodLook::Succeeded,
            "CrashLoopBackOff" => PodLook::BackOff,
            "ImagePullBackOff" | "ErrImagePull" | "InvalidImageName" => PodLook::ImageBackOff,
            "Unknown" => PodLook::Unknown,
            s if s.starts_with("Init:") && !s.contains("Err") && !s.contains("BackOff") => PodLook::Creating,
            _ => PodLook::Failed,
        }
    }

    /// The message that names it, in the catalogues.
    pub fn message(self) -> &'static str {
        match self {
            PodLook::Pending => "ui-pod-pending",
            PodLook::Pulling => "ui-pod-pulling",
            PodLook::Creating => "ui-pod-creating",
            PodLook::NotReady => "ui-pod-not-ready",
            PodLook::Ready => "ui-pod-ready",
            PodLook::Succeeded => "ui-pod-succeeded",
            PodLook::BackOff => "ui-pod-backoff",
            PodLook::ImageBackOff => "ui-pod-image-backoff",
            PodLook::Failed => "ui-pod-failed",
            PodLook::Terminating => "ui-pod-terminating",
            PodLook::Unknown => "ui-pod-unknown",
        }
    }

    /// How bad it is: a heat cell shows the worst of its pods.
    pub fn badness(self) -> u8 {
        match self {
            PodLook::Ready | PodLook::Succeeded => 0,
            PodLook::Creating | PodLook::Pulling => 1,
            PodLook::Pending | PodLook::NotReady | PodLook::Terminating => 2,
            PodLook::Unknown => 3,
            PodLook::BackOff | PodLook::ImageBackOff | PodLook::Failed => 4,
        }
    }
}

/// Light or dark.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// For projectors and bright rooms.
    #[default]
    Light,
    /// For screens.
    Dark,
}

/// The colours of a mode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Theme {
    /// Light or dark.
    pub mode: Mode,
    /// Behind everything.
    pub background: Color,
    /// Panels, and boxes on the picture.
    pub surface: Color,
    /// Racks.
    pub rack: Color,
    /// Free slots, idle edges, thin lines.
    pub line: Color,
    /// Text.
    pub text: Color,
    /// Text that matters less. Still 4.5 : 1 on the background.
    pub faint: Color,
    /// What is chosen, what can be clicked.
    pub accent: Color,
    /// Well.
    pub good: Color,
    /// Broken.
    pub bad: Color,
    /// Messages on their way.
    pub packet: Color,
}

/// Okabe and Ito's colours.
pub mod palette {
    use super::Color;
    /// Orange.
    pub const ORANGE: Color = Color::rgb(0xE6_9F00);
    /// Sky blue.
    pub const SKY: Color = Color::rgb(0x56_B4E9);
    /// Bluish green.
    pub const GREEN: Color = Color::rgb(0x00_9E73);
    /// Yellow.
    pub const YELLOW: Color = Color::rgb(0xF0_E442);
    /// Blue.
    pub const BLUE: Color = Color::rgb(0x00_72B2);
    /// Vermilion.
    pub const VERMILION: Color = Color::rgb(0xD5_5E00);
    /// Reddish purple.
    pub const PURPLE: Color = Color::rgb(0xCC_79A7);
    /// Grey.
    pub const GREY: Color = Color::rgb(0x99_9999);
}

impl Theme {
    /// The colours of a mode.
    pub const fn of(mode: Mode) -> Theme {
        match mode {
            Mode::Light => Theme {
                mode,
                background: Color::rgb(0xFA_FAF7),
                surface: Color::rgb(0xFF_FFFF),
                rack: Color::rgb(0xF0_F0EB),
                line: Color::rgb(0xC8_C8C0),
                text: Color::rgb(0x1A_1A1A),
                faint: Color::rgb(0x5A_5A55),
                accent: palette::BLUE,
                good: Color::rgb(0x00_7A59),
                bad: Color::rgb(0xB8_4F00),
                packet: Color::rgb(0x8A_3B8F),
            },
            Mode::Dark => Theme {
                mode,
                background: Color::rgb(0x14_171C),
                surface: Color::rgb(0x1D_2128),
                rack: Color::rgb(0x22_272F),
                line: Color::rgb(0x3C_434E),
                text: Color::rgb(0xEC_EDEE),
                faint: Color::rgb(0xA4_ABB5),
                accent: palette::SKY,
                good: Color::rgb(0x2F_C79B),
                bad: Color::rgb(0xFF_8A3D),
                packet: Color::rgb(0xE2_9BE6),
            },
        }
    }
}

/// A hue for an owner's name, so that its pods are seen to belong together; it never carries a state.
pub fn owner_color(name: &str) -> Color {
    const HUES: [u32; 8] =
        [0x00_72B2, 0xE6_9F00, 0x00_9E73, 0xCC_79A7, 0x8C_6D31, 0x56_B4E9, 0x6A_51A3, 0x63_6363];
    let hash = name.bytes().fold(2_166_136_261_u32, |h, b| (h ^ u32::from(b)).wrapping_mul(16_777_619));
    Color::rgb(HUES[(hash >> 7) as usize % HUES.len()])
}
