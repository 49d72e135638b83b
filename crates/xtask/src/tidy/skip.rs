//! Skipped tests: where everything must run, a test that would skip fails.

use super::finding::Finding;
use super::source::RustFile;

/// What a test prints that cannot run here. Split so that this file does not print it itself.
const SKIPPED: &str = concat!("\"skip", "ped: ");
/// The variable that turns a skip into a failure.
const REQUIRE_ALL: &str = "SOCKSCOPE_REQUIRE_ALL";

/// Checks that a file whose tests can skip asks whether they may.
pub(crate) fn check(file: &RustFile) -> Option<Finding> {
    let line = file.text.lines().position(|line| line.contains(SKIPPED))?;
    let message = format!("skips without asking {REQUIRE_ALL}: see CONTRIBUTING.md");
    (!file.text.contains(REQUIRE_ALL)).then(|| Finding::line(&file.path, line + 1, "skip", message))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_skip_that_nothing_can_forbid_is_found() {
        let skip = format!("fn f() {{\n    eprintln!({SKIPPED}{{reason}}\");\n}}\n");
        let parse = |text: &str| RustFile::parse("a.rs", text).expect("the snippet is Rust");
        assert_eq!(check(&parse(&skip)).and_then(|finding| finding.line), Some(2));
        let asks = format!("{skip}const VARIABLE: &str = \"{REQUIRE_ALL}\";\n");
        assert_eq!(check(&parse(&asks)), None);
    }
}
