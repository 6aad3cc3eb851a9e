//! `podium test`: plays every scenario below some paths, checks assertions and invariants, and of
//! lessons also that the answer is the declared one and that each wrong variant fails where it should.

use crate::cli::TestArgs;
use crate::exit::Failure;
use crate::load;
use crate::standing::{self, Standing};
use crate::term::Style;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use podium_sim::check::Checker;
use podium_sim::scenario::{PlannedFault, Report, Run, RunOptions, Scenario, plan, shrink};
use podium_sim::time::Span;
use podium_sim::trace::Level;
use serde_json::{Value, json};
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::time::{Duration, Instant};

/// One scenario with one seed.
struct Case {
    path: PathBuf,
    /// The scenario, or why the file holds none.
    scenario: Result<Arc<Scenario>, String>,
    seed: u64,
}

/// How it went.
struct Verdict {
    name: String,
    path: PathBuf,
    /// What went wrong; empty if nothing.
    problems: Vec<String>,
    /// The seed that it was played with, and how to play it again; nothing if the file could not be played.
    played: Option<(u64, String)>,
    /// How the workloads stand at the end, if nothing is demanded of the run.
    standing: Option<Standing>,
    virtual_time: Span,
    took: Duration,
}

impl Verdict {
    fn passed(&self) -> bool {
        self.problems.is_empty()
    }
}

/// Runs the command.
pub fn run(args: &TestArgs) -> Result<(), Failure> {
    let files = collect(&args.paths)?;
    let cases: Vec<Case> = files.iter().flat_map(|f| cases(f, args)).collect();
    if cases.is_empty() {
        let shown: Vec<String> = args.paths.iter().map(|p| p.display().to_string()).collect();
        return Err(Failure::Invalid(format!("no scenario below {}", shown.join(", "))));
    }
    let began = Instant::now();
    let verdicts = play_all(&cases, args);
    let took = began.elapsed();
    let failed = verdicts.iter().filter(|v| !v.passed()).count();
    let invalid = verdicts.iter().filter(|v| v.played.is_none()).count();
    if args.json {
        let list: Vec<Value> = verdicts.iter().map(as_json).collect();
        println!(
            "{:#}",
            json!({"passed": verdicts.len() - failed, "failed": failed, "invalid": invalid, "seconds": took.as_secs_f64(), "scenarios": list})
        );
    } else {
        print(&verdicts, args.seeds > 1, took);
    }
    if let Some(path) = &args.junit {
        std::fs::write(path, junit(&verdicts)?)
            .map_err(|e| Failure::Usage(format!("{}: {e}", path.display())))?;
    }
    match (failed, invalid) {
        (0, _) => Ok(()),
        // All has been said; what remains is the exit code.
        (f, i) if f == i => Err(Failure::Mistakes(Vec::new())),
        _ => Err(Failure::Assertion),
    }
}

/// All scenario files below the paths, in name order. A file that is named is taken as it is; in a
/// folder only those that say `kind: Scenario` are, since their manifests lie beside them. What is not there is
/// taken, too: that it is missing is said where its turn comes.
fn collect(paths: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    fn walk(dir: &Path, out: &mut Vec<PathBuf>) -> std::io::Result<()> {
        let mut entries: Vec<PathBuf> =
            std::fs::read_dir(dir)?.map(|e| e.map(|e| e.path())).collect::<std::io::Result<_>>()?;
        entries.sort();
        for p in entries {
            if p.is_dir() {
                walk(&p, out)?;
            } else if p.extension().is_some_and(|x| x == "yaml" || x == "yml") {
                let text = std::fs::read_to_string(&p)?;
                if text.lines().any(|l| l.trim_end() == "kind: Scenario") {
                    out.push(p);
                }
            }
        }
        Ok(())
    }
    let mut out = Vec::new();
    for p in paths {
        if p.is_dir() {
            walk(p, &mut out).map_err(|e| Failure::Invalid(format!("{}: {e}", p.display())))?;
        } else {
            out.push(p.clone());
        }
    }
    Ok(out)
}

fn cases(path: &Path, args: &TestArgs) -> Vec<Case> {
    match load::scenario(path) {
        Err(e) => vec![Case { path: path.into(), scenario: Err(e.to_string()), seed: 0 }],
        Ok(l) => {
            let first = args.seed.unwrap_or(l.scenario.spec.seed);
            (0..args.seeds)
                .map(|i| Case {
                    path: path.into(),
                    scenario: Ok(l.scenario.clone()),
                    seed: first.wrapping_add(i),
                })
                .collect()
        }
    }
}

/// Plays the cases on all cores; the verdicts come back in the order of the cases.
fn play_all(cases: &[Case], args: &TestArgs) -> Vec<Verdict> {
    let jobs =
        args.jobs.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from)).max(1);
    let bar = ProgressBar::new(cases.len() as u64);
    if !std::io::stderr().is_terminal() || args.json {
        bar.set_draw_target(ProgressDrawTarget::hidden());
    }
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} {msg}") {
        bar.set_style(style);
    }
    let next = AtomicUsize::new(0);
    let (tx, rx) = mpsc::channel();
    let mut done: Vec<Option<Verdict>> = cases.iter().map(|_| None).collect();
    std::thread::scope(|scope| {
        for _ in 0..jobs.min(cases.len()) {
            let (tx, next) = (tx.clone(), &next);
            scope.spawn(move || {
                while let Some((i, case)) = {
                    let i = next.fetch_add(1, Ordering::Relaxed);
                    cases.get(i).map(|c| (i, c))
                } {
                    if tx.send((i, judge(case))).is_err() {
                        return;
                    }
                }
            });
        }
        drop(tx);
        for (i, verdict) in rx {
            bar.set_message(verdict.name.clone());
            bar.inc(1);
            done[i] = Some(verdict);
        }
    });
    bar.finish_and_clear();
    done.into_iter().flatten().collect()
}

fn options(case: &Case, plan: Option<Vec<PlannedFault>>) -> RunOptions {
    RunOptions {
        seed: Some(case.seed),
        level: Level::Full,
        keep_records: true,
        plan,
        file: case.path.display().to_string(),
        ..RunOptions::default()
    }
}

/// Plays one run to its end, the invariant checkers reading along.
fn play(scenario: &Arc<Scenario>, options: RunOptions) -> (Report, Vec<String>, Option<Standing>) {
    let mut run = Run::new(scenario.clone(), options);
    let mut checker = Checker::new();
    while !run.ended() {
        let Some(next) = run.next_deadline() else { break };
        run.step_until(next);
        run.take_records().iter().for_each(|r| checker.record(r));
    }
    let report = run.to_end();
    run.take_records().iter().for_each(|r| checker.record(r));
    let world = run.cluster();
    if world.quiet(Span::secs(30), Span::secs(30)) {
        checker.settled(world.objects(), world.now());
    }
    let broken =
        checker.violations().iter().map(|v| format!("invariant {}: {} (at {})", v.rule, v.what, v.at));
    (report, broken.take(5).collect(), standing::of_run(scenario, world.objects()))
}

/// What tells one way to fail from another: the rule or the demand that was broken, and where.
fn signature(report: &Report, broken: &[String]) -> Option<String> {
    match (broken.first(), &report.failure) {
        (Some(rule), _) => rule.split(": ").next().map(str::to_owned),
        (None, Some(f)) => Some(format!("{} {}", f.step, f.demand)),
        (None, None) => (!report.passed).then(|| report.ended.to_string()),
    }
}

fn problems(report: &Report, broken: Vec<String>) -> Vec<String> {
    let mut out = broken;
    if !report.passed {
        out.push(report.to_string().trim_end().to_owned());
    }
    out
}

fn judge(case: &Case) -> Verdict {
    let began = Instant::now();
    let scenario = match &case.scenario {
        Ok(s) => s.clone(),
        Err(e) => {
            return Verdict {
                name: case.path.display().to_string(),
                path: case.path.clone(),
                problems: vec![e.clone()],
                played: None,
                standing: None,
                virtual_time: Span::ZERO,
                took: began.elapsed(),
            };
        }
    };
    let repeat = format!("podium play {} --seed {}", case.path.display(), case.seed);
    let (report, broken, standing) = play(&scenario, options(case, None));
    let mut found = problems(&report, broken.clone());
    if !found.is_empty() && scenario.spec.chaos.is_some() {
        // The same failure, not just any.
        let failure = signature(&report, &broken);
        let few = shrink(&scenario, case.seed, |plan| {
            let (r, b, _) = play(&scenario, options(case, Some(plan.to_vec())));
            signature(&r, &b) == failure
        });
        let drawn = plan(&scenario, case.seed);
        let all = drawn.len();
        let list: Vec<String> = few.iter().map(|f| format!("    {f}")).collect();
        let numbers: Vec<String> =
            few.iter().filter_map(|f| Some((drawn.iter().position(|d| d == f)? + 1).to_string())).collect();
        found.push(if few.is_empty() {
            format!("it fails without any of its {all} faults, too")
        } else {
            format!(
                "{} of its {all} faults are enough to make it fail so:\n{}\n    alone: {repeat} --faults {}",
                few.len(),
                list.join("\n"),
                numbers.join(",")
            )
        });
    }
    if let Some(lesson) = &scenario.spec.lesson {
        if let Some(p) = &lesson.prediction
            && report.answer.as_deref() != Some(&p.answer)
            && report.passed
        {
            let computed = report.answer.as_deref().unwrap_or("none");
            found.push(format!("the declared answer is {:?}, the run computes {computed:?}", p.answer));
        }
        for wrong in &lesson.wrong {
            let variant = Arc::new(scenario.variant(wrong));
            let (r, ..) = play(&variant, options(case, None));
            match &r.failure {
                None => found.push(format!(
                    "the wrong variant {:?} passes; it must fail at step {:?}",
                    wrong.name, wrong.fails
                )),
                Some(f) if f.step != wrong.fails => found.push(format!(
                    "the wrong variant {:?} fails at step {:?} instead of {:?}: {}",
                    wrong.name, f.step, wrong.fails, f.demand
                )),
                Some(_) => {}
            }
        }
    }
    Verdict {
        name: scenario.metadata.name.clone(),
        path: case.path.clone(),
        problems: found,
        played: Some((case.seed, repeat)),
        standing,
        virtual_time: report.ended_at - podium_sim::time::SimTime(0),
        took: began.elapsed(),
    }
}

fn print(verdicts: &[Verdict], many: bool, took: Duration) {
    let style = Style::stdout();
    let failed = verdicts.iter().filter(|v| !v.passed()).count();
    let invalid = verdicts.iter().filter(|v| v.played.is_none()).count();
    let mut at = 0;
    while at < verdicts.len() {
        // With many seeds, one line a file.
        let end = if many {
            at + verdicts[at..].iter().take_while(|v| v.path == verdicts[at].path).count()
        } else {
            at + 1
        };
        let group = &verdicts[at..end];
        let bad = group.iter().filter(|v| !v.passed()).count();
        let mark = if bad == 0 { style.good("ok  ") } else { style.bad("FAIL") };
        let seeds =
            if many { format!("  {} of {} seeds", group.len() - bad, group.len()) } else { String::new() };
        let longest = group.iter().map(|v| v.virtual_time).max().unwrap_or_default();
        let took: Duration = group.iter().map(|v| v.took).sum();
        let path = group[0].path.display();
        if group[0].played.is_some() {
            let ms = took.as_secs_f64() * 1000.0;
            let standings = || group.iter().filter_map(|v| v.standing.as_ref());
            let standing = standings().find(|s| !s.well).or_else(|| standings().next());
            let note = standing.map_or(String::new(), |s| {
                let text = format!("({})", s.text);
                format!("  {}", if s.well { style.dim(&text) } else { style.bad(&text) })
            });
            println!("{mark} {path:<44} {:>9} played in {ms:>6.1} ms{seeds}{note}", longest.to_string());
        } else {
            println!("{mark} {path:<44} cannot be played");
        }
        for v in group.iter().filter(|v| !v.passed()) {
            for p in &v.problems {
                for line in p.lines() {
                    println!("     {line}");
                }
            }
            // The report of a failed run says it already.
            if let Some((seed, repeat)) = &v.played
                && !v.problems.iter().any(|p| p.contains(repeat))
            {
                println!("     seed {seed}; repeat: {repeat}");
            }
        }
        at = end;
    }
    let invalid = if invalid > 0 { format!(" ({invalid} invalid)") } else { String::new() };
    let passed = verdicts.len() - failed;
    println!("\n{passed} passed, {failed} failed{invalid} in {:.2} s", took.as_secs_f64());
}

fn as_json(v: &Verdict) -> Value {
    let (seed, repeat) = v.played.as_ref().map(|(seed, repeat)| (*seed, repeat)).unzip();
    json!({"name": v.name, "file": v.path, "seed": seed, "passed": v.passed(), "invalid": v.played.is_none(),
        "problems": v.problems, "note": v.standing.as_ref().map(|s| &s.text), "repeat": repeat, "virtual_s": v.virtual_time.as_secs_f64(), "seconds": v.took.as_secs_f64()})
}

fn junit(verdicts: &[Verdict]) -> Result<String, Failure> {
    use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};
    let mut suite = TestSuite::new("scenarios");
    for v in verdicts {
        let status = match (v.problems.first(), &v.played) {
            (None, _) => TestCaseStatus::success(),
            (Some(first), played) => {
                let kind = if played.is_some() { NonSuccessKind::Failure } else { NonSuccessKind::Error };
                let repeat = played.as_ref().map_or(String::new(), |(_, r)| format!("\nrepeat: {r}"));
                let mut s = TestCaseStatus::non_success(kind);
                s.set_message(first.lines().next().unwrap_or_default());
                s.set_description(format!("{}{repeat}", v.problems.join("\n")));
                s
            }
        };
        let seed = v.played.as_ref().map_or(String::new(), |(seed, _)| format!(" (seed {seed})"));
        let mut case = TestCase::new(format!("{}{seed}", v.name), status);
        case.set_classname(v.path.display().to_string());
        case.set_time(v.took);
        if let Some(s) = &v.standing {
            case.set_system_out(&s.text);
        }
        suite.add_test_case(case);
    }
    let mut report = Report::new("podium");
    report.add_test_suite(suite);
    report.to_string().map_err(|e| Failure::Lacking(format!("cannot write the JUnit report: {e}")))
}
