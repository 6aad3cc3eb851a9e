//! A box over the picture, at its bottom, so that the cluster stays in sight above it.

use crate::text::{short_names, width, wrap};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::{Color, Style};
use ratatui::text::Line;
use ratatui::widgets::{Block, BorderType, Clear, Paragraph};

/// A box whose place is known.
pub struct Window<'a> {
    title: &'a str,
    text: Vec<String>,
    /// Where it stands.
    pub place: Rect,
}

impl<'a> Window<'a> {
    /// Puts title and lines into a box just above the last line of an area.
    pub fn new(area: Rect, title: &'a str, lines: &[String]) -> Window<'a> {
        let wide = if area.width <= 110 { area.width } else { 100 };
        let room = usize::from(area.height.saturating_sub(4));
        let mut text: Vec<String> =
            lines.iter().flat_map(|l| wrap_line(&short_names(l), usize::from(wide) - 4)).collect();
        if text.len() > room {
            text.truncate(room.saturating_sub(1));
            text.push("…".into());
        }
        let height = (text.len() as u16 + 2).min(area.height);
        let place = Rect {
            x: area.x + (area.width - wide) / 2,
            y: area.y + area.height - 1 - height,
            width: wide,
            height,
        };
        Window { title, text, place }
    }

    /// Draws it.
    pub fn draw(self, f: &mut Frame<'_>) {
        f.render_widget(Clear, self.place);
        let block = Block::bordered()
            .border_type(BorderType::Double)
            .border_style(Style::new().fg(Color::Yellow))
            .title(format!(" {} ", self.title));
        let text: Vec<Line<'_>> = self.text.into_iter().map(|l| Line::raw(format!(" {l}"))).collect();
        f.render_widget(Paragraph::new(text).block(block), self.place);
    }
}

/// Wraps a line; what follows two spaces or more in it (a time, a key) hangs below itself.
fn wrap_line(l: &str, columns: usize) -> Vec<String> {
    let lead = l.len() - l.trim_start().len();
    let hang = l[lead..].find("  ").map_or(0, |i| {
        let head = lead + i;
        head + (l[head..].len() - l[head..].trim_start().len())
    });
    let (head, tail) = l.split_at(hang);
    if hang == 0 || width(l) <= columns {
        return if width(l) <= columns { vec![l.to_owned()] } else { wrap(l, columns) };
    }
    let indent = " ".repeat(width(head));
    let parts = wrap(tail, columns.saturating_sub(width(head)));
    parts
        .into_iter()
        .enumerate()
        .map(|(i, p)| if i == 0 { format!("{head}{p}") } else { format!("{indent}{p}") })
        .collect()
}
