//! What to start next: sandbox, init containers in order, sidecars, then all others.
//!
//! Upstream: `computePodActions`, `SyncPod` and `doBackOff` in `pkg/kubelet/kuberuntime`. A pod starts one
//! container at a time.

use super::row::{PodRow, Sandbox, St, Wait};
use super::{KubeletTimer, Node, RELIST};
use crate::core::Cx;
use crate::msg::Timer;
use crate::object::{Container, EventType, Str, lit};
use crate::runtime::{ContainerConfig, RuntimeCommand};
use crate::time::{SimTime, Span};
use crate::trace::Code;

/// What a pod needs now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    Start(usize),
    /// Nothing, until something happens.
    Nothing,
    /// All containers have ended for good, or an init container has failed for good.
    Over,
}

impl PodRow {
    /// Brings the pod a step closer to what its spec says.
    pub(super) fn sync(&mut self, node: &mut Node, cx: &mut Cx<'_>) {
        if self.frozen || self.done {
            return;
        }
        if self.ending {
            return self.wind_down(node, cx);
        }
        if self.ctrs.iter().any(|c| c.busy()) {
            return;
        }
        match self.next(cx.now()) {
            Next::Nothing => {}
            Next::Over => self.end(node, cx),
            Next::Start(i) => match self.sandbox {
                Sandbox::Ready => self.start(i, node, cx),
                Sandbox::None => {
                    self.sandbox = Sandbox::Creating;
                    let command = RuntimeCommand::RunPodSandbox {
                        pod: self.pod_ref(),
                        host_network: self.pod.spec.host_network,
                    };
                    node.runtime(cx, command);
                }
                Sandbox::Creating | Sandbox::Stopping | Sandbox::Stopped => {}
            },
        }
    }

    fn next(&mut self, now: SimTime) -> Next {
        let inits = self.inits();
        let due = |row: &PodRow, i: usize| match row.ctrs[i].st {
            St::Idle => now >= row.ctrs[i].not_before,
            St::Exited => now >= row.ctrs[i].not_before && row.restarts(i),
            St::Pulling | St::Creating | St::Starting | St::Running => false,
        };
        for i in 0..inits {
            let c = &self.ctrs[i];
            if self.sidecar(i) {
                if due(self, i) {
                    return Next::Start(i);
                }
                if !self.initialized && !c.up() {
                    return Next::Nothing;
                }
            } else if !self.initialized && !c.succeeded() {
                return match c.st {
                    St::Exited if !self.restarts(i) => Next::Over,
                    _ if due(self, i) => Next::Start(i),
                    _ => Next::Nothing,
                };
            }
        }
        self.initialized = true;
        let mut over = true;
        for i in inits..self.ctrs.len() {
            if due(self, i) {
                return Next::Start(i);
            }
            over &= self.ctrs[i].st == St::Exited && !self.restarts(i);
        }
        if over { Next::Over } else { Next::Nothing }
    }

    /// Begins to start a container: its image first.
    fn start(&mut self, i: usize, node: &mut Node, cx: &mut Cx<'_>) {
        let limits = cx.core.config.timings.crash_backoff;
        let now = cx.now();
        let c = &mut self.ctrs[i];
        if c.st == St::Exited && matches!(c.wait, Wait::None | Wait::CrashLoopBackOff) {
            // An entry that has expired was dropped at the exit.
            c.backoff.next(SimTime(0), now, limits);
        }
        self.ensure_image(i, node, cx);
    }

    /// The image is there: the container is created.
    pub(super) fn create(&mut self, i: usize, node: &Node, cx: &mut Cx<'_>) {
        let spec = self.spec(i);
        let command = RuntimeCommand::CreateContainer {
            pod: self.uid(),
            name: spec.name.clone(),
            image: spec.image.clone(),
            attempt: self.ctrs[i].next_attempt(),
            config: Box::new(config_of(spec)),
        };
        self.ctrs[i].st = St::Creating;
        node.runtime(cx, command);
    }

    /// Wakes a container after a while; earlier alarms of it are void.
    pub(super) fn set_alarm(&mut self, i: usize, d: Span, cx: &mut Cx<'_>) {
        let uid = self.uid();
        let c = &mut self.ctrs[i];
        c.alarm = c.alarm.wrapping_add(1);
        cx.after(d, Timer::Kubelet(KubeletTimer::Container(uid, i as u8, c.alarm)));
    }

    /// A container is due: to be shown as waiting, or to be tried again.
    pub(super) fn on_alarm(&mut self, i: usize, alarm: u32, node: &mut Node, cx: &mut Cx<'_>) {
        let now = cx.now();
        let Some(c) = self.ctrs.get_mut(i) else { return };
        if self.ending || c.alarm != alarm || c.busy() || c.st == St::Running {
            return;
        }
        if now >= c.not_before {
            return self.sync(node, cx);
        }
        let left = c.not_before - now;
        let name = self.spec(i).name.clone();
        let c = &mut self.ctrs[i];
        match c.wait {
            Wait::ErrImagePull => {
                c.wait = Wait::ImagePullBackOff;
                let message = format!("Back-off pulling image \"{}\"", self.spec(i).image);
                node.event(cx, self, Some(i), EventType::Normal, lit!("BackOff"), message);
                let message = "Error: ImagePullBackOff".to_owned();
                node.event(cx, self, Some(i), EventType::Warning, lit!("Failed"), message);
            }
            Wait::None if c.st == St::Exited => {
                c.wait = Wait::CrashLoopBackOff;
                let wait = c.backoff.wait(SimTime(0), cx.core.config.timings.crash_backoff);
                let restart = c.next_attempt();
                let args: [(&'static str, &dyn std::fmt::Display); 3] =
                    [("container", &name), ("wait", &wait), ("restart", &restart)];
                let cause = cx.note(Code::ContainerBackoff, &self.key(), &args);
                cx.set_cause(cause);
                let message =
                    format!("Back-off restarting failed container {name} in pod {}", self.full_name());
                node.event(cx, self, Some(i), EventType::Warning, lit!("BackOff"), message);
            }
            Wait::None
            | Wait::ImagePullBackOff
            | Wait::ErrImageNeverPull
            | Wait::InvalidImageName
            | Wait::CreateContainerError
            | Wait::RunContainerError
            | Wait::CrashLoopBackOff => {}
        }
        self.set_alarm(i, left, cx);
        self.report(node, cx);
    }

    /// Sets when a container that has exited may start again.
    pub(super) fn back_off(&mut self, i: usize, cx: &mut Cx<'_>) {
        if self.ending || !self.restarts(i) {
            return;
        }
        let now = cx.now();
        let limits = cx.core.config.timings.crash_backoff;
        let c = &mut self.ctrs[i];
        let wait = c.backoff.wait(now, limits);
        c.not_before = now + wait;
        if wait == Span::ZERO {
            c.backoff = Default::default();
        } else {
            self.set_alarm(i, wait.min(RELIST), cx);
        }
    }
}

impl super::row::Ctr {
    /// The number of the next run.
    pub(super) fn next_attempt(&self) -> u32 {
        if self.exit.is_some() { self.attempt + 1 } else { self.attempt }
    }
}

/// What the runtime has to know of a container.
fn config_of(spec: &Container) -> ContainerConfig {
    let milli = |list: &crate::object::ResourceList| list.get("cpu").map_or(0, |q| q.milli());
    let env = spec.other.get("env").and_then(|v| v.as_array()).into_iter().flatten();
    let env =
        env.filter_map(|e| Some((Str::from(e.get("name")?.as_str()?), Str::from(e.get("value")?.as_str()?))));
    ContainerConfig {
        command: spec.command.clone(),
        args: spec.args.clone(),
        env: env.collect(),
        cpu_request_milli: milli(&spec.resources.requests),
        cpu_limit_milli: milli(&spec.resources.limits),
        memory_limit: spec.resources.limits.get("memory").map_or(0, |q| q.value()),
    }
}
