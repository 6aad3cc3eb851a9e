//! The plot: throughput and cost of a pod against the number of nodes, a line for each test case.

use super::report::Ran;
use plotters::coord::Shift;
use plotters::prelude::*;
use std::collections::BTreeMap;

/// Width and height of the picture.
const SIZE: (u32, u32) = (1480, 560);
/// Width of the list of names at the right.
const NAMES: u32 = 360;
/// Height of a name.
const ROW: i32 = 18;

/// One test case: nodes, pods a second, microseconds a pod.
type Lines = BTreeMap<String, Vec<(f64, f64, f64)>>;

fn lines(ran: &[Ran]) -> Lines {
    let mut out = Lines::new();
    for r in ran {
        let case = r.plan.name.split('/').next().unwrap_or_default();
        for m in r.measured.iter().filter(|m| m.pods > 0 && r.outcome.nodes > 0) {
            let point = (r.outcome.nodes as f64, m.average(), m.micros());
            out.entry(case.to_owned()).or_default().push(point);
        }
    }
    for points in out.values_mut() {
        points.sort_by(|a, b| a.0.total_cmp(&b.0));
    }
    out
}

/// Draws what was measured.
///
/// # Errors
/// When there is nothing to draw, or drawing fails.
pub fn svg(ran: &[Ran]) -> Result<String, String> {
    let lines = lines(ran);
    if lines.is_empty() {
        return Err("no workload scheduled a measured pod".into());
    }
    let mut text = String::new();
    {
        let root = SVGBackend::with_string(&mut text, SIZE).into_drawing_area();
        root.fill(&WHITE).map_err(|e| e.to_string())?;
        let (charts, names) = root.split_horizontally(SIZE.0 - NAMES);
        let (left, right) = charts.split_horizontally((SIZE.0 - NAMES) / 2);
        chart(&left, "Pods scheduled a second", &lines, |p| p.1).map_err(|e| e.to_string())?;
        chart(&right, "Processor time for each pod, in microseconds", &lines, |p| p.2)
            .map_err(|e| e.to_string())?;
        legend(&names, &lines).map_err(|e| e.to_string())?;
        root.present().map_err(|e| e.to_string())?;
    }
    Ok(text)
}

/// The bounds of an axis with logarithmic steps around some values.
fn bounds(values: impl Iterator<Item = f64>) -> std::ops::Range<f64> {
    let (low, high) = values.fold((f64::MAX, f64::MIN), |(l, h), v| (l.min(v), h.max(v)));
    low.max(1e-3) / 1.5..high.max(2e-3) * 1.5
}

/// A number as short as it can be: 5,000 is `5k`.
fn short(n: &f64) -> String {
    let scaled = |n: f64| format!("{}", (n * 10.0).round() / 10.0);
    match *n {
        n if n >= 1e6 => format!("{}M", scaled(n / 1e6)),
        n if n >= 1e3 => format!("{}k", scaled(n / 1e3)),
        n => scaled(n),
    }
}

fn chart<DB: DrawingBackend>(
    area: &DrawingArea<DB, Shift>,
    title: &str,
    lines: &Lines,
    value: impl Fn(&(f64, f64, f64)) -> f64,
) -> Result<(), DrawingAreaErrorKind<DB::ErrorType>> {
    let all = || lines.values().flatten();
    let mut chart = ChartBuilder::on(area)
        .caption(title, ("sans-serif", 18))
        .margin(12)
        .x_label_area_size(44)
        .y_label_area_size(56)
        .build_cartesian_2d(bounds(all().map(|p| p.0)).log_scale(), bounds(all().map(&value)).log_scale())?;
    chart
        .configure_mesh()
        .x_desc("nodes")
        .x_label_formatter(&short)
        .y_label_formatter(&short)
        .light_line_style(WHITE)
        .draw()?;
    for (i, points) in lines.values().enumerate() {
        let colour = Palette99::pick(i).to_rgba();
        let line = points.iter().map(|p| (p.0, value(p)));
        chart.draw_series(LineSeries::new(line.clone(), colour.stroke_width(2)))?;
        chart.draw_series(line.map(|p| Circle::new(p, 3, colour.filled())))?;
    }
    Ok(())
}

/// The names of the test cases, with their colours.
fn legend<DB: DrawingBackend>(
    area: &DrawingArea<DB, Shift>,
    lines: &Lines,
) -> Result<(), DrawingAreaErrorKind<DB::ErrorType>> {
    for (i, name) in lines.keys().enumerate() {
        let y = 40 + ROW * i as i32;
        let colour = Palette99::pick(i).to_rgba();
        area.draw(&PathElement::new([(8, y + 6), (24, y + 6)], colour.stroke_width(3)))?;
        area.draw(&Text::new(name.as_str(), (32, y), ("sans-serif", 12)))?;
    }
    Ok(())
}
