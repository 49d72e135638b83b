//! Skipping: a test that this machine cannot run says why, and fails where everything must run.

use std::process::{Command, Stdio};

/// Says why the test ends here; fails where everything must run.
#[expect(clippy::print_stderr, reason = "a test that is skipped says so")]
pub(crate) fn skip(reason: &str) {
    assert!(std::env::var_os("SOCKSCOPE_REQUIRE_ALL").is_none(), "cannot run here: {reason}");
    eprintln!("skipped: {reason}");
}

/// Whether a program can be started.
pub(crate) fn has(program: &str, argument: &str) -> bool {
    let run =
        Command::new(program).arg(argument).stdout(Stdio::null()).stderr(Stdio::null()).status();
    run.is_ok_and(|status| status.success())
}

/// Says what the kernel lacks, which no package gives.
#[expect(clippy::print_stderr, reason = "a test that is skipped says so")]
pub(crate) fn not_here(reason: &str) {
    eprintln!("not on this kernel: {reason}");
}
