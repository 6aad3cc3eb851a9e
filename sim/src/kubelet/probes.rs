//! Probes. Upstream: `pkg/kubelet/prober/worker.go`.

use super::row::{PodRow, St};
use super::{KubeletTimer, Node};
use crate::api_util::IntOrString;
use crate::core::Cx;
use crate::msg::Timer;
use crate::object::{Container, EventType, Other, Probe, Str, lit};
use crate::runtime::{ContainerId, ProbeKind, ProbeTarget, RuntimeCommand};
use crate::time::Span;
use crate::trace::{Cause, Code};
use std::sync::Arc;

/// How the probes of a container went lately, one of each kind.
#[derive(Clone, Debug, Default)]
pub(super) struct Probes([Tally; 3]);

#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    passed: u16,
    failed: u16,
}

/// After so many failures in a row nobody expects another outcome.
const OLD_NEWS: u16 = 30;

fn probe_of(spec: &Container, which: ProbeKind) -> Option<&Probe> {
    match which {
        ProbeKind::Startup => spec.startup_probe.as_ref(),
        ProbeKind::Readiness => spec.readiness_probe.as_ref(),
        ProbeKind::Liveness => spec.liveness_probe.as_ref(),
    }
}

/// The defaults of the API, for pods that have not gone through it.
fn or(value: i64, default: i64) -> u64 {
    (if value <= 0 { default } else { value }) as u64
}

fn timer_name(which: ProbeKind) -> &'static str {
    match which {
        ProbeKind::Startup => "startup probe",
        ProbeKind::Readiness => "readiness probe",
        ProbeKind::Liveness => "liveness probe",
    }
}

/// What a probe asks, in the runtime's terms.
fn target(spec: &Container, probe: &Probe) -> ProbeTarget {
    let named =
        |name: &str| spec.ports.iter().find(|p| p.name == name).map_or(0, |p| p.container_port as u16);
    let number = |o: &Other| match o.get("port") {
        Some(v) => v.as_u64().map_or_else(|| v.as_str().map_or(0, named), |n| n as u16),
        None => 0,
    };
    let a = &probe.action;
    if let Some(h) = &a.http_get {
        let port = match &h.port {
            Some(IntOrString::Int(n)) => *n as u16,
            Some(IntOrString::String(s)) => named(s),
            None => 0,
        };
        ProbeTarget::Http { https: h.scheme == "HTTPS", port, path: h.path.clone() }
    } else if let Some(t) = &a.tcp_socket {
        ProbeTarget::Tcp { port: number(t) }
    } else if let Some(g) = &a.grpc {
        ProbeTarget::Grpc { port: number(g) }
    } else {
        let words = a.exec.as_ref().and_then(|e| e.get("command")).and_then(|v| v.as_array());
        let words: Vec<Str> = words.into_iter().flatten().filter_map(|w| w.as_str().map(Str::from)).collect();
        ProbeTarget::Exec { command: Arc::from(words) }
    }
}

impl PodRow {
    /// Begins to probe a container that has run for a while already.
    pub(super) fn start_probes(&mut self, i: usize, age: Span, cx: &mut Cx<'_>) {
        let spec = self.spec(i);
        if ProbeKind::ALL.iter().all(|k| probe_of(spec, *k).is_none()) {
            return;
        }
        self.ctrs[i].probes = Some(Box::default());
        if self.ctrs[i].started {
            self.probe_later(i, ProbeKind::Readiness, age, cx);
            self.probe_later(i, ProbeKind::Liveness, age, cx);
        } else {
            // The others wait for it.
            self.probe_later(i, ProbeKind::Startup, age, cx);
        }
    }

    fn probe_later(&mut self, i: usize, which: ProbeKind, age: Span, cx: &mut Cx<'_>) {
        let Some(p) = probe_of(self.spec(i), which) else { return };
        let delay = Span(Span::secs(p.initial_delay_seconds.max(0) as u64).0.saturating_sub(age.0));
        let timer = KubeletTimer::Probe(self.uid(), i as u8, which, self.ctrs[i].attempt);
        self.tick(i, which, delay, timer, cx);
    }

    /// A probe's period is over.
    pub(super) fn on_probe_due(
        &mut self,
        i: usize,
        which: ProbeKind,
        attempt: u32,
        node: &Node,
        cx: &mut Cx<'_>,
    ) {
        let Some(c) = self.ctrs.get(i) else { return };
        if c.attempt != attempt || c.st != St::Running || c.killing || self.ending {
            return;
        }
        if which == ProbeKind::Startup && c.started {
            return;
        }
        let spec = self.spec(i);
        let Some(probe) = probe_of(spec, which) else { return };
        let command = RuntimeCommand::Probe {
            id: c.id,
            which,
            target: target(spec, probe),
            timeout: Span::secs(or(probe.timeout_seconds, 1)),
        };
        let period = Span::secs(or(probe.period_seconds, 10));
        node.runtime(cx, command);
        let timer = KubeletTimer::Probe(self.uid(), i as u8, which, attempt);
        self.tick(i, which, period, timer, cx);
    }

    /// Sets a probe's timer. Probes of a container that is ready go on all the time; before, and for a while
    /// if they fail, they are news.
    fn tick(&self, i: usize, which: ProbeKind, d: Span, timer: KubeletTimer, cx: &mut Cx<'_>) {
        let (cause, background) = (cx.cause(), cx.background());
        let c = &self.ctrs[i];
        let failed = c.probes.as_ref().map_or(0, |p| p.0[which as usize].failed);
        cx.set_background(c.ready || failed >= OLD_NEWS);
        cx.set_cause(Cause::Timer(timer_name(which)));
        cx.after(d, Timer::Kubelet(timer));
        cx.set_cause(cause);
        cx.set_background(background);
    }

    /// A probe has been answered.
    pub(super) fn on_probed(
        &mut self,
        id: ContainerId,
        which: ProbeKind,
        ok: bool,
        output: &str,
        node: &mut Node,
        cx: &mut Cx<'_>,
    ) {
        let Some(i) = self.by_id(id).filter(|i| self.ctrs[*i].st == St::Running) else { return };
        if self.ending || self.ctrs[i].killing {
            return;
        }
        let Some(probe) = probe_of(self.spec(i), which) else { return };
        let (enough, too_often) = (or(probe.success_threshold, 1), or(probe.failure_threshold, 3));
        let c = &mut self.ctrs[i];
        let tally = &mut c.probes.get_or_insert_default().0[which as usize];
        if ok {
            tally.failed = 0;
            tally.passed = tally.passed.saturating_add(1);
            if u64::from(tally.passed) >= enough {
                self.passed(i, which, node, cx);
            }
            return;
        }
        tally.passed = 0;
        tally.failed = tally.failed.saturating_add(1);
        let failures = tally.failed;
        let message = format!("{} probe failed: {output}", which.name());
        node.event(cx, self, Some(i), EventType::Warning, lit!("Unhealthy"), message);
        if u64::from(failures) >= too_often {
            self.failed(i, which, failures, node, cx);
        }
    }

    fn passed(&mut self, i: usize, which: ProbeKind, node: &mut Node, cx: &mut Cx<'_>) {
        let readiness = self.spec(i).readiness_probe.is_some();
        let name = self.spec(i).name.clone();
        let c = &mut self.ctrs[i];
        match which {
            ProbeKind::Startup if !c.started => {
                cx.set_background(false);
                c.started = true;
                c.ready = !readiness;
                let age = Span::secs((cx.wall().0 - c.since.0).max(0) as u64);
                self.probe_later(i, ProbeKind::Readiness, age, cx);
                self.probe_later(i, ProbeKind::Liveness, age, cx);
                self.sync(node, cx);
                self.report(node, cx);
            }
            ProbeKind::Readiness if !c.ready => {
                cx.set_background(false);
                c.ready = true;
                let cause = cx.note(Code::ProbeReady, &self.key(), &[("container", &name)]);
                cx.set_cause(cause);
                self.report(node, cx);
            }
            ProbeKind::Startup | ProbeKind::Readiness | ProbeKind::Liveness => {}
        }
    }

    fn failed(&mut self, i: usize, which: ProbeKind, failures: u16, node: &mut Node, cx: &mut Cx<'_>) {
        let name = self.spec(i).name.clone();
        let args: [(&'static str, &dyn std::fmt::Display); 2] =
            [("container", &name), ("failures", &failures)];
        match which {
            ProbeKind::Readiness => {
                if self.ctrs[i].ready {
                    cx.set_background(false);
                    self.ctrs[i].ready = false;
                    let cause = cx.note(Code::ProbeUnready, &self.key(), &args);
                    cx.set_cause(cause);
                    self.report(node, cx);
                }
            }
            ProbeKind::Liveness | ProbeKind::Startup => {
                cx.set_background(false);
                let cause = cx.note(Code::ProbeFailed, &self.key(), &args);
                cx.set_cause(cause);
                let word = if which == ProbeKind::Liveness { "liveness" } else { "startup" };
                let message = format!("Container {name} failed {word} probe, will be restarted");
                let own =
                    probe_of(self.spec(i), which).and_then(|p| p.other.get("terminationGracePeriodSeconds"));
                let grace =
                    own.and_then(|v| v.as_u64()).map_or_else(|| self.grace(), |s| Span::secs(s.max(1)));
                let why = if which == ProbeKind::Liveness {
                    "liveness probe failed"
                } else {
                    "startup probe failed"
                };
                self.kill(i, grace, message, why, node, cx);
            }
        }
    }
}
