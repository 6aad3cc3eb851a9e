//! Every character that the window may have to show has a glyph in its fonts: those of the catalogues, of the lessons
//! and scenarios, and the signs on its buttons.
//!
//! egui says nothing about a character which no font has; it draws a box in its place. Its own `has_glyph` is no help:
//! it takes every character for missing whose glyph is in the font that has the box, and for monospace text that font is
//! the one with the letters. So the characters are laid out here, and their pictures compared with that of the box.

use egui::epaint::text::{Fonts, TextOptions};
use egui::{Color32, FontDefinitions, FontId};
use podium_viz::fonts::{NOTO_SANS_SC_NAME, definitions};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

/// Signs beyond the texts' that the window may use for buttons and states. All are in one of the fonts; ✗ ❚ ☾ and ⏻, for
/// example, are in none.
const SIGNS: &str = "←→↑↓⇅▶◀■●○◐◔◌▣▢✓✔✖×·…—“”‘’≥≤⅛¼½⏮⏭⏸⟲☰☀";

/// For private use and given to nothing: no font has it, so it is drawn as the box.
const NOWHERE: char = '\u{10FFFD}';

/// Not drawn at all: the ends of lines, and the marks that Fluent can put around what it fills in.
fn unseen(c: char) -> bool {
    matches!(c, '\n' | '\r' | '\u{2068}' | '\u{2069}')
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The files below `folder` whose names end in `.extension`, in order.
fn files(folder: &str, extension: &str) -> Vec<PathBuf> {
    let mut out = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display())) {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == extension) {
                out.push(path);
            }
        }
    }
    out.sort();
    out
}

/// Each character with the place where it was first seen.
#[derive(Default)]
struct Characters(BTreeMap<char, String>);

impl Characters {
    fn add(&mut self, name: &str, text: &str) {
        for (i, line) in text.split('\n').enumerate() {
            for c in line.chars().filter(|c| !unseen(*c)) {
                self.0.entry(c).or_insert_with(|| format!("{name}:{}", i + 1));
            }
        }
    }

    /// The catalogues, the lessons and the scenarios.
    fn of_the_repository() -> Characters {
        let mut out = Characters::default();
        for (folder, extension) in [("sim/locales", "ftl"), ("scenarios", "yaml")] {
            let files = files(folder, extension);
            assert!(!files.is_empty(), "no .{extension} in {folder}");
            for path in files {
                let name = path.strip_prefix(root()).unwrap().display().to_string();
                out.add(&name, &fs::read_to_string(&path).unwrap());
            }
        }
        out
    }
}

/// Where a character's picture is in the texture, or none if there is nothing to draw. Two characters drawn with one
/// glyph have one picture.
fn picture(fonts: &mut Fonts, font: &FontId, c: char) -> Option<([u16; 2], [u16; 2])> {
    let galley = fonts.with_pixels_per_point(1.0).layout_no_wrap(c.to_string(), font.clone(), Color32::WHITE);
    let glyph = galley.rows.first()?.glyphs.first()?;
    (!glyph.uv_rect.is_nothing()).then_some((glyph.uv_rect.min, glyph.uv_rect.max))
}

/// One line for each character without a glyph and each family of fonts that lacks it.
fn missing(what: &str, definitions: FontDefinitions, characters: &Characters) -> String {
    let mut out = String::new();
    let mut fonts = Fonts::new(TextOptions::default(), definitions);
    for font in [FontId::proportional(14.0), FontId::monospace(14.0)] {
        let a_box = picture(&mut fonts, &font, NOWHERE);
        assert!(a_box.is_some(), "{what}, {}: nothing stands for a missing character", font.family);
        for (&c, place) in &characters.0 {
            let drawn = picture(&mut fonts, &font, c);
            // A blank has no picture, and needs none.
            if drawn == a_box || drawn.is_none() && !c.is_whitespace() {
                writeln!(out, "{c:?} (U+{:04X}) of {place}: not in {what}, {}", c as u32, font.family)
                    .unwrap();
            }
        }
    }
    out
}

/// Holds the characters against the fonts.
fn hold(characters: &Characters) {
    let out = missing("definitions()", definitions(), characters);
    assert!(
        out.is_empty(),
        "no glyph for these; viz/tools/subset-font.py makes the font anew with what the texts contain:\n{out}"
    );
}

#[test]
fn the_texts_have_glyphs() {
    let characters = Characters::of_the_repository();
    for c in ['A', '→', '的', '，'] {
        assert!(characters.0.contains_key(&c), "{c} was not read from the files");
    }
    hold(&characters);
}

#[test]
fn the_signs_have_glyphs() {
    let mut characters = Characters::default();
    characters.add("SIGNS", SIGNS);
    hold(&characters);
}

#[test]
fn common_chinese_has_glyphs() {
    // The first, some, and the last of the characters of GB2312's level 1, and signs of its symbols.
    let mut characters = Characters::default();
    characters.add("GB2312", "啊阿埃挨哎唉哀皑癌蔼……集群节点调度容器……座　、。《》【】①⑩㈠ⅠⅫΩωЯя");
    hold(&characters);
}

#[test]
fn a_missing_glyph_is_found() {
    let mut characters = Characters::default();
    characters.add("a.ftl", "a = 容器\nb = 饕餮 \u{2068}容\u{2069}\n");
    let expected: String = ["Proportional", "Monospace"]
        .iter()
        .flat_map(|family| {
            [('餮', "U+992E"), ('饕', "U+9955")]
                .map(|(c, code)| format!("'{c}' ({code}) of a.ftl:2: not in ours, {family}\n"))
        })
        .collect();
    assert_eq!(missing("ours", definitions(), &characters), expected);
    // egui's own fonts have no Chinese.
    let found = missing("egui's", FontDefinitions::default(), &characters);
    assert!(found.contains("'容' (U+5BB9) of a.ftl:1: not in egui's, Proportional\n"), "{found}");
}

#[test]
fn noto_sans_sc_is_behind_the_letters() {
    for (family, names) in definitions().families {
        assert_eq!(names.iter().position(|n| n == NOTO_SANS_SC_NAME), Some(1), "{family}");
    }
}
