//! Animated GIF: one palette for all frames, and of each frame only what differs from the one before.

use super::palette::{Histogram, Nearest, Rgb};
use super::{Film, bounds, check, until};
use gif::{DisposalMethod, Encoder, Frame, Repeat};
use std::borrow::Cow;
use std::io::{Error, ErrorKind, Result, Write};

/// The palette's place that means "as before".
const SAME: u8 = 255;

/// What changes in a frame: runs of pixels, each from a place on.
struct Change {
    runs: Vec<(u32, Vec<Rgb>)>,
    /// When the frame ends, in 1/100 s.
    until: u64,
}

/// A GIF. Its palette is known only once all frames are, so until then it keeps what changes from frame to frame.
pub struct Gif<W: Write> {
    out: W,
    size: (u16, u16),
    fps: f64,
    count: u64,
    now: Vec<Rgb>,
    histogram: Histogram,
    changes: Vec<Change>,
}

impl<W: Write> Gif<W> {
    /// Begins a film.
    ///
    /// # Errors
    /// If GIF cannot have that size.
    pub fn new(out: W, size: (u32, u32), fps: f64) -> Result<Gif<W>> {
        let (Ok(width), Ok(height)) = (u16::try_from(size.0), u16::try_from(size.1)) else {
            return Err(Error::new(ErrorKind::InvalidInput, "a GIF is at most 65535 pixels wide and high"));
        };
        Ok(Gif {
            out,
            size: (width, height),
            fps,
            count: 0,
            now: Vec::new(),
            histogram: Histogram::default(),
            changes: Vec::new(),
        })
    }
}

impl<W: Write> Film for Gif<W> {
    fn add(&mut self, rgba: &[u8]) -> Result<()> {
        check((self.size.0.into(), self.size.1.into()), rgba)?;
        let first = self.now.is_empty();
        if first {
            self.now = vec![[0; 3]; rgba.len() / 4];
        }
        let mut runs: Vec<(u32, Vec<Rgb>)> = Vec::new();
        let mut open = false;
        for (i, p) in rgba.chunks_exact(4).enumerate() {
            let color = [p[0], p[1], p[2]];
            if !first && self.now[i] == color {
                open = false;
                continue;
            }
            self.now[i] = color;
            self.histogram.add(color, 1);
            if !open {
                runs.push((i as u32, Vec::new()));
                open = true;
            }
            runs.last_mut().expect("one is open").1.push(color);
        }
        let until = until(self.count, self.fps, 100.0);
        self.count += 1;
        match self.changes.last_mut() {
            Some(last) if runs.is_empty() => last.until = until,
            _ => self.changes.push(Change { runs, until }),
        }
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<()> {
        let Gif { mut out, size: (width, height), histogram, changes, .. } = *self;
        let colors = histogram.palette(SAME.into());
        let mut bytes = colors.concat();
        bytes.resize(768, 0);
        let mut nearest = Nearest::new(colors);
        let mut encoder = Encoder::new(&mut out, width, height, &bytes).map_err(from_gif)?;
        encoder.set_repeat(Repeat::Infinite).map_err(from_gif)?;
        let across = usize::from(width);
        let mut shown = vec![SAME; across * usize::from(height)];
        let mut began = 0;
        // A frame that looks the same in 255 colours lengthens the one before.
        let mut held: Option<Frame<'static>> = None;
        for change in changes {
            let mut next = shown.clone();
            for (from, run) in &change.runs {
                let places = next[*from as usize..].iter_mut();
                places.zip(run).for_each(|(place, color)| *place = nearest.of(*color));
            }
            let length = u16::try_from(change.until - began).unwrap_or(u16::MAX);
            began = change.until;
            let Some([left, top, right, bottom]) = bounds(across, next.len(), |i| next[i] != shown[i]) else {
                if let Some(f) = &mut held {
                    f.delay = f.delay.saturating_add(length);
                }
                continue;
            };
            let part = (top..bottom).flat_map(|y| y * across + left..y * across + right);
            let buffer: Vec<u8> = part.map(|i| if next[i] == shown[i] { SAME } else { next[i] }).collect();
            let frame = Frame {
                delay: length,
                dispose: DisposalMethod::Keep,
                transparent: Some(SAME),
                left: left as u16,
                top: top as u16,
                width: (right - left) as u16,
                height: (bottom - top) as u16,
                buffer: Cow::Owned(buffer),
                ..Frame::default()
            };
            if let Some(before) = held.replace(frame) {
                encoder.write_frame(&before).map_err(from_gif)?;
            }
            shown = next;
        }
        if let Some(last) = held {
            encoder.write_frame(&last).map_err(from_gif)?;
        }
        drop(encoder);
        out.flush()
    }
}

fn from_gif(e: gif::EncodingError) -> Error {
    match e {
        gif::EncodingError::Io(e) => e,
        e => Error::other(e),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::picture::testing::frames;

    /// The frames of a file, put together, with their lengths.
    fn decode(file: &[u8]) -> Vec<(Vec<u8>, u16)> {
        let mut options = gif::DecodeOptions::new();
        options.set_color_output(gif::ColorOutput::RGBA);
        let mut decoder = options.read_info(file).unwrap();
        let width = usize::from(decoder.width());
        let mut canvas = vec![0; width * usize::from(decoder.height()) * 4];
        let mut out = Vec::new();
        while let Some(f) = decoder.read_next_frame().unwrap() {
            for (i, p) in f.buffer.chunks(4).enumerate().filter(|(_, p)| p[3] == 255) {
                let (x, y) = (i % usize::from(f.width), i / usize::from(f.width));
                let at = ((y + usize::from(f.top)) * width + x + usize::from(f.left)) * 4;
                canvas[at..at + 4].copy_from_slice(p);
            }
            out.push((canvas.clone(), f.delay));
        }
        out
    }

    fn film(size: (u32, u32), fps: f64, frames: &[Vec<u8>]) -> Vec<u8> {
        let mut file = Vec::new();
        let mut gif = Box::new(Gif::new(&mut file, size, fps).unwrap());
        frames.iter().for_each(|f| gif.add(f).unwrap());
        gif.finish().unwrap();
        file
    }

    #[test]
    fn few_colours_are_exact() {
        let size = (61, 23);
        let mut all = frames(size, 5, 8);
        all.insert(2, all[1].clone());
        let got = decode(&film(size, 20.0, &all));
        assert_eq!(got.iter().map(|(_, d)| *d).collect::<Vec<_>>(), [5, 10, 5, 5, 5]);
        all.remove(2);
        for ((got, _), expected) in got.iter().zip(&all) {
            assert_eq!(got, expected);
        }
    }

    #[test]
    fn many_colours_are_near() {
        let size = (200, 60);
        let all = frames(size, 3, 1);
        for ((got, _), expected) in decode(&film(size, 25.0, &all)).iter().zip(&all) {
            let worst = got.iter().zip(expected).map(|(a, b)| a.abs_diff(*b)).max();
            assert!(worst.unwrap() <= 24, "{worst:?}");
        }
    }

    #[test]
    fn only_the_changed_box_is_written() {
        let size = (300, 200);
        let one = film(size, 20.0, &frames(size, 1, 16)).len();
        let ten = film(size, 20.0, &frames(size, 10, 16)).len();
        assert!(ten < one + 9 * 120, "{one} {ten}");
    }
}
