//! `podium schedule`: what kube-scheduler would do with some pods in a cluster that is given as manifests.

pub mod json;
pub mod text;
pub mod told;
mod vectors;

use crate::cli::ScheduleArgs;
use crate::exit::Failure;
use crate::load;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use podium_sim::diagnostic::{Diagnostic, SourceText, nearest};
use podium_sim::object::Str;
use podium_sim::scheduler::facts::PodInfo;
use podium_sim::scheduler::profile::Profile;
use podium_sim::scheduler::resources::Amounts;
use podium_sim::scheduler::snapshot::Cache;
use podium_sim::scheduler::whatif::compare::{self, Moved, Utilisation};
use podium_sim::scheduler::whatif::fit::{self, End, Fit};
use podium_sim::scheduler::whatif::{self, Cluster, Options, Report, Template};
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// From so many pods on, a bar shows how far it is.
const BAR_FROM: usize = 2000;

/// What was asked, once it is read.
pub struct Asked {
    cluster: Cluster,
    templates: Vec<Template>,
    notes: Vec<String>,
}

/// Two reports, side by side.
pub struct Compared {
    names: [String; 2],
    reports: [Report; 2],
    moved: Vec<Moved>,
    before: Utilisation,
    after: [Utilisation; 2],
}

/// Runs the command.
pub fn run(args: &ScheduleArgs) -> Result<(), Failure> {
    if !args.vectors.is_empty() {
        return vectors::run(&args.vectors, args.json);
    }
    let configs = configs(args)?;
    let profiles = configs.iter().map(|p| profile_from(p)).collect::<Result<Vec<_>, _>>()?;
    let asked = read(args)?;
    if !args.json {
        asked.notes.iter().for_each(|n| eprintln!("note: {}", crate::term::clean(n)));
    }
    let options = Options {
        seed: args.seed,
        preempt: args.preempt,
        pending: args.pending,
        explain: args.explain.clone(),
        ..Options::default()
    };
    let one = |profile: &Arc<Profile>| Options { profile: profile.clone(), ..options.clone() };
    match profiles.as_slice() {
        [first, second] => {
            let reports = [first, second].map(|p| place(&asked, &one(p)));
            let names = [0, 1].map(|i| configs[i].display().to_string());
            let c = compared(&asked, names, reports);
            let all = c.reports.iter().all(|r| r.unplaced() == 0);
            say(args.json.then(|| json::compared(&c, &asked)), || text::compared(&c));
            done(all)
        }
        [profile, ..] if args.fit => {
            let fits = fits(&asked, &one(profile), args.limit);
            say(args.json.then(|| json::fits(&fits, &asked)), || text::fits(&fits));
            done(fits.iter().zip(&asked.templates).all(|(f, t)| enough(f, t)))
        }
        [profile, ..] => {
            let report = place(&asked, &one(profile));
            if let Some(pod) = args.explain.as_ref().filter(|_| report.told.is_none()) {
                return Err(nobody(pod, &report));
            }
            let shown = || match &report.told {
                Some(told) => text::told(told, profile),
                None => text::report(&report, &asked.templates),
            };
            say(args.json.then(|| json::report(&report, &asked, profile)), shown);
            done(report.unplaced() == 0)
        }
        [] => Err(Failure::Usage("there is no profile".to_owned())),
    }
}

fn say(json: Option<serde_json::Value>, text: impl FnOnce() -> String) {
    match json {
        Some(json) => println!("{json:#}"),
        None => print!("{}", text()),
    }
}

fn done(all: bool) -> Result<(), Failure> {
    if all { Ok(()) } else { Err(Failure::Assertion) }
}

/// Whether as many fit as the template asks for.
fn enough(fit: &Fit, template: &Template) -> bool {
    fit.replicas >= template.replicas || matches!(fit.end, End::Limit)
}

/// The configurations that are asked for: one, or two that are to be compared.
fn configs(args: &ScheduleArgs) -> Result<Vec<PathBuf>, Failure> {
    let given = args.compare.as_ref().unwrap_or(&args.config);
    match given.len() {
        0 => Ok(vec![PathBuf::from("default")]),
        1 | 2 if !(given.len() == 2 && (args.fit || args.explain.is_some())) => Ok(given.clone()),
        2 => Err(Failure::Usage(
            "two configurations are compared as a whole: leave --fit and --explain out".into(),
        )),
        n => Err(Failure::Usage(format!(
            "--config is given {n} times\n  help: give one, or two to compare them"
        ))),
    }
}

/// The profile of a KubeSchedulerConfiguration; the word `default` means that of kube-scheduler itself.
fn profile_from(path: &Path) -> Result<Arc<Profile>, Failure> {
    if path.as_os_str() == "default" {
        return Ok(Profile::standard());
    }
    let sources = load::sources(path)?;
    let [source] = sources.as_slice() else {
        return Err(Failure::Invalid(format!(
            "{}: {} files; a configuration is one file",
            path.display(),
            sources.len()
        )));
    };
    Profile::read(source).map_err(Failure::Mistakes)
}

/// Reads the files.
fn read(args: &ScheduleArgs) -> Result<Asked, Failure> {
    let texts = |paths: &[PathBuf]| -> Result<Vec<Arc<SourceText>>, Failure> {
        let lists = paths.iter().map(|p| load::sources(p)).collect::<Result<Vec<_>, _>>()?;
        Ok(lists.into_iter().flatten().collect())
    };
    let (cluster_texts, pod_texts) = (texts(&args.cluster)?, texts(&args.pods)?);
    let (mut cluster, mut found) = whatif::cluster(&cluster_texts);
    let (templates, more) = whatif::templates(&pod_texts, &mut cluster);
    found.extend(more);
    let (mistakes, warnings): (Vec<_>, Vec<_>) = found.into_iter().partition(Diagnostic::is_error);
    load::warn(&warnings);
    if !mistakes.is_empty() {
        return Err(Failure::Mistakes(mistakes));
    }
    if templates.is_empty() && !args.pending {
        let shown: Vec<String> = args.pods.iter().map(|p| p.display().to_string()).collect();
        let kinds = "Pod, Deployment, ReplicaSet, StatefulSet, DaemonSet, Job, ReplicationController";
        return Err(Failure::Invalid(format!(
            "{}: no pod and no workload there\n  expected one of {kinds}",
            shown.join(", ")
        )));
    }
    let notes = notes(&cluster, args.pending);
    Ok(Asked { cluster, templates, notes })
}

/// What is left out, a line each.
fn notes(c: &Cluster, pending: bool) -> Vec<String> {
    let mut notes = c.notes.clone();
    let s = |n: usize| if n == 1 { "" } else { "s" };
    for (what, counts) in [("--cluster", &c.passed_over), ("--pods", &c.passed_over_pods)] {
        let n: usize = counts.values().sum();
        let kinds: Vec<String> = counts.iter().map(|(k, n)| format!("{k} {n}")).collect();
        if n > 0 {
            notes.push(format!(
                "{what}: {n} object{} that scheduling does not heed passed over: {}",
                s(n),
                kinds.join(", ")
            ));
        }
    }
    let strays: usize = c.strays.values().sum();
    if strays > 0 {
        let names: Vec<&str> = c.strays.keys().take(3).map(Str::as_str).collect();
        let more = if c.strays.len() > 3 { ", …" } else { "" };
        let names = names.join(", ");
        notes.push(format!(
            "{strays} pod{} not counted: the nodes are not in the files ({names}{more})",
            s(strays)
        ));
    }
    if c.cache.order().is_empty() {
        notes.push("there is no node in the files: kubectl get nodes -o yaml writes them".to_owned());
    }
    let none = c.cache.nodes().filter(|n| n.allocatable.pods == 0).count();
    if none > 0 {
        notes.push(format!("{none} node{} without status.allocatable.pods: no pod fits there", s(none)));
    }
    if !pending && !c.pending.is_empty() {
        let n = c.pending.len();
        notes.push(format!("{n} pod{} without a node in --cluster left out: see --pending", s(n)));
    }
    notes
}

fn bar(len: usize) -> ProgressBar {
    let bar = ProgressBar::new(len as u64);
    if len < BAR_FROM || !std::io::stderr().is_terminal() {
        bar.set_draw_target(ProgressDrawTarget::hidden());
    }
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} pods") {
        bar.set_style(style);
    }
    bar
}

fn place(asked: &Asked, options: &Options) -> Report {
    let pending = if options.pending { asked.cluster.pending.len() } else { 0 };
    let all = asked.templates.iter().map(|t| t.replicas as usize).sum::<usize>() + pending;
    let bar = bar(all);
    let report = whatif::schedule(&asked.cluster, &asked.templates, options, &mut |n, _| {
        if n % 64 == 0 {
            bar.set_position(n as u64);
        }
    });
    bar.finish_and_clear();
    report
}

fn fits(asked: &Asked, options: &Options, limit: u64) -> Vec<Fit> {
    let one = |t: &Template| {
        let spinner = ProgressBar::no_length();
        if !std::io::stderr().is_terminal() {
            spinner.set_draw_target(ProgressDrawTarget::hidden());
        }
        let fit = fit::fit(&asked.cluster, t, options, limit, &mut |n| {
            if n >= BAR_FROM as u64 && n.is_multiple_of(256) {
                spinner.set_position(n);
            }
        });
        spinner.finish_and_clear();
        fit
    };
    asked.templates.iter().map(one).collect()
}

fn compared(asked: &Asked, names: [String; 2], reports: [Report; 2]) -> Compared {
    let infos: Vec<PodInfo> = reports[0].answers.iter().map(|a| PodInfo::new(a.pod.clone())).collect();
    let largest = compare::largest(&asked.cluster.cache, infos.iter().map(|i| &i.facts.amounts.request));
    let use_of = |c: &Cache, l: &Amounts| compare::utilisation(c, l);
    let after = [use_of(&reports[0].cache, &largest), use_of(&reports[1].cache, &largest)];
    let moved = compare::moved(&reports[0], &reports[1]);
    Compared { names, moved, before: use_of(&asked.cluster.cache, &largest), after, reports }
}

/// The pod to explain is not there.
fn nobody(pod: &str, report: &Report) -> Failure {
    let names: Vec<Str> = report.answers.iter().map(|a| whatif::name_of(&a.pod)).collect();
    if let Some(a) = report.answers.iter().find(|a| whatif::templates::is_meant(pod, &a.pod)) {
        let why = match &a.fate {
            whatif::Fate::Held(why) => why.clone(),
            _ => "it names its node itself".to_owned(),
        };
        return Failure::Usage(format!("--explain {pod}: no decision is made about it: {why}"));
    }
    let near = nearest(pod, names.iter().map(Str::as_str));
    let help = match near {
        Some(near) => format!("did you mean {near}?"),
        None => {
            let some: Vec<&str> = names.iter().take(8).map(Str::as_str).collect();
            format!("the pods are {}{}", some.join(", "), if names.len() > 8 { ", …" } else { "" })
        }
    };
    Failure::Usage(format!("--explain {pod}: there is no such pod\n  help: {help}"))
}
