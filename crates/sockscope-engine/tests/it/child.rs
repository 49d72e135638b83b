//! Child: tests that change what a process shares run in a process of their own.

use std::env;
use std::process::Command;

/// Names the test that a child process was made for.
const CHILD: &str = "SOCKSCOPE_TEST_CHILD";

/// Whether this process was made for the test of this whole name.
pub(crate) fn is_child(test: &str) -> bool {
    env::var_os(CHILD).is_some_and(|child| child == test)
}

/// A process that runs this one test and sees that it is the child.
pub(crate) fn child(test: &str) -> Command {
    let mut command = Command::new(env::current_exe().unwrap());
    command.args([test, "--exact", "--nocapture", "--test-threads=1"]).env(CHILD, test);
    command
}

/// Runs `body` in a process of its own; `test` is the whole name of the test that calls this.
#[track_caller]
pub(crate) fn in_child(test: &str, body: impl FnOnce()) {
    if is_child(test) {
        return body();
    }
    let output = child(test).output().unwrap();
    let stdout = String::from_utf8_lossy(&output.stdout);
    assert!(stdout.contains("1 passed"), "{stdout}{}", String::from_utf8_lossy(&output.stderr));
}

/// The same in a process that another command starts, such as `unshare --net`; skips the test where that command does not
/// work.
#[track_caller]
pub(crate) fn in_child_under(command: &[&str], test: &str, body: impl FnOnce()) {
    if is_child(test) {
        return body();
    }
    let [program, arguments @ ..] = command else { return in_child(test, body) };
    if !Command::new(program).args(arguments).arg("true").status().is_ok_and(|s| s.success()) {
        return skip(&format!("`{}` does not work here", command.join(" ")));
    }
    let child = child(test);
    let output = Command::new(program)
        .args(arguments)
        .arg(child.get_program())
        .args(child.get_args())
        .env(CHILD, test)
        .output()
        .unwrap();
    let stdout = String::from_utf8_lossy(&output.stdout);
    assert!(stdout.contains("1 passed"), "{stdout}{}", String::from_utf8_lossy(&output.stderr));
}

/// Says why the test ends here; fails where everything must run.
#[expect(clippy::print_stderr, reason = "a test that is skipped says so")]
pub(crate) fn skip(reason: &str) {
    assert!(env::var_os("SOCKSCOPE_REQUIRE_ALL").is_none(), "cannot run here: {reason}");
    eprintln!("skipped: {reason}");
}

/// Says what the kernel lacks.
#[expect(clippy::print_stderr, reason = "a test that is skipped says so")]
pub(crate) fn not_here(reason: &str) {
    eprintln!("not on this kernel: {reason}");
}
