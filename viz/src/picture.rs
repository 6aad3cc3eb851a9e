//! Pictures as files: PNG, and animations as GIF or lossless WebP. Pixels are red, green, blue, alpha, a byte each, row
//! by row from the top, and opaque.

mod gif;
mod palette;
mod webp;

pub use self::gif::Gif;
pub use self::webp::WebP;

use std::io::{Error, ErrorKind, Result, Write};

/// A film that is written frame by frame, all of one size.
pub trait Film {
    /// Adds a frame.
    ///
    /// # Errors
    /// If it cannot be written, or is not of the film's size.
    fn add(&mut self, rgba: &[u8]) -> Result<()>;
    /// Writes what is left. Without it the file is no film.
    ///
    /// # Errors
    /// If it cannot be written.
    fn finish(self: Box<Self>) -> Result<()>;
}

/// Writes a picture as PNG.
///
/// # Errors
/// If it cannot be written, or the pixels are not of that size.
pub fn png(out: impl Write, (width, height): (u32, u32), rgba: &[u8]) -> Result<()> {
    check((width, height), rgba)?;
    let rgb: Vec<u8> = rgba.chunks_exact(4).flat_map(|p| [p[0], p[1], p[2]]).collect();
    let mut encoder = ::png::Encoder::new(out, width, height);
    encoder.set_color(::png::ColorType::Rgb);
    encoder.set_depth(::png::BitDepth::Eight);
    let mut writer = encoder.write_header().map_err(from_png)?;
    writer.write_image_data(&rgb).map_err(from_png)?;
    writer.finish().map_err(from_png)
}

fn from_png(e: ::png::EncodingError) -> Error {
    match e {
        ::png::EncodingError::IoError(e) => e,
        e => Error::other(e),
    }
}

fn check((width, height): (u32, u32), rgba: &[u8]) -> Result<()> {
    if rgba.len() as u64 != u64::from(width) * u64::from(height) * 4 {
        return Err(Error::new(ErrorKind::InvalidInput, "the pixels are not of the picture's size"));
    }
    Ok(())
}

/// The time until frame `i` of a film ends, in parts of a second: rounded there, so that no error adds up.
fn until(i: u64, fps: f64, parts: f64) -> u64 {
    ((i + 1) as f64 * parts / fps).round() as u64
}

/// The smallest box around what a test holds for, as left, top, right, bottom; right and bottom lie outside.
fn bounds(width: usize, count: usize, differs: impl Fn(usize) -> bool) -> Option<[usize; 4]> {
    let mut found: Option<[usize; 4]> = None;
    for row in 0..count / width {
        let line = row * width..(row + 1) * width;
        let Some(first) = line.clone().find(|i| differs(*i)) else { continue };
        let last = line.rev().find(|i| differs(*i)).unwrap_or(first);
        let (first, last) = (first % width, last % width);
        let b = found.get_or_insert([first, row, last + 1, row + 1]);
        *b = [b[0].min(first), b[1], b[2].max(last + 1), row + 1];
    }
    found
}

#[cfg(test)]
pub(crate) mod testing {
    /// Frames of a little film: a gradient with few or many colours, and a square that moves over it.
    pub fn frames((width, height): (u32, u32), count: u32, step: u32) -> Vec<Vec<u8>> {
        let pixel = |frame: u32, x: u32, y: u32| {
            let at = 3 + frame * 2;
            if (at..at + 6).contains(&x) && (2..7).contains(&y) {
                [200, 30, 30, 255]
            } else {
                [(x / step * step) as u8, (y / step * step) as u8, 128, 255]
            }
        };
        let whole = |frame| (0..height).flat_map(move |y| (0..width).flat_map(move |x| pixel(frame, x, y)));
        (0..count).map(|f| whole(f).collect()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_png_holds_its_pixels() {
        let size = (33, 17);
        let frame = testing::frames(size, 1, 1).remove(0);
        let mut file = Vec::new();
        png(&mut file, size, &frame).unwrap();
        let mut reader = ::png::Decoder::new(std::io::Cursor::new(file)).read_info().unwrap();
        let mut rgb = vec![0; reader.output_buffer_size().unwrap()];
        reader.next_frame(&mut rgb).unwrap();
        let expected: Vec<u8> = frame.chunks(4).flat_map(|p| &p[..3]).copied().collect();
        assert_eq!(rgb, expected);
        assert_eq!(png(Vec::new(), size, &frame[4..]).unwrap_err().kind(), ErrorKind::InvalidInput);
    }

    #[test]
    fn bounds_are_tight() {
        let set = [5, 6, 11];
        assert_eq!(bounds(4, 16, |i| set.contains(&i)), Some([1, 1, 4, 3]));
        assert_eq!(bounds(4, 16, |_| false), None);
    }

    #[test]
    fn rounded_times_add_up() {
        let ends: Vec<u64> = (0..30).map(|i| until(i, 30.0, 100.0)).collect();
        assert_eq!((ends[0], ends[1], ends[2], ends[29]), (3, 7, 10, 100));
    }
}
