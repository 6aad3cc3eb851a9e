//! Images: present, pulled one at a time, or not to be had.
//!
//! Upstream: `pkg/kubelet/images/image_manager.go` and `puller.go` (`serializeImagePulls`).

use super::backoff::go_duration;
use super::row::{PodRow, St, Wait};
use super::{Kubelet, Node, Pull, RELIST, status};
use crate::core::Cx;
use crate::object::{EventType, Str, lit};
use crate::runtime::{RuntimeCommand, invalid_name};
use crate::time::{SimTime, Span};
use crate::trace::Code;

/// How soon upstream's next sync tries again where there is no back-off.
const RETRY: Span = Span::secs(10);

impl Node {
    fn pull(&mut self, pull: Pull, cx: &mut Cx<'_>) {
        let image = pull.image.clone();
        self.pulls.push_back(pull);
        if self.pulls.len() == 1 {
            self.runtime(cx, RuntimeCommand::PullImage { image });
        }
    }

    /// The pull at the head has ended: begins the next one, for that one's own reason.
    fn next_pull(&mut self, image: &str, cx: &mut Cx<'_>) -> Option<Pull> {
        // What comes for a pull of an earlier kubelet's is no answer to ours.
        if self.pulls.front()?.image != image {
            return None;
        }
        let ended = self.pulls.pop_front();
        if let Some(next) = self.pulls.front() {
            let (image, why, before) = (next.image.clone(), next.cause, cx.cause());
            cx.set_cause(why);
            self.runtime(cx, RuntimeCommand::PullImage { image });
            cx.set_cause(before);
        }
        ended
    }
}

impl PodRow {
    /// `EnsureImageExists`.
    pub(super) fn ensure_image(&mut self, i: usize, node: &mut Node, cx: &mut Cx<'_>) {
        let spec = self.spec(i);
        let image = spec.image.clone();
        let always = match spec.image_pull_policy.as_str() {
            "Always" => true,
            "" => {
                !image.rsplit('/').next().is_some_and(|l| l.contains([':', '@']))
                    || image.ends_with(":latest")
            }
            _ => false,
        };
        let never = spec.image_pull_policy == "Never";
        if let Some(why) = invalid_name(&image) {
            return self.no_image(i, Wait::InvalidImageName, lit!("InspectFailed"), why, node, cx);
        }
        if node.images.contains_key(&image) && !always {
            let cause = cx.note(Code::ImagePresent, &self.key(), &[("image", &image)]);
            cx.set_cause(cause);
            let message = format!("Container image \"{image}\" already present on machine");
            node.event(cx, self, Some(i), EventType::Normal, lit!("Pulled"), message);
            return self.create(i, node, cx);
        }
        if never {
            let why = format!("Container image \"{image}\" is not present with pull policy of Never");
            return self.no_image(i, Wait::ErrImageNeverPull, lit!("ErrImageNeverPull"), why, node, cx);
        }
        self.ctrs[i].st = St::Pulling;
        let cause = cx.note(Code::ImagePulling, &self.key(), &[("image", &image)]);
        cx.set_cause(cause);
        node.event(
            cx,
            self,
            Some(i),
            EventType::Normal,
            lit!("Pulling"),
            format!("Pulling image \"{image}\""),
        );
        let pull = Pull { pod: self.uid(), ctr: i, image, asked: cx.now(), cause: cx.cause() };
        node.pull(pull, cx);
        self.report(node, cx);
    }

    /// There is no point in trying at once again.
    fn no_image(&mut self, i: usize, wait: Wait, reason: Str, why: String, node: &mut Node, cx: &mut Cx<'_>) {
        let image = self.spec(i).image.clone();
        let first = self.ctrs[i].wait != wait;
        let c = &mut self.ctrs[i];
        c.st = if c.exit.is_some() { St::Exited } else { St::Idle };
        c.wait = wait;
        c.message = Str::from(why.as_str());
        c.not_before = cx.now() + RETRY;
        if first {
            let cause = cx.note(Code::ImageFailed, &self.key(), &[("image", &image), ("message", &why)]);
            cx.set_cause(cause);
        }
        node.event(cx, self, Some(i), EventType::Warning, reason, why);
        let message = format!("Error: {}", wait.reason());
        node.event(cx, self, Some(i), EventType::Warning, lit!("Failed"), message);
        self.set_alarm(i, RETRY, cx);
        self.report(node, cx);
    }
}

impl Kubelet {
    pub(super) fn on_image_pulled(&mut self, image: Str, bytes: u64, took: Span, cx: &mut Cx<'_>) {
        if !self.node.images.contains_key(&image) {
            self.node.images.insert(image.clone(), (status::image_id(&image), bytes));
            self.node.images_changed = true;
        }
        let Some(pull) = self.node.next_pull(&image, cx) else { return };
        let Some(row) = self.waiting_for(&pull) else { return };
        let args: [(&'static str, &dyn std::fmt::Display); 3] =
            [("image", &image), ("took", &took), ("bytes", &bytes)];
        let cause = cx.note(Code::ImagePulled, &row.key(), &args);
        cx.set_cause(cause);
        let waited = go_duration(cx.now() - pull.asked);
        let message = format!(
            "Successfully pulled image \"{image}\" in {} ({waited} including waiting). Image size: {bytes} bytes.",
            go_duration(took)
        );
        row.ctrs[pull.ctr].image_backoff = Default::default();
        self.with_row(pull.pod, |row, node| {
            node.event(cx, row, Some(pull.ctr), EventType::Normal, lit!("Pulled"), message);
            row.create(pull.ctr, node, cx);
        });
    }

    pub(super) fn on_pull_failed(&mut self, image: Str, reason: &str, why: Str, cx: &mut Cx<'_>) {
        let Some(pull) = self.node.next_pull(&image, cx) else { return };
        if self.waiting_for(&pull).is_none() {
            return;
        }
        let limits = cx.core.config.timings.image_backoff;
        let (i, now) = (pull.ctr, cx.now());
        self.with_row(pull.pod, |row, node| {
            let cause = cx.note(Code::ImageFailed, &row.key(), &[("image", &image), ("message", &why)]);
            cx.set_cause(cause);
            let message = format!("Failed to pull image \"{image}\": {why}");
            node.event(cx, row, Some(i), EventType::Warning, lit!("Failed"), message);
            node.event(cx, row, Some(i), EventType::Warning, lit!("Failed"), format!("Error: {reason}"));
            let c = &mut row.ctrs[i];
            c.st = if c.exit.is_some() { St::Exited } else { St::Idle };
            c.wait = Wait::ErrImagePull;
            c.message = why;
            let limits = (limits.0, limits.1, Span(limits.1.0 * 2));
            c.image_backoff.next(now, now, limits);
            let wait = c.image_backoff.wait(SimTime(0), limits);
            c.not_before = now + wait;
            row.set_alarm(i, wait.min(RELIST), cx);
            row.report(node, cx);
            // Another container of the pod may start meanwhile.
            row.sync(node, cx);
        });
    }

    /// The pod that still waits for a pull.
    fn waiting_for(&mut self, pull: &Pull) -> Option<&mut PodRow> {
        let row = self.pods.get_mut(&pull.pod).filter(|r| !r.ending)?;
        (row.ctrs[pull.ctr].st == St::Pulling).then_some(row)
    }

    /// Does something with a pod and what it shares with the others.
    pub(super) fn with_row(&mut self, pod: crate::object::Uid, f: impl FnOnce(&mut PodRow, &mut Node)) {
        if let Some(row) = self.pods.get_mut(&pod) {
            f(row, &mut self.node);
        }
    }
}
