//! From an empty cluster to all pods Ready, with heartbeats, probes and events; trace off.

// criterion's macros make public functions without documentation.
#![allow(missing_docs)]

mod common;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use std::time::Duration;

fn world(c: &mut Criterion) {
    let mut group = c.benchmark_group("world");
    group.sample_size(10);
    for (nodes, pods, seconds) in [(100, 3_000, 10), (1_000, 30_000, 60)] {
        group.measurement_time(Duration::from_secs(seconds));
        group.throughput(Throughput::Elements(pods as u64));
        group
            .bench_function(format!("{nodes} nodes, {pods} pods"), |b| b.iter(|| common::ready(nodes, pods)));
    }
    group.finish();
}

criterion_group!(benches, world);
criterion_main!(benches);
