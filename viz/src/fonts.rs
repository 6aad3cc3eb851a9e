//! The fonts of the window: egui's own, and a part of Noto Sans SC for Chinese and for the signs that egui lacks.
//!
//! The part is made by `viz/tools/subset-font.py`; its licence is beside it. `viz/tests/glyphs.rs` holds that no
//! character of the catalogues, the lessons and the scenarios is drawn as an empty box.

use egui::{FontData, FontDefinitions, FontFamily};
use std::sync::Arc;

/// The name under which [`definitions`] and [`presenter_definitions`] list [`NOTO_SANS_SC`].
pub const NOTO_SANS_SC_NAME: &str = "NotoSansSC-GB2312L1";

/// Noto Sans SC Regular, reduced to ASCII, GB2312's symbols and level 1 and what else our texts need: a TrueType file.
pub static NOTO_SANS_SC: &[u8] = include_bytes!("../assets/fonts/NotoSansSC-GB2312L1.ttf");

/// egui's default fonts with Noto Sans SC behind the one that has the letters: before the emoji, which would draw `？`
/// and its like in their own way.
pub fn definitions() -> FontDefinitions {
    let mut fonts = FontDefinitions::default();
    fonts.font_data.insert(NOTO_SANS_SC_NAME.to_owned(), Arc::new(FontData::from_static(NOTO_SANS_SC)));
    for family in [FontFamily::Proportional, FontFamily::Monospace] {
        let names = fonts.families.entry(family).or_default();
        names.insert(names.len().min(1), NOTO_SANS_SC_NAME.to_owned());
    }
    fonts
}

/// The fonts for a projector: as [`definitions`], but proportional text is Noto Sans SC throughout, because the strokes
/// of egui's Ubuntu Light are too thin to be read from the back of a room.
pub fn presenter_definitions() -> FontDefinitions {
    let mut fonts = definitions();
    let names = fonts.families.entry(FontFamily::Proportional).or_default();
    names.retain(|name| name != NOTO_SANS_SC_NAME);
    names.insert(0, NOTO_SANS_SC_NAME.to_owned());
    fonts
}
