//! Broken traces, made from a good one: each is refused with a place or a version, exit code 5, and never a panic.

use std::path::{Path, PathBuf};
use std::process::Command;

fn podium(args: &[&str]) -> (Option<i32>, String, String) {
    let o = Command::new(env!("CARGO_BIN_EXE_podium"))
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args(args)
        .output()
        .expect("the binary runs");
    let text = |b: Vec<u8>| String::from_utf8_lossy(&b).into_owned();
    (o.status.code(), text(o.stdout), text(o.stderr))
}

/// A frame of a trace: its type, and where it begins. See `sim/src/trace/file.rs`.
fn frames(bytes: &[u8]) -> Vec<(u8, usize)> {
    let (mut out, mut at) = (Vec::new(), 10);
    while at + 13 <= bytes.len() - 16 {
        out.push((bytes[at], at));
        let stored = u32::from_le_bytes(bytes[at + 5..at + 9].try_into().unwrap());
        at += 13 + stored as usize;
    }
    assert_eq!(at, bytes.len() - 16, "the frames do not fill the file");
    out
}

/// What is done to a good trace.
type Damage = Box<dyn Fn(&mut Vec<u8>)>;

/// Name, what to do to a good trace, and what the message must hold.
type Case = (&'static str, Damage, &'static [&'static str]);

fn cases(good: &[u8]) -> Vec<Case> {
    let frames = frames(good);
    let place = |tag: u8| frames.iter().find(|f| f.0 == tag).unwrap_or_else(|| panic!("no frame {tag}")).1;
    let (header, block, index) = (place(b'H'), place(b'R'), place(b'I'));
    let flip = |at: usize| -> Damage { Box::new(move |b| b[at] ^= 0x10) };
    let cut = |len: usize| -> Damage { Box::new(move |b| b.truncate(len)) };
    let set = |at: usize, to: &'static [u8]| -> Damage {
        Box::new(move |b| b[at..at + to.len()].copy_from_slice(to))
    };
    let n = good.len();
    vec![
        ("empty", cut(0), &["no podium trace"]),
        ("cut in the magic", cut(5), &["cut off at byte 5"]),
        ("cut before the version", cut(8), &["cut off at byte 8", "version"]),
        ("cut in the version", cut(9), &["cut off at byte 8", "version"]),
        ("cut before the header", cut(10), &["cut off at byte 10", "header"]),
        ("cut in the header", cut(header + 40), &["cut off at byte 10", "header"]),
        ("cut in a block", cut(block + 100), &["cut off at byte", "index"]),
        ("cut between block and index", cut(index), &["cut off at byte", "index"]),
        ("cut in the index", cut(index + 5), &["cut off at byte", "index"]),
        ("cut before the end mark", cut(n - 1), &["cut off at byte", "index"]),
        (
            "another kind of file",
            Box::new(|b| *b = b"\x7fELF is something else entirely".to_vec()),
            &["no podium trace"],
        ),
        ("a wrong magic", set(7, b"X"), &["no podium trace"]),
        ("a later version", set(8, &[99, 0]), &["format version 99", "reads version"]),
        ("version 0", set(8, &[0, 0]), &["format version 0"]),
        ("a bit in the header's type", flip(header), &["damaged at byte 10", "header"]),
        ("a bit in the header", flip(header + 20), &["damaged at byte 10", "checksum of the header"]),
        (
            "a bit in the header's length",
            set(header + 1, &[0xff, 0xff, 0xff, 0xff]),
            &["damaged at byte 10", "length"],
        ),
        ("a bit in a block", flip(block + 200), &["damaged at byte", "checksum of a block"]),
        ("a bit in a block's checksum", flip(block + 9), &["damaged at byte", "checksum of a block"]),
        ("a bit in a block's type", flip(block), &["damaged at byte"]),
        ("a block's length too long", set(block + 5, &[0xff, 0xff, 0xff, 0x0f]), &["at byte"]),
        ("a block's raw length too short", set(block + 1, &[1, 0, 0, 0]), &["damaged at byte"]),
        ("a bit in the index", flip(index + 15), &["damaged at byte", "index"]),
        ("a bit in the index's place", flip(n - 16), &["damaged at byte", "index"]),
        ("a bit in the end mark", flip(n - 1), &["cut off at byte", "index"]),
        ("garbage after the end", Box::new(|b| b.extend(b"garbage")), &["at byte"]),
        ("one byte after the end", Box::new(|b| b.push(0)), &["at byte"]),
        ("twice the same trace", Box::new(|b| b.extend(b.clone())), &["damaged at byte", "index"]),
        ("without its blocks", Box::new(move |b| drop(b.drain(block..index))), &["damaged at byte", "index"]),
        (
            "the same block twice",
            Box::new(move |b| {
                let copy = b[block..index].to_vec();
                drop(b.splice(index..index, copy));
            }),
            &["damaged at byte"],
        ),
        (
            "a header that is no JSON",
            Box::new(move |b| {
                // A frame that is right in itself: five literal bytes in LZ4.
                let packed = b"\x50hello";
                let mut frame = vec![b'H'];
                frame.extend(5u32.to_le_bytes());
                frame.extend((packed.len() as u32).to_le_bytes());
                frame.extend(crc32(packed).to_le_bytes());
                frame.extend(packed);
                drop(b.splice(header..block, frame));
            }),
            &["damaged at byte 10", "the header"],
        ),
    ]
}

/// CRC-32 (IEEE), bit by bit.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0u32, |crc, b| {
        (0..8).fold(crc ^ u32::from(*b), |c, _| if c & 1 == 1 { c >> 1 ^ 0xedb8_8320 } else { c >> 1 })
    })
}

struct Temp(PathBuf);

impl Drop for Temp {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn temp(name: &str) -> Temp {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}", std::process::id()));
    std::fs::create_dir_all(&dir).unwrap();
    Temp(dir)
}

fn good(dir: &Path) -> Vec<u8> {
    let path = dir.join("good.podium-trace");
    let file = path.to_str().unwrap();
    let (code, _, said) = podium(&["play", "scenarios/lessons/manifests/web.yaml", "--trace", file]);
    assert_eq!(code, Some(0), "{said}");
    std::fs::read(path).unwrap()
}

#[test]
fn each_is_refused_with_its_place() {
    let dir = temp("bad-traces");
    let good = good(&dir.0);
    let cases = cases(&good);
    assert!(cases.len() >= 25);
    let mut wrong = Vec::new();
    for (name, damage, texts) in cases {
        let mut bytes = good.clone();
        damage(&mut bytes);
        let path = dir.0.join("bad.podium-trace");
        std::fs::write(&path, &bytes).unwrap();
        let file = path.to_str().unwrap();
        for args in [&["trace", "cat", file][..], &["get", file, "pods"], &["play", file]] {
            let (code, out, said) = podium(args);
            // `play` wants a scenario; what is no trace at all is then no good YAML either.
            let texts = if args[0] == "play" { &[] } else { texts };
            let lacks: Vec<_> = texts.iter().filter(|t| !said.contains(**t)).collect();
            if code != Some(5)
                || !out.is_empty()
                || !lacks.is_empty()
                || !said.contains("bad.podium-trace") && args[0] != "play"
                || said.contains("bug")
            {
                wrong.push(format!(
                    "{name}: podium {}: exit {code:?}, lacks {lacks:?}\n{out}{said}",
                    args.join(" ")
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_trace_is_known_by_its_bytes_too() {
    let dir = temp("bad-traces-name");
    let good = good(&dir.0);
    let path = dir.0.join("no-extension");
    std::fs::write(&path, &good).unwrap();
    let (code, out, said) = podium(&["get", path.to_str().unwrap(), "pods"]);
    assert_eq!((code, out.lines().count()), (Some(0), 4), "{out}{said}");
}
