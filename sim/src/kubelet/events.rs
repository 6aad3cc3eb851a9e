//! What the runtime tells.

use super::Kubelet;
use super::pods::terminated;
use super::row::{PodRow, Sandbox, St, Wait};
use super::{KubeletTimer, Node, backoff};
use crate::core::Cx;
use crate::msg::Timer;
use crate::object::{EventType, Str, Terminated, Uid, lit};
use crate::runtime::{ContainerId, Exit, RuntimeCommand, RuntimeEvent};
use crate::time::Span;
use crate::trace::{Cause, Code, RecordId};
use std::sync::Arc;

impl Kubelet {
    pub(super) fn on_runtime(&mut self, event: RuntimeEvent, cx: &mut Cx<'_>) {
        match event {
            RuntimeEvent::Listing(listing) => self.on_listing(listing, cx),
            RuntimeEvent::ImagePulled { image, bytes, took } => self.on_image_pulled(image, bytes, took, cx),
            RuntimeEvent::ImagePullFailed { image, reason, message } => {
                self.on_pull_failed(image, &reason, message, cx);
            }
            RuntimeEvent::SandboxReady { pod, ip } => self.with_row(pod, |row, node| {
                row.on_sandbox(ip, node, cx);
            }),
            RuntimeEvent::ContainerCreated { pod, name, id } => {
                if !self.pods.contains_key(&pod) {
                    return self.node.runtime(cx, RuntimeCommand::RemoveContainer { id });
                }
                self.with_row(pod, |row, node| row.on_created(&name, id, node, cx));
            }
            RuntimeEvent::ContainerStarted { pod, id } => {
                if self.pods.get(&pod).is_some_and(|r| r.by_id(id).is_none()) {
                    // An earlier kubelet had asked for it.
                    return self.node.runtime(cx, RuntimeCommand::StopContainer { id, grace: Span::ZERO });
                }
                self.with_row(pod, |row, node| row.on_started(id, node, cx));
            }
            RuntimeEvent::ContainerFailed { pod, name, reason, message } => {
                self.with_row(pod, |row, node| row.on_failed(&name, &reason, message, node, cx));
            }
            RuntimeEvent::ContainerExited { pod, id, exit } => {
                self.with_row(pod, |row, node| row.on_exit(id, exit, node, cx));
            }
            RuntimeEvent::SandboxStopped { pod } => self.with_row(pod, |row, node| {
                if row.sandbox == Sandbox::Stopping {
                    row.sandbox = Sandbox::Stopped;
                    row.sync(node, cx);
                    row.report(node, cx);
                }
            }),
            RuntimeEvent::SandboxRemoved { .. } => {}
            RuntimeEvent::Probed { pod, id, which, ok, message } => {
                self.with_row(pod, |row, node| row.on_probed(id, which, ok, &message, node, cx));
            }
        }
    }
}

/// The pod that an event is about.
pub(super) fn pod_of(event: &RuntimeEvent) -> Option<Uid> {
    match event {
        RuntimeEvent::SandboxReady { pod, .. }
        | RuntimeEvent::ContainerCreated { pod, .. }
        | RuntimeEvent::ContainerStarted { pod, .. }
        | RuntimeEvent::ContainerFailed { pod, .. }
        | RuntimeEvent::ContainerExited { pod, .. }
        | RuntimeEvent::SandboxStopped { pod } => Some(*pod),
        RuntimeEvent::Probed { .. }
        | RuntimeEvent::SandboxRemoved { .. }
        | RuntimeEvent::ImagePulled { .. }
        | RuntimeEvent::ImagePullFailed { .. }
        | RuntimeEvent::Listing(_) => None,
    }
}

impl PodRow {
    fn on_sandbox(&mut self, ip: Str, node: &mut Node, cx: &mut Cx<'_>) {
        if self.sandbox != Sandbox::Creating {
            return;
        }
        let cause = cx.note(Code::SandboxReady, &self.key(), &[("ip", &ip)]);
        cx.set_cause(cause);
        self.sandbox = Sandbox::Ready;
        self.ip = ip;
        self.sync(node, cx);
    }

    fn on_created(&mut self, name: &str, id: ContainerId, node: &mut Node, cx: &mut Cx<'_>) {
        let creating = |i: &usize| self.ctrs[*i].st == St::Creating;
        let Some(i) = self.index_of(name).filter(creating).filter(|_| !self.ending) else {
            node.runtime(cx, RuntimeCommand::RemoveContainer { id });
            if let Some(i) = self.index_of(name)
                && self.ctrs[i].st == St::Creating
            {
                self.ctrs[i].st = if self.ctrs[i].exit.is_some() { St::Exited } else { St::Idle };
                self.sync(node, cx);
                self.report(node, cx);
            }
            return;
        };
        let name = self.spec(i).name.clone();
        let cause = cx.note(Code::ContainerCreated, &self.key(), &[("container", &name)]);
        cx.set_cause(cause);
        let c = &mut self.ctrs[i];
        let old = (c.exit.is_some() && c.id != ContainerId(0)).then_some(c.id);
        c.attempt = c.next_attempt();
        c.id = id;
        c.st = St::Starting;
        node.event(
            cx,
            self,
            Some(i),
            EventType::Normal,
            lit!("Created"),
            format!("Created container: {name}"),
        );
        if let Some(id) = old {
            node.runtime(cx, RuntimeCommand::RemoveContainer { id });
        }
        node.runtime(cx, RuntimeCommand::StartContainer { id });
    }

    fn on_started(&mut self, id: ContainerId, node: &mut Node, cx: &mut Cx<'_>) {
        let Some(i) = self.by_id(id).filter(|i| self.ctrs[*i].st == St::Starting) else { return };
        let name = self.spec(i).name.clone();
        let args: [(&'static str, &dyn std::fmt::Display); 2] =
            [("container", &name), ("restart", &self.ctrs[i].attempt)];
        let cause = cx.note(Code::ContainerStarted, &self.key(), &args);
        cx.set_cause(cause);
        if let Cause::Record(id) = cause {
            self.ctrs[i].started_by = id;
        }
        let spec = self.spec(i);
        let (startup, readiness) = (spec.startup_probe.is_some(), spec.readiness_probe.is_some());
        let now = cx.wall();
        let c = &mut self.ctrs[i];
        c.st = St::Running;
        c.wait = Wait::None;
        c.message = lit!("");
        c.killing = false;
        c.since = now;
        c.started = !startup;
        c.ready = !startup && !readiness;
        node.event(
            cx,
            self,
            Some(i),
            EventType::Normal,
            lit!("Started"),
            format!("Started container {name}"),
        );
        if !self.ending {
            self.start_probes(i, Span::ZERO, cx);
        }
        self.sync(node, cx);
        // Upstream learns of a start at the next relist of the runtime (the pod lifecycle event generator,
        // once a second): a container that ends before that has never been Running or ready for anyone.
        cx.after(super::RELIST, Timer::Kubelet(KubeletTimer::Relist(self.uid())));
    }

    fn on_failed(&mut self, name: &str, reason: &str, message: Str, node: &mut Node, cx: &mut Cx<'_>) {
        let busy = |i: &usize| matches!(self.ctrs[*i].st, St::Creating | St::Starting);
        let Some(i) = self.index_of(name).filter(busy) else { return };
        let limits = cx.core.config.timings.crash_backoff;
        let now = cx.now();
        let c = &mut self.ctrs[i];
        c.st = if c.exit.is_some() { St::Exited } else { St::Idle };
        c.wait =
            if reason == "RunContainerError" { Wait::RunContainerError } else { Wait::CreateContainerError };
        c.message = message.clone();
        c.backoff.next(now, now, limits);
        let wait: Span = backoff::Backoff::wait(&c.backoff, now, limits);
        c.not_before = now + wait;
        node.event(cx, self, Some(i), EventType::Warning, lit!("Failed"), format!("Error: {message}"));
        self.set_alarm(i, wait, cx);
        self.sync(node, cx);
        self.report(node, cx);
    }

    /// Notes that a container has ended, and whether this kubelet had asked it to.
    pub(super) fn note_exit(&self, name: &Str, exit: &Exit, asked: bool, cx: &mut Cx<'_>) -> Cause {
        let asked = if asked { "yes" } else { "no" };
        let args: [(&'static str, &dyn std::fmt::Display); 4] =
            [("container", name), ("code", &exit.code), ("reason", &exit.reason), ("asked", &asked)];
        cx.note(Code::ContainerExited, &self.key(), &args)
    }

    fn on_exit(&mut self, id: ContainerId, exit: Exit, node: &mut Node, cx: &mut Cx<'_>) {
        let Some(i) = self.by_id(id).filter(|i| matches!(self.ctrs[*i].st, St::Running | St::Starting))
        else {
            return;
        };
        let name = self.spec(i).name.clone();
        let start = self.ctrs[i].started_by;
        if !exit.asked && start != RecordId(0) {
            cx.set_cause(Cause::Record(start));
        }
        let cause = self.note_exit(&name, &exit, self.ctrs[i].killing, cx);
        cx.set_cause(cause);
        let now = cx.wall();
        let c = &mut self.ctrs[i];
        let ran = c.st == St::Running;
        let ended = Terminated {
            started_at: Some(if ran { c.since } else { now }),
            finished_at: Some(now),
            ..terminated(id, &exit)
        };
        c.st = St::Exited;
        c.wait = Wait::None;
        c.killing = false;
        c.ready = false;
        c.started = false;
        c.before = c.exit.take();
        c.exit = Some(Arc::new(ended));
        c.probes = None;
        self.back_off(i, cx);
        self.sync(node, cx);
        // On the way down the last word follows at once, when the sandbox is gone too.
        if !self.pod.metadata.deleting() || self.done || self.ctrs.iter().any(|c| c.alive()) {
            self.report(node, cx);
        }
    }
}
