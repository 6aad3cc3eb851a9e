//! The command line of podium.

mod cli;
mod cmd;
mod exit;
mod load;
mod narrate;
mod standing;
mod term;
mod text;
mod tui;

use clap::{CommandFactory, Parser};
use cli::{Cli, Command};
use exit::Failure;
use podium_sim::caption::{Catalogue, Lang};
use std::io::{IsTerminal, Write};

fn main() {
    std::panic::set_hook(Box::new(|info| {
        term::restore();
        // A reader that went away (`podium … | head`) is nobody's bug.
        let text = info.payload().downcast_ref::<String>().map_or("", String::as_str);
        if text.starts_with("failed printing to stdout") && text.contains("Broken pipe") {
            std::process::exit(0);
        }
        eprintln!(
            "podium has a bug: {info}\n  help: please report it with this message and the command that led to it"
        );
    }));
    let code = std::panic::catch_unwind(|| {
        let cli = Cli::try_parse().unwrap_or_else(|e| {
            // clap's own exit codes are 0 for --help and --version, and 2 for wrong usage.
            e.exit()
        });
        match run(cli) {
            Ok(()) => 0,
            Err(e) => {
                let text = e.to_string();
                if !text.is_empty() {
                    eprintln!("{text}");
                }
                e.code()
            }
        }
    });
    std::process::exit(code.unwrap_or(70));
}

/// The language to speak: the flag, or the first of the usual variables that is set.
fn language(flag: Option<&str>) -> Result<Lang, Failure> {
    match flag {
        Some(l) => {
            let lang = Lang::parse(l);
            let known = l.to_ascii_lowercase().starts_with(&lang.tag()[..2]);
            known.then_some(lang).ok_or_else(|| Failure::Usage(format!("--lang {l}: expected en or zh-CN")))
        }
        None => {
            let set = |v: &str| std::env::var(v).ok().filter(|s| !s.is_empty());
            Ok(Lang::parse(
                &["LC_ALL", "LC_MESSAGES", "LANG"].iter().find_map(|v| set(v)).unwrap_or_default(),
            ))
        }
    }
}

fn run(cli: Cli) -> Result<(), Failure> {
    let catalogue = Catalogue::new(language(cli.lang.as_deref())?);
    let command = cli.command.unwrap_or(Command::Tour(cli::TourArgs::default()));
    match command {
        Command::Tour(a) => cmd::tour::run(&a, &catalogue, std::io::stdout().is_terminal()),
        Command::Play(a) => cmd::play::run(&a, &catalogue),
        Command::View(a) => cmd::view::run(&a, &catalogue),
        Command::Render(a) => cmd::render::run(&a, &catalogue),
        Command::Test(a) => cmd::test::run(&a),
        Command::Schedule(a) => cmd::schedule::run(&a),
        Command::Why(a) => cmd::why::run(a, &catalogue),
        Command::Get(a) => cmd::kubectl::get(a),
        Command::Describe(a) => cmd::kubectl::describe(a),
        Command::Events(a) => cmd::kubectl::events(a),
        Command::Top(a) => cmd::kubectl::top(a),
        Command::Trace(a) => cmd::trace::run(a.command),
        Command::Bench(a) => cmd::bench::run(a.command),
        Command::Faults { json } => {
            cmd::faults::run(json);
            Ok(())
        }
        Command::Schema => {
            println!("{}", podium_sim::scenario::schema::schema());
            Ok(())
        }
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "podium", &mut script);
            quiet_pipe(std::io::stdout().lock().write_all(&script))
        }
    }
}

/// Whether a name matches a pattern in which `*` stands for any text.
fn glob(pattern: &str, name: &str) -> bool {
    podium_sim::runtime::glob_match(pattern, name)
}

/// A reader that went away (`podium … | head`) is no failure.
fn quiet_pipe(r: std::io::Result<()>) -> Result<(), Failure> {
    match r {
        Err(e) if e.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(Failure::Lacking(format!("cannot write: {e}")))
        }
        _ => Ok(()),
    }
}
