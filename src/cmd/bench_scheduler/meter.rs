//! Clocks for a workload: real time and processor time of what the scheduler does, and nothing else.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use podium_sim::perf::Meter;
use std::io::IsTerminal;
use std::time::{Duration, Instant};

/// One measurement of a workload.
pub struct Measured {
    /// Its name or namespace.
    pub name: String,
    /// Measured pods that were scheduled.
    pub pods: u64,
    /// Real time.
    pub wall: Duration,
    /// Processor time of this thread, if the system tells.
    pub cpu: Option<Duration>,
    /// Pods a second of each window.
    pub windows: Vec<f64>,
    /// By how much this process grew meanwhile, if the system tells.
    pub grown: Option<i64>,
}

impl Measured {
    /// Pods a second over the whole.
    pub fn average(&self) -> f64 {
        self.pods as f64 / self.wall.as_secs_f64().max(1e-9)
    }

    /// The figure that so many percent of the windows do not exceed. As upstream counts: of 20 windows sorted from
    /// slow to fast, the 90th percentile is the 18th.
    pub fn percentile(&self, percent: usize) -> f64 {
        let mut sorted = self.windows.clone();
        sorted.sort_by(f64::total_cmp);
        let i = (sorted.len() * percent).div_ceil(100).saturating_sub(1);
        sorted.get(i).copied().unwrap_or(0.0)
    }

    /// A figure by upstream's name: `Average`, `Perc50` …
    pub fn figure(&self, bucket: &str) -> Option<f64> {
        match bucket {
            "Average" => Some(self.average()),
            b => Some(self.percentile(b.strip_prefix("Perc")?.parse().ok().filter(|p| *p <= 100)?)),
        }
    }

    /// Microseconds of processor time, or of real time where the system does not tell that, for each pod.
    pub fn micros(&self) -> f64 {
        self.cpu.unwrap_or(self.wall).as_secs_f64() * 1e6 / self.pods.max(1) as f64
    }
}

/// Measures a workload, and shows how far it is.
pub struct Stopwatch {
    /// What has been measured.
    pub done: Vec<Measured>,
    current: Option<Measured>,
    started: Option<(Instant, Option<Duration>)>,
    /// Pods a window, and what is in the present one.
    window: u64,
    filled: u64,
    window_wall: Duration,
    memory: Option<i64>,
    bar: ProgressBar,
}

impl Stopwatch {
    /// For a workload of that name.
    pub fn new(name: &str, pods: u64) -> Stopwatch {
        let bar = ProgressBar::new(pods);
        if !std::io::stderr().is_terminal() {
            bar.set_draw_target(ProgressDrawTarget::hidden());
        }
        if let Ok(style) =
            ProgressStyle::with_template("{bar:30} {pos}/{len} pods scheduled, {elapsed}, {msg}")
        {
            bar.set_style(style);
        }
        bar.set_message(name.to_owned());
        bar.tick();
        Stopwatch {
            done: Vec::new(),
            current: None,
            started: None,
            window: 1,
            filled: 0,
            window_wall: Duration::ZERO,
            memory: None,
            bar,
        }
    }

    /// Takes the progress off the terminal.
    pub fn clear(&self) {
        self.bar.finish_and_clear();
    }
}

impl Meter for Stopwatch {
    fn start(&mut self) {
        if self.current.is_some() {
            self.started = Some((Instant::now(), thread_time()));
        }
    }

    fn stop(&mut self) {
        let Some((wall, cpu)) = self.started.take() else { return };
        let wall = wall.elapsed();
        if let Some(m) = &mut self.current {
            m.wall += wall;
            self.window_wall += wall;
            m.cpu = m.cpu.zip(cpu.zip(thread_time())).map(|(sum, (from, to))| sum + to.saturating_sub(from));
        }
    }

    fn scheduled(&mut self, n: u64) {
        let Some(m) = &mut self.current else { return };
        m.pods += n;
        self.filled += n;
        if self.filled >= self.window {
            m.windows.push(self.filled as f64 / self.window_wall.as_secs_f64().max(1e-9));
            self.filled = 0;
            self.window_wall = Duration::ZERO;
        }
        self.bar.inc(n);
    }

    fn begin(&mut self, name: &str, pods: u64) {
        self.end();
        self.window = if pods == 0 { 100 } else { (pods / 20).clamp(1, 1_000) };
        self.filled = 0;
        self.window_wall = Duration::ZERO;
        self.memory = resident();
        let cpu = thread_time().map(|_| Duration::ZERO);
        self.current = Some(Measured {
            name: name.to_owned(),
            pods: 0,
            wall: Duration::ZERO,
            cpu,
            windows: Vec::new(),
            grown: None,
        });
    }

    fn end(&mut self) {
        let Some(mut m) = self.current.take() else { return };
        if m.windows.is_empty() && m.pods > 0 {
            m.windows.push(m.average());
        }
        m.grown = resident().zip(self.memory).map(|(to, from)| to - from);
        self.done.push(m);
    }
}

/// Processor time of this thread, to the nanosecond.
#[cfg(unix)]
fn thread_time() -> Option<Duration> {
    let t = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Some(Duration::new(u64::try_from(t.tv_sec).ok()?, u32::try_from(t.tv_nsec).ok()?))
}

#[cfg(not(unix))]
fn thread_time() -> Option<Duration> {
    None
}

/// Memory that this process has resident, in bytes, where /proc tells it.
fn resident() -> Option<i64> {
    i64::try_from(crate::cmd::bench::memory("VmRSS:")?).ok()
}
