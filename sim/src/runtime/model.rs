//! How containers behave in the simulation, by image: the `images:` list of a scenario.

use super::port::ContainerConfig;
use super::registry::image_matches;
use super::shell;
use crate::api_util::Quantity;
use crate::api_util::time::{format_ns, parse_duration};
use crate::object::Str;
use crate::time::Span;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

/// How containers of matching images behave. The first match of a list wins; what a model leaves out
/// is as for an image that no model matches: see the defaults of each part.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ImageModel {
    /// Glob over image names: `web:*`, `*/redis:7.?`.
    #[serde(rename = "match")]
    pub pattern: Str,
    /// How many bytes a pull moves, such as `12MB`; 20 MB unless said.
    #[serde(default = "default_pull", with = "size")]
    pub pull: u64,
    /// How long a start takes.
    #[serde(default)]
    pub start: Start,
    /// When probes begin to pass: at once unless said.
    #[serde(default)]
    pub ready: Ready,
    /// When it ends by itself: never unless said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exit: Option<Exits>,
    /// Until when it works properly: for ever unless said.
    #[serde(default)]
    pub live: Live,
    /// Whether the registry has no such image.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub missing: bool,
    /// What it does with the polite signal: ends within 100 ms with code 0 unless said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stop: Option<Stop>,
    /// Processor time that it uses; 5m unless said.
    #[serde(default = "default_cpu")]
    pub cpu: Quantity,
    /// Memory that it uses; 4Mi unless said. More than the container's limit, and the kernel kills it
    /// after the start.
    #[serde(default = "default_memory")]
    pub memory: Quantity,
    /// Other behaviour for containers with a certain command line; the first match wins.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub commands: Vec<CommandModel>,
}

/// How a container with a certain command line behaves; what it leaves out is as its image's model says.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[allow(missing_docs)]
pub struct CommandModel {
    /// Glob over the command and its arguments, joined by spaces: `migrate *`.
    #[serde(rename = "match")]
    pub pattern: Str,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start: Option<Start>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ready: Option<Ready>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exit: Option<Exits>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub live: Option<Live>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stop: Option<Stop>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpu: Option<Quantity>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory: Option<Quantity>,
}

/// How long a container takes to start: `after`, and up to `jitter` more. 300 ms and 200 ms unless said.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[allow(missing_docs)]
pub struct Start {
    #[serde(default = "default_start", with = "span")]
    pub after: Span,
    #[serde(default, with = "span")]
    pub jitter: Span,
}

impl Default for Start {
    fn default() -> Self {
        Start { after: default_start(), jitter: Span::ms(200) }
    }
}

/// From when and until when, counted from its start, a container takes requests.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[allow(missing_docs)]
pub struct Ready {
    #[serde(default, with = "span")]
    pub after: Span,
    /// Later only its readiness probe fails.
    #[serde(default = "forever", with = "span", skip_serializing_if = "is_forever")]
    pub until: Span,
}

impl Default for Ready {
    fn default() -> Self {
        Ready { after: Span::ZERO, until: FOREVER }
    }
}

/// When a container ends by itself.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Exits {
    /// How long it runs before.
    #[serde(default, with = "span")]
    pub after: Span,
    /// What it exits with.
    #[serde(default)]
    pub code: i32,
    /// How many times; after so many restarts it runs on. For ever unless said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<u32>,
}

/// Until when, counted from its start, a container works: later all its probes fail.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[allow(missing_docs)]
pub struct Live {
    #[serde(default = "forever", with = "span", skip_serializing_if = "is_forever")]
    pub until: Span,
}

impl Default for Live {
    fn default() -> Self {
        Live { until: FOREVER }
    }
}

/// What a container does with the polite signal.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Stop {
    /// How long it takes to end.
    #[serde(default = "default_stop", with = "span")]
    pub after: Span,
    /// What it then exits with.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub code: i32,
    /// Whether it takes no notice, and has to be killed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub ignore: bool,
}

impl Default for Stop {
    fn default() -> Self {
        Stop { after: default_stop(), code: 0, ignore: false }
    }
}

const FOREVER: Span = Span(u64::MAX);

fn forever() -> Span {
    FOREVER
}
fn is_forever(s: &Span) -> bool {
    *s == FOREVER
}
fn default_cpu() -> Quantity {
    Quantity::from_milli(5, crate::api_util::quantity::Format::DecimalSi)
}
fn default_memory() -> Quantity {
    Quantity::new(4 << 20, crate::api_util::quantity::Format::BinarySi)
}
fn is_zero(n: &i32) -> bool {
    *n == 0
}
fn default_pull() -> u64 {
    20_000_000
}
fn default_start() -> Span {
    Span::ms(300)
}
fn default_stop() -> Span {
    Span::ms(100)
}

impl ImageModel {
    /// The model of an image that no model of a list matches.
    pub fn plain() -> ImageModel {
        ImageModel {
            pattern: Str::from("*"),
            pull: default_pull(),
            cpu: default_cpu(),
            memory: default_memory(),
            ..ImageModel::default()
        }
    }

    /// The first of a list that matches an image.
    pub fn find<'a>(list: &'a [ImageModel], image: &str) -> Option<&'a ImageModel> {
        list.iter().find(|m| image_matches(&m.pattern, image))
    }
}

/// What one run of a container will do, all counted from its start.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Behaviour {
    pub start: Start,
    pub ready: Ready,
    pub live_until: Span,
    /// When it ends by itself and with which code.
    pub exit: Option<(Span, i32)>,
    pub stop: Stop,
    pub cpu_milli: i64,
    pub memory: i64,
    /// Whether it needs more memory than it may have.
    pub oom: bool,
}

impl Behaviour {
    /// What a container of that image and command line does in its `attempt`th run (from 0).
    pub(super) fn of(list: &[ImageModel], image: &str, config: &ContainerConfig, attempt: u32) -> Behaviour {
        let plain = ImageModel::plain();
        let model = ImageModel::find(list, image).unwrap_or(&plain);
        let command = if model.commands.is_empty() {
            None
        } else {
            let words: Vec<&str> = config.command.iter().chain(&config.args).map(|s| s.as_str()).collect();
            let line = words.join(" ");
            model.commands.iter().find(|c| super::glob_match(&c.pattern, &line))
        };
        let script = match command {
            Some(_) => None,
            None => shell::understand(&config.command, &config.args),
        };
        let none = CommandModel::default();
        let c = command.unwrap_or(&none);
        let exit = match script {
            Some(s) => s.runs.map(|after| (after, s.code)),
            None => (if command.is_some() { c.exit.or(model.exit) } else { model.exit })
                .filter(|e| e.times.is_none_or(|times| attempt < times))
                .map(|e| (e.after, e.code)),
        };
        let deaf = Stop { ignore: script.is_some_and(|s| s.deaf), ..Stop::default() };
        let memory = c.memory.unwrap_or(model.memory).value();
        Behaviour {
            start: c.start.unwrap_or(model.start),
            ready: c.ready.unwrap_or(model.ready),
            live_until: c.live.unwrap_or(model.live).until,
            exit,
            stop: c.stop.or(model.stop).unwrap_or(deaf),
            cpu_milli: c.cpu.unwrap_or(model.cpu).milli(),
            memory,
            oom: config.memory_limit > 0 && memory > config.memory_limit,
        }
    }
}

/// Durations as text.
mod span {
    use super::*;
    pub fn serialize<S: Serializer>(v: &Span, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(&format_ns(v.0))
    }
    pub fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<Span, D::Error> {
        struct Visitor;
        impl serde::de::Visitor<'_> for Visitor {
            type Value = Span;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a duration with its unit, such as 800ms, 20s or 1m30s")
            }
            fn visit_str<E: Error>(self, text: &str) -> Result<Span, E> {
                parse_duration(text)
                    .map(Span)
                    .map_err(|e| E::custom(format!("{e}; write 800ms, 20s or 1m30s")))
            }
            fn visit_u64<E: Error>(self, n: u64) -> Result<Span, E> {
                match n {
                    0 => Ok(Span::ZERO),
                    n => Err(E::custom(format!("the duration {n} lacks its unit: write {n}s or {n}ms"))),
                }
            }
        }
        d.deserialize_any(Visitor)
    }
}

/// Sizes in bytes as text.
mod size {
    use super::*;
    pub fn serialize<S: Serializer>(v: &u64, s: S) -> Result<S::Ok, S::Error> {
        match *v {
            n if n > 0 && n % 1_000_000 == 0 => s.serialize_str(&format!("{}MB", n / 1_000_000)),
            n => s.serialize_u64(n),
        }
    }
    pub fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<u64, D::Error> {
        struct Visitor;
        impl serde::de::Visitor<'_> for Visitor {
            type Value = u64;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a size, such as 12MB, 1.5GB or 64Mi")
            }
            fn visit_str<E: Error>(self, text: &str) -> Result<u64, E> {
                // `12MB` and `12kB` as people write them; else a quantity.
                let short = text.trim().strip_suffix('B').unwrap_or(text.trim());
                let short =
                    if let Some(n) = short.strip_suffix('K') { format!("{n}k") } else { short.to_owned() };
                match Quantity::parse(&short) {
                    Ok(q) if q.value() >= 0 => Ok(q.value() as u64),
                    _ => Err(E::custom(format!("{text:?} is not a size: write 12MB, 1.5GB or 64Mi"))),
                }
            }
            fn visit_u64<E: Error>(self, n: u64) -> Result<u64, E> {
                Ok(n)
            }
        }
        d.deserialize_any(Visitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn model(v: serde_json::Value) -> ImageModel {
        serde_json::from_value(v).expect("a model")
    }

    #[test]
    fn the_shape_of_a_scenario() {
        let m = model(json!({
            "match": "web:*", "pull": "12MB", "start": {"after": "800ms", "jitter": "200ms"},
            "ready": {"after": "2s"}, "exit": {"after": "20s", "code": 1, "times": 3},
            "live": {"until": "30s"}, "missing": true, "stop": {"after": "500ms"},
            "cpu": "100m", "memory": "64Mi"
        }));
        assert_eq!(m.pull, 12_000_000);
        assert_eq!(m.start, Start { after: Span::ms(800), jitter: Span::ms(200) });
        assert_eq!(m.exit, Some(Exits { after: Span::secs(20), code: 1, times: Some(3) }));
        assert_eq!((m.cpu.milli(), m.memory.value()), (100, 64 << 20));
        let again: ImageModel = model(serde_json::to_value(&m).expect("serialises"));
        assert_eq!(again, m);
        let m = model(json!({"match": "x"}));
        assert_eq!(m, ImageModel { pattern: Str::from("x"), ..ImageModel::plain() });
    }

    #[test]
    fn errors_say_what_to_write() {
        for (v, want) in [
            (json!({"match": "x", "pul": "1MB"}), "unknown field `pul`, expected one of `match`, `pull`"),
            (
                json!({"match": "x", "start": {"after": 800}}),
                "the duration 800 lacks its unit: write 800s or 800ms",
            ),
            (json!({"match": "x", "start": {"after": "soon"}}), "write 800ms, 20s or 1m30s"),
            (json!({"match": "x", "pull": "big"}), "\"big\" is not a size: write 12MB, 1.5GB or 64Mi"),
            (json!({"pull": "1MB"}), "missing field `match`"),
            (json!({"match": "x", "live": {"until": true}}), "expected a duration with its unit"),
        ] {
            let e = serde_json::from_value::<ImageModel>(v.clone()).expect_err("refused").to_string();
            assert!(e.contains(want), "{v}: {e}");
        }
    }

    #[test]
    fn behaviour_by_image_command_and_attempt() {
        let list = [
            model(
                json!({"match": "flaky:*", "exit": {"after": "2s", "code": 1, "times": 2}, "memory": "64Mi",
                "commands": [{"match": "migrate *", "exit": {"after": "3s", "code": 0}}]}),
            ),
            model(json!({"match": "*", "stop": {"ignore": true}})),
        ];
        let run = |image: &str, line: &str, attempt: u32, limit: i64| {
            let command = line.split(' ').filter(|w| !w.is_empty()).map(Str::from).collect();
            let config = ContainerConfig { command, memory_limit: limit, ..Default::default() };
            Behaviour::of(&list, image, &config, attempt)
        };
        assert_eq!(run("flaky:1", "", 1, 0).exit, Some((Span::secs(2), 1)));
        assert_eq!(run("flaky:1", "", 2, 0).exit, None, "only twice");
        assert_eq!(run("flaky:1", "migrate up", 0, 0).exit, Some((Span::secs(3), 0)));
        assert_eq!(run("flaky:1", "sleep 9", 0, 0).exit, Some((Span::secs(9), 0)));
        assert!(run("flaky:1", "sleep 9", 0, 0).stop.ignore, "pid 1 has no default handlers");
        assert!(!run("flaky:1", "", 0, 0).stop.ignore);
        assert!(run("other", "", 0, 0).stop.ignore);
        assert!(run("flaky:1", "", 0, 1 << 20).oom);
        assert!(!run("flaky:1", "", 0, 64 << 20).oom);
        assert_eq!(Behaviour::of(&[], "x", &ContainerConfig::default(), 0).start.after, Span::ms(300));
    }
}
