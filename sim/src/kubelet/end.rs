//! Taking a pod down: containers politely, then sidecars in reverse order, then the sandbox.
//!
//! Upstream: `SyncTerminatingPod`, `killContainersWithSyncResult`, and the active deadline handler.

use super::Node;
use super::row::{PodRow, Sandbox, St, Verdict};
use crate::core::Cx;
use crate::object::{EventType, lit};
use crate::runtime::RuntimeCommand;
use crate::time::Span;
use crate::trace::Code;

/// The least that the last containers get (`minimumGracePeriodInSeconds`).
const LEAST_GRACE: Span = Span::secs(2);

impl PodRow {
    /// From now on everything of the pod goes. Asked again (with less patience), it asks again.
    pub(super) fn end(&mut self, node: &mut Node, cx: &mut Cx<'_>) {
        if !self.ending {
            self.ending = true;
            self.ending_since = cx.now();
        }
        for c in &mut self.ctrs {
            c.killing = false;
        }
        self.wind_down(node, cx);
        self.report(node, cx);
    }

    /// The next step of the way down.
    pub(super) fn wind_down(&mut self, node: &mut Node, cx: &mut Cx<'_>) {
        if self.done {
            return;
        }
        for c in &mut self.ctrs {
            if c.st == St::Pulling {
                c.st = if c.exit.is_some() { St::Exited } else { St::Idle };
            }
        }
        let grace = self.grace();
        for i in 0..self.ctrs.len() {
            if !self.sidecar(i) {
                self.stop(i, grace, "Stopping container", "pod is terminating", node, cx);
            }
        }
        if (0..self.ctrs.len()).any(|i| !self.sidecar(i) && self.ctrs[i].alive()) {
            return;
        }
        let spent = cx.now() - self.ending_since;
        let left = Span(grace.0.saturating_sub(spent.0)).max(LEAST_GRACE.min(grace));
        for i in (0..self.inits()).rev() {
            if self.sidecar(i) && self.ctrs[i].alive() {
                return self.stop(i, left, "Stopping container", "pod is terminating", node, cx);
            }
        }
        match self.sandbox {
            Sandbox::Creating | Sandbox::Stopping => {}
            Sandbox::Ready => {
                self.sandbox = Sandbox::Stopping;
                node.runtime(cx, RuntimeCommand::StopPodSandbox { pod: self.uid() });
            }
            Sandbox::None | Sandbox::Stopped => {
                self.sandbox = Sandbox::Stopped;
                self.done = true;
            }
        }
    }

    /// Sends the polite signal, once.
    fn stop(
        &mut self,
        i: usize,
        grace: Span,
        words: &str,
        why: &'static str,
        node: &mut Node,
        cx: &mut Cx<'_>,
    ) {
        let c = &self.ctrs[i];
        if c.st != St::Running || c.killing {
            return;
        }
        let message = format!("{words} {}", self.spec(i).name);
        self.kill(i, grace, message, why, node, cx);
    }

    /// Has a running container stopped, and says so.
    pub(super) fn kill(
        &mut self,
        i: usize,
        grace: Span,
        message: String,
        why: &'static str,
        node: &mut Node,
        cx: &mut Cx<'_>,
    ) {
        let before = cx.cause();
        let name = self.spec(i).name.clone();
        let args: [(&'static str, &dyn std::fmt::Display); 3] =
            [("container", &name), ("grace", &grace), ("reason", &why)];
        let cause = cx.note(Code::ContainerKilling, &self.key(), &args);
        cx.set_cause(cause);
        self.ctrs[i].killing = true;
        node.event(cx, self, Some(i), EventType::Normal, lit!("Killing"), message);
        let id = self.ctrs[i].id;
        node.runtime(cx, RuntimeCommand::StopContainer { id, grace });
        cx.set_cause(before);
    }

    /// The pod has been active for longer than it may.
    pub(super) fn on_deadline(&mut self, node: &mut Node, cx: &mut Cx<'_>) {
        if self.ending {
            return;
        }
        let message = lit!("Pod was active on the node longer than the specified deadline");
        let reason = lit!("DeadlineExceeded");
        node.event(cx, self, None, EventType::Normal, reason.clone(), message.to_string());
        self.verdict = Some(Box::new(Verdict { reason, message, rejected: false }));
        self.end(node, cx);
    }
}
