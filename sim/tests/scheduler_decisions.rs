//! Every recorded decision of the real kube-scheduler v1.34.1, against both of our paths. `podium schedule --vectors`
//! does the same with files of your own.

use flate2::read::GzDecoder;
use podium_sim::scheduler::vectors::{Report, check};
use std::io::{BufRead, BufReader};

fn run(file: &str) -> Report {
    let path = format!("{}/tests/data/kube-scheduler-v1.34.1/{file}.jsonl.gz", env!("CARGO_MANIFEST_DIR"));
    let data = std::fs::File::open(&path).unwrap_or_else(|e| panic!("{path}: {e}"));
    let mut report = Report::default();
    for (i, line) in BufReader::new(GzDecoder::new(data)).lines().enumerate() {
        let line = line.expect("the file is whole");
        check(&line, &mut report).unwrap_or_else(|e| panic!("{file}, line {}: {e}", i + 1));
    }
    report
}

/// Each file with the comparisons that it makes at least, by kind.
const FILES: [(&str, &[(&str, u64)]); 5] = [
    ("vectors", &[("verdicts on nodes", 15_019), ("choices", 2_000), ("fast path", 2_000)]),
    ("more", &[("verdicts on nodes", 5_871), ("choices", 800)]),
    ("preemption", &[("preemptions", 800), ("candidates of preemption", 725), ("messages", 800)]),
    ("sequences", &[("steps of sequences", 9_018), ("plugins that refuse", 2_102), ("preemptions", 101)]),
    ("volumes", &[("verdicts on nodes", 2_009), ("pods refused as a whole", 350)]),
];

#[test]
fn all_recorded_decisions_agree() {
    let mut wrong = Vec::new();
    for (file, kinds) in FILES {
        let report = run(file);
        for (kind, t) in &report.kinds {
            println!("{file:<12} {kind:<28} {} mismatches / {}", t.mismatches, t.compared);
        }
        for (kind, least) in kinds {
            let have = report.kinds.get(kind).map_or(0, |t| t.compared);
            assert!(have >= *least, "{file}: {have} {kind} were compared, not {least}");
        }
        wrong.extend(report.first);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Lines that are no recorded decisions, and what is said about them.
const BAD: [(&str, &str, &str); 6] = [
    ("no JSON", "{", "column 1"),
    ("no object", "[]", "expected"),
    ("no nodes", "{}", "no nodes"),
    (
        "neither pod nor steps",
        r#"{"nodes": [{"metadata": {"name": "a"}}], "snapshotOrder": ["a"]}"#,
        "neither",
    ),
    ("a wrong quantity", r#"{"nodes": [{"status": {"allocatable": {"cpu": "x"}}}]}"#, "quant"),
    (
        "an unknown step",
        r#"{"nodes": [{"metadata": {"name": "a"}}], "steps": [{"op": "dance"}]}"#,
        "unknown op \"dance\"",
    ),
];

#[test]
fn lines_of_other_shapes_are_refused() {
    for (name, line, want) in BAD {
        let error = check(line, &mut Report::default()).expect_err(name);
        assert!(error.contains(want), "{name}: {error}");
    }
}

#[test]
fn a_wrong_answer_is_noticed() {
    let line = r#"{"seed": 1, "nodes": [{"metadata": {"name": "a"}, "status": {"allocatable": {"pods": "1", "cpu": "1"}}}],
        "snapshotOrder": ["a"], "pod": {"metadata": {"name": "p"}, "spec": {"containers": []}},
        "expect": {"a": {"filter": "Too many pods", "plugin": "NodeResourcesFit"}}, "argmax": []}"#;
    let mut report = Report::default();
    check(line, &mut report).expect("it is a decision");
    let t = report.total();
    assert!(t.mismatches >= 2 && report.first[0].contains("Too many pods"), "{report:?}");
}
