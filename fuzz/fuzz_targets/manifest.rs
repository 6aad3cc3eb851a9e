//! Any text at all: parsing it must neither panic nor hang, and every finding must be printable.
//!
//! `cargo +nightly fuzz run manifest`, with `sim/tests/bad_manifests` as a good first corpus.
#![no_main]

use libfuzzer_sys::fuzz_target;
use podium_sim::diagnostic::SourceText;
use podium_sim::manifest::parse_manifests;

fuzz_target!(|text: &str| {
    let (docs, found) = parse_manifests(SourceText::new("fuzz.yaml", text));
    for one in &found {
        assert!(one.span.is_some_and(|span| span.start <= text.len()));
        assert!(!one.to_string().is_empty());
    }
    for doc in &docs {
        assert!(doc.locate("kind").exact);
    }
});
