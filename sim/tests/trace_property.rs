//! A trace that was changed by a byte, or cut, is refused or reads as before; it never reads as something else and
//! never panics.

mod common;

use common::{check, life, play};
use podium_sim::time::Span;
use podium_sim::trace::{Header, Level, Trace, TraceError, Writer};
use proptest::prelude::*;

fn header() -> Header {
    Header {
        name: "small".into(),
        seed: 3,
        nodes: vec!["node-1".into(), "node-2".into(), "node-3".into()],
        files: vec![("small.yaml".into(), "kind: Scenario\n".repeat(20))],
        ..Header::default()
    }
}

fn small() -> Vec<u8> {
    let life = common::Life { seed: 3, ops: vec![(0, common::Op::Apply { app: 0, replicas: 1, image: 0 })] };
    let (world, records) = play(&life, Level::Lifecycle, Span::secs(5), &[]);
    let mut w = Writer::new(&header());
    w.add(&records);
    w.finish(world.input_log(), &Default::default(), world.now())
}

/// Refused with a place in the file, or read as the same.
fn refused_or_equal(bytes: &[u8], good: &Trace) -> Result<bool, TestCaseError> {
    match Trace::read(bytes) {
        Err(e) => {
            match e {
                TraceError::Foreign | TraceError::Version(_) => {}
                TraceError::Truncated(at, _) | TraceError::Damaged(at, _) => {
                    prop_assert!(at <= bytes.len() as u64, "byte {} of {}", at, bytes.len());
                }
            }
            prop_assert!(!e.to_string().is_empty());
            Ok(true)
        }
        Ok(t) => {
            prop_assert_eq!(&t.header, &good.header);
            prop_assert_eq!(&t.records, &good.records);
            prop_assert_eq!(&t.blocks, &good.blocks);
            prop_assert_eq!(format!("{:?}", t.inputs), format!("{:?}", good.inputs));
            Ok(false)
        }
    }
}

#[test]
fn any_changed_byte_is_noticed() {
    let bytes = small();
    let good = Trace::read(&bytes).expect("a good trace");
    check("any_changed_byte_is_noticed", 3000, (0..bytes.len(), 1u8..=255), |(at, mask)| {
        let mut bad = bytes.clone();
        bad[at] ^= mask;
        refused_or_equal(&bad, &good).map(drop)
    });
}

#[test]
fn every_bit_of_the_frames_heads_is_noticed() {
    let bytes = small();
    let good = Trace::read(&bytes).expect("a good trace");
    let mut refused = 0;
    for at in (0..60).chain(bytes.len() - 60..bytes.len()) {
        for bit in 0..8 {
            let mut bad = bytes.clone();
            bad[at] ^= 1 << bit;
            refused += usize::from(
                refused_or_equal(&bad, &good).unwrap_or_else(|e| panic!("byte {at}, bit {bit}: {e}")),
            );
        }
    }
    assert!(refused > 900, "{refused}");
}

#[test]
fn any_cut_is_refused() {
    let bytes = small();
    let good = Trace::read(&bytes).expect("a good trace");
    check("any_cut_is_refused", 1000, 0..bytes.len(), |len| {
        prop_assert!(refused_or_equal(&bytes[..len], &good)?, "cut at {} and accepted", len);
        Ok(())
    });
}

#[test]
fn any_bytes_at_all_are_refused() {
    let bytes = small();
    let good = Trace::read(&bytes).expect("a good trace");
    let any = (prop::collection::vec(any::<u8>(), 0..300), 0..bytes.len());
    check("any_bytes_at_all_are_refused", 2000, any, |(noise, at)| {
        prop_assert!(refused_or_equal(&noise, &good)?);
        // Behind a good beginning, too.
        let spliced = [&bytes[..at], &noise[..]].concat();
        refused_or_equal(&spliced, &good).map(drop)
    });
}

#[test]
fn every_life_survives_the_file() {
    check("every_life_survives_the_file", 24, life(), |life| {
        let (world, records) = play(&life, Level::Full, Span::secs(90), &[]);
        let mut w = Writer::new(&header());
        // In two halves, as a run that writes as it goes.
        let (a, b) = records.split_at(records.len() / 2);
        w.add(a);
        w.add(b);
        let bytes = w.finish(world.input_log(), &Default::default(), world.now());
        let back = Trace::read(&bytes).map_err(|e| TestCaseError::fail(e.to_string()))?;
        common::same_records(&records, &back.records)?;
        prop_assert_eq!(back.header, header());
        prop_assert_eq!(back.inputs.len(), world.input_log().len());
        prop_assert_eq!(back.blocks.iter().map(|b| b.count).sum::<u64>(), records.len() as u64);
        Ok(())
    });
}
