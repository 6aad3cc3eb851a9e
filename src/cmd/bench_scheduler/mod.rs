//! `podium bench scheduler`: the workloads of scheduler_perf, Kubernetes' benchmark of its scheduler.

mod files;
mod meter;
mod plot;
mod report;

use crate::cli::BenchSchedulerArgs;
use crate::exit::Failure;
use files::Found;
use meter::Stopwatch;
use podium_sim::diagnostic::Diagnostic;
use podium_sim::perf::model::{Case, Suite, Workload, fits};
use podium_sim::perf::objects::Library;
use podium_sim::perf::{self, Plan};
use regex::Regex;
use report::{Ran, head, notes};
use serde_json::{Value, json};

/// The label of the workloads that are run unless others are asked for.
const USUAL_LABEL: &str = "performance";

/// Which workloads to run.
struct Filter {
    name: Option<(String, Option<Regex>)>,
    label: Option<String>,
}

impl Filter {
    fn new(args: &BenchSchedulerArgs) -> Filter {
        let name = args.workload.as_ref().map(|w| (w.clone(), Regex::new(w).ok()));
        let usual = args.workload.is_none() && !args.all && !args.list;
        let label = args.label.clone().or_else(|| usual.then(|| USUAL_LABEL.to_owned()));
        Filter { name, label: label.filter(|_| !args.all) }
    }

    fn takes(&self, case: &Case, w: &Workload) -> bool {
        let full = case.full_name(w);
        let named = self.name.as_ref().is_none_or(|(text, regex)| {
            full.contains(text.as_str()) || regex.as_ref().is_some_and(|r| r.is_match(&full))
        });
        named && self.label.as_ref().is_none_or(|l| fits(l, &case.labels_of(w)))
    }
}

/// Runs the command.
pub fn run(args: &BenchSchedulerArgs) -> Result<(), Failure> {
    if let Some(out) = &args.plot
        && out.extension().is_none_or(|e| e != "svg")
    {
        return Err(Failure::Usage(format!(
            "--plot {}: the plot is an SVG; name a file that ends in .svg",
            out.display()
        )));
    }
    let found = files::find(&args.files)?;
    let mut mistakes = Vec::new();
    let mut suites = Vec::new();
    for f in &found {
        let (suite, told) = perf::read(&f.source);
        mistakes.extend(told.into_iter().filter(Diagnostic::is_error));
        suites.extend(suite.map(|s| (f, s)));
    }
    if !mistakes.is_empty() {
        return Err(Failure::Mistakes(mistakes));
    }
    let filter = Filter::new(args);
    let count =
        suites.iter().flat_map(|(_, s)| &s.cases).flat_map(|c| c.workloads.iter().map(move |w| (c, w)));
    if count.filter(|(c, w)| filter.takes(c, w)).count() == 0 {
        return Err(nothing(&filter, &suites));
    }
    if args.list {
        list(&filter, &suites);
        return Ok(());
    }
    let plans = plans(&filter, &suites)?;
    if !args.json {
        println!("{}", head());
    }
    let (mut ran, mut skipped) = (Vec::new(), Vec::new());
    for plan in plans {
        if let Some(why) = &plan.refused {
            eprintln!("skipped {}: {why}", plan.name);
            skipped.push(json!({"name": plan.name, "reason": why}));
            continue;
        }
        let mut watch = Stopwatch::new(&plan.name, plan.measured);
        let outcome = perf::run(&plan, args.seed, &mut watch);
        watch.clear();
        let one = Ran { plan, outcome, measured: watch.done };
        if !args.json {
            println!("{}", one.rows());
        }
        for problem in &one.outcome.problems {
            eprintln!("FAILED {}: {problem}", one.plan.name);
        }
        ran.push(one);
    }
    if args.json {
        let items: Vec<Value> = ran.iter().flat_map(Ran::items).collect();
        println!("{:#}", json!({"version": "v1", "dataItems": items, "skipped": skipped}));
    } else {
        for note in notes(&ran) {
            println!("{note}");
        }
    }
    if let Some(out) = &args.plot {
        let svg = plot::svg(&ran).map_err(|e| Failure::Invalid(format!("there is nothing to plot: {e}")))?;
        std::fs::write(out, svg)
            .map_err(|e| Failure::Lacking(format!("cannot write {}: {e}", out.display())))?;
    }
    if ran.iter().any(|r| !r.outcome.problems.is_empty()) { Err(Failure::Assertion) } else { Ok(()) }
}

/// All workloads that were chosen, prepared; all mistakes in them, if there are any.
fn plans(filter: &Filter, suites: &[(&Found, Suite)]) -> Result<Vec<Plan>, Failure> {
    let (mut out, mut mistakes) = (Vec::new(), Vec::new());
    for (found, suite) in suites {
        found.with_loader(|loader| {
            let mut library = Library::new(loader);
            for case in &suite.cases {
                for w in case.workloads.iter().filter(|w| filter.takes(case, w)) {
                    match perf::plan(suite, case, w, &mut library) {
                        Ok(plan) => out.push(plan),
                        Err(found) => mistakes.extend(found),
                    }
                }
            }
        });
    }
    // Workloads of one test case share their operations, and with them mistakes.
    let mut told: Vec<Diagnostic> = Vec::new();
    for m in mistakes {
        if !told.contains(&m) {
            told.push(m);
        }
    }
    if told.is_empty() { Ok(out) } else { Err(Failure::Mistakes(told)) }
}

fn list(filter: &Filter, suites: &[(&Found, Suite)]) {
    for (_, suite) in suites {
        for case in &suite.cases {
            for w in case.workloads.iter().filter(|w| filter.takes(case, w)) {
                let threshold = if w.threshold > 0.0 { format!("{}", w.threshold) } else { "-".into() };
                println!("{:<66} {threshold:>6} {}", case.full_name(w), case.labels_of(w).join(","));
            }
        }
    }
}

fn nothing(filter: &Filter, suites: &[(&Found, Suite)]) -> Failure {
    let cases: Vec<&str> = suites.iter().flat_map(|(_, s)| &s.cases).map(|c| c.name.text.as_str()).collect();
    let mut asked = Vec::new();
    if let Some((name, _)) = &filter.name {
        asked.push(format!("whose name matches `{name}`"));
    }
    if let Some(label) = &filter.label {
        asked.push(format!("with the label {label}"));
    }
    Failure::Usage(format!(
        "there is no workload {}\n  the test cases are {}\n  help: --list shows all workloads with their labels, and \
         --all runs them whatever their labels",
        asked.join(" and "),
        cases.join(", ")
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Unmeasured;
    impl perf::Meter for Unmeasured {}

    #[test]
    fn the_pods_of_all_short_workloads_end_where_they_should() {
        let found = files::find(&[]).unwrap_or_else(|e| panic!("{e}"));
        let (mut ran, mut wrong) = (0, Vec::new());
        for f in &found {
            let (suite, told) = perf::read(&f.source);
            let suite = suite.unwrap_or_else(|| panic!("{told:?}"));
            f.with_loader(|loader| {
                let mut library = Library::new(loader);
                for case in &suite.cases {
                    // All are prepared, so that no template lies there unread; the short ones are run.
                    for w in &case.workloads {
                        let plan = perf::plan(&suite, case, w, &mut library);
                        let plan = plan.unwrap_or_else(|found| panic!("{}", Failure::Mistakes(found)));
                        if !fits("short", &case.labels_of(w)) {
                            continue;
                        }
                        ran += 1;
                        let outcome = perf::run(&plan, 1, &mut Unmeasured);
                        if !outcome.problems.is_empty() || outcome.measured < plan.measured {
                            wrong.push(format!("{}: {outcome:?}", plan.name));
                        }
                    }
                    assert!(
                        case.workloads.iter().any(|w| fits("short", &case.labels_of(w))),
                        "{}",
                        case.name.text
                    );
                }
            });
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        assert!(ran > 20, "only {ran} workloads were run");
    }
}
