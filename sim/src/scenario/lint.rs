//! What a scenario's types cannot say: references that lead somewhere, choices that exclude each other.

use super::actions::target;
use super::asserts::Assertion;
use super::check::kind_of;
use super::faults::FaultAction;
use super::fields;
use super::lesson::{Lesson, Text};
use super::model::Scenario;
use super::parse::{first_line, version_error};
use super::paths;
use super::steps::Step;
use crate::diagnostic::{Diagnostic, SourceText, nearest};
use crate::fault;
use crate::manifest::node::{Node, PathSeg};
use crate::scheduler::profiles::Profiles;
use crate::scheduler::{config, plugins};
use std::sync::Arc;

struct Linter<'a> {
    node: &'a Node,
    source: &'a Arc<SourceText>,
    found: &'a mut Vec<Diagnostic>,
    /// Steps so far.
    steps: Vec<String>,
    /// Names that `save` gave so far.
    saved: Vec<String>,
    /// Names by which `mend` may call faults.
    faults: Vec<String>,
    nodes: Vec<String>,
}

/// Checks a scenario, and names its nameless steps.
pub(super) fn lint(s: &mut Scenario, node: &Node, source: &Arc<SourceText>, found: &mut Vec<Diagnostic>) {
    for (i, step) in s.spec.steps.iter_mut().enumerate() {
        if step.name.is_empty() {
            step.name = format!("step-{}", i + 1);
        }
    }
    let nodes = s.spec.cluster.node_configs().iter().map(|n| n.name.to_string()).collect();
    let nodes: Vec<String> = nodes;
    let mut seen = std::collections::BTreeSet::new();
    let double = nodes.iter().find(|n| !seen.insert(n.as_str())).cloned();
    let mut l =
        Linter { node, source, found, steps: Vec::new(), saved: Vec::new(), faults: Vec::new(), nodes };
    if let Some(help) = version_error(s) {
        l.error("apiVersion", format!("`{}` is not a version of scenarios", s.api_version)).help = Some(help);
    }
    if let Some(name) = double {
        l.error("spec.cluster.nodes", format!("two nodes are named `{name}`")).help =
            Some("give each node a name of its own".into());
    }
    if s.spec.cluster.node_configs().is_empty() && !s.spec.steps.is_empty() {
        l.warning("spec.cluster.nodes", "the cluster has no nodes: nothing will run");
    }
    l.scheduler();
    if s.spec.steps.is_empty() && s.spec.until.is_none() {
        l.warning("spec", "the scenario has no steps: it ends as soon as it begins");
    }
    for (i, step) in s.spec.steps.iter().enumerate() {
        l.step(step, &format!("spec.steps[{i}]"));
    }
    l.chaos(s);
    if let Some(lesson) = &s.spec.lesson {
        l.lesson(lesson);
    }
}

impl Linter<'_> {
    fn add(&mut self, d: Diagnostic, path: &str) -> &mut Diagnostic {
        let at = self.node.locate(path);
        let span = first_line(if at.exact { at.value } else { at.key_or_value() }, self.source);
        self.found.push(d.at(span).path(path));
        let last = self.found.len() - 1;
        &mut self.found[last]
    }

    fn error(&mut self, path: &str, message: impl Into<String>) -> &mut Diagnostic {
        let d = Diagnostic::error("scenario.invalid", self.source, message);
        self.add(d, path)
    }

    fn warning(&mut self, path: &str, message: impl Into<String>) -> &mut Diagnostic {
        let d = Diagnostic::warning("scenario.odd", self.source, message);
        self.add(d, path)
    }

    /// Checks the scheduler's configuration.
    fn scheduler(&mut self) {
        const PATH: [&str; 3] = ["spec", "cluster", "scheduler"];
        let Some(node) = PATH.iter().try_fold(self.node, |n, k| n.get(k)).filter(|n| !n.is_null()) else {
            return;
        };
        let path = PATH.iter().map(|k| PathSeg::Key((*k).to_owned())).collect();
        match config::read_part(self.source, node, path, &plugins::registry()) {
            Ok((config, found)) => {
                self.found.extend(found);
                for message in Profiles::of(&config).err().into_iter().flatten() {
                    self.error("spec.cluster.scheduler", message);
                }
            }
            Err(found) => self.found.extend(found),
        }
    }

    /// Says that a name is not among the known ones.
    fn unknown(&mut self, path: &str, what: &str, name: &str, known: &[String]) {
        let near = nearest(name, known.iter().map(String::as_str)).map(str::to_owned);
        let d = self.error(path, format!("there is no {what} `{name}`"));
        match near {
            Some(near) => d.help = Some(format!("did you mean `{near}`?")),
            None if known.is_empty() => {}
            None => {
                let names: Vec<String> = known.iter().take(12).map(|k| format!("`{k}`")).collect();
                d.expected = Some(format!("one of {}", names.join(", ")));
            }
        }
    }

    fn reference(&mut self, path: &str, what: &str, name: &str, known: &[String]) {
        if !known.iter().any(|k| k == name) {
            self.unknown(path, what, name, known);
        }
    }

    fn step(&mut self, step: &Step, path: &str) {
        if self.steps.contains(&step.name) {
            self.error(&format!("{path}.name"), format!("two steps are called `{}`", step.name)).help =
                Some("give each step a name of its own".into());
        }
        self.steps.push(step.name.clone());
        if step.at.is_some() && step.after.is_some() {
            self.error(&format!("{path}.after"), "`at` and `after` exclude each other").help =
                Some("`at` is a time of the run, `after` counts from the end of the step before".into());
        }
        if !step.acts()
            && step.assert.is_empty()
            && step.save.is_empty()
            && step.at.is_none()
            && step.after.is_none()
        {
            self.warning(path, format!("step `{}` does nothing", step.name));
        }
        if step.expect_error.is_some() && !step.talks_to_api() {
            self.error(
                &format!("{path}.expectError"),
                "`expectError` needs a command of kubectl to be refused",
            );
        }
        for (action, m) in [("apply", &step.apply), ("create", &step.create)] {
            if m.as_ref().is_some_and(|m| m.file.is_none() && m.files.is_empty() && m.manifests.is_null()) {
                self.error(&format!("{path}.{action}"), format!("`{action}` has nothing to {action}"))
                    .expected = Some("`file`, `files` or `manifests`".into());
            }
        }
        if let Some(d) = &step.delete
            && d.name.is_some() == d.selector.is_some()
        {
            self.error(&format!("{path}.delete"), "`delete` needs either a name or a selector");
        }
        if let Some(r) = &step.rollout {
            let verbs = r.verbs();
            if verbs.len() != 1 {
                self.error(&format!("{path}.rollout"), "`rollout` needs one verb").expected =
                    Some("one of `undo`, `restart`, `pause`, `resume`, with what it is about: `undo: deployment/web`".into());
            }
            for (verb, what) in verbs {
                if let Err(why) = target(what, &r.namespace) {
                    self.error(&format!("{path}.rollout.{verb}"), why).expected =
                        Some("what kubectl takes, such as `deployment/web`".into());
                }
            }
        }
        let nodes = self.nodes.clone();
        for (action, node) in [("cordon", &step.cordon), ("uncordon", &step.uncordon)] {
            if let Some(node) = node {
                self.reference(&format!("{path}.{action}"), "node", node, &nodes);
            }
        }
        if let Some(f) = &step.fault {
            self.fault(f, &format!("{path}.fault"));
            self.faults.extend(f.name.clone());
            self.faults.extend([step.name.clone(), f.fault.name.clone()]);
        }
        if let Some(name) = &step.mend {
            let known = self.faults.clone();
            self.reference(&format!("{path}.mend"), "fault by the name of", name, &known);
        }
        for (i, save) in step.save.iter().enumerate() {
            self.path_ok(&format!("{path}.save[{i}].path"), &save.path);
            self.saved.push(save.name.clone());
        }
        for (i, a) in step.assert.iter().enumerate() {
            self.assertion(a, &format!("{path}.assert[{i}]"), true);
        }
    }

    fn fault(&mut self, f: &FaultAction, path: &str) {
        if f.until.is_some() && f.lasts.is_some() {
            self.error(&format!("{path}.for"), "`until` and `for` exclude each other").help =
                Some("`until` is a time of the run, `for` counts from now".into());
        }
        let Some(kind) = fault::kind(&f.fault.name) else { return };
        let path = format!("{path}.{}", kind.name);
        if !kind.mendable && (f.until.is_some() || f.lasts.is_some()) {
            self.error(&path, format!("`{}` is over at once: it has no end to be set", kind.name));
        }
        let known: Vec<String> = kind.args.iter().map(|(a, ..)| (*a).to_owned()).collect();
        let Some(args) = f.fault.args.as_object() else {
            let wants = if known.is_empty() {
                "nothing, or `{}`".to_owned()
            } else {
                format!("a mapping with `{}`", known.join("`, `"))
            };
            self.error(&path, format!("the arguments of `{}` are no mapping", kind.name)).expected =
                Some(wants);
            return;
        };
        for name in args.keys() {
            if !known.contains(name) {
                self.unknown(
                    &format!("{path}.{name}"),
                    &format!("argument of `{}` called", kind.name),
                    name,
                    &known,
                );
            }
        }
        for (arg, needed, about) in kind.args {
            match args.get(*arg) {
                None if *needed => {
                    self.error(&path, format!("`{}` needs `{arg}`", kind.name)).expected =
                        Some(format!("`{arg}`: {about}"));
                }
                Some(v) if *arg == "node" => {
                    let nodes = self.nodes.clone();
                    self.reference(&format!("{path}.node"), "node", &paths::plain(v), &nodes);
                }
                _ => {}
            }
        }
    }

    fn path_ok(&mut self, at: &str, path: &str) {
        if let Err(why) = paths::parse(path) {
            self.error(at, why).expected =
                Some("a path such as `status.phase` or `status.conditions[type=Ready].status`".into());
        }
    }

    fn assertion(&mut self, a: &Assertion, path: &str, timed: bool) {
        let modes = usize::from(a.within.is_some())
            + usize::from(a.lasting.is_some())
            + usize::from(a.never.is_some());
        if timed && modes != 1 {
            let message = if modes == 0 {
                "the assertion does not say when"
            } else {
                "an assertion is about one sort of time"
            };
            self.error(path, message).expected = Some(
                "one of `within: 30s` (it becomes true), `for: 1m` (it is true all the time), `never: 1m` (it is never true)".into(),
            );
        }
        if !timed && modes > 0 {
            self.error(path, "the moment is given by `after`: leave `within`, `for` and `never` out");
        }
        if !a.claims() {
            self.error(path, "the assertion claims nothing").expected = Some(
                "`resource`, `count`, `events`, `table`, `unchanged`, `same`, `differs`, `chain`, `elapsed` or `quiet`".into(),
            );
        }
        if a.not_before.is_some() && a.within.is_none() {
            self.error(&format!("{path}.notBefore"), "`notBefore` goes with `within`");
        }
        if let (Some(least), Some(most)) = (a.not_before, a.within)
            && least > most
        {
            self.error(&format!("{path}.notBefore"), "`notBefore` is later than `within`");
        }
        if a.absent && a.resource.is_empty() {
            self.error(&format!("{path}.absent"), "`absent` goes with `resource`");
        }
        let steps = self.steps.clone();
        if let Some(step) = &a.since {
            self.reference(&format!("{path}.since"), "step so far called", step, &steps);
        }
        for (i, r) in a.resource.iter().enumerate() {
            let at = if a.resource.0.len() > 1 {
                format!("{path}.resource[{i}]")
            } else {
                format!("{path}.resource")
            };
            match r.get("kind") {
                None => {
                    self.error(&at, "`resource` does not say of which kind").help =
                        Some("add `kind: …`".into());
                }
                Some(k) if kind_of(r).is_none() => {
                    let k = paths::plain(k);
                    let known: Vec<String> =
                        crate::manifest::schema::kinds().iter().map(|k| k.kind.to_owned()).collect();
                    self.unknown(&format!("{at}.kind"), "kind", &k, &known);
                }
                Some(_) => {
                    for u in kind_of(r).iter().flat_map(|k| fields::unknown_in_object(k, r)) {
                        let at = if u.at.is_empty() { at.clone() } else { format!("{at}.{}", u.at) };
                        self.no_field(&at, &u);
                    }
                }
            }
        }
        for (i, c) in a.count.iter().enumerate() {
            let at = if a.count.0.len() > 1 { format!("{path}.count[{i}]") } else { format!("{path}.count") };
            if c.min.is_none() && c.max.is_none() && c.equals.is_none() {
                self.error(&at, "`count` does not say how many").expected =
                    Some("`min`, `max` or `equals`".into());
            }
            for p in c.filter.keys() {
                self.path_ok(&format!("{at}.where"), p);
                if let Some(u) = fields::unknown_in_path(&c.kind.0, p) {
                    self.no_field(&format!("{at}.where"), &u);
                }
            }
        }
        for u in a.unchanged.iter() {
            self.path_ok(&format!("{path}.unchanged"), &u.field);
        }
        let saved = self.saved.clone();
        for (word, list) in [("same", &a.same), ("differs", &a.differs)] {
            for c in list.iter() {
                self.reference(&format!("{path}.{word}.as"), "value saved as", &c.name, &saved);
            }
        }
        for e in a.elapsed.iter() {
            for (word, step) in [("since", Some(&e.since)), ("until", e.until.as_ref())] {
                if let Some(step) = step {
                    self.reference(&format!("{path}.elapsed.{word}"), "step so far called", step, &steps);
                }
            }
        }
        if a.chain.iter().any(|c| c.contains.is_empty()) {
            self.error(&format!("{path}.chain"), "`contains` names nothing");
        }
    }

    /// Says that objects of the kind have no such field.
    fn no_field(&mut self, path: &str, u: &fields::Unknown) {
        let d = self.error(path, format!("there is no field `{}`", u.word));
        d.help = u.near.map(|n| format!("did you mean `{n}`?"));
    }

    fn chaos(&mut self, s: &Scenario) {
        let Some(c) = &s.spec.chaos else { return };
        let known: Vec<String> =
            fault::ALL.iter().filter(|f| super::chaos::drawable(f)).map(|f| f.name.to_owned()).collect();
        for (i, kind) in c.kinds.iter().enumerate() {
            self.reference(&format!("spec.chaos.kinds[{i}]"), "fault that can be drawn called", kind, &known);
        }
        if let Some(step) = &c.after {
            let steps = self.steps.clone();
            self.reference("spec.chaos.after", "step", step, &steps);
        }
        let (shortest, longest) = c.lasting_range();
        if shortest > longest {
            self.error("spec.chaos.lasting", "the shortest time is longer than the longest");
        }
    }

    fn text(&mut self, text: &Text, path: &str) {
        for (lang, t) in [("en", &text.en), ("zh-CN", &text.zh_cn)] {
            if t.trim().is_empty() {
                self.error(&format!("{path}.{lang}"), "the text is empty");
            }
        }
    }

    fn lesson(&mut self, lesson: &Lesson) {
        let steps = self.steps.clone();
        let at = "spec.lesson";
        self.text(&lesson.title, &format!("{at}.title"));
        self.text(&lesson.intro, &format!("{at}.intro"));
        for (i, n) in lesson.narration.iter().enumerate() {
            self.reference(&format!("{at}.narration[{i}].step"), "step", &n.step, &steps);
            self.text(&n.text, &format!("{at}.narration[{i}].text"));
        }
        if let Some(p) = &lesson.prediction {
            let at = format!("{at}.prediction");
            self.text(&p.question, &format!("{at}.question"));
            self.reference(&format!("{at}.before"), "step", &p.before, &steps);
            self.reference(&format!("{at}.after"), "step", &p.after, &steps);
            let ids: Vec<String> = p.options.iter().map(|o| o.id.clone()).collect();
            self.reference(&format!("{at}.answer"), "option", &p.answer, &ids);
            if p.options.len() < 2 {
                self.error(&format!("{at}.options"), "a question needs at least two options");
            }
            for (i, o) in p.options.iter().enumerate() {
                self.text(&o.text, &format!("{at}.options[{i}].text"));
                self.assertion(&o.when, &format!("{at}.options[{i}].when"), false);
            }
        }
        for (i, w) in lesson.wrong.iter().enumerate() {
            let at = format!("{at}.wrong[{i}]");
            self.text(&w.says, &format!("{at}.says"));
            self.reference(&format!("{at}.fails"), "step", &w.fails, &steps);
            for (n, step) in w.steps.iter().enumerate() {
                self.reference(&format!("{at}.steps[{n}].name"), "step", &step.name, &steps);
            }
            if w.steps.is_empty() && w.images.is_empty() {
                self.error(&at, format!("the variant `{}` changes nothing", w.name));
            }
        }
    }
}
