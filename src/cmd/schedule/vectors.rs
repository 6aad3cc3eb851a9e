//! `podium schedule --vectors`: recorded decisions of the real kube-scheduler against ours.

use crate::exit::Failure;
use flate2::read::MultiGzDecoder;
use podium_sim::scheduler::vectors::{Report, Tally, check};
use serde_json::json;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

/// Compares all files; fails if a decision differs.
pub fn run(files: &[PathBuf], as_json: bool) -> Result<(), Failure> {
    let mut all = Vec::new();
    for file in files {
        all.push((file.display().to_string(), compare(file)?));
    }
    let sum = |a: Tally, b: &Tally| Tally {
        compared: a.compared + b.compared,
        mismatches: a.mismatches + b.mismatches,
    };
    let total = all.iter().map(|(_, r)| r.total()).fold(Tally::default(), |a, b| sum(a, &b));
    if as_json {
        let tally = |t: &Tally| json!({"compared": t.compared, "mismatches": t.mismatches});
        let file = |(name, r): &(String, Report)| {
            let kinds: serde_json::Map<_, _> =
                r.kinds.iter().map(|(k, t)| ((*k).to_string(), tally(t))).collect();
            json!({"file": name, "kinds": kinds, "first": r.first})
        };
        let files: Vec<_> = all.iter().map(file).collect();
        println!("{:#}", json!({"files": files, "total": tally(&total)}));
    } else {
        for (name, r) in &all {
            println!("{}", crate::term::clean(name));
            for (kind, t) in &r.kinds {
                println!("  {kind:<28} {} mismatches / {}", t.mismatches, thousands(t.compared));
            }
            for m in &r.first {
                println!("  {}", crate::term::clean(m).replace('\n', "\n  "));
            }
            let rest = r.total().mismatches.saturating_sub(r.first.len() as u64);
            if rest > 0 {
                println!("  … and {rest} more");
            }
        }
        println!("{} mismatches / {}", total.mismatches, thousands(total.compared));
    }
    if total.mismatches == 0 { Ok(()) } else { Err(Failure::Assertion) }
}

fn thousands(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::new();
    for (i, d) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(d);
    }
    out
}

fn compare(path: &Path) -> Result<Report, Failure> {
    let name = path.display();
    let wrong = |e: std::io::Error| Failure::Invalid(format!("{name}: {e}"));
    let mut file = BufReader::new(File::open(path).map_err(wrong)?);
    let zipped = file.fill_buf().map_err(wrong)?.starts_with(&[0x1f, 0x8b]);
    let reader: Box<dyn Read> = if zipped { Box::new(MultiGzDecoder::new(file)) } else { Box::new(file) };
    let mut report = Report::default();
    let mut lines = 0;
    for (i, line) in BufReader::new(reader).lines().enumerate() {
        let at = |e: String| Failure::Invalid(format!("{name}, line {}: {e}", i + 1));
        let line = line.map_err(|e| at(e.to_string()))?;
        if line.trim().is_empty() {
            continue;
        }
        check(&line, &mut report).map_err(at)?;
        lines += 1;
    }
    if lines == 0 {
        return Err(Failure::Invalid(format!(
            "{name}: the file is empty\n  help: recorded decisions are JSON objects, one a line"
        )));
    }
    Ok(report)
}
