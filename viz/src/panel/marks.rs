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
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mark {
    /// When.
    pub at: SimTime,
    /// Where in the story, in seconds.
    pub place: f64,
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
            let marks: Marks = Arc::new(all(view));
            view.ui.marks = Some((now, marks.clone()));
            marks
        }
    }
}

/// One mark stands for those of its sort that fall within this part of the line.
const FINE: f64 = 2000.0;

fn all(view: &View) -> Vec<Mark> {
    let story = view.player.story();
    let apart = story.seconds() / FINE;
    let mut last = [f64::MIN; Sort::ALL.len()];
    let mut out: Vec<Mark> = Vec::new();
    for (r, sort) in view.player.records().iter().filter_map(|r| Some((r, sort(r)?))) {
        let place = story.place(r.at);
        if place - last[sort as usize] >= apart {
            last[sort as usize] = place;
            out.push(Mark { at: r.at, place, sort, record: r.id });
        }
    }
    out
}

fn sort(r: &Record) -> Option<Sort> {
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
    Some(sort)
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
            // The ring keeps it apart from the line that it stands on.
            painter.circle_filled(c, size * 0.45, theme.surface.egui());
            painter.circle_filled(c, size * 0.32, theme.accent.egui());
        }
        Sort::User => {
            let points = vec![c + vec2(0.0, -h), c + vec2(h, h), c + vec2(-h, h)];
            painter.add(Shape::convex_polygon(points, theme.text.egui(), Stroke::NONE));
        }
    }
}
