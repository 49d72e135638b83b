//! `ci`: every check that a change must pass, all run, all failures listed at the end.

use std::error::Error;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// The version that deny.toml is written for.
const INSTALL_DENY: &str = "cargo install --locked cargo-deny --version 0.20.2";

/// One check: a command that passes or fails.
struct Step {
    name: &'static str,
    environment: &'static [(&'static str, &'static str)],
    command: &'static [&'static str],
    /// A command that only succeeds where the tool is there, and the one that installs it.
    needs: Option<(&'static [&'static str], &'static str)>,
}

const STEPS: &[Step] = &[
    Step {
        name: "format",
        environment: &[],
        command: &["cargo", "fmt", "--all", "--check"],
        needs: None,
    },
    Step { name: "tidy", environment: &[], command: &["cargo", "xtask", "tidy"], needs: None },
    Step {
        name: "clippy",
        environment: &[],
        command: &[
            "cargo",
            "clippy",
            "--workspace",
            "--all-targets",
            "--locked",
            "--",
            "-D",
            "warnings",
        ],
        needs: None,
    },
    Step {
        name: "documentation",
        environment: &[("RUSTDOCFLAGS", "-D warnings")],
        command: &["cargo", "doc", "--keep-going", "--workspace", "--no-deps", "--locked"],
        needs: None,
    },
    Step {
        name: "deny",
        environment: &[],
        command: &["cargo", "deny", "--locked", "check", "licenses", "bans", "sources"],
        needs: Some((&["cargo", "deny", "--version"], INSTALL_DENY)),
    },
];

/// How a step that failed is to be repeated, or what it lacks.
#[derive(Debug, PartialEq, Eq)]
struct Failure {
    name: &'static str,
    advice: String,
}

/// Runs every check in the workspace at `root`; true when all passed.
pub(crate) fn run(root: &Path) -> Result<bool, Box<dyn Error>> {
    let mut failures = Vec::new();
    for step in STEPS {
        println!("== {}: {}", step.name, step.rerun());
        let started = Instant::now();
        let failure = step.run(root)?;
        let verdict = if failure.is_none() { "passed" } else { "FAILED" };
        println!("== {}: {verdict} in {}\n", step.name, seconds(started.elapsed()));
        failures.extend(failure);
    }
    print!("{}", summary(STEPS.len(), &failures));
    Ok(failures.is_empty())
}

impl Step {
    fn run(&self, root: &Path) -> Result<Option<Failure>, Box<dyn Error>> {
        if let Some((probe, install)) = self.needs {
            let found = command(probe, root).stdout(Stdio::null()).stderr(Stdio::null()).status();
            if !found.is_ok_and(|status| status.success()) {
                let advice = format!("needs a tool that is not here; install it with: {install}");
                println!("{advice}");
                return Ok(Some(Failure { name: self.name, advice }));
            }
        }
        let status = command(self.command, root)
            .envs(self.environment.iter().copied())
            .status()
            .map_err(|error| format!("cannot run {}: {error}", self.command[0]))?;
        Ok((!status.success()).then(|| Failure { name: self.name, advice: self.rerun() }))
    }

    /// What to type to repeat this step alone.
    fn rerun(&self) -> String {
        let environment = self.environment.iter().map(|(name, value)| format!("{name}='{value}' "));
        environment.collect::<String>() + &self.command.join(" ")
    }
}

fn command(words: &[&str], root: &Path) -> Command {
    let mut command = Command::new(words[0]);
    command.args(&words[1..]).current_dir(root).stdin(Stdio::null());
    command
}

/// The last lines of a run: what failed, and the command that repeats each.
fn summary(steps: usize, failures: &[Failure]) -> String {
    if failures.is_empty() {
        return format!("all {steps} checks passed\n");
    }
    let line = |Failure { name, advice }: &Failure| format!("  {name:<14} {advice}\n");
    let lines: String = failures.iter().map(line).collect();
    format!("{} of {steps} checks failed:\n{lines}", failures.len())
}

fn seconds(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(command: &'static [&'static str]) -> Step {
        Step { name: "probe", environment: &[], command, needs: None }
    }

    fn here() -> &'static Path {
        Path::new(".")
    }

    #[test]
    fn a_step_fails_exactly_when_its_command_does() {
        assert_eq!(step(&["true"]).run(here()).expect("true runs"), None);
        let failure = step(&["false"]).run(here()).expect("false runs");
        assert_eq!(failure, Some(Failure { name: "probe", advice: "false".to_owned() }));
    }

    #[test]
    fn a_missing_tool_fails_with_the_command_that_installs_it() {
        let step = Step { needs: Some((&["false"], "make me")), ..step(&["true"]) };
        let failure = step.run(here()).expect("nothing but the probe runs").expect("it fails");
        assert!(failure.advice.ends_with("install it with: make me"), "{}", failure.advice);
    }

    #[test]
    fn the_summary_lists_every_failure_with_its_command() {
        let failures = [
            Failure { name: "format", advice: "cargo fmt".to_owned() },
            Failure { name: "documentation", advice: "cargo doc".to_owned() },
        ];
        assert_eq!(
            summary(5, &failures),
            "2 of 5 checks failed:\n  format         cargo fmt\n  documentation  cargo doc\n"
        );
        assert_eq!(summary(5, &[]), "all 5 checks passed\n");
    }

    #[test]
    fn a_step_is_repeated_with_the_same_environment() {
        let documentation = STEPS.iter().find(|step| step.name == "documentation");
        assert_eq!(
            documentation.map(Step::rerun).as_deref(),
            Some(
                "RUSTDOCFLAGS='-D warnings' cargo doc --keep-going --workspace --no-deps --locked"
            )
        );
    }
}
