//! Objects as kubectl prints them: tables, descriptions, YAML, JSON.
//!
//! Pure functions from objects and a point of virtual time to text. The real kubectl asks the API
//! server for a `Table` (`pkg/printers/internalversion/printers.go`), aligns it with Go's
//! `text/tabwriter`, and writes its descriptions itself (`k8s.io/kubectl/pkg/describe`). Here both
//! halves stand side by side. Expected texts in the tests come from a real kubectl 1.33.
//!
//! Left out: custom columns, JSONPath, sorting by a field, label columns, describers of kinds that
//! nothing here acts on (they get kubectl's generic description).

mod cells;
pub mod describe;
pub mod events;
mod inert;
pub mod output;
mod pod;
mod tab;
pub mod table;
pub mod top;
pub mod words;
pub mod yaml;

pub use describe::{Cluster, describe};
pub use output::{Format, print};
pub use pod::{PodSummary, pod_summary};
pub use table::{Column, Table, render_all, table, tables};
pub use words::{Target, WordError, parse_target, resolve};

use crate::api_util::Time;
use crate::api_util::time::human_duration;
use crate::object::{Container, LabelSelector, Labels, Node, SelectorOperator};

/// Time since then, for people; `<unknown>` when unset (`translateTimestampSince`).
pub(crate) fn age(since: Option<Time>, now: Time) -> String {
    since.map_or_else(|| "<unknown>".to_owned(), |t| human_duration(now.0 - t.0))
}

/// Whole percent, cut off; in floating point as kubectl has it (29 of 100 is 28%), since this is
/// text and not state. 0 of nothing.
fn percent(part: i64, total: i64) -> i64 {
    if total == 0 { 0 } else { (part as f64 / total as f64 * 100.0) as i64 }
}

/// `text`, or `<none>` when it is empty.
fn or_none(text: &str) -> &str {
    if text.is_empty() { "<none>" } else { text }
}

/// Names and images of containers, each joined by commas (`layoutContainerCells`).
fn container_cells(containers: &[Container]) -> [String; 2] {
    let join = |f: fn(&Container) -> &str| containers.iter().map(f).collect::<Vec<_>>().join(",");
    [join(|c| &c.name), join(|c| &c.image)]
}

/// `a=b,c=d`, or `<none>` (`labels.FormatLabels`).
fn format_labels(labels: &Labels) -> String {
    let text: Vec<String> = labels.iter().map(|(k, v)| format!("{k}={v}")).collect();
    or_none(&text.join(",")).to_owned()
}

/// A selector with its requirements in key order, or `<none>` (`metav1.FormatLabelSelector`).
fn format_selector(selector: &LabelSelector) -> String {
    let mut all: Vec<(&str, String)> =
        selector.match_labels.iter().map(|(k, v)| (k.as_str(), format!("{k}={v}"))).collect();
    for r in &selector.match_expressions {
        let key = r.key.as_str();
        let mut values: Vec<&str> = r.values.iter().map(|v| v.as_str()).collect();
        values.sort_unstable();
        let values = values.join(",");
        all.push((
            key,
            match r.operator {
                SelectorOperator::In => format!("{key} in ({values})"),
                SelectorOperator::NotIn => format!("{key} notin ({values})"),
                SelectorOperator::Exists => key.to_owned(),
                SelectorOperator::DoesNotExist => format!("!{key}"),
            },
        ));
    }
    all.sort_by(|a, b| a.0.cmp(b.0));
    let text: Vec<String> = all.into_iter().map(|(_, s)| s).collect();
    or_none(&text.join(",")).to_owned()
}

/// The roles that a node's labels name, sorted, or `<none>` (`findNodeRoles`).
fn node_roles(node: &Node) -> String {
    let mut roles: Vec<&str> = Vec::new();
    for (key, value) in node.metadata.labels.iter() {
        match key.strip_prefix("node-role.kubernetes.io/") {
            Some(role) if !role.is_empty() => roles.push(role),
            _ if key == "kubernetes.io/role" && !value.is_empty() => roles.push(value),
            _ => {}
        }
    }
    roles.sort_unstable();
    roles.dedup();
    or_none(&roles.join(",")).to_owned()
}

#[cfg(test)]
mod tests;
