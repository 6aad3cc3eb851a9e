//! A decision as tables: nodes × plugins, with verdicts and scores. `podium why` prints them, too.

use super::text::{cells, para, table};
use crate::term::{Style, clean};
use podium_sim::scheduler::explain::{Explanation, NodeExplanation};
use podium_sim::scheduler::profile::Profile;

/// What each plugin says of each of these nodes, and how it scores them.
pub fn tables(e: &Explanation, profile: &Profile, rows: &[&NodeExplanation]) -> String {
    let style = Style::stdout();
    if let Some((plugin, r)) = &e.rejected {
        let why = r.reasons.join(", ");
        return para("", &format!("{plugin} rejects it before any node is looked at: {why}"));
    }
    if e.nodes.is_empty() {
        return String::new();
    }
    let filters = names(e.nodes.iter().flat_map(|n| n.verdicts.iter().map(|v| v.plugin)));
    let scorers = names(e.nodes.iter().flat_map(|n| n.scores.iter().map(|s| s.plugin)));
    let numbered = |names: &[&str], weights: bool| -> String {
        let one = |(i, n): (usize, &&str)| match weights {
            true => format!("{} {n} (weight {})", i + 1, profile.weight_of(n)),
            false => format!("{} {n}", i + 1),
        };
        names.iter().enumerate().map(one).collect::<Vec<_>>().join(", ")
    };
    let mut out = String::new();
    if filters.is_empty() {
        out.push_str("\nno filter has anything to say about this pod\n");
    } else {
        out.push_str(&format!("\n{}\n{}", style.accent("Filters"), para("", &numbered(&filters, false))));
        let mut lines = vec![header(&["NODE"], filters.len(), &["VERDICT"])];
        lines.extend(rows.iter().map(|n| verdicts(n, &filters)));
        out.push_str(&table(&lines));
    }
    if scorers.is_empty() {
        return out;
    }
    out.push_str(&format!(
        "\n{}: raw, normalised, weighted\n{}",
        style.accent("Scores"),
        para("", &numbered(&scorers, true))
    ));
    let mut lines = vec![header(&["NODE", "TOTAL"], scorers.len(), &[])];
    let mut scored: Vec<&&NodeExplanation> = rows.iter().filter(|n| !n.scores.is_empty()).collect();
    scored.sort_by_key(|n| std::cmp::Reverse(n.total));
    for n in scored {
        let mut row = cells([n.node.as_str(), &n.total.to_string()]);
        for p in &scorers {
            let s = n.scores.iter().find(|s| s.plugin == *p);
            row.push(s.map_or(String::new(), |s| format!("{} {} {}", s.raw, s.normalised, s.weighted)));
        }
        lines.push(row);
    }
    out.push_str(&table(&lines));
    out
}

/// Each name once, in the order in which they come.
fn names(all: impl Iterator<Item = &'static str>) -> Vec<&'static str> {
    let mut out = Vec::new();
    for name in all {
        if !out.contains(&name) {
            out.push(name);
        }
    }
    out
}

fn header(first: &[&str], count: usize, last: &[&str]) -> Vec<String> {
    let numbers = (1..=count).map(|i| i.to_string());
    first.iter().map(|s| (*s).to_owned()).chain(numbers).chain(last.iter().map(|s| (*s).to_owned())).collect()
}

fn verdicts(n: &NodeExplanation, filters: &[&str]) -> Vec<String> {
    let mut row = vec![clean(&n.node).into_owned()];
    let mut why = Vec::new();
    for p in filters {
        let v = n.verdicts.iter().find(|v| v.plugin == *p);
        let rejection = v.and_then(|v| v.rejection.as_ref());
        row.push(if rejection.is_some() { "no" } else { "ok" }.to_owned());
        why.extend(rejection.iter().flat_map(|r| r.reasons.iter().map(|r| clean(r).into_owned())));
    }
    row.push(match (why.is_empty(), n.left_out, n.looked_at) {
        (_, true, _) => "left out before the filters".to_owned(),
        (true, _, true) => "feasible".to_owned(),
        (true, _, false) => "feasible, but the search did not come here".to_owned(),
        (false, ..) => why.join("; "),
    });
    row
}
