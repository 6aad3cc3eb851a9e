//! The answers of `podium schedule` as tables and lines.

use super::{Compared, told};
use crate::term::{Style, clean, columns};
use crate::text::{width, wrap};
use podium_sim::object::Str;
use podium_sim::scheduler::profile::Profile;
use podium_sim::scheduler::whatif::advice::Advice;
use podium_sim::scheduler::whatif::compare::{Filled, Utilisation};
use podium_sim::scheduler::whatif::fit::{End, Fit};
use podium_sim::scheduler::whatif::{Answer, Fate, Report, Room, Template, Told, name_of};

/// So many of a kind are listed.
const LISTED: usize = 20;

/// Rows in columns, two spaces between them; the first row is the header.
pub fn table(rows: &[Vec<String>]) -> String {
    let style = Style::stdout();
    let count = rows.iter().map(Vec::len).max().unwrap_or(0);
    let wide = |c: usize| rows.iter().filter_map(|r| r.get(c)).map(|s| width(s)).max().unwrap_or(0);
    let widths: Vec<usize> = (0..count).map(wide).collect();
    let mut out = String::new();
    for (n, row) in rows.iter().enumerate() {
        let cells = row.iter().enumerate().map(|(i, c)| match i + 1 == row.len() {
            true => c.clone(),
            false => format!("{c}{}", " ".repeat(widths[i] + 2 - width(c))),
        });
        let line = cells.collect::<String>();
        out.push_str(&if n == 0 { style.bold(line.trim_end()) } else { line.trim_end().to_owned() });
        out.push('\n');
    }
    out
}

/// Cells of a row, made safe for a terminal.
pub fn cells<const N: usize>(cells: [&str; N]) -> Vec<String> {
    cells.iter().map(|c| clean(c).into_owned()).collect()
}

/// A text in lines, the first after a lead and the others below it.
pub fn para(lead: &str, text: &str) -> String {
    let lines = wrap(&clean(text), columns().saturating_sub(width(lead)).max(40));
    let mut out = String::new();
    for (i, line) in lines.iter().enumerate() {
        let before = if i == 0 { lead.to_owned() } else { " ".repeat(width(lead)) };
        out.push_str(&format!("{before}{line}\n"));
    }
    out
}

/// What became of all pods.
pub fn report(r: &Report, templates: &[Template]) -> String {
    let style = Style::stdout();
    let mut rows = vec![cells(["POD", "NODE", "SCORE", "FEASIBLE"])];
    for a in &r.answers {
        let node = a.fate.node().map_or("<none>", Str::as_str);
        let (score, feasible) = match &a.fate {
            Fate::Placed { score, feasible, looked_at, .. } => {
                (score.map_or("-".to_owned(), |s| s.to_string()), format!("{feasible} of {looked_at}"))
            }
            Fate::Refused { looked_at, .. } => ("-".to_owned(), format!("0 of {looked_at}")),
            Fate::Named(_) => ("-".to_owned(), "named by the pod".to_owned()),
            Fate::Held(_) => ("-".to_owned(), "not tried".to_owned()),
            Fate::Evicted(by) => ("-".to_owned(), format!("evicted for {by}")),
        };
        rows.push(cells([&name_of(&a.pod), node, &score, &feasible]));
    }
    let mut out = table(&rows);
    for a in r.answers.iter().filter(|a| a.fate.node().is_some()) {
        if let Some(room) = a.room.as_ref().filter(|r| r.done) {
            out.push_str(&format!("\n{}", para(&format!("{}: ", name_of(&a.pod)), &made(room))));
        }
    }
    for group in groups(&r.answers) {
        out.push('\n');
        out.push_str(&refusal(&group, templates));
    }
    let (all, placed) = (r.answers.len(), r.answers.len() - r.unplaced());
    let last = match all {
        1 => format!("{placed} of 1 pod has a node"),
        _ => format!("{placed} of {all} pods have a node"),
    };
    out.push_str(&format!("\n{}\n", if placed == all { style.good(&last) } else { style.bad(&last) }));
    out
}

/// Pods that failed for the same reason, in the order of their first.
fn groups(answers: &[Answer]) -> Vec<Vec<&Answer>> {
    let why = |a: &Answer| match &a.fate {
        Fate::Refused { message, .. } => Some(message.clone()),
        Fate::Held(why) => Some(why.clone()),
        Fate::Placed { .. } | Fate::Named(_) | Fate::Evicted(_) => None,
    };
    let mut places = std::collections::BTreeMap::new();
    let mut out: Vec<Vec<&Answer>> = Vec::new();
    for a in answers {
        let Some(why) = why(a) else { continue };
        let room = a.room.as_ref().map(|r| (r.node.clone(), r.leave.clone()));
        let at = *places.entry((a.template, why, room)).or_insert(out.len());
        if at == out.len() {
            out.push(Vec::new());
        }
        out[at].push(a);
    }
    out
}

fn refusal(group: &[&Answer], templates: &[Template]) -> String {
    let style = Style::stdout();
    let first = name_of(&group[0].pod);
    let of = group[0]
        .template
        .and_then(|t| templates.get(t))
        .map_or(String::new(), |t| format!(" of {}", t.origin));
    let who = match group.len() {
        1 => first.to_string(),
        n => format!("{first} and {} more{of}", n - 1),
    };
    let mut out = String::new();
    match &group[0].fate {
        Fate::Refused { message, advice, .. } => {
            out.push_str(&format!("{}\n", style.bad(&clean(&who))));
            out.push_str(&para("  ", message));
            out.push_str(&advised(advice));
        }
        Fate::Held(why) => {
            out.push_str(&format!("{}\n", style.bad(&clean(&who))));
            out.push_str(&para("  not tried: ", why));
        }
        Fate::Placed { .. } | Fate::Named(_) | Fate::Evicted(_) => {}
    }
    if let Some(room) = &group[0].room {
        out.push_str(&para("  room: ", &made(room)));
    }
    out
}

/// What would have to change, a line each.
pub fn advised(advice: &[Advice]) -> String {
    let shown: String = advice.iter().take(LISTED).map(|a| para("  - ", &a.text)).collect();
    let more = advice.len().saturating_sub(LISTED);
    if more > 0 { format!("{shown}  - {more} more; --json has them all\n") } else { shown }
}

/// Who leaves, or would have to.
fn made(r: &Room) -> String {
    let more = r.leave.len().saturating_sub(LISTED);
    let mut names: Vec<String> =
        r.leave.iter().take(LISTED).map(|(n, p)| format!("{n} (priority {p})")).collect();
    if more > 0 {
        names.push(format!("{more} more"));
    }
    let (names, one) = (names.join(", "), r.leave.len() == 1);
    let budgets = match r.violations {
        0 => String::new(),
        1 => "; a disruption budget would keep one of them".to_owned(),
        n => format!("; disruption budgets would keep {n} of them"),
    };
    match (r.done, one) {
        (true, _) => format!("room was made on {}: {names} left{budgets}", r.node),
        (false, true) => format!("it would fit on {} if {names} left{budgets}; --preempt does that", r.node),
        (false, false) => {
            format!("it would fit on {} if these left: {names}{budgets}; --preempt does that", r.node)
        }
    }
}

/// Everything about one decision.
pub fn told(t: &Told, profile: &Profile) -> String {
    let e = &t.explanation;
    let head = match &t.winner {
        Some(n) => {
            format!("{} goes to {n}: {} of {} nodes looked at were feasible", t.pod, e.feasible, e.looked_at)
        }
        None => format!("{}: {}", t.pod, e.message),
    };
    let all: Vec<_> = e.nodes.iter().collect();
    let mut out = format!("{}{}", para("", &head), told::tables(e, profile, &all));
    if e.best.len() > 1 {
        out.push_str(&format!(
            "{} nodes have the highest total: a draw chose among them (--seed)\n",
            e.best.len()
        ));
    }
    out
}

/// How many replicas fit.
pub fn fits(fits: &[Fit]) -> String {
    let style = Style::stdout();
    let mut out = String::new();
    for (i, f) in fits.iter().enumerate() {
        if i > 0 {
            out.push('\n');
        }
        let replicas = if f.replicas == 1 { "replica fits" } else { "replicas fit" };
        let nodes = match f.nodes.len() {
            0 => String::new(),
            1 => " on 1 node".to_owned(),
            n => format!(" on {n} nodes"),
        };
        let head = format!("{}: {} {replicas}{nodes}", clean(&f.origin), f.replicas);
        out.push_str(&format!("{}\n", style.accent(&head)));
        if !f.nodes.is_empty() {
            let mut rows = vec![cells(["NODE", "REPLICAS"])];
            rows.extend(f.nodes.iter().map(|(n, k)| cells([n.as_str(), &k.to_string()])));
            out.push_str(&table(&rows));
        }
        match &f.end {
            End::Limit => out.push_str("the limit is reached: there may be room for more (--limit)\n"),
            End::All => out.push_str("each node that it is meant for has one\n"),
            End::Held(why) => out.push_str(&para("not tried: ", why)),
            End::Full { pod, message, advice, .. } => {
                out.push_str(&para(&format!("{}: ", clean(pod)), message));
                out.push_str(&advised(advice));
            }
        }
    }
    out
}

/// Two configurations, side by side.
pub fn compared(c: &Compared) -> String {
    let style = Style::stdout();
    let [first, second] = &c.names;
    let percent = |x: f64| format!("{:.1}%", x * 100.0);
    let mut rows = vec![cells(["", "BEFORE", first, second])];
    let all = [&c.before, &c.after[0], &c.after[1]];
    let mut line = |name: &str, of: &dyn Fn(&Utilisation) -> String| {
        let [b, x, y] = all.map(of);
        rows.push(cells([name, &b, &x, &y]));
    };
    type Part = fn(&Filled) -> f64;
    let parts: [(&str, Part); 3] = [("mean", |f| f.mean), ("max", |f| f.max), ("deviation", |f| f.deviation)];
    for (part, of) in parts {
        line(&format!("cpu {part}"), &|u| percent(of(&u.cpu)));
    }
    for (part, of) in parts {
        line(&format!("memory {part}"), &|u| percent(of(&u.memory)));
    }
    line("fragmented nodes", &|u| format!("{} of {}", u.fragmented.nodes, u.fragmented.of));
    let placed = |i: usize| {
        let r = &c.reports[i];
        format!("{} of {}", r.answers.len() - r.unplaced(), r.answers.len())
    };
    rows.push(cells(["pods placed", "", &placed(0), &placed(1)]));
    let mut out = table(&rows);
    out.push_str("fragmented: something is left there, but too little for the largest of the pods\n\n");
    if c.moved.is_empty() {
        out.push_str(&format!("{}\n", style.good("both put every pod in the same place")));
    } else {
        let none = |n: &Option<Str>| n.as_ref().map_or("<none>".to_owned(), |n| n.to_string());
        let mut rows = vec![cells(["POD", first, second])];
        rows.extend(c.moved.iter().map(|m| cells([m.pod.as_str(), &none(&m.first), &none(&m.second)])));
        let s = if c.moved.len() == 1 { " goes" } else { "s go" };
        out.push_str(&format!("{} pod{s} elsewhere\n{}", c.moved.len(), table(&rows)));
    }
    out
}
