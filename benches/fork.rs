//! A fork of a full cluster, and the first second after it, in which it copies what changes.

// criterion's macros make public functions without documentation.
#![allow(missing_docs)]

mod common;

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use podium_sim::time::Span;

fn fork(c: &mut Criterion) {
    let world = common::ready(1_000, 30_000);
    let mut group = c.benchmark_group("1000 nodes, 30000 pods");
    group.sample_size(20);
    group.bench_function("fork", |b| b.iter_with_large_drop(|| world.fork()));
    let second = world.now() + Span::secs(1);
    group.bench_function("the second after a fork", |b| {
        b.iter_batched(
            || world.fork(),
            |mut copy| {
                copy.advance(second);
                copy
            },
            BatchSize::PerIteration,
        );
    });
    group.finish();
}

criterion_group!(benches, fork);
criterion_main!(benches);
