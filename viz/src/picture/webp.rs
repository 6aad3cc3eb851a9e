//! Animated WebP without loss: each frame's pixels as `image-webp` packs them, in a container of our own. Of a frame
//! only the box with what differs from the one before is kept, and what is in it as before is transparent.

use super::{Film, bounds, check, until};
use image_webp::{ColorType, WebPEncoder};
use std::io::{Error, ErrorKind, Result, Seek, SeekFrom, Write};

/// A frame that waits for its length.
struct Held {
    /// Left, top, width, height.
    at: [u32; 4],
    /// The VP8L chunk with its header.
    chunk: Vec<u8>,
    /// It takes the place of what is there, instead of lying over it.
    whole: bool,
    /// When it began and ends, in ms.
    time: (u64, u64),
}

/// A WebP film. Frames are written as they come.
pub struct WebP<W: Write + Seek> {
    out: W,
    size: (u32, u32),
    fps: f64,
    count: u64,
    /// Where the file begins in `out`.
    begin: u64,
    now: Vec<u8>,
    held: Option<Held>,
}

impl<W: Write + Seek> WebP<W> {
    /// Begins a film.
    ///
    /// # Errors
    /// If WebP cannot have that size, or it cannot be written.
    pub fn new(mut out: W, size: (u32, u32), fps: f64) -> Result<WebP<W>> {
        if size.0.min(size.1) == 0 || size.0.max(size.1) > 16384 {
            return Err(Error::new(ErrorKind::InvalidInput, "a WebP is at most 16384 pixels wide and high"));
        }
        let begin = out.stream_position()?;
        // The file's length is put in at the end.
        out.write_all(b"RIFF\0\0\0\0WEBPVP8X\x0a\0\0\0")?;
        const ANIMATED: u8 = 0x02;
        const WITH_ALPHA: u8 = 0x10;
        out.write_all(&[ANIMATED | WITH_ALPHA, 0, 0, 0])?;
        out.write_all(&three(size.0 - 1))?;
        out.write_all(&three(size.1 - 1))?;
        // White behind it, and again and again.
        out.write_all(b"ANIM\x06\0\0\0\xff\xff\xff\xff\0\0")?;
        Ok(WebP { out, size, fps, count: 0, begin, now: Vec::new(), held: None })
    }

    fn write(&mut self, frame: &Held) -> Result<()> {
        let [left, top, width, height] = frame.at;
        let length = u32::try_from(frame.time.1 - frame.time.0).unwrap_or(u32::MAX).min(0xff_ffff);
        self.out.write_all(b"ANMF")?;
        self.out.write_all(&(16 + frame.chunk.len() as u32).to_le_bytes())?;
        for number in [left / 2, top / 2, width - 1, height - 1, length] {
            self.out.write_all(&three(number))?;
        }
        const IN_PLACE: u8 = 2;
        self.out.write_all(&[if frame.whole { IN_PLACE } else { 0 }])?;
        self.out.write_all(&frame.chunk)
    }
}

impl<W: Write + Seek> Film for WebP<W> {
    fn add(&mut self, rgba: &[u8]) -> Result<()> {
        check(self.size, rgba)?;
        let (width, count) = (self.size.0 as usize, rgba.len() / 4);
        let first = self.now.is_empty();
        let before = std::mem::take(&mut self.now);
        let differs = |i: usize| first || before[i * 4..i * 4 + 3] != rgba[i * 4..i * 4 + 3];
        let ends = until(self.count, self.fps, 1000.0);
        let began = if self.count == 0 { 0 } else { until(self.count - 1, self.fps, 1000.0) };
        self.count += 1;
        let found = bounds(width, count, differs);
        if let Some([left, top, right, bottom]) = found {
            // Only even places can be written down.
            let (left, top) = (left & !1, top & !1);
            let mut pixels = Vec::with_capacity((right - left) * (bottom - top) * 4);
            for i in (top..bottom).flat_map(|y| y * width + left..y * width + right) {
                let p = &rgba[i * 4..i * 4 + 3];
                pixels.extend_from_slice(&if differs(i) { [p[0], p[1], p[2], 255] } else { [0; 4] });
            }
            let size = [(right - left) as u32, (bottom - top) as u32];
            let held = Held {
                at: [left as u32, top as u32, size[0], size[1]],
                chunk: pack(&pixels, size)?,
                whole: first,
                time: (began, ends),
            };
            if let Some(before) = self.held.replace(held) {
                self.write(&before)?;
            }
        } else if let Some(held) = &mut self.held {
            held.time.1 = ends;
        }
        self.now = before;
        self.now.clear();
        self.now.extend_from_slice(rgba);
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> Result<()> {
        if let Some(last) = self.held.take() {
            self.write(&last)?;
        }
        let end = self.out.stream_position()?;
        let length =
            u32::try_from(end - self.begin - 8).map_err(|_| Error::other("a WebP is at most 4 GiB long"))?;
        self.out.seek(SeekFrom::Start(self.begin + 4))?;
        self.out.write_all(&length.to_le_bytes())?;
        self.out.seek(SeekFrom::Start(end))?;
        self.out.flush()
    }
}

/// The three lower bytes.
fn three(number: u32) -> [u8; 3] {
    let [a, b, c, _] = number.to_le_bytes();
    [a, b, c]
}

/// Pixels as a chunk `VP8L`: what an encoder writes, without the file's header.
fn pack(rgba: &[u8], [width, height]: [u32; 2]) -> Result<Vec<u8>> {
    let mut file = Vec::new();
    WebPEncoder::new(&mut file).encode(rgba, width, height, ColorType::Rgba8).map_err(Error::other)?;
    match file.get(12..16) {
        Some(b"VP8L") => Ok(file.split_off(12)),
        _ => Err(Error::other("the WebP encoder wrote something else than VP8L")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::picture::testing::frames;
    use std::io::Cursor;

    fn film(size: (u32, u32), fps: f64, frames: &[Vec<u8>]) -> Vec<u8> {
        let mut file = Cursor::new(Vec::new());
        let mut webp = Box::new(WebP::new(&mut file, size, fps).unwrap());
        frames.iter().for_each(|f| webp.add(f).unwrap());
        webp.finish().unwrap();
        file.into_inner()
    }

    /// The frames of a file, put together, with their lengths; the container is read here, the pixels by `image-webp`.
    fn decode(file: &[u8], (width, height): (u32, u32)) -> Vec<(Vec<u8>, u32)> {
        let number = |at: usize, bytes: usize| {
            file[at..at + bytes].iter().rev().fold(0, |n, b| n << 8 | usize::from(*b))
        };
        let mut canvas = vec![0; (width * height * 4) as usize];
        let mut out = Vec::new();
        let mut at = 12;
        while at < file.len() {
            let length = number(at + 4, 4);
            let begin = at + 8;
            at = begin + length + length % 2;
            if &file[begin - 8..begin - 4] != b"ANMF" {
                continue;
            }
            let [left, top, across, down] = [0, 3, 6, 9].map(|i| number(begin + i, 3));
            let (left, top, across, down) = (left * 2, top * 2, across + 1, down + 1);
            let chunk = &file[begin + 16..begin + length];
            let still = [b"RIFF", &(chunk.len() as u32 + 4).to_le_bytes()[..], b"WEBP", chunk].concat();
            let mut decoder = image_webp::WebPDecoder::new(Cursor::new(still)).unwrap();
            assert_eq!(decoder.dimensions(), (across as u32, down as u32));
            let alpha = decoder.has_alpha();
            let mut pixels = vec![0; decoder.output_buffer_size().unwrap()];
            decoder.read_image(&mut pixels).unwrap();
            for (i, p) in pixels.chunks(if alpha { 4 } else { 3 }).enumerate() {
                let to = ((top + i / across) * width as usize + left + i % across) * 4;
                match p {
                    [_, _, _, 0] => assert!(!out.is_empty()),
                    _ => canvas[to..to + 4].copy_from_slice(&[p[0], p[1], p[2], 255]),
                }
            }
            out.push((canvas.clone(), number(begin + 12, 3) as u32));
        }
        out
    }

    #[test]
    fn frames_come_back_as_they_were() {
        let size = (61, 23);
        let mut all = frames(size, 6, 1);
        all.insert(2, all[1].clone());
        let file = film(size, 30.0, &all);
        all.remove(2);
        let got = decode(&file, size);
        assert!(got.iter().map(|(pixels, _)| pixels).eq(&all));
        assert_eq!(got.iter().map(|(_, length)| *length).collect::<Vec<_>>(), [33, 67, 33, 34, 33, 33]);
        assert_eq!(u32::from_le_bytes(file[4..8].try_into().unwrap()) as usize, file.len() - 8);
    }

    #[test]
    fn another_decoder_reads_it() {
        let size = (61, 23);
        let all = frames(size, 4, 1);
        let file = film(size, 30.0, &all);
        let mut decoder = image_webp::WebPDecoder::new(Cursor::new(&file)).unwrap();
        assert_eq!((decoder.dimensions(), decoder.num_frames(), decoder.has_alpha()), (size, 4, true));
        let mut got = vec![0; decoder.output_buffer_size().unwrap()];
        for expected in &all {
            decoder.read_frame(&mut got).unwrap();
            // It is off by one where it lays an opaque pixel over another.
            assert!(got.iter().zip(expected).all(|(a, b)| a.abs_diff(*b) <= 1));
        }
    }

    #[test]
    fn only_the_changed_box_is_written() {
        let size = (300, 200);
        let one = film(size, 20.0, &frames(size, 1, 16)).len();
        let ten = film(size, 20.0, &frames(size, 10, 16)).len();
        assert!(ten < one + 9 * 300, "{one} {ten}");
    }
}
