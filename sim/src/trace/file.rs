//! The trace file: a header that makes it complete by itself, blocks of records, and a footer index.
//!
//! ```text
//! "PODIUMTR" version:u16  header  block*  index  index_at:u64 "PODIUMIX"
//! ```
//! Header, blocks and index have one frame: tag:u8, raw length:u32, stored length:u32, CRC-32 of what
//! is stored:u32, and that (LZ4-compressed). All numbers are little-endian.

use super::wire::{Decoder, Encoder, WireError};
use super::{Level, Record};
use crate::links::LatencyProfile;
use crate::time::SimTime;
use crate::world::External;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

const MAGIC: &[u8; 8] = b"PODIUMTR";
const END: &[u8; 8] = b"PODIUMIX";
/// The version of the format that is written, and the only one that is read.
pub const FORMAT: u16 = 3;
const BLOCK_BYTES: usize = 256 * 1024;
/// No frame is larger than this when unpacked: a damaged length must not ask for all memory.
const FRAME_MAX: u32 = 1 << 28;

/// What a trace says about itself.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Header {
    /// podium's version that wrote it.
    pub podium: String,
    /// The Kubernetes version of the timings.
    pub kubernetes: String,
    /// Name of the scenario.
    pub name: String,
    /// The seed.
    pub seed: u64,
    /// What is kept.
    pub level: Level,
    /// How long messages took.
    pub latency: LatencyProfile,
    /// Wall clock at the beginning, seconds since the Unix epoch.
    pub epoch_s: i64,
    /// The nodes' names, by index.
    pub nodes: Vec<String>,
    /// The scenario's files: name and text, the scenario itself first.
    pub files: Vec<(String, String)>,
}

/// What a run was about: the steps of its script, and what came of it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Story {
    /// The steps that began, in order.
    pub chapters: Vec<Chapter>,
    /// The answer to a lesson's question, as the run has it: an option's id.
    pub answer: Option<String>,
    /// Why the run failed, if it did.
    pub failure: Option<String>,
}

/// A step of the script.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chapter {
    /// The step's name.
    pub step: String,
    /// When it began.
    pub began: SimTime,
    /// When all of it had passed.
    pub passed: Option<SimTime>,
}

/// Where a block is and what it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlockIndex {
    /// Offset of its frame in the file.
    pub offset: u64,
    /// Number of its first record.
    pub first: u64,
    /// How many records it holds.
    pub count: u64,
    /// Time of its first record.
    pub from: SimTime,
    /// Time of its last record.
    pub to: SimTime,
}

#[derive(Serialize, Deserialize, Default)]
struct Index {
    blocks: Vec<BlockIndex>,
    /// The log of inputs as JSON: they hold objects of any shape.
    inputs: String,
    story: Story,
    /// When the run ended, which may be after its last record.
    end: SimTime,
}

/// A file that is not a readable trace. Each says where, and what was expected.
#[derive(Debug, thiserror::Error)]
pub enum TraceError {
    /// Another kind of file.
    #[error("this is no podium trace: it does not begin with the bytes PODIUMTR")]
    Foreign,
    /// A trace of another version of the format.
    #[error(
        "this trace has format version {0}; this podium reads version {FORMAT}. Play its scenario again to get a new trace"
    )]
    Version(u16),
    /// It ends too early.
    #[error("the trace is cut off at byte {0}: {1}")]
    Truncated(u64, &'static str),
    /// Its bytes were changed.
    #[error("the trace is damaged at byte {0}: {1}")]
    Damaged(u64, String),
}

/// Writes a trace and computes its hash.
pub struct Writer {
    out: Vec<u8>,
    block: Vec<u8>,
    open: Option<BlockIndex>,
    blocks: Vec<BlockIndex>,
    encoder: Encoder,
    hash: Sha256,
}

fn frame(out: &mut Vec<u8>, tag: u8, raw: &[u8]) {
    let packed = lz4_flex::block::compress(raw);
    out.push(tag);
    out.extend((raw.len() as u32).to_le_bytes());
    out.extend((packed.len() as u32).to_le_bytes());
    out.extend(crc32fast::hash(&packed).to_le_bytes());
    out.extend(packed);
}

impl Writer {
    /// Begins a trace.
    pub fn new(header: &Header) -> Writer {
        let mut out = MAGIC.to_vec();
        out.extend(FORMAT.to_le_bytes());
        frame(&mut out, b'H', &serde_json::to_vec(header).expect("a header is plain JSON"));
        Writer {
            out,
            block: Vec::new(),
            open: None,
            blocks: Vec::new(),
            encoder: Encoder::default(),
            hash: Sha256::new(),
        }
    }

    /// Adds records, in order.
    pub fn add(&mut self, records: &[Record]) {
        for r in records {
            let start = self.block.len();
            self.encoder.encode(r, &mut self.block);
            self.hash.update(&self.block[start..]);
            let open = self.open.get_or_insert(BlockIndex {
                offset: self.out.len() as u64,
                first: r.id.0,
                count: 0,
                from: r.at,
                to: r.at,
            });
            open.count += 1;
            open.to = r.at;
            if self.block.len() >= BLOCK_BYTES {
                self.close();
            }
        }
    }

    fn close(&mut self) {
        if let Some(open) = self.open.take() {
            frame(&mut self.out, b'R', &self.block);
            self.block.clear();
            self.blocks.push(open);
        }
    }

    /// The hash of the records so far, as 16 hexadecimal digits: equal runs have equal hashes.
    pub fn hash(&self) -> String {
        self.hash.clone().finalize().iter().take(8).map(|b| format!("{b:02x}")).collect()
    }

    /// Forgets the blocks that are complete and says how many bytes they had: to measure a trace
    /// that nobody keeps.
    pub fn drain_blocks(&mut self) -> u64 {
        let n = self.out.len() as u64;
        self.out.clear();
        n
    }

    /// Ends the trace at a time and returns the file's bytes.
    pub fn finish(mut self, inputs: &[(SimTime, External)], story: &Story, end: SimTime) -> Vec<u8> {
        self.close();
        let at = self.out.len() as u64;
        let inputs = serde_json::to_string(inputs).expect("inputs are plain JSON");
        let index = Index { blocks: self.blocks, inputs, story: story.clone(), end };
        let raw = postcard::to_stdvec(&index).expect("an index has a fixed shape");
        frame(&mut self.out, b'I', &raw);
        self.out.extend(at.to_le_bytes());
        self.out.extend(END);
        self.out
    }
}

/// A trace that has been read.
#[derive(Debug)]
pub struct Trace {
    /// What it says about itself.
    pub header: Header,
    /// All records, in order.
    pub records: Vec<Record>,
    /// What came into the world.
    pub inputs: Vec<(SimTime, External)>,
    /// The steps of the script, and what came of it.
    pub story: Story,
    /// Where the blocks are.
    pub blocks: Vec<BlockIndex>,
    /// When the run ended.
    pub end: SimTime,
}

fn take_frame(bytes: &[u8], at: &mut usize, tag: u8, what: &'static str) -> Result<Vec<u8>, TraceError> {
    let start = *at;
    let cut = || TraceError::Truncated(start as u64, what);
    let head = bytes.get(start..start + 13).ok_or_else(cut)?;
    let number = |i: usize| u32::from_le_bytes([head[i], head[i + 1], head[i + 2], head[i + 3]]);
    if head[0] != tag {
        return Err(TraceError::Damaged(
            start as u64,
            format!("expected a frame of type {:?} ({what}), found byte {:#04x}", char::from(tag), head[0]),
        ));
    }
    let (raw, stored, crc) = (number(1), number(5), number(9));
    if raw > FRAME_MAX || stored > FRAME_MAX {
        return Err(TraceError::Damaged(
            start as u64,
            format!("a length of {} bytes is not possible", raw.max(stored)),
        ));
    }
    let data = bytes.get(start + 13..start + 13 + stored as usize).ok_or_else(cut)?;
    if crc32fast::hash(data) != crc {
        return Err(TraceError::Damaged(start as u64, format!("the checksum of {what} does not match")));
    }
    *at = start + 13 + stored as usize;
    lz4_flex::block::decompress(data, raw as usize)
        .map_err(|e| TraceError::Damaged(start as u64, e.to_string()))
}

impl Trace {
    /// Reads a whole trace.
    ///
    /// # Errors
    /// When the bytes are not a trace of this version, cut off, or altered.
    pub fn read(bytes: &[u8]) -> Result<Trace, TraceError> {
        if bytes.len() < MAGIC.len() && MAGIC.starts_with(bytes) && !bytes.is_empty() {
            return Err(TraceError::Truncated(bytes.len() as u64, "the file's first bytes"));
        }
        if !bytes.starts_with(MAGIC) {
            return Err(TraceError::Foreign);
        }
        let version = bytes.get(8..10).ok_or(TraceError::Truncated(8, "the version"))?;
        let version = u16::from_le_bytes([version[0], version[1]]);
        if version != FORMAT {
            return Err(TraceError::Version(version));
        }
        let mut at = 10;
        let raw = take_frame(bytes, &mut at, b'H', "the header")?;
        let header: Header =
            serde_json::from_slice(&raw).map_err(|e| TraceError::Damaged(10, format!("the header: {e}")))?;
        let tail = bytes.len().checked_sub(16).filter(|t| *t >= at && bytes.ends_with(END));
        let tail =
            tail.ok_or(TraceError::Truncated(bytes.len() as u64, "the index at the end is missing"))?;
        let mut records = Vec::new();
        let mut decoder = Decoder::default();
        while bytes.get(at) == Some(&b'R') {
            let start = at;
            let raw = take_frame(bytes, &mut at, b'R', "a block of records")?;
            let mut rest = raw.as_slice();
            while !rest.is_empty() {
                let expected = records.len() as u64 + 1;
                let r = decoder
                    .decode(&mut rest, expected)
                    .map_err(|e: WireError| TraceError::Damaged(start as u64, e.to_string()))?;
                if r.id.0 != expected || r.cause.0 >= expected {
                    return Err(TraceError::Damaged(
                        start as u64,
                        format!("record {expected} is numbered {} and caused by {}", r.id.0, r.cause.0),
                    ));
                }
                if records.last().is_some_and(|last: &Record| last.at > r.at) {
                    return Err(TraceError::Damaged(
                        start as u64,
                        format!("record {expected} is older than the one before it"),
                    ));
                }
                records.push(r);
            }
        }
        let start = at;
        let raw = take_frame(bytes, &mut at, b'I', "the index")?;
        let bad = |e: String| TraceError::Damaged(start as u64, format!("the index: {e}"));
        let index: Index = postcard::from_bytes(&raw).map_err(|e| bad(e.to_string()))?;
        let inputs = serde_json::from_str(&index.inputs).map_err(|e| bad(e.to_string()))?;
        if records.last().is_some_and(|last| last.at > index.end) {
            return Err(bad("it ends before its last record".into()));
        }
        let counted: u64 = index.blocks.iter().map(|b| b.count).sum();
        if at != tail
            || bytes[tail..tail + 8] != (start as u64).to_le_bytes()
            || counted != records.len() as u64
        {
            return Err(bad("it does not fit the blocks".into()));
        }
        Ok(Trace { header, records, inputs, story: index.story, blocks: index.blocks, end: index.end })
    }
}
