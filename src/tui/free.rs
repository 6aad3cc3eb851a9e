//! What keys do while somebody is free to do as they like. It knows no terminal, so that a test can press keys.

use super::picture::Overlay;
use super::theatre::Theatre;
use crate::text::{clock, short_name};
use podium_sim::apiserver::Propagation;
use podium_sim::caption::Catalogue;
use podium_sim::object::{Key, Kind, Str};
use podium_sim::time::{SimTime, Span};
use podium_sim::trace::{Code, What, WriteVerb, why};
use podium_sim::world::{External, UserCommand};

/// How far `←` and `→` go.
const JUMP: Span = Span::secs(10);

/// What somebody pressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pressed {
    /// A letter or digit.
    Char(char),
    /// Go on.
    Enter,
    /// Back in time.
    Left,
    /// Forward in time.
    Right,
    /// The one before.
    Up,
    /// The one after.
    Down,
    /// Away: out of a box, or else out of the picture.
    Esc,
    /// Away altogether.
    Quit,
}

/// A question that a lesson asks on its way.
pub struct Quiz {
    /// When to ask.
    pub ask_at: SimTime,
    /// When the answer is known.
    pub tell_at: SimTime,
    /// The question.
    pub question: String,
    /// The options.
    pub options: Vec<String>,
    /// Which of them the run says is right.
    pub right: Option<usize>,
}

enum Window {
    Keys,
    Why(usize),
    Question,
    Text(String, Vec<String>),
}

/// The state of the free stage.
pub struct Free {
    speed: u64,
    paused: bool,
    window: Option<Window>,
    hint: String,
    furthest: SimTime,
    quiz: Option<Quiz>,
    guess: Option<usize>,
}

impl Free {
    /// Begins; with the keys explained, if wanted.
    pub fn new(keys: bool, quiz: Option<Quiz>) -> Free {
        Free {
            speed: 1,
            paused: false,
            window: keys.then_some(Window::Keys),
            hint: String::new(),
            furthest: SimTime(0),
            quiz,
            guess: None,
        }
    }

    /// The latest moment that has been seen.
    pub fn furthest(&self, t: &Theatre<'_>) -> SimTime {
        self.furthest.max(t.now())
    }

    /// Lets time pass, unless it stands still.
    pub fn tick(&mut self, t: &mut Theatre<'_>, c: &Catalogue, passed: Span) {
        if self.paused || self.window.is_some() {
            return;
        }
        let mut to = t.now() + Span(passed.0.saturating_mul(self.speed));
        let asked = self.guess.is_some();
        if let Some(q) = &self.quiz {
            let stop = if asked { q.tell_at } else { q.ask_at };
            if t.now() <= stop && to >= stop {
                to = stop;
            }
            if to == stop && !asked {
                self.window = Some(Window::Question);
            } else if to == stop {
                self.window = Some(Window::Text(
                    c.text("ui-summary-title", &[]),
                    vec![q.question.clone(), String::new(), q.verdict(self.guess, c)],
                ));
                self.quiz = None;
            }
        }
        let over = t.end().is_some_and(|e| to >= e && t.now() < e);
        t.play_to(to);
        if over {
            self.hint = c.text("ui-did-end", &[]);
        }
        self.furthest = self.furthest(t);
    }

    /// What is shown over the picture.
    pub fn overlay(&self, t: &Theatre<'_>, c: &Catalogue) -> Overlay {
        let keys = match &self.window {
            None => c.text(if t.acts() { "ui-keys-free" } else { "ui-keys-tape" }, &[]),
            Some(Window::Why(_)) => c.text("ui-keys-why", &[]),
            Some(Window::Question) => c.text("ui-question-prompt", &[]),
            Some(Window::Keys | Window::Text(..)) => c.text("ui-keys-close", &[]),
        };
        let window = self.window.as_ref().map(|w| match w {
            Window::Keys => {
                let keys = c.text(if t.acts() { "ui-your-turn-keys" } else { "ui-tape-keys" }, &[]);
                (c.text("ui-your-turn", &[]), keys.lines().map(str::to_owned).collect())
            }
            Window::Why(i) => why_pod(t, *i, c),
            Window::Question => {
                (c.text("ui-question-title", &[]), self.quiz.as_ref().map_or_else(Vec::new, |q| q.lines(c)))
            }
            Window::Text(title, lines) => (title.clone(), lines.clone()),
        });
        let stopped = self.paused || window.is_some();
        let speed = if stopped { c.text("ui-paused", &[]) } else { format!("×{}", self.speed) };
        Overlay { window, hint: self.hint.clone(), keys, speed, bar: None }
    }

    /// Does what a key stands for. Returns whether to stay.
    pub fn press(&mut self, p: Pressed, t: &mut Theatre<'_>, c: &Catalogue) -> bool {
        match (&self.window, p) {
            (_, Pressed::Quit) | (None, Pressed::Esc) => return false,
            (Some(Window::Question), Pressed::Char(d @ '1'..='9')) => {
                let n = d as usize - '1' as usize;
                if self.quiz.as_ref().is_some_and(|q| n < q.options.len()) {
                    self.guess = Some(n);
                    self.window = None;
                }
                return true;
            }
            (Some(Window::Question), Pressed::Enter | Pressed::Esc) => {
                self.guess = Some(usize::MAX);
                self.window = None;
                return true;
            }
            (Some(Window::Question), _) => return true,
            (Some(Window::Why(i)), Pressed::Up) => {
                self.window = Some(Window::Why(i.saturating_sub(1)));
                return true;
            }
            (Some(Window::Why(i)), Pressed::Down) => {
                self.window = Some(Window::Why((i + 1).min(pods_newest_first(t).len().saturating_sub(1))));
                return true;
            }
            (Some(_), _) => {
                self.window = None;
                return true;
            }
            (None, _) => {}
        }
        match p {
            Pressed::Char(' ') => self.paused = !self.paused,
            Pressed::Char('+' | '=') => self.speed = (self.speed * 2).min(256),
            Pressed::Char('-') => self.speed = (self.speed / 2).max(1),
            Pressed::Char('f') => self.speed = if self.speed == 32 { 1 } else { 32 },
            Pressed::Char('?' | 'h') => self.window = Some(Window::Keys),
            Pressed::Char('w') => self.window = Some(Window::Why(0)),
            Pressed::Left => {
                self.furthest = self.furthest(t);
                self.speed = 1;
                t.rewind(SimTime(t.now().0.saturating_sub(JUMP.0)));
                let id = if t.acts() { "ui-did-back" } else { "ui-did-rewind" };
                self.hint = c.text(id, &[("time", &clock(t.now()))]);
            }
            Pressed::Right => {
                t.play_to(t.now() + JUMP);
                self.hint = c.text("ui-did-forward", &[("time", &clock(t.now()))]);
            }
            Pressed::Char(x @ ('d' | 'k' | 'r' | 's')) if t.acts() => {
                let future = t.now() < self.furthest;
                self.hint = act(t, x, c).unwrap_or_else(|| c.text("ui-did-nothing", &[]));
                if future {
                    self.hint = format!("{} {}", self.hint, c.text("ui-did-future", &[]));
                    self.furthest = t.now();
                }
            }
            Pressed::Char(_)
            | Pressed::Enter
            | Pressed::Up
            | Pressed::Down
            | Pressed::Esc
            | Pressed::Quit => {}
        }
        true
    }
}

impl Quiz {
    /// The question with its options.
    pub fn lines(&self, c: &Catalogue) -> Vec<String> {
        let option =
            |(i, o): (usize, &String)| c.text("ui-option-line", &[("number", &(i + 1)), ("text", o)]);
        [self.question.clone(), String::new()]
            .into_iter()
            .chain(self.options.iter().enumerate().map(option))
            .collect()
    }

    /// What the run says, beside what was guessed.
    pub fn verdict(&self, guess: Option<usize>, c: &Catalogue) -> String {
        let text = |i: usize| self.options.get(i).map_or("?", String::as_str);
        let Some(right) = self.right else { return c.text("ui-quiz-none", &[("answer", &"?")]) };
        let answer = text(right);
        match guess.filter(|g| *g < self.options.len()) {
            Some(g) if g == right => c.text("ui-quiz-right", &[("answer", &answer)]),
            Some(g) => c.text("ui-quiz-wrong", &[("guess", &text(g)), ("answer", &answer)]),
            None => c.text("ui-quiz-none", &[("answer", &answer)]),
        }
    }
}

/// Does something to a live cluster; says what.
fn act(t: &mut Theatre<'_>, key: char, c: &Catalogue) -> Option<String> {
    match key {
        'd' => {
            let pod =
                t.pods().filter(|p| p.active() && p.ready()).max_by_key(|p| p.metadata.resource_version)?;
            let key = Key::new(Kind::Pod, pod.metadata.namespace.clone(), pod.metadata.name.clone());
            let said = c.text("ui-did-delete", &[("name", &short_name(&key.name))]);
            let propagation = Propagation::Background;
            t.act(|id| External::User { id, command: UserCommand::Delete { key, grace: None, propagation } });
            Some(said)
        }
        'k' => {
            let alive = |n: &&Str| !t.broken(n);
            let pods = |n: &&Str| t.pods().filter(|p| p.node_name == **n && p.active()).count();
            let node = t.nodes.iter().filter(alive).max_by_key(pods)?.clone();
            let said = c.text("ui-did-kill", &[("name", &node)]);
            t.kill(node);
            Some(said)
        }
        'r' => t.repair().map(|node| c.text("ui-did-repair", &[("name", &node)])),
        's' => {
            let d = t.fold.objects.values().find_map(|o| o.as_deployment().cloned())?;
            let replicas = match d.spec.replicas.unwrap_or(1) {
                3 => 5,
                5 => 2,
                _ => 3,
            };
            let key = Key::new(Kind::Deployment, d.metadata.namespace.clone(), d.metadata.name.clone());
            let said = c.text("ui-did-scale", &[("name", &key.name), ("replicas", &replicas)]);
            t.act(|id| External::User { id, command: UserCommand::Scale { key, replicas } });
            Some(said)
        }
        _ => None,
    }
}

fn pods_newest_first(t: &Theatre<'_>) -> Vec<Key> {
    let mut keys: Vec<Key> = t
        .records
        .iter()
        .rev()
        .filter_map(|r| match &r.what {
            What::Write { verb: WriteVerb::Create, obj, .. } if obj.kind() == Kind::Pod => Some(obj.key()),
            _ => None,
        })
        .collect();
    keys.retain(|k| t.fold.objects.contains_key(k));
    keys
}

fn why_pod(t: &Theatre<'_>, i: usize, c: &Catalogue) -> (String, Vec<String>) {
    let title = c.text("ui-panel-why", &[]);
    match pods_newest_first(t).get(i) {
        Some(key) => (title, why_lines(t, key, c)),
        None => (title, vec![c.text("ui-empty", &[])]),
    }
}

/// A chain of causes as lines: the steps that matter, without those that only say how a pod is put together.
pub fn why_lines(t: &Theatre<'_>, key: &Key, c: &Catalogue) -> Vec<String> {
    let index = why::TraceIndex::new(&t.records, &t.nodes);
    let told = match why::explain(&index, key, t.now(), c, why::Order::OldestFirst) {
        Ok(told) => told,
        Err(e) => return vec![e.to_string()],
    };
    let matters = |id| {
        let r = t.records.binary_search_by_key(&id, |r| r.id).ok().map(|i| &t.records[i].what);
        match r {
            Some(What::Note { code, .. }) => !matches!(
                code,
                Code::NodeSilent
                    | Code::PodSeen
                    | Code::SandboxReady
                    | Code::ImagePresent
                    | Code::ImagePulled
                    | Code::ImagePulling
                    | Code::ContainerCreated
                    | Code::ContainerStarted
            ),
            Some(What::Write { verb: WriteVerb::Create, obj, .. }) => {
                obj.kind() != Kind::Pod && obj.kind() != Kind::ReplicaSet
            }
            _ => true,
        }
    };
    let mut lines = vec![told.headline.clone()];
    lines.extend(
        told.lines.iter().filter(|l| matters(l.record)).map(|l| format!("{:>7}  {}", clock(l.at), l.text)),
    );
    lines
}
