//! From a FILE on the command line to what happened: scenarios and manifests are played, traces read.

use crate::cli::{AtArgs, RunArgs};
use crate::exit::Failure;
use podium_sim::diagnostic::{Diagnostic, SourceText};
use podium_sim::object::{Kind, Str};
use podium_sim::scenario::{Run, RunOptions, Scenario, parse};
use podium_sim::time::{SimTime, Span};
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

/// How far a world is played for a look at it: as long as `play` goes on at most.
const AT_MOST: Span = Span::secs(24 * 3600);
/// No scenario, manifest or trace is larger than this, in bytes.
const FILE_MAX: u64 = 256 << 20;

/// What happened in a run.
pub struct History {
    /// What the trace says about itself.
    pub header: Header,
    /// All records.
    pub records: Vec<Record>,
    /// When it ended.
    pub end: SimTime,
}

impl History {
    /// The nodes' names, by index.
    pub fn nodes(&self) -> Vec<Str> {
        self.header.nodes.iter().map(|n| Str::from(n.as_str())).collect()
    }

    /// When it ended.
    pub fn end(&self) -> SimTime {
        self.end
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
    let file = std::fs::File::open(path).map_err(|e| Failure::Invalid(describe(path, &e)))?;
    let mut bytes = Vec::new();
    // A device such as /dev/zero never ends.
    file.take(FILE_MAX + 1).read_to_end(&mut bytes).map_err(|e| Failure::Invalid(describe(path, &e)))?;
    if bytes.len() as u64 > FILE_MAX {
        return Err(Failure::Invalid(format!(
            "{}: it is larger than {} MiB",
            path.display(),
            FILE_MAX >> 20
        )));
    }
    Ok(bytes)
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
            "{name}: byte {} is not UTF-8 text: it is neither a YAML file nor a trace (which begins with PODIUMTR)",
            e.utf8_error().valid_up_to()
        ))
    })?;
    Ok(SourceText::new(name, text))
}

/// The text of a file, or of all manifests in a folder, in the order of their names.
pub fn sources(path: &Path) -> Result<Vec<Arc<SourceText>>, Failure> {
    if !path.is_dir() {
        return Ok(vec![source(path)?]);
    }
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
    list.iter().map(|p| source(p)).collect()
}

/// Reads a scenario, a manifest, or a folder of manifests.
pub fn scenario(path: &Path) -> Result<Loaded, Failure> {
    let mut files: Vec<(String, String)> = Vec::new();
    let sources = sources(path)?;
    files.extend(sources.iter().map(|s| (s.name.clone(), s.text.clone())));
    let folder = if path.is_dir() { path } else { path.parent().unwrap_or(Path::new("")) };
    let others = std::cell::RefCell::new(Vec::new());
    let load = |name: &str| -> Result<Arc<SourceText>, String> {
        let full = folder.join(name);
        let bytes = read(&full).map_err(|e| e.to_string().trim_start_matches("error: ").to_owned())?;
        let text =
            String::from_utf8(bytes).map_err(|_| format!("{}: it is not UTF-8 text", full.display()))?;
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

/// What a trace tells; `None` if the file is none.
pub fn recorded(path: &Path, at: Option<u64>) -> Result<Option<History>, Failure> {
    let Some(trace) = trace(path)? else { return Ok(None) };
    if let Some(t) = at.filter(|t| SimTime(*t) > trace.end) {
        return Err(Failure::Usage(format!(
            "--at {}: the trace {} ends at {}\n  help: play its scenario again to see more",
            SimTime(t),
            path.display(),
            trace.end
        )));
    }
    Ok(Some(History { header: trace.header, records: trace.records, end: trace.end }))
}

/// Likewise, for a file.
pub fn until(path: &Path, run: &RunArgs, at: Option<u64>) -> Result<History, Failure> {
    if let Some(history) = recorded(path, at)? {
        return Ok(history);
    }
    if let Some(t) = at.filter(|t| *t > AT_MOST.0) {
        return Err(Failure::Usage(format!("--at {}: a world is played for at most {AT_MOST}", SimTime(t))));
    }
    let loaded = scenario(path)?;
    warn(&loaded.warnings);
    let options = options(path, run);
    let mut run = play_to(&loaded, &options, at);
    let header = run.header(&loaded.files);
    let mut records = run.take_records();
    records.extend(run.cluster_mut().take_records());
    let end = run.cluster().now();
    Ok(History { header, records, end })
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
    let loaded = scenario(&args.file)?;
    warn(&loaded.warnings);
    Ok(play_to(&loaded, &options(&args.file, &args.run), args.at).cluster().fork())
}

/// The kinds that a word means: those that every cluster has, or else custom ones that are in this one.
pub fn kinds(word: &str, fold: &Fold) -> Result<Vec<Kind>, Failure> {
    podium_sim::print::resolve(word).or_else(|e| {
        let wanted = word.to_lowercase();
        let mut found: Vec<Kind> = fold
            .objects
            .keys()
            .map(|k| &k.kind)
            .filter(|k| matches!(k, Kind::Other(_)))
            .filter(|k| k.name().to_lowercase() == wanted || *k.plural() == *wanted || k.resource() == wanted)
            .cloned()
            .collect();
        found.dedup();
        if found.is_empty() { Err(Failure::Usage(e.to_string())) } else { Ok(found) }
    })
}

/// `KIND/NAME` or `KIND`: the kinds, and the name if there is one.
pub fn target(text: &str, fold: &Fold) -> Result<(Vec<Kind>, Option<String>), Failure> {
    match text.split_once('/') {
        Some((kind, name)) if !kind.is_empty() && !name.is_empty() && !name.contains('/') => {
            Ok((kinds(kind, fold)?, Some(name.to_owned())))
        }
        Some(_) => Err(Failure::Usage(format!("{text:?}: expected KIND/NAME, such as pod/web-1"))),
        None => Ok((kinds(text, fold)?, None)),
    }
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
