//! Workload files: those that are named, those below a folder, and podium's own, which are built in.

use crate::exit::Failure;
use podium_sim::diagnostic::SourceText;
use podium_sim::perf::objects::Loader;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// No workload file or template is larger.
const MAX_BYTES: u64 = 4 << 20;
/// How deep below a folder workload files are looked for.
const MAX_DEPTH: usize = 8;
/// What scheduler_perf calls its workload files.
const USUAL: &str = "performance-config.yaml";

/// A workload file, and the folder that its paths are relative to; `None` for one that is built in.
pub struct Found {
    /// The file.
    pub source: Arc<SourceText>,
    folder: Option<PathBuf>,
}

impl Found {
    /// Runs something with the means to read the file's templates.
    pub fn with_loader<T>(&self, work: impl FnOnce(Loader<'_>) -> T) -> T {
        match &self.folder {
            None => work(&built_in_template),
            Some(folder) => work(&|path: &str| {
                let path = folder.join(path);
                read(&path).map(|text| SourceText::new(shown(&path), text))
            }),
        }
    }
}

macro_rules! built_in {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("../../../scenarios/bench/", $name)))),*]
    };
}

/// The workload files in `scenarios/bench`.
const SUITES: &[(&str, &str)] =
    built_in!["affinity.yaml", "basic.yaml", "churn.yaml", "spreading.yaml", "volumes.yaml"];

/// Their templates.
const TEMPLATES: &[(&str, &str)] = include!("templates.in");

fn built_in_template(path: &str) -> Result<Arc<SourceText>, String> {
    match TEMPLATES.iter().find(|(name, _)| *name == path) {
        Some((name, text)) => Ok(SourceText::new(format!("scenarios/bench/{name}"), *text)),
        None => Err("it is not among the built-in templates".into()),
    }
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}

fn read(path: &Path) -> Result<String, String> {
    let meta = std::fs::metadata(path).map_err(|e| why(&e))?;
    if meta.is_dir() {
        return Err("it is a folder".into());
    }
    if meta.len() > MAX_BYTES {
        return Err(format!("it has {} bytes, and {MAX_BYTES} are the most", meta.len()));
    }
    let bytes = std::fs::read(path).map_err(|e| why(&e))?;
    String::from_utf8(bytes).map_err(|_| "it is not UTF-8 text".into())
}

fn why(e: &std::io::Error) -> String {
    match e.kind() {
        std::io::ErrorKind::NotFound => "there is no such file".into(),
        std::io::ErrorKind::PermissionDenied => "you may not read it".into(),
        _ => e.to_string(),
    }
}

/// The workload files that the command line names; podium's own if it names none.
pub fn find(paths: &[PathBuf]) -> Result<Vec<Found>, Failure> {
    if paths.is_empty() {
        let own = |(name, text): &(&str, &str)| Found {
            source: SourceText::new(format!("scenarios/bench/{name}"), *text),
            folder: None,
        };
        return Ok(SUITES.iter().map(own).collect());
    }
    let mut out = Vec::new();
    for path in paths {
        let mut files = Vec::new();
        if path.is_dir() {
            below(path, 0, &mut files);
            if files.is_empty() {
                let yaml =
                    |p: &PathBuf| p.extension().is_some_and(|e| e == "yaml" || e == "yml") && p.is_file();
                files = entries(path).into_iter().filter(yaml).collect();
            }
            if files.is_empty() {
                return Err(Failure::Invalid(format!(
                    "{}: there is no {USUAL} below this folder, and no YAML file in it",
                    shown(path)
                )));
            }
        } else {
            files.push(path.clone());
        }
        for file in files {
            let text = read(&file)
                .map_err(|why| Failure::Invalid(format!("cannot read {}: {why}", shown(&file))))?;
            let folder = file.parent().map_or(PathBuf::new(), Path::to_path_buf);
            out.push(Found { source: SourceText::new(shown(&file), text), folder: Some(folder) });
        }
    }
    Ok(out)
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let read = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut all: Vec<PathBuf> = read.map(|e| e.path()).collect();
    all.sort();
    all
}

fn below(folder: &Path, depth: usize, out: &mut Vec<PathBuf>) {
    for path in entries(folder) {
        // A link to a folder may lead back up.
        if path.is_dir() && !path.is_symlink() && depth < MAX_DEPTH {
            below(&path, depth + 1, out);
        } else if path.file_name().is_some_and(|n| n == USUAL) {
            out.push(path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_files_of_the_folder_are_built_in() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/bench");
        let names = |dir: &Path, prefix: &str| -> Vec<String> {
            let files = entries(dir).into_iter().filter(|p| p.is_file());
            files
                .map(|p| format!("{prefix}{}", p.file_name().unwrap_or_default().to_string_lossy()))
                .collect()
        };
        let listed = |list: &[(&str, &str)]| -> Vec<String> {
            let mut all: Vec<String> = list.iter().map(|(n, _)| (*n).to_owned()).collect();
            all.sort();
            all
        };
        assert_eq!(names(&folder, ""), listed(SUITES));
        assert_eq!(names(&folder.join("templates"), "templates/"), listed(TEMPLATES));
    }
}
