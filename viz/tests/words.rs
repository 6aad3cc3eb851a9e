//! What the window says, and whether it can be read: messages, sizes, contrast.

mod common;

use common::{LESSON, open, seen as view};
use podium_sim::caption::{Catalogue, Lang};
use podium_viz::Options;
use podium_viz::theme::Mode;
use std::collections::BTreeSet;
use std::path::Path;

/// The words between quotes that name a message of the window or of the front doors.
fn named(folder: &Path, out: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            named(&path, out);
        } else if path.extension().is_some_and(|e| e == "rs") {
            let text = std::fs::read_to_string(&path).unwrap();
            out.extend(text.split('"').filter(|w| w.starts_with("view-") && w.len() > 5).map(str::to_owned));
        }
    }
}

/// Names of egui's areas, which are no messages.
const AREAS: &[&str] = &["view-top", "view-timeline", "view-caption", "view-left", "view-right", "view-help"];

#[test]
fn no_text_of_a_panel_is_smaller_than_fourteen_points_and_colours_can_be_read() {
    let light = |c: egui::Color32| {
        let part = |v: u8| {
            let v = f32::from(v) / 255.0;
            if v <= 0.04045 { v / 12.92 } else { ((v + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * part(c.r()) + 0.7152 * part(c.g()) + 0.0722 * part(c.b())
    };
    let contrast = |a: egui::Color32, b: egui::Color32| {
        let (a, b) = (light(a).max(light(b)), light(a).min(light(b)));
        (a + 0.05) / (b + 0.05)
    };
    for mode in [Mode::Light, Mode::Dark] {
        let mut h = open(LESSON, Options { mode, ..Options::default() });
        h.run();
        let style = h.ctx.global_style();
        assert!(style.text_styles.values().all(|f| f.size >= 14.0));
        assert!(style.animation_time.abs() < 1e-9, "the view is still");
        let theme = view(&h).theme();
        for text in [theme.text, theme.faint, theme.accent, theme.good, theme.bad] {
            let c = contrast(text.egui(), theme.surface.egui());
            assert!(c >= 4.5, "{mode:?} {text:x?}: {c}");
        }
        for w in
            [&style.visuals.widgets.inactive, &style.visuals.widgets.hovered, &style.visuals.widgets.active]
        {
            assert!(contrast(w.fg_stroke.color, w.weak_bg_fill) >= 4.5);
        }
    }
}

#[test]
fn every_message_of_the_window_exists_and_is_used() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut used = BTreeSet::new();
    named(&root.join("src"), &mut used);
    let of = |lang: &str| -> BTreeSet<String> {
        let path = root.join("../sim/locales").join(lang).join("view.ftl");
        let text = std::fs::read_to_string(path).unwrap();
        let ids = text.lines().filter(|l| l.starts_with("view-"));
        ids.filter_map(|l| Some(l.split_once(" =")?.0.to_owned())).collect()
    };
    let (en, zh) = (of("en"), of("zh-CN"));
    assert_eq!(en, zh);
    for id in &used {
        assert!(
            en.contains(id) || AREAS.contains(&id.as_str()) || id == "view-question",
            "{id} has no message"
        );
    }
    for id in &en {
        assert!(used.contains(id), "{id} is used nowhere");
    }
    for lang in Lang::ALL {
        let c = Catalogue::new(lang);
        assert!(en.iter().all(|id| c.has(id)));
    }
}
