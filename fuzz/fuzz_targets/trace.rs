//! Any bytes at all as a trace: reading them must neither panic nor ask for all memory. The checksums that keep a fuzzer
//! out are put right first, so that it gets to the records.
//!
//! `cargo +nightly fuzz run trace`, with a trace that `podium play --trace` wrote as first corpus.
#![no_main]

use libfuzzer_sys::fuzz_target;
use podium_sim::object::Str;
use podium_sim::trace::{Fold, Trace, TraceIndex, chain, export};

/// Writes the right checksum into each frame, as far as the frames go.
fn mend(bytes: &mut [u8]) {
    let mut at = 10;
    while let Some(head) = bytes.get(at..at + 13) {
        let stored = u32::from_le_bytes(head[5..9].try_into().expect("four bytes")) as usize;
        let Some(data) = bytes.get(at + 13..(at + 13).saturating_add(stored)) else { return };
        let crc = crc32fast::hash(data).to_le_bytes();
        bytes[at + 9..at + 13].copy_from_slice(&crc);
        at += 13 + stored;
    }
}

fuzz_target!(|input: &[u8]| {
    let mut bytes = input.to_vec();
    // The magic and the version are a gift.
    if bytes.len() > 10 {
        bytes[..8].copy_from_slice(b"PODIUMTR");
        bytes[8..10].copy_from_slice(&podium_sim::trace::FORMAT.to_le_bytes());
    }
    mend(&mut bytes);
    for bytes in [input, &bytes] {
        match Trace::read(bytes) {
            Err(e) => assert!(!e.to_string().is_empty()),
            Ok(t) => {
                let nodes: Vec<Str> = t.header.nodes.iter().map(|n| Str::from(n.as_str())).collect();
                let index = TraceIndex::new(&t.records, &nodes);
                for r in &t.records {
                    drop(chain(&index, r.id));
                    assert!(!export::json(r, &t.header).to_string().is_empty());
                }
                if let Some(last) = t.records.last() {
                    drop(Fold::at(&t.records, last.at));
                }
            }
        }
    }
});
