//! Tables as `kubectl get` prints them, held against a golden text: only the columns that the text's header names,
//! never ages.

use super::asserts::Table;
use super::check::{Facts, Finding};
use super::matcher::glob;
use crate::api_util::Time;
use crate::object::Obj;

/// Columns whose cells tell how old something is.
const AGES: &[&str] = &["AGE", "LAST SEEN", "FIRST SEEN"];

/// Columns and rows of what kubectl would print.
struct Printed {
    columns: Vec<String>,
    rows: Vec<Vec<String>>,
}

/// Splits a line at runs of two or more spaces, or at single ones if there are no such runs.
fn cells(line: &str) -> Vec<String> {
    let line = line.trim();
    if line.contains("  ") {
        line.split("  ").map(str::trim).filter(|c| !c.is_empty()).map(str::to_owned).collect()
    } else {
        line.split_whitespace().map(str::to_owned).collect()
    }
}

/// Whether the cluster's table is the expected one.
pub fn check(t: &Table, facts: &Facts<'_>) -> Option<Finding> {
    let objs: Vec<Obj> = facts
        .view
        .select(&t.get.0, t.namespace.as_deref())
        .filter(|(_, o)| t.selector.as_ref().is_none_or(|s| s.matches(&o.meta().labels)))
        .map(|(_, o)| o.clone())
        .collect();
    let printed = print(&objs, facts.wall);
    let mut lines = t.text.lines().filter(|l| !l.trim().is_empty());
    let header = cells(lines.next().unwrap_or(""));
    let at: Vec<Option<usize>> = header.iter().map(|h| printed.columns.iter().position(|c| c == h)).collect();
    if let Some(missing) = header.iter().zip(&at).find(|(_, at)| at.is_none()) {
        let found = format!("there is no column {}; there are {}", missing.0, printed.columns.join(", "));
        return Some(Finding { expected: t.text.clone(), found: vec![found] });
    }
    let shown: Vec<Vec<&str>> = printed
        .rows
        .iter()
        .map(|row| at.iter().flatten().map(|i| row.get(*i).map_or("", String::as_str)).collect())
        .collect();
    let wanted: Vec<Vec<String>> = lines.map(cells).collect();
    let fits = |want: &[String], have: &[&str]| {
        header.iter().enumerate().all(|(i, column)| {
            AGES.contains(&column.as_str()) || want.get(i).is_some_and(|w| glob(w, have[i]))
        })
    };
    let same = wanted.len() == shown.len() && wanted.iter().zip(&shown).all(|(w, h)| fits(w, h));
    if same {
        return None;
    }
    let mut found = vec![header.join("   ")];
    found.extend(shown.iter().map(|row| row.join("   ")));
    Some(Finding { expected: t.text.trim_end().to_owned(), found })
}

/// What kubectl would print with `-o wide`.
fn print(objs: &[Obj], now: Time) -> Printed {
    let table = crate::print::table(objs, now);
    Printed { columns: table.columns.iter().map(|c| c.name.to_uppercase()).collect(), rows: table.rows }
}
