//! The fonts of the window: Noto Sans for Latin text, whose strokes can be read from the back of a room (egui's own are
//! thin), a part of Noto Sans SC for Chinese, and egui's fonts for signs that both lack.
//!
//! Both are made by `viz/tools/subset-font.py`; their licences are beside them. `viz/tests/glyphs.rs` holds that no
//! character of the catalogues, the lessons and the scenarios is drawn as an empty box.

use egui::{FontData, FontDefinitions, FontFamily};
use std::sync::Arc;

/// The name under which [`definitions`] lists [`NOTO_SANS_SC`].
pub const NOTO_SANS_SC_NAME: &str = "NotoSansSC-GB2312L1";

/// The name under which [`definitions`] lists [`NOTO_SANS`].
pub const NOTO_SANS_NAME: &str = "NotoSans-Latin";

/// Noto Sans SC Regular, reduced to ASCII, GB2312's symbols and level 1 and what else our texts need: a TrueType file.
pub static NOTO_SANS_SC: &[u8] = include_bytes!("../assets/fonts/NotoSansSC-GB2312L1.ttf");

/// Noto Sans Regular, reduced to ASCII and Latin-1: a TrueType file.
pub static NOTO_SANS: &[u8] = include_bytes!("../assets/fonts/NotoSans-Latin.ttf");

/// Noto Sans before all others where text is proportional; Noto Sans SC behind the font that has the letters, and before
/// the emoji, which would draw `？` and its like in their own way.
pub fn definitions() -> FontDefinitions {
    let mut fonts = FontDefinitions::default();
    for (name, bytes) in [(NOTO_SANS_NAME, NOTO_SANS), (NOTO_SANS_SC_NAME, NOTO_SANS_SC)] {
        fonts.font_data.insert(name.to_owned(), Arc::new(FontData::from_static(bytes)));
    }
    fonts.families.entry(FontFamily::Proportional).or_default().insert(0, NOTO_SANS_NAME.to_owned());
    for family in [FontFamily::Proportional, FontFamily::Monospace] {
        let names = fonts.families.entry(family).or_default();
        names.insert(names.len().min(1), NOTO_SANS_SC_NAME.to_owned());
    }
    fonts
}
