//! Usage as `kubectl top` prints it (`k8s.io/kubectl/pkg/metricsutil/metrics_printer.go`).

use super::{percent, tab};
use std::fmt::Write;

/// What something uses.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// The namespace; empty for nodes.
    pub namespace: String,
    /// The name of the node, pod or container.
    pub name: String,
    /// Thousandths of a core; `None` when nobody measured.
    pub cpu_milli: Option<i64>,
    /// Bytes.
    pub memory_bytes: Option<i64>,
    /// What there is of both (a node's allocatable amounts), for the percentages.
    pub cpu_milli_of: i64,
    /// See `cpu_milli_of`.
    pub memory_bytes_of: i64,
}

const MI: i64 = 1 << 20;

/// `25%`; unknown when nobody said what there is.
fn share(part: i64, total: i64) -> String {
    if total <= 0 { "<unknown>".to_owned() } else { format!("{}%", percent(part, total)) }
}

/// kubectl ends each cell with a tab, the last one too, so lines end in spaces.
fn render(header: &[&str], rows: impl Iterator<Item = Vec<String>>, no_headers: bool) -> String {
    let mut text = String::new();
    if !no_headers {
        let _ = writeln!(text, "{}\t", header.join("\t"));
    }
    for row in rows {
        let _ = writeln!(text, "{}\t", row.join("\t"));
    }
    tab::align(&text, 6, 3)
}

fn sorted(usage: &[Usage]) -> Vec<&Usage> {
    let mut all: Vec<&Usage> = usage.iter().collect();
    all.sort_by(|a, b| (&a.namespace, &a.name).cmp(&(&b.namespace, &b.name)));
    all
}

/// `kubectl top nodes`, by name; nodes that nobody measured come last.
pub fn nodes(usage: &[Usage], no_headers: bool) -> String {
    let mut all = sorted(usage);
    all.sort_by_key(|u| u.cpu_milli.is_none());
    let row = |u: &Usage| match (u.cpu_milli, u.memory_bytes) {
        (Some(cpu), Some(memory)) => vec![
            u.name.clone(),
            format!("{cpu}m"),
            share(cpu, u.cpu_milli_of),
            format!("{}Mi", memory / MI),
            share(memory, u.memory_bytes_of),
        ],
        _ => std::iter::once(u.name.clone()).chain(std::iter::repeat_n("<unknown>".to_owned(), 4)).collect(),
    };
    let header = ["NAME", "CPU(cores)", "CPU(%)", "MEMORY(bytes)", "MEMORY(%)"];
    render(&header, all.into_iter().map(row), no_headers)
}

/// `kubectl top pods`, by namespace and name. Pods that nobody measured are left out.
pub fn pods(usage: &[Usage], show_namespace: bool, no_headers: bool) -> String {
    let row = |u: &Usage| {
        let (cpu, memory) = (u.cpu_milli?, u.memory_bytes?);
        let namespace = show_namespace.then(|| u.namespace.clone());
        Some(
            namespace
                .into_iter()
                .chain([u.name.clone(), format!("{cpu}m"), format!("{}Mi", memory / MI)])
                .collect(),
        )
    };
    let header = ["NAMESPACE", "NAME", "CPU(cores)", "MEMORY(bytes)"];
    let header = if show_namespace { &header[..] } else { &header[1..] };
    render(header, sorted(usage).into_iter().filter_map(row), no_headers)
}
