//! Tables of objects, as `kubectl get` prints them (`k8s.io/cli-runtime/pkg/printers/tableprinter.go`).

use super::{cells, inert, tab};
use crate::api_util::Time;
use crate::object::{Kind, Obj, Str};
use std::fmt::Write;

/// One column of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its name as the API server has it; printed in capitals.
    pub name: &'static str,
    /// Whether it is printed only with `-o wide` (priority 1).
    pub wide: bool,
}

/// Objects of one kind, a row each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// All columns, the wide ones included.
    pub columns: Vec<Column>,
    /// A cell for each column.
    pub rows: Vec<Vec<String>>,
    /// Each row's namespace; empty for kinds that live in none.
    pub namespaces: Vec<Str>,
}

/// Columns from their names; `*` in front marks a wide one.
pub(crate) fn columns(names: &'static [&'static str]) -> Vec<Column> {
    let column = |n: &&'static str| match n.strip_prefix('*') {
        Some(name) => Column { name, wide: true },
        None => Column { name: n, wide: false },
    };
    names.iter().map(column).collect()
}

impl Table {
    /// A table from column names, `*` in front of the wide ones.
    pub(crate) fn new(names: &'static [&'static str]) -> Table {
        Table { columns: columns(names), rows: Vec::new(), namespaces: Vec::new() }
    }

    /// The text, as kubectl aligns it: three spaces between columns, none shorter than six.
    pub fn render(&self, wide: bool, show_namespace: bool, no_headers: bool) -> String {
        let mut text = String::new();
        let show_namespace = show_namespace && self.namespaces.iter().any(|n| !n.is_empty());
        let shown: Vec<usize> = (0..self.columns.len()).filter(|&i| wide || !self.columns[i].wide).collect();
        if !no_headers {
            let names = shown.iter().map(|&i| self.columns[i].name.to_uppercase());
            let namespace = show_namespace.then(|| "NAMESPACE".to_owned());
            text.push_str(&namespace.into_iter().chain(names).collect::<Vec<_>>().join("\t"));
            text.push('\n');
        }
        for (row, namespace) in self.rows.iter().zip(&self.namespaces) {
            if show_namespace {
                let _ = write!(text, "{namespace}\t");
            }
            let cells: Vec<String> =
                shown.iter().map(|&i| row.get(i).map_or_else(String::new, |c| one_line(c))).collect();
            text.push_str(&cells.join("\t"));
            text.push('\n');
        }
        tab::align(&text, 6, 3)
    }

    /// Puts the resource's name in front of each name, as kubectl does for lists of several kinds:
    /// `pod/web-1`, `deployment.apps/web`.
    #[must_use]
    pub fn prefixed(mut self, kind: &Kind) -> Table {
        let prefix = word(kind);
        if let Some(at) = self.columns.iter().position(|c| c.name == "Name") {
            for row in &mut self.rows {
                row[at] = format!("{prefix}/{}", row[at]);
            }
        }
        self
    }
}

/// A kind as `-o name` has it: `pod`, `deployment.apps`.
pub(crate) fn word(kind: &Kind) -> String {
    let name = kind.name().to_lowercase();
    match kind.group() {
        "" => name,
        group => format!("{name}.{group}"),
    }
}

/// The first line only, with `...` for the rest; control characters made visible.
fn one_line(cell: &str) -> String {
    let escape = |s: &str| s.replace('\x1b', "^[").replace('\t', " ");
    match cell.find(['\n', '\r', '\x0c']) {
        Some(end) => escape(&cell[..end]) + "...",
        None if cell.contains(['\x1b', '\t']) => escape(cell),
        None => cell.to_owned(),
    }
}

/// The table of objects of one kind. Objects of several kinds in one list get the columns of
/// unknown kinds and prefixed names; [`tables`] is for those.
pub fn table(objs: &[Obj], now: Time) -> Table {
    let Some(first) = objs.first() else { return Table::new(&["Name", "Age"]) };
    let kind = first.kind();
    let same = objs.iter().all(|o| o.kind() == kind);
    let names = if same { header(&kind) } else { &["Name", "Age"] };
    let mut table = Table::new(names);
    for obj in objs {
        let meta = obj.meta();
        table.namespaces.push(meta.namespace.clone());
        table.rows.push(if same {
            row(obj, now)
        } else {
            vec![format!("{}/{}", word(&obj.kind()), meta.name), super::age(meta.creation_timestamp, now)]
        });
    }
    table
}

/// A table for each kind, in the order in which kinds first appear; names are prefixed when there
/// is more than one.
pub fn tables(objs: &[Obj], now: Time) -> Vec<Table> {
    let mut kinds: Vec<(Kind, Vec<Obj>)> = Vec::new();
    for obj in objs {
        let kind = obj.kind();
        match kinds.iter_mut().find(|(k, _)| *k == kind) {
            Some((_, list)) => list.push(obj.clone()),
            None => kinds.push((kind, vec![obj.clone()])),
        }
    }
    let many = kinds.len() > 1;
    let one = |(kind, list): (Kind, Vec<Obj>)| {
        let t = table(&list, now);
        if many { t.prefixed(&kind) } else { t }
    };
    kinds.into_iter().map(one).collect()
}

/// Several tables, an empty line between them.
pub fn render_all(tables: &[Table], wide: bool, show_namespace: bool, no_headers: bool) -> String {
    let texts: Vec<String> = tables.iter().map(|t| t.render(wide, show_namespace, no_headers)).collect();
    texts.join("\n")
}

/// A kind's columns (`printers.go`, `AddHandlers`).
fn header(kind: &Kind) -> &'static [&'static str] {
    match kind {
        Kind::Pod => cells::POD,
        Kind::Node => cells::NODE,
        Kind::Deployment => cells::DEPLOYMENT,
        Kind::ReplicaSet => cells::REPLICA_SET,
        Kind::Namespace => cells::NAMESPACE,
        Kind::ConfigMap => cells::CONFIG_MAP,
        Kind::Secret => cells::SECRET,
        Kind::ServiceAccount => cells::SERVICE_ACCOUNT,
        Kind::Lease => cells::LEASE,
        Kind::Event => cells::EVENT,
        Kind::Other(_) => inert::header(kind.name()),
    }
}

/// An object's cells, the wide ones included.
fn row(obj: &Obj, now: Time) -> Vec<String> {
    match obj {
        Obj::Pod(o) => cells::pod(o, now),
        Obj::Node(o) => cells::node(o, now),
        Obj::Deployment(o) => cells::deployment(o, now),
        Obj::ReplicaSet(o) => cells::replica_set(o, now),
        Obj::Namespace(o) => cells::namespace(o, now),
        Obj::ConfigMap(o) => cells::config_map(o, now),
        Obj::Secret(o) => cells::secret(o, now),
        Obj::ServiceAccount(o) => cells::service_account(o, now),
        Obj::Lease(o) => cells::lease(o, now),
        Obj::Event(o) => cells::event(o, now),
        Obj::Inert(o) => inert::row(o, now),
    }
}
