//! Trial: one mutation is made, its test run, and the mutation taken back.

use std::error::Error;
use std::fmt;
use std::process::{Command, Stdio};

use super::Mutation;
use super::copy::Copy;

/// What the self-test said of the broken code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Outcome {
    /// It failed, with these words.
    Noticed(String),
    /// It passed.
    Missed,
    /// The broken code does not compile, or there is no such test: nothing is shown.
    Void(String),
}

impl Outcome {
    pub(super) fn is_noticed(&self) -> bool {
        matches!(self, Self::Noticed(_))
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Noticed(words) => write!(f, "noticed: {words}"),
            Self::Missed => f.write_str("MISSED: the test passed over broken code"),
            Self::Void(words) => write!(f, "VOID: {words}"),
        }
    }
}

/// Tries one mutation in the copy, and leaves the copy as it was.
pub(super) fn run(copy: &Copy, mutation: &Mutation) -> Result<Outcome, Box<dyn Error>> {
    let whole = copy.text(&mutation.file)?;
    let found = whole.matches(&mutation.find).count();
    if found != 1 {
        let place = &mutation.file;
        return Ok(Outcome::Void(format!("its text occurs {found} times in {place}, not once")));
    }
    copy.put(&mutation.file, whole.replace(&mutation.find, &mutation.replace).as_bytes())?;
    let output = Command::new("cargo")
        .args(["test", "--quiet", "--locked", "--package", &mutation.package, "--lib", "--bins"])
        .args(["--tests", "--", "--exact", &mutation.test])
        .env("CARGO_TARGET_DIR", copy.target())
        .env("RUST_BACKTRACE", "0")
        .current_dir(copy.root())
        .stdin(Stdio::null())
        .output();
    copy.put(&mutation.file, whole.as_bytes())?;
    let output = output?;
    let text =
        [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    Ok(judge(output.status.success(), &text.concat()))
}

/// What a run of the test's package means.
fn judge(success: bool, text: &str) -> Outcome {
    let ran = text.lines().any(|line| line.trim() == "running 1 test");
    if !ran {
        let error = text.lines().find(|line| line.starts_with("error"));
        return Outcome::Void(error.unwrap_or("no test of that name ran").to_owned());
    }
    if success {
        return Outcome::Missed;
    }
    Outcome::Noticed(words(text))
}

/// What the failed test said: the lines behind its panic, joined, up to the note on backtraces.
fn words(text: &str) -> String {
    const LONGEST: usize = 160;
    let mut lines = text.lines().skip_while(|line| !line.contains("panicked at")).skip(1);
    let said: Vec<_> = lines
        .by_ref()
        .map(str::trim)
        .take_while(|line| !line.is_empty() && !line.starts_with("note: "))
        .collect();
    let said = said.join(" ");
    match said.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &said[..end]),
        None => said,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FAILED: &str = "\
running 1 test
zero --- FAILED

thread 'zero' panicked at src/lib.rs:9:5:
assertion `left == right` failed
  left: 3
 right: 4
note: run with `RUST_BACKTRACE=1`
";

    #[test]
    fn only_a_test_that_ran_and_failed_has_noticed() {
        let noticed = Outcome::Noticed("assertion `left == right` failed left: 3 right: 4".into());
        let rows = [
            (false, FAILED, noticed),
            (true, "running 1 test\n.\ntest result: ok.", Outcome::Missed),
            (true, "running 0 tests\n", Outcome::Void("no test of that name ran".into())),
            (
                false,
                "error[E0308]: mismatched types\n",
                Outcome::Void("error[E0308]: mismatched types".into()),
            ),
        ];
        for (success, text, outcome) in rows {
            assert_eq!(judge(success, text), outcome, "{text}");
        }
    }
}
