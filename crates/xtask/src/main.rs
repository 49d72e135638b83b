//! Development tasks: `cargo xtask ci`, `cargo xtask tidy` and `cargo xtask mutations`.
//!
//! They need nothing but cargo, git and (for `ci`) cargo-deny, and they run all their checks before they report, so that
//! one run shows everything that has to be repaired.

#![forbid(unsafe_code)]
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a task talks to its developer")]

mod ci;
mod mutations;
mod tidy;

use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;

const USAGE: &str = "\
Usage: cargo xtask TASK

Tasks:
  ci     everything that must hold before a change is merged, but for the tests
  tidy   the invariants of ARCHITECTURE.md that neither the compiler nor clippy keeps
  mutations [NAME...|--write]
         breaks guarded code on purpose, in a copy, and shows that its self-tests
         notice; --write puts what they printed into docs/measuring.md
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match *arguments {
        ["ci"] => ci::run(&root()),
        ["tidy"] => tidy::run(&root()),
        ["mutations", "--write"] => mutations::run(&root(), &[], true),
        ["mutations", ref names @ ..] => mutations::run(&root(), names, false),
        ["help" | "-h" | "--help"] => {
            print!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        _ => {
            eprint!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {}", chain(error.as_ref()));
            ExitCode::from(3)
        }
    }
}

/// The workspace's root, from where cargo found this crate.
fn root() -> PathBuf {
    let own = std::env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    own.ancestors().nth(2).map_or_else(|| own.clone(), PathBuf::from)
}

/// An error and its causes in one line.
fn chain(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}
