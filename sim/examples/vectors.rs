//! tmp
use std::io::BufRead;
fn main() {
    let mut r = podium_sim::scheduler::vectors::Report::default();
    for f in std::env::args().skip(1) {
        for (i, l) in std::io::BufReader::new(std::fs::File::open(&f).unwrap()).lines().enumerate() {
            if let Err(e) = podium_sim::scheduler::vectors::check(&l.unwrap(), &mut r) {
                println!("{f}:{}: {e}", i + 1);
            }
        }
    }
    for m in r.first.iter().take(8) {
        println!("{m}");
    }
    for (k, t) in &r.kinds {
        println!("{:<30} {} mismatches / {}", k, t.mismatches, t.compared);
    }
}
