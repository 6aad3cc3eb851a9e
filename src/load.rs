//! From a FILE on the command line to what happened: scenarios and manifests are played, traces read.

use crate::cli::{AtArgs, RunArgs};
use crate::exit::Failure;
use podium_sim::config::KUBERNETES_VERSION;
use podium_sim::diagnostic::{Diagnostic, SourceText};
use podium_sim::object::Str;
use podium_sim::scenario::{Run, RunOptions, Scenario, parse};
use podium_sim::time::SimTime;
use podium_sim::trace::{Fold, Header, Level, Record, Trace};
use podium_sim::world::World;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A scenario with the texts that it came from.
pub struct Loaded {
    /// The scenario.
    pub scenario: Arc<Scenario>,
    /// Its files: name and text, itself first.
    pub files: Vec<(String, String)>,
    /// What is odd, but no mistake.
    pub warnings: Vec<Diagnostic>,
}

/// What happened in a run.
pub struct History {
    /// What the trace says about itself.
    pub header: Header,
    /// All records.
    pub records: Vec<Record>,
}

impl History {
    /// The nodes' names, by index.
    pub fn nodes(&self) -> Vec<Str> {
        self.header.nodes.iter().map(|n| Str::from(n.as_str())).collect()
    }

    /// The time of the last record.
    pub fn end(&self) -> SimTime {
        self.records.last().map_or(SimTime(0), |r| r.at)
    }

    /// The state at a time, the end unless given.
    pub fn fold(&self, at: Option<u64>) -> Fold {
        Fold::at(&self.records, at.map_or(self.end(), SimTime))
    }

    /// The wall clock at a time of the run.
    pub fn wall(&self, at: SimTime) -> podium_sim::api_util::Time {
        podium_sim::api_util::Time(self.header.epoch_s + (at.0 / 1_000_000_000) as i64)
    }
}

fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    if path.as_os_str() == "-" {
        // It is looked at more than once (is it a trace?), and can be read only once.
        static INPUT: std::sync::OnceLock<Result<Vec<u8>, String>> = std::sync::OnceLock::new();
        let input = INPUT.get_or_init(|| {
            let mut bytes = Vec::new();
            std::io::stdin().read_to_end(&mut bytes).map(|_| bytes).map_err(|e| e.to_string())
        });
        return input.clone().map_err(|e| Failure::Invalid(format!("standard input: {e}")));
    }
    std::fs::read(path).map_err(|e| Failure::Invalid(describe(path, &e)))
}

/// Why a file cannot be read, with what to do about it.
fn describe(path: &Path, e: &std::io::Error) -> String {
    match e.kind() {
        std::io::ErrorKind::NotFound => {
            let mut m = format!("{}: there is no such file", path.display());
            if let Some(near) = nearest_file(path) {
                m.push_str(&format!("\n  help: did you mean {}?", near.display()));
            }
            m
        }
        _ => format!("{}: {e}", path.display()),
    }
}

/// The file in the same folder whose name is most like the one that is missing.
fn nearest_file(path: &Path) -> Option<PathBuf> {
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .ok()?
        .flatten()
        .map(|e| e.file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    let wanted = path.file_name()?.to_string_lossy().into_owned();
    let near = names.iter().find(|n| n.starts_with(&wanted)).cloned();
    let near = near.or_else(|| {
        podium_sim::diagnostic::nearest(&wanted, names.iter().map(String::as_str)).map(str::to_owned)
    })?;
    Some(folder.join(near))
}

fn source(path: &Path) -> Result<Arc<SourceText>, Failure> {
    let bytes = read(path)?;
    let name = if path.as_os_str() == "-" { "standard input".to_owned() } else { path.display().to_string() };
    if bytes.starts_with(b"PODIUMTR") {
        return Err(Failure::Invalid(format!(
            "{name} is a trace; this command wants a scenario or a manifest"
        )));
    }
    let text = String::from_utf8(bytes).map_err(|e| {
        Failure::Invalid(format!(
            "{name}: byte {} is not UTF-8 text; a scenario is a YAML file",
            e.utf8_error().valid_up_to()
        ))
    })?;
    Ok(SourceText::new(name, text))
}

/// Reads a scenario, a manifest, or a folder of manifests.
pub fn scenario(path: &Path) -> Result<Loaded, Failure> {
    let mut files: Vec<(String, String)> = Vec::new();
    let sources = if path.is_dir() {
        let mut list: Vec<PathBuf> = std::fs::read_dir(path)
            .map_err(|e| Failure::Invalid(describe(path, &e)))?
            .flatten()
            .map(|e| e.path())
            .filter(|p| p.extension().is_some_and(|x| x == "yaml" || x == "yml" || x == "json"))
            .collect();
        list.sort();
        if list.is_empty() {
            return Err(Failure::Invalid(format!(
                "{}: the folder holds no .yaml, .yml or .json file",
                path.display()
            )));
        }
        list.iter().map(|p| source(p)).collect::<Result<Vec<_>, _>>()?
    } else {
        vec![source(path)?]
    };
    files.extend(sources.iter().map(|s| (s.name.clone(), s.text.clone())));
    let folder = if path.is_dir() { path } else { path.parent().unwrap_or(Path::new("")) };
    let others = std::cell::RefCell::new(Vec::new());
    let load = |name: &str| -> Result<Arc<SourceText>, String> {
        let full = folder.join(name);
        let text = std::fs::read_to_string(&full).map_err(|e| describe(&full, &e))?;
        others.borrow_mut().push((full.display().to_string(), text.clone()));
        Ok(SourceText::new(full.display().to_string(), text))
    };
    let (scenario, found) = match sources.as_slice() {
        [one] if !path.is_dir() => parse::parse(one, &load),
        many => parse::parse_files(many),
    };
    files.extend(others.into_inner());
    let (mistakes, warnings): (Vec<_>, Vec<_>) = found.into_iter().partition(Diagnostic::is_error);
    match scenario {
        Some(s) if mistakes.is_empty() => Ok(Loaded { scenario: Arc::new(s), files, warnings }),
        _ => Err(Failure::Mistakes(mistakes)),
    }
}

/// The header of a run's trace.
pub fn header(loaded: &Loaded, options: &RunOptions, run: &Run<World>) -> Header {
    let config = run.cluster().config();
    Header {
        podium: env!("CARGO_PKG_VERSION").into(),
        kubernetes: KUBERNETES_VERSION.into(),
        name: loaded.scenario.metadata.name.clone(),
        seed: options.seed.unwrap_or(loaded.scenario.spec.seed),
        level: config.trace,
        latency: config.latency,
        epoch_s: config.epoch_s,
        nodes: config.nodes.iter().map(|n| n.name.to_string()).collect(),
        files: loaded.files.clone(),
    }
}

/// Options for a run that a file and some flags ask for.
pub fn options(path: &Path, args: &RunArgs) -> RunOptions {
    RunOptions {
        seed: args.seed,
        latency: args.latency,
        keep_records: true,
        file: path.display().to_string(),
        ..RunOptions::default()
    }
}

/// Prints warnings to standard error.
pub fn warn(warnings: &[Diagnostic]) {
    for w in warnings {
        eprintln!("{}\n", w.to_string().trim_end());
    }
}

/// What happened until a moment: a trace is read, anything else is played that far.
pub fn history(args: &AtArgs) -> Result<History, Failure> {
    until(&args.file, &args.run, args.at)
}

/// Likewise, for a file.
pub fn until(path: &Path, run: &RunArgs, at: Option<u64>) -> Result<History, Failure> {
    if let Some(trace) = trace(path)? {
        return Ok(History { header: trace.header, records: trace.records });
    }
    let loaded = scenario(path)?;
    warn(&loaded.warnings);
    let options = options(path, run);
    let mut run = play_to(&loaded, &options, at);
    let header = header(&loaded, &options, &run);
    let mut records = run.take_records();
    records.extend(run.cluster_mut().take_records());
    Ok(History { header, records })
}

/// Plays a scenario to a moment. Beyond its end the cluster goes on: it does not stop when the script does.
fn play_to(loaded: &Loaded, options: &RunOptions, at: Option<u64>) -> Run<World> {
    let mut run = Run::new(loaded.scenario.clone(), RunOptions { level: Level::Full, ..options.clone() });
    match at {
        Some(t) => {
            run.step_until(SimTime(t));
            if run.cluster().now() < SimTime(t) {
                run.cluster_mut().advance(SimTime(t));
            }
        }
        None => drop(run.to_end()),
    }
    run
}

/// The world of a scenario at a moment.
pub fn world(args: &AtArgs) -> Result<World, Failure> {
    if trace(&args.file)?.is_some() {
        return Err(Failure::Usage(format!(
            "{}: a trace does not hold what containers use\n  help: give the scenario or manifest that it was made from",
            args.file.display()
        )));
    }
    let loaded = scenario(&args.file)?;
    warn(&loaded.warnings);
    Ok(play_to(&loaded, &options(&args.file, &args.run), args.at).cluster().fork())
}

/// Reads a trace, if the file is one.
pub fn trace(path: &Path) -> Result<Option<Trace>, Failure> {
    if path.is_dir() {
        return Ok(None);
    }
    let looks = path.extension().is_some_and(|e| e == "podium-trace");
    let bytes = read(path)?;
    if !looks && !bytes.starts_with(b"PODIUM") {
        return Ok(None);
    }
    Trace::read(&bytes).map(Some).map_err(|e| Failure::Invalid(format!("{}: {e}", path.display())))
}
