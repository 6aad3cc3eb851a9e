//! What the timeline marks: failures, scaling, scheduling, and what somebody typed.

use super::{Stamp, stamp};
use crate::theme::{Theme, palette};
use crate::view::View;
use egui::{Painter, Pos2, Shape, Stroke, pos2, vec2};
use podium_sim::object::Obj;
use podium_sim::time::SimTime;
use podium_sim::trace::{Code, Record, RecordId, What, WriteVerb};
use std::sync::Arc;

/// What a mark stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sort {
    /// The scheduler placed a pod, or could not.
    Decision,
    /// A number of replicas was changed.
    Scaling,
    /// Somebody typed something.
    User,
    /// Something broke, or was given up.
    Failure,
}

impl Sort {
    /// All of them.
    pub const ALL: [Sort; 4] = [Sort::Failure, Sort::Scaling, Sort::Decision, Sort::User];

    /// The message that names it.
    pub fn message(self) -> &'static str {
        match self {
            Sort::Decision => "view-mark-decision",
            Sort::Scaling => "view-mark-scaling",
            Sort::User => "view-mark-user",
            Sort::Failure => "view-mark-failure",
        }
    }
}

/// A mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    /// When.
    pub at: SimTime,
    /// What it stands for.
    pub sort: Sort,
    /// The record.
    pub record: RecordId,
}

/// All marks of a trace, in order.
pub type Marks = Arc<Vec<Mark>>;

/// The marks of the branch that is followed.
pub fn of(view: &mut View) -> Marks {
    let now: Stamp = stamp(view);
    match &view.ui.marks {
        Some((known, marks)) if *known == now => marks.clone(),
        _ => {
            let marks: Marks = Arc::new(view.player.records().iter().filter_map(mark).collect());
            view.ui.marks = Some((now, marks.clone()));
            marks
        }
    }
}

fn mark(r: &Record) -> Option<Mark> {
    let sort = match &r.what {
        What::Fault { .. } => Sort::Failure,
        What::User { .. } => Sort::User,
        What::Decision(d) if d.winner.is_empty() => Sort::Failure,
        What::Decision(_) => Sort::Decision,
        What::Note { code, args, .. } => match code {
            Code::LeaseExpired
            | Code::PodEvicted
            | Code::PodRejected
            | Code::ImageFailed
            | Code::ProbeFailed
            | Code::RolloutStalled => Sort::Failure,
            Code::ContainerExited if args.iter().any(|(k, v)| k == "code" && v != "0") => Sort::Failure,
            Code::ReplicaSetScaled => Sort::Scaling,
            _ => return None,
        },
        What::Write { verb: WriteVerb::Create, obj: Obj::ReplicaSet(_), .. } => Sort::Scaling,
        _ => return None,
    };
    Some(Mark { at: r.at, sort, record: r.id })
}

/// Draws a mark, so that the shape alone tells what it is.
pub fn draw(painter: &Painter, theme: &Theme, sort: Sort, c: Pos2, size: f32) {
    let h = size / 2.0;
    match sort {
        Sort::Failure => {
            let stroke = Stroke::new(size * 0.24, palette::VERMILION.egui());
            painter.line_segment([c - vec2(h, h), c + vec2(h, h)], stroke);
            painter.line_segment([c + vec2(-h, h), c + vec2(h, -h)], stroke);
        }
        Sort::Scaling => {
            let color = theme.good.egui();
            for (x, up) in [(-h * 0.55, 1.0), (h * 0.55, -1.0)] {
                let tip = pos2(c.x + x, c.y - h * up);
                let foot = pos2(c.x + x, c.y + h * up);
                painter.line_segment([foot, tip], Stroke::new(1.6, color));
                let wing = h * 0.5;
                let head = vec![tip, tip + vec2(-wing, wing * up), tip + vec2(wing, wing * up)];
                painter.add(Shape::convex_polygon(head, color, Stroke::NONE));
            }
        }
        Sort::Decision => {
            painter.circle_filled(c, size * 0.32, theme.accent.egui());
        }
        Sort::User => {
            let points = vec![c + vec2(0.0, -h), c + vec2(h, h), c + vec2(-h, h)];
            painter.add(Shape::convex_polygon(points, theme.text.egui(), Stroke::NONE));
        }
    }
}
