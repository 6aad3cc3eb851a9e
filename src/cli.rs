//! The command line's shape: what can be asked, with examples.

use clap::{Args, Parser, Subcommand, ValueEnum};
use podium_sim::links::LatencyProfile;
use podium_sim::trace::Level;
use std::path::PathBuf;

/// A container cluster that you can see, stop, rewind and ask "why?".
#[derive(Parser, Debug)]
#[command(
    name = "podium",
    version,
    about,
    long_about = "A container cluster that you can see, stop, rewind and ask \"why?\".\n\n\
        Without a command, podium gives a tour of 90 seconds.",
    after_help = "Exit codes: 0 ok, 1 an assertion failed, 2 wrong usage, 3 something this machine lacks, \
        5 a file is missing or invalid, 70 a bug of podium.\n\nExamples:\n  \
        podium                                     the tour\n  \
        podium play scenarios/lessons/k08-node-down.yaml     watch a node die and the cluster recover\n  \
        podium play my-deployment.yaml             your own manifests on three nodes\n  \
        podium test scenarios/                     play every scenario and check it\n  \
        podium why scenarios/lessons/k08-node-down.yaml pod/web-abcde"
)]
pub struct Cli {
    /// What to do; the tour if nothing is given.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// Language of what is told of a cluster: the tour, the narration of play, why, the live picture.
    ///
    /// en or zh-CN; from LC_ALL, LC_MESSAGES or LANG unless given. What kubectl prints is English in any language,
    /// and so are reports, help and messages about mistakes.
    #[arg(long, global = true, value_name = "LANG")]
    pub lang: Option<String>,
}

/// The commands.
#[derive(Subcommand, Debug)]
pub enum Command {
    /// The tour: a cluster works, breaks, recovers and explains itself, in 90 seconds.
    Tour(TourArgs),
    /// Play a scenario or a plain manifest and narrate it.
    Play(PlayArgs),
    /// Watch it in a window: the cluster as a picture, with a timeline to go back and forth on.
    View(ViewArgs),
    /// Make a picture or a film of it, without a window: PNG, GIF or WebP.
    Render(RenderArgs),
    /// Play all scenarios below some paths and report which pass.
    Test(TestArgs),
    /// Why is this object as it is? The chain of causes, up to an action, a timer or a fault.
    Why(WhyArgs),
    /// Where would these pods go? kube-scheduler's decisions in a cluster that is given as manifests.
    Schedule(Box<ScheduleArgs>),
    /// kubectl get, at any moment of a scenario or trace.
    Get(GetArgs),
    /// kubectl describe, at any moment of a scenario or trace.
    Describe(DescribeArgs),
    /// kubectl events, up to any moment of a scenario or trace.
    Events(EventsArgs),
    /// kubectl top, at any moment of a scenario.
    Top(TopArgs),
    /// Read, compare and export traces.
    Trace(TraceArgs),
    /// Measure podium itself.
    Bench(BenchArgs),
    /// List the faults that a scenario can cause.
    #[command(after_help = "Example:\n  podium faults --json")]
    Faults {
        /// Print them as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Print the JSON schema of scenario files, for editors.
    #[command(after_help = "Example:\n  podium schema > scenario.schema.json")]
    Schema,
    /// Print completions for a shell.
    #[command(
        after_help = "Example:\n  podium completions bash > ~/.local/share/bash-completion/completions/podium"
    )]
    Completions {
        /// Which shell.
        shell: clap_complete::Shell,
    },
}

/// How fast to play.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Pace {
    /// As fast as this machine can.
    #[default]
    Max,
    /// As fast as the clock on the wall.
    #[value(name = "1x")]
    Real,
    /// Ten times as fast.
    #[value(name = "10x")]
    Ten,
}

/// Latency by name, for clap.
pub fn latency(s: &str) -> Result<LatencyProfile, String> {
    LatencyProfile::ALL
        .iter()
        .find(|(n, _)| *n == s)
        .map(|(_, p)| *p)
        .ok_or_else(|| format!("expected one of {}", LatencyProfile::ALL.map(|(n, _)| n).join(", ")))
}

/// Trace level by name, for clap.
pub fn level(s: &str) -> Result<Level, String> {
    match s {
        "off" => Ok(Level::Off),
        "lifecycle" => Ok(Level::Lifecycle),
        "full" => Ok(Level::Full),
        _ => Err("expected one of off, lifecycle, full".into()),
    }
}

/// A time or a length of time: `90s`, `1m30s`, `1.5h`.
pub fn duration(s: &str) -> Result<u64, String> {
    if let Some(ns) = clock(s) {
        return Ok(ns);
    }
    podium_sim::api_util::time::parse_duration(s)
        .map_err(|_| format!("{s:?} is not a time; expected such as 90s, 1m30s or 2h"))
}

/// A reading of the virtual clock as podium prints it, `00:01:23.400`.
fn clock(s: &str) -> Option<u64> {
    let mut parts = s.split(':');
    let (h, m, rest) = (parts.next()?, parts.next()?, parts.next()?);
    let seconds = podium_sim::api_util::time::parse_duration(&format!("{rest}s")).ok()?;
    let (h, m): (u64, u64) = (h.parse().ok()?, m.parse().ok()?);
    let whole = h.checked_mul(60)?.checked_add(m)?.checked_mul(60_000_000_000)?;
    (parts.next().is_none() && m < 60).then(|| whole.checked_add(seconds))?
}

/// Width and height: `1280x720`.
pub fn size(s: &str) -> Result<(u32, u32), String> {
    let parts = s.split_once(['x', '×']);
    parts
        .and_then(|(w, h)| Some((w.parse().ok()?, h.parse().ok()?)))
        .filter(|(w, h)| (16..=16384).contains(w) && (16..=16384).contains(h))
        .ok_or_else(|| "expected a width and a height of 16 to 16384 pixels, such as 1280x720".into())
}

/// A factor: `2x`, `0.5x`, `4`.
pub fn speed(s: &str) -> Result<f64, String> {
    let factor = s.strip_suffix(['x', '×']).unwrap_or(s).parse().ok();
    factor.filter(|f| (0.125..=64.0).contains(f)).ok_or_else(|| "expected 0.125x to 64x".into())
}

/// How much larger: 0.5 to 4.
pub fn scale(s: &str) -> Result<f32, String> {
    let factor = s.strip_suffix(['x', '×']).unwrap_or(s).parse().ok();
    factor.filter(|f| (0.5..=4.0).contains(f)).ok_or_else(|| "expected 0.5 to 4".into())
}

/// What changes how a scenario is played.
#[derive(Args, Clone, Debug, Default)]
pub struct RunArgs {
    /// Seed of all randomness, instead of the scenario's.
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// How long messages take: instant, lan or classroom.
    #[arg(long, value_name = "PROFILE", value_parser = latency)]
    pub latency: Option<LatencyProfile>,
}

/// Arguments of the tour.
#[derive(Args, Debug, Default)]
#[command(after_help = "Example:\n  podium tour --plain --answer 3")]
pub struct TourArgs {
    /// Narrate in lines, even on a terminal.
    #[arg(long)]
    pub plain: bool,
    /// Answer the question beforehand: 1, 2 or 3.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=3))]
    pub answer: Option<u8>,
}

/// Arguments of `play`.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  podium play web.yaml\n  podium play scenarios/lessons/k08-node-down.yaml --pace 10x\n  \
    podium play web.yaml --until 2m --trace web.podium-trace"
)]
pub struct PlayArgs {
    /// A scenario, a manifest, or a folder of manifests; - for standard input.
    pub file: PathBuf,
    #[command(flatten)]
    pub run: RunArgs,
    /// Stop at this virtual time.
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub until: Option<u64>,
    /// Of a chaos scenario, only these of the faults that its seed draws, by number: 2,5.
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    pub faults: Option<Vec<usize>>,
    /// How fast.
    #[arg(long, value_enum, default_value_t)]
    pub pace: Pace,
    /// Write the trace to a file.
    #[arg(long, value_name = "FILE")]
    pub trace: Option<PathBuf>,
    /// What the trace keeps: full, lifecycle or off.
    #[arg(long, value_name = "LEVEL", default_value = "full", value_parser = level)]
    pub trace_level: Level,
    /// Watch it in a live picture instead of lines.
    #[arg(long)]
    pub tui: bool,
    /// Also tell the small steps.
    #[arg(long, short)]
    pub verbose: bool,
    /// Print the result as JSON.
    #[arg(long)]
    pub json: bool,
}

/// How the picture looks.
#[derive(Args, Clone, Debug, Default)]
#[cfg_attr(not(feature = "view"), allow(dead_code))]
pub struct LookArgs {
    /// Dark colours; light ones suit projectors.
    #[arg(long)]
    pub dark: bool,
    /// Large type and no panels, for a classroom.
    #[arg(long)]
    pub presenter: bool,
    /// Nothing slides; things are where they will be.
    #[arg(long)]
    pub reduced_motion: bool,
}

/// Arguments of `view`.
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  podium view scenarios/lessons/k08-node-down.yaml\n  \
    podium view my-deployment.yaml --dark\n  podium view run.podium-trace --at 1m30s --presenter")]
#[cfg_attr(not(feature = "view"), allow(dead_code))]
pub struct ViewArgs {
    /// A scenario, a manifest, a folder of manifests, or a trace.
    pub file: PathBuf,
    #[command(flatten)]
    pub run: RunArgs,
    /// Begin at this virtual time, standing still.
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub at: Option<u64>,
    #[command(flatten)]
    pub look: LookArgs,
}

/// How time passes in a film.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum FilmPace {
    /// Bursts slowly, waits quickly.
    #[default]
    Story,
    /// A second is a second.
    Clock,
}

/// Arguments of `render`.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  podium render scenarios/lessons/k08-node-down.yaml --at 1m --out down.png\n  \
    podium render web.yaml --at 20s --out slide.png --size 2560x1440 --panels --select deploy/web\n  \
    podium render scenarios/lessons/k08-node-down.yaml --from 30s --to 90s --out down.gif\n  \
    podium render run.podium-trace --out run.webp --pace clock --speed 4x"
)]
#[cfg_attr(not(feature = "view"), allow(dead_code))]
pub struct RenderArgs {
    /// A scenario, a manifest, a folder of manifests, or a trace.
    pub file: PathBuf,
    #[command(flatten)]
    pub run: RunArgs,
    /// The file to write; its ending says what: .png is a picture, .gif and .webp are films.
    #[arg(long, short, value_name = "FILE")]
    pub out: PathBuf,
    /// The moment of a picture, in virtual time; the end unless given.
    #[arg(long, value_name = "TIME", value_parser = duration, conflicts_with_all = ["from", "to", "fps", "speed", "pace"])]
    pub at: Option<u64>,
    /// Where a film begins, in virtual time; the beginning unless given.
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub from: Option<u64>,
    /// Where a film ends, in virtual time; the end unless given.
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub to: Option<u64>,
    /// Frames a second of a film: 1 to 50; 20 unless given.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=50))]
    pub fps: Option<u32>,
    /// How time passes in a film: as a story unless given.
    #[arg(long, value_enum)]
    pub pace: Option<FilmPace>,
    /// How many times as fast as its pace a film is: 0.5x, 4x.
    #[arg(long, value_name = "TIMES", value_parser = speed)]
    pub speed: Option<f64>,
    /// Width and height in pixels; 1920x1080 for a picture, 1280x720 for a film unless given.
    #[arg(long, value_name = "WxH", value_parser = size)]
    pub size: Option<(u32, u32)>,
    /// Draw everything so many times as large: 2 for very fine screens.
    #[arg(long, value_name = "TIMES", default_value = "1", value_parser = scale)]
    pub scale: f32,
    /// With the panels of the window; without them, there are only the cluster and a caption.
    #[arg(long)]
    pub panels: bool,
    /// Choose an object as a click would: KIND/NAME; a name may end in * for the newest that matches.
    #[arg(long, value_name = "KIND/NAME")]
    pub select: Option<String>,
    /// The namespace of what is chosen.
    #[arg(long, short, value_name = "NAMESPACE", default_value = "default")]
    pub namespace: String,
    #[command(flatten)]
    pub look: LookArgs,
}

/// Arguments of `test`.
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  podium test scenarios/\n  podium test --seeds 200 scenarios/chaos\n  \
    podium test scenarios/ --junit report.xml")]
pub struct TestArgs {
    /// Scenario files, or folders in which to look for them.
    #[arg(required = true)]
    pub paths: Vec<PathBuf>,
    /// Play each scenario with this many seeds, from its own on.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..))]
    pub seeds: u64,
    /// Play with this seed instead of the scenario's.
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// Write a JUnit report.
    #[arg(long, value_name = "FILE")]
    pub junit: Option<PathBuf>,
    /// How many at the same time; as many as there are cores unless given.
    #[arg(long, short, value_name = "N")]
    pub jobs: Option<usize>,
    /// Print the result as JSON.
    #[arg(long)]
    pub json: bool,
}

/// Where to look, and when.
#[derive(Args, Clone, Debug)]
pub struct AtArgs {
    /// A scenario, a manifest, or a trace.
    pub file: PathBuf,
    /// The moment, in virtual time; the end unless given.
    #[arg(long, value_name = "TIME", value_parser = duration, global = true)]
    pub at: Option<u64>,
    #[command(flatten)]
    pub run: RunArgs,
}

/// Arguments of `why`.
#[derive(Args, Debug)]
#[command(
    long_about = "Why is it so? The chain of causes of an object, from the root on.\n\n\
        Of a pod, the scheduler's last decision is told below it: what every plugin said of every node, the scores, \
        what would have to change if no node was found, who leaves for it, and what had it tried again. It is decided \
        once more, from the trace alone.",
    after_help = "Examples:\n  podium why scenarios/lessons/k08-node-down.yaml pod/web-5d6f8b7c9-x2x4z\n  \
    podium why web.yaml deploy/web --at 10s\n  podium why web.yaml 'pod/web-*' --at 2m\n  \
    podium why scenarios/regress/no-room.yaml pod/big --all-decisions\n  \
    podium why scenarios/regress/no-room.yaml pod/big --decision 1"
)]
pub struct WhyArgs {
    #[command(flatten)]
    pub at: AtArgs,
    /// The object: KIND/NAME; a name may end in * for the newest that matches.
    pub object: String,
    /// Its namespace.
    #[arg(long, short, value_name = "NAMESPACE", default_value = "default")]
    pub namespace: String,
    /// Of a pod, tell this decision of the scheduler, 1 for the first; the last unless given.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub decision: Option<u64>,
    /// Of a pod, list all decisions of the scheduler, a line each.
    #[arg(long, conflicts_with = "decision")]
    pub all_decisions: bool,
    /// Which nodes are in the tables: of more than 20, the best and some of each reason, or all.
    #[arg(long, value_name = "WHICH", default_value = "some")]
    pub nodes: Nodes,
    /// Print only the chain of causes.
    #[arg(long, conflicts_with_all = ["decision", "all_decisions", "nodes"])]
    pub chain: bool,
    /// Print it as JSON.
    #[arg(long)]
    pub json: bool,
}

/// Which nodes a table shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Nodes {
    /// Of many, the best and some of each reason.
    #[default]
    Some,
    /// All.
    All,
}

/// Arguments of `schedule`.
#[derive(Args, Clone, Debug)]
#[command(
    long_about = "Where would these pods go? kube-scheduler's decisions in a cluster that is given as manifests.\n\n\
        Pods are taken in the order of the queue: by priority, then as they stand in the files. Each counts on its \
        node before the next has its turn. Of a pod that does not fit, it is told why, what would have to change, \
        and whose eviction would make room. Nothing real is touched.\n\n\
        Exit codes: 0 if all pods fit, 1 if some do not (with --vectors: if a decision differs).",
    after_help = "Examples:\n  \
        kubectl get nodes,pods -A -o yaml > cluster.yaml\n  \
        podium schedule --cluster cluster.yaml --pods web.yaml         where they would go\n  \
        podium schedule --cluster cluster.yaml --pods web.yaml --explain web-1\n  \
        podium schedule --cluster cluster.yaml --pods web.yaml --preempt     with evictions carried out\n  \
        podium schedule --cluster cluster.yaml --pods web.yaml --fit         how many replicas fit\n  \
        podium schedule --cluster cluster.yaml --pods web.yaml --compare default packed.yaml\n  \
        podium schedule --cluster cluster.yaml --pending                the pods that wait in it\n  \
        podium schedule --vectors decisions.jsonl.gz                   do we decide as the real one did?"
)]
pub struct ScheduleArgs {
    /// The cluster: nodes and pods as kubectl get nodes,pods -A -o yaml (or json) writes them; other objects that
    /// scheduling heeds (volumes, budgets, namespaces, services, priority classes) as well. Folders are read whole;
    /// - is standard input.
    #[arg(long, value_name = "FILE", num_args = 1.., required_unless_present = "vectors")]
    pub cluster: Vec<PathBuf>,
    /// The pods that are asked about: Pods, or workloads, each of which stands for its replicas.
    #[arg(long, value_name = "FILE", num_args = 1.., required_unless_present_any = ["pending", "vectors"])]
    pub pods: Vec<PathBuf>,
    /// Place the pods without a node that are in the cluster, too.
    #[arg(long)]
    pub pending: bool,
    /// Carry evictions out that make room, instead of telling of them.
    #[arg(long)]
    pub preempt: bool,
    /// Tell everything about one pod's decision: each plugin's word on each node, and all scores.
    #[arg(long, value_name = "POD", conflicts_with_all = ["fit", "compare"])]
    pub explain: Option<String>,
    /// How many more replicas of each template fit, and why no more.
    #[arg(long, conflicts_with_all = ["preempt", "pending", "compare"])]
    pub fit: bool,
    /// No more replicas than this with --fit.
    #[arg(long, value_name = "N", requires = "fit", default_value_t = 1_000_000, value_parser = clap::value_parser!(u64).range(1..))]
    pub limit: u64,
    /// A KubeSchedulerConfiguration; given twice, both are compared. The word default means kube-scheduler's own.
    #[arg(long, value_name = "FILE")]
    pub config: Vec<PathBuf>,
    /// Compare two configurations: placements, utilisation, what does not fit.
    #[arg(long, value_name = "CONFIG", num_args = 2, conflicts_with = "config")]
    pub compare: Option<Vec<PathBuf>>,
    /// Of the draws among nodes of the same score.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,
    /// Compare with recorded decisions of the real kube-scheduler (JSON lines, as they are or gzipped) instead.
    #[arg(long, value_name = "FILE", num_args = 1.., conflicts_with_all = ["cluster", "pods", "pending", "config", "compare"])]
    pub vectors: Vec<PathBuf>,
    /// Print the result as JSON.
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `get`.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  podium get web.yaml pods\n  podium get scenarios/lessons/k08-node-down.yaml pods,nodes -o wide --at 2m\n  \
    podium get web.yaml deploy/web -o yaml"
)]
pub struct GetArgs {
    #[command(flatten)]
    pub at: AtArgs,
    /// What: KINDs (with commas between), KIND/NAME, or KIND NAME.
    #[arg(required = true, num_args = 1..)]
    pub what: Vec<String>,
    /// wide, yaml, json or name.
    #[arg(long, short, value_name = "FORMAT")]
    pub output: Option<String>,
    /// The namespace.
    #[arg(long, short, value_name = "NAMESPACE", default_value = "default")]
    pub namespace: String,
    /// All namespaces.
    #[arg(long, short = 'A')]
    pub all_namespaces: bool,
    /// Only objects with these labels.
    #[arg(long, short = 'l', value_name = "SELECTOR")]
    pub selector: Option<String>,
    /// Leave the header out.
    #[arg(long)]
    pub no_headers: bool,
    /// The same as -o json.
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `describe`.
#[derive(Args, Debug)]
#[command(
    after_help = "Example:\n  podium describe scenarios/lessons/k08-node-down.yaml node/node-2 --at 2m"
)]
pub struct DescribeArgs {
    #[command(flatten)]
    pub at: AtArgs,
    /// What: KIND/NAME, KIND NAME, or a KIND for all of it.
    #[arg(required = true, num_args = 1..)]
    pub what: Vec<String>,
    /// The namespace.
    #[arg(long, short, value_name = "NAMESPACE", default_value = "default")]
    pub namespace: String,
}

/// Arguments of `events`.
#[derive(Args, Debug)]
#[command(
    after_help = "Example:\n  podium events scenarios/lessons/k07-restart-and-backoff.yaml --for pod/crash"
)]
pub struct EventsArgs {
    #[command(flatten)]
    pub at: AtArgs,
    /// Only events about this object: KIND/NAME.
    #[arg(long = "for", value_name = "KIND/NAME")]
    pub about: Option<String>,
    /// The namespace.
    #[arg(long, short, value_name = "NAMESPACE", default_value = "default")]
    pub namespace: String,
    /// All namespaces.
    #[arg(long, short = 'A')]
    pub all_namespaces: bool,
    /// Print them as JSON.
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `top`.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  podium top web.yaml pods --at 1m")]
pub struct TopArgs {
    #[command(flatten)]
    pub at: AtArgs,
    /// pods or nodes.
    #[arg(value_parser = ["pods", "pod", "po", "nodes", "node", "no"])]
    pub what: String,
    /// The namespace.
    #[arg(long, short, value_name = "NAMESPACE", default_value = "default")]
    pub namespace: String,
    /// All namespaces.
    #[arg(long, short = 'A')]
    pub all_namespaces: bool,
}

/// Arguments of `trace`.
#[derive(Args, Debug)]
pub struct TraceArgs {
    #[command(subcommand)]
    pub command: TraceCommand,
}

/// What to do with a trace.
#[derive(Subcommand, Debug)]
pub enum TraceCommand {
    /// Print the records in columns.
    #[command(
        after_help = "Example:\n  podium trace cat run.podium-trace --from 60s --to 70s --about pod/web"
    )]
    Cat {
        /// A trace, or a scenario to play.
        file: PathBuf,
        /// From this time on.
        #[arg(long, value_name = "TIME", value_parser = duration)]
        from: Option<u64>,
        /// Up to this time.
        #[arg(long, value_name = "TIME", value_parser = duration)]
        to: Option<u64>,
        /// Only records whose object contains this text.
        #[arg(long, value_name = "TEXT")]
        about: Option<String>,
        /// Also messages and heartbeats.
        #[arg(long, short)]
        all: bool,
    },
    /// The first record in which two traces differ, and in what.
    #[command(after_help = "Example:\n  podium trace diff a.podium-trace b.podium-trace")]
    Diff {
        /// One trace (or scenario).
        a: PathBuf,
        /// The other.
        b: PathBuf,
    },
    /// Write a trace for other programs: JSON Lines, or the Chrome format that Perfetto opens.
    #[command(
        after_help = "Examples:\n  podium trace export run.podium-trace --format jsonl > run.jsonl\n  \
        podium trace export run.podium-trace --format chrome -o run.json"
    )]
    Export {
        /// A trace, or a scenario to play.
        file: PathBuf,
        /// jsonl or chrome.
        #[arg(long, default_value = "jsonl", value_parser = ["jsonl", "chrome"])]
        format: String,
        /// The file to write; standard output unless given.
        #[arg(long, short, value_name = "FILE")]
        output: Option<PathBuf>,
    },
}

/// Arguments of `bench`.
#[derive(Args, Debug)]
pub struct BenchArgs {
    #[command(subcommand)]
    pub command: BenchCommand,
}

/// What to measure.
#[derive(Subcommand, Debug)]
pub enum BenchCommand {
    /// From an empty cluster to all pods Ready, with probes, heartbeats and events.
    #[command(after_help = "Example:\n  podium bench world --nodes 5000 --pods 150000")]
    World {
        /// Nodes; several sizes with commas between.
        #[arg(long, value_name = "N", default_value = "100", value_delimiter = ',')]
        nodes: Vec<usize>,
        /// Pods, one number for each of the sizes.
        #[arg(long, value_name = "M", default_value = "3000", value_delimiter = ',')]
        pods: Vec<usize>,
        /// What the trace keeps: off, lifecycle or full.
        #[arg(long, value_name = "LEVEL", default_value = "off", value_parser = level)]
        trace_level: Level,
        /// The seed.
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// Also fork the world at the end, and measure what that and the seconds after it cost.
        #[arg(long)]
        fork: bool,
        /// Print it as JSON.
        #[arg(long)]
        json: bool,
    },
    /// The workloads of scheduler_perf, Kubernetes' benchmark of its scheduler: decisions a second, node by node.
    #[command(after_help = "Examples:\n  podium bench scheduler\n  \
        podium bench scheduler --workload SchedulingBasic/5000Nodes\n  \
        podium bench scheduler --list\n  \
        podium bench scheduler kubernetes/test/integration/scheduler_perf/misc/performance-config.yaml --label performance\n  \
        podium bench scheduler --workload '^Sweep/' --plot sweep.svg")]
    Scheduler(BenchSchedulerArgs),
}

/// Arguments of `bench scheduler`.
#[derive(Args, Debug)]
pub struct BenchSchedulerArgs {
    /// Workload files in the format of scheduler_perf, or folders with such; podium's own unless given.
    pub files: Vec<PathBuf>,
    /// Only workloads whose full name, Case/Workload, holds this text or matches this regular expression.
    #[arg(long, short, value_name = "NAME")]
    pub workload: Option<String>,
    /// Only workloads with these labels; with - before it, without: performance,-short.
    #[arg(long, short, value_name = "LABELS", allow_hyphen_values = true)]
    pub label: Option<String>,
    /// All workloads, not only those with the label performance.
    #[arg(long, conflicts_with = "label")]
    pub all: bool,
    /// Only list the workloads, with upstream's thresholds and their labels.
    #[arg(long)]
    pub list: bool,
    /// The seed.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Print it as JSON, as scheduler_perf writes its figures.
    #[arg(long)]
    pub json: bool,
    /// Draw throughput and cost of a pod against the number of nodes: a file that ends in .svg.
    #[arg(long, value_name = "FILE")]
    pub plot: Option<PathBuf>,
}
