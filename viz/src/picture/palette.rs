//! The 255 colours of an animation: the most frequent ones as they are, and the rest as the means of boxes.

use std::collections::HashMap;

/// A colour.
pub type Rgb = [u8; 3];

/// How often each colour occurs.
#[derive(Default)]
pub struct Histogram(HashMap<Rgb, u64>);

/// So many colours are kept exactly: flat areas and text must not change their tone.
const EXACT: usize = 160;

impl Histogram {
    /// Counts a colour.
    pub fn add(&mut self, color: Rgb, times: u64) {
        *self.0.entry(color).or_default() += times;
    }

    /// At most `size` colours that stand for all.
    pub fn palette(&self, size: usize) -> Vec<Rgb> {
        let mut all: Vec<(Rgb, u64)> = self.0.iter().map(|(c, n)| (*c, *n)).collect();
        all.sort_unstable_by_key(|(c, n)| (std::cmp::Reverse(*n), *c));
        if all.len() <= size {
            return all.into_iter().map(|(c, _)| c).collect();
        }
        let rest = all.split_off(EXACT.min(size / 2 + size / 8));
        let mut out: Vec<Rgb> = all.into_iter().map(|(c, _)| c).collect();
        let boxes = cut(rest, size - out.len());
        out.extend(boxes.iter().map(|b| mean(b)));
        out
    }
}

/// Cuts the box with the widest range, weighed by its pixels, at its median, until there are enough.
fn cut(all: Vec<(Rgb, u64)>, count: usize) -> Vec<Vec<(Rgb, u64)>> {
    let mut boxes = vec![all];
    while boxes.len() < count {
        let rank = |b: &Vec<(Rgb, u64)>| {
            let pixels: u64 = b.iter().map(|(_, n)| n).sum();
            u64::from(widest(b).1).pow(2) * (pixels as f64).sqrt().ceil() as u64
        };
        let Some(i) = (0..boxes.len()).filter(|i| boxes[*i].len() > 1).max_by_key(|i| rank(&boxes[*i]))
        else {
            break;
        };
        let mut low = boxes.swap_remove(i);
        let (channel, _) = widest(&low);
        low.sort_unstable_by_key(|(c, _)| (c[channel], *c));
        let half = low.iter().map(|(_, n)| n).sum::<u64>() / 2;
        let mut sum = 0;
        let at = low.iter().position(|(_, n)| {
            sum += n;
            sum > half
        });
        let high = low.split_off(at.unwrap_or(1).clamp(1, low.len() - 1));
        boxes.extend([low, high]);
    }
    boxes
}

/// The channel in which a box is widest, and how wide it is there.
fn widest(b: &[(Rgb, u64)]) -> (usize, u8) {
    let width = |channel: usize| {
        let values = || b.iter().map(|(c, _)| c[channel]);
        values().max().unwrap_or(0) - values().min().unwrap_or(0)
    };
    (0..3).map(|c| (c, width(c))).max_by_key(|(c, w)| (*w, std::cmp::Reverse(*c))).unwrap_or((0, 0))
}

fn mean(b: &[(Rgb, u64)]) -> Rgb {
    let pixels: u64 = b.iter().map(|(_, n)| n).sum::<u64>().max(1);
    [0, 1, 2].map(|i| ((b.iter().map(|(c, n)| u64::from(c[i]) * n).sum::<u64>() + pixels / 2) / pixels) as u8)
}

/// Finds the nearest colour of a palette.
pub struct Nearest {
    palette: Vec<Rgb>,
    known: HashMap<Rgb, u8>,
}

impl Nearest {
    /// In a palette of at most 256 colours.
    pub fn new(palette: Vec<Rgb>) -> Nearest {
        let known = palette.iter().enumerate().map(|(i, c)| (*c, i as u8)).collect();
        Nearest { palette, known }
    }

    /// Its place.
    pub fn of(&mut self, color: Rgb) -> u8 {
        let palette = &self.palette;
        *self.known.entry(color).or_insert_with(|| {
            let far = |c: &Rgb| {
                let d = |i: usize| (i32::from(c[i]) - i32::from(color[i])).pow(2);
                // The eye sees green best and blue worst.
                3 * d(0) + 6 * d(1) + d(2)
            };
            (0..palette.len()).min_by_key(|i| far(&palette[*i])).unwrap_or(0) as u8
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_colours_stay_as_they_are() {
        let mut h = Histogram::default();
        (0..200).for_each(|i| h.add([i, 0, 255 - i], 1 + u64::from(i)));
        let p = h.palette(255);
        assert_eq!(p.len(), 200);
        let mut n = Nearest::new(p);
        for color in (0..200).map(|i| [i, 0, 255 - i]) {
            let at = n.of(color);
            assert_eq!(n.palette[at as usize], color);
        }
    }

    #[test]
    fn many_colours_come_near() {
        let mut h = Histogram::default();
        h.add([250, 250, 247], 100_000);
        for r in 0..32 {
            for g in 0..32 {
                h.add([r * 8, g * 8, 64], 3);
            }
        }
        let p = h.palette(255);
        assert!(p.len() <= 255 && p.contains(&[250, 250, 247]));
        let mut n = Nearest::new(p);
        for r in 0..32 {
            let at = n.of([r * 8, 100, 64]);
            let found = n.palette[at as usize];
            assert!(found[0].abs_diff(r * 8) <= 24 && found[1].abs_diff(100) <= 24, "{found:?}");
        }
    }
}
