//! The words by which people name kinds and objects: `po`, `deploy/web`, `all`
//! (`k8s.io/cli-runtime/pkg/resource.Builder`, `kubectl api-resources`).

use crate::object::Kind;

/// Words for kinds: the short names, then the API version and kind. Plural and singular come
/// from the kind's name.
const KINDS: &[(&[&str], &str, &str)] = &[
    (&["po"], "v1", "Pod"),
    (&["no"], "v1", "Node"),
    (&["ns"], "v1", "Namespace"),
    (&["cm"], "v1", "ConfigMap"),
    (&[], "v1", "Secret"),
    (&["sa"], "v1", "ServiceAccount"),
    (&["ev"], "v1", "Event"),
    (&["svc"], "v1", "Service"),
    (&["ep"], "v1", "Endpoints"),
    (&["pvc"], "v1", "PersistentVolumeClaim"),
    (&["pv"], "v1", "PersistentVolume"),
    (&["quota"], "v1", "ResourceQuota"),
    (&["limits"], "v1", "LimitRange"),
    (&["deploy"], "apps/v1", "Deployment"),
    (&["rs"], "apps/v1", "ReplicaSet"),
    (&["sts"], "apps/v1", "StatefulSet"),
    (&["ds"], "apps/v1", "DaemonSet"),
    (&[], "coordination.k8s.io/v1", "Lease"),
    (&[], "batch/v1", "Job"),
    (&["cj"], "batch/v1", "CronJob"),
    (&["hpa"], "autoscaling/v2", "HorizontalPodAutoscaler"),
    (&["pdb"], "policy/v1", "PodDisruptionBudget"),
    (&["ing"], "networking.k8s.io/v1", "Ingress"),
    (&["netpol"], "networking.k8s.io/v1", "NetworkPolicy"),
    (&[], "discovery.k8s.io/v1", "EndpointSlice"),
    (&["sc"], "storage.k8s.io/v1", "StorageClass"),
    (&["pc"], "scheduling.k8s.io/v1", "PriorityClass"),
];

/// What `all` stands for, in the order in which kubectl lists them.
const ALL: &[(&str, &str)] = &[
    ("v1", "Pod"),
    ("v1", "Service"),
    ("apps/v1", "DaemonSet"),
    ("apps/v1", "Deployment"),
    ("apps/v1", "ReplicaSet"),
    ("apps/v1", "StatefulSet"),
    ("autoscaling/v2", "HorizontalPodAutoscaler"),
    ("batch/v1", "CronJob"),
    ("batch/v1", "Job"),
];

/// Objects named on a command line: kinds, and one name if it was given as `TYPE/NAME`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// The kinds; one unless the word was `all` or a list such as `pods,svc`.
    pub kinds: Vec<Kind>,
    /// The object's name.
    pub name: Option<String>,
}

/// A word that names no kind.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WordError {
    /// No such kind.
    #[error("error: the server doesn't have a resource type {word:?}{}", hint(.nearest))]
    Unknown {
        /// The word.
        word: String,
        /// The known word that is most like it.
        nearest: Option<String>,
    },
    /// `TYPE/NAME` with a side missing, or with more than one slash.
    #[error("arguments in resource/name form must have a single resource and name: {0:?}")]
    Form(String),
}

fn hint(nearest: &Option<String>) -> String {
    nearest.as_ref().map_or_else(String::new, |n| format!("; did you mean {n:?}?"))
}

/// The words for one kind: short names, plural, singular.
fn words_for(short: &[&str], kind: &Kind) -> Vec<String> {
    let mut all: Vec<String> = short.iter().map(|s| (*s).to_owned()).collect();
    all.push(kind.plural().to_string());
    all.push(kind.name().to_lowercase());
    all.dedup();
    all
}

/// The kinds that a word or a comma-separated list of words stands for. Case does not matter; the
/// API group may follow (`deployments.apps`, `deployments.v1.apps`).
///
/// # Errors
/// When a word names no kind.
pub fn resolve(words: &str) -> Result<Vec<Kind>, WordError> {
    let mut kinds = Vec::new();
    for word in words.split(',') {
        for kind in resolve_one(word)? {
            if !kinds.contains(&kind) {
                kinds.push(kind);
            }
        }
    }
    Ok(kinds)
}

fn resolve_one(word: &str) -> Result<Vec<Kind>, WordError> {
    let lower = word.to_lowercase();
    if lower == "all" {
        return Ok(ALL.iter().map(|(v, k)| Kind::of(v, k)).collect());
    }
    let (name, group) = lower.split_once('.').unwrap_or((&lower, ""));
    for (short, version, kind) in KINDS {
        let kind = Kind::of(version, kind);
        let version = version.rsplit('/').next().unwrap_or_default();
        let group_ok =
            group.is_empty() || group == kind.group() || group == format!("{version}.{}", kind.group());
        if group_ok && words_for(short, &kind).iter().any(|w| w == name) {
            return Ok(vec![kind]);
        }
    }
    Err(WordError::Unknown { word: word.to_owned(), nearest: nearest(name) })
}

/// The known word within a third of the letters; the first among equals.
fn nearest(word: &str) -> Option<String> {
    let limit = (word.chars().count() / 3).clamp(1, 3);
    let all = KINDS.iter().flat_map(|(short, version, kind)| words_for(short, &Kind::of(version, kind)));
    // Two letters are like any other two letters.
    let close = all.filter(|w| w.len() > 2).map(|w| (distance(word, &w), w)).filter(|(d, _)| *d <= limit);
    close.min_by_key(|(d, _)| *d).map(|(_, w)| w)
}

/// Letters to insert, delete, change or swap with a neighbour (optimal string alignment).
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut rows: Vec<Vec<usize>> = vec![(0..=b.len()).collect()];
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let changed = usize::from(a[i - 1] != b[j - 1]);
            let mut best = (rows[i - 1][j] + 1).min(row[j - 1] + 1).min(rows[i - 1][j - 1] + changed);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(rows[i - 2][j - 2] + 1);
            }
            row.push(best);
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
}

/// Reads `pods`, `pods,svc`, `pod/web-1` or `all`.
///
/// # Errors
/// When a word names no kind, or the form is not `TYPE/NAME`.
pub fn parse_target(text: &str) -> Result<Target, WordError> {
    let Some((words, name)) = text.split_once('/') else {
        return Ok(Target { kinds: resolve(text)?, name: None });
    };
    if words.is_empty() || name.is_empty() || name.contains('/') || words.contains(',') || words == "all" {
        return Err(WordError::Form(text.to_owned()));
    }
    Ok(Target { kinds: resolve(words)?, name: Some(name.to_owned()) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_name_kinds() {
        for (words, want) in [
            ("po", "Pod"),
            ("pod", "Pod"),
            ("PODS", "Pod"),
            ("deploy", "Deployment"),
            ("deployments.apps", "Deployment"),
            ("deployment.v1.apps", "Deployment"),
            ("rs", "ReplicaSet"),
            ("no", "Node"),
            ("ns", "Namespace"),
            ("cm", "ConfigMap"),
            ("secret", "Secret"),
            ("secrets", "Secret"),
            ("sa", "ServiceAccount"),
            ("lease", "Lease"),
            ("leases", "Lease"),
            ("ev", "Event"),
            ("events", "Event"),
            ("svc", "Service"),
            ("ingresses", "Ingress"),
            ("netpol", "NetworkPolicy"),
            ("endpoints", "Endpoints"),
            ("po,deploy,pods", "Pod Deployment"),
            (
                "all",
                "Pod Service DaemonSet Deployment ReplicaSet StatefulSet HorizontalPodAutoscaler CronJob Job",
            ),
        ] {
            let kinds = resolve(words).unwrap();
            let names: Vec<&str> = kinds.iter().map(Kind::name).collect();
            assert_eq!(names.join(" "), want, "{words}");
        }
        assert_eq!(resolve("deploy").unwrap(), [Kind::Deployment], "a kind that is acted on is typed");
    }

    #[test]
    fn unknown_words_come_with_a_guess() {
        for (word, nearest) in [
            ("pds", Some("pods")),
            ("deplyoment", Some("deployment")),
            ("servces", Some("services")),
            ("confgmap", Some("configmap")),
            ("nodse", Some("nodes")),
            ("banana", None),
            ("x", None),
            ("", None),
            ("pods.apps", Some("pods")),
        ] {
            let want = WordError::Unknown { word: word.to_owned(), nearest: nearest.map(str::to_owned) };
            assert_eq!(resolve(word).unwrap_err(), want, "{word}");
        }
        assert_eq!(
            resolve("nodse").unwrap_err().to_string(),
            "error: the server doesn't have a resource type \"nodse\"; did you mean \"nodes\"?"
        );
    }

    #[test]
    fn targets_have_at_most_one_name() {
        let target = |kinds: &[Kind], name: Option<&str>| Target {
            kinds: kinds.to_vec(),
            name: name.map(str::to_owned),
        };
        assert_eq!(parse_target("pod/web-1").unwrap(), target(&[Kind::Pod], Some("web-1")));
        assert_eq!(parse_target("po,no").unwrap(), target(&[Kind::Pod, Kind::Node], None));
        for text in ["pod/", "/web", "pod/a/b", "po,no/a", "all/a"] {
            assert_eq!(parse_target(text).unwrap_err(), WordError::Form(text.to_owned()), "{text}");
        }
        assert!(matches!(parse_target("pood/a").unwrap_err(), WordError::Unknown { .. }));
    }
}
