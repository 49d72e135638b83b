//! The boundaries: who may hold `unsafe`, who may print, exit and read the environment, who may ask the system.

use super::crates::Role;
use super::finding::Finding;
use super::mention::Mention;
use super::source::RustFile;

/// The one module that prints.
const PRINTER: &str = "crates/sockscope/src/printer.rs";

const PRINT_MACROS: &[&str] = &["print", "println", "eprint", "eprintln"];
const PRINT_PATHS: &[&[&str]] =
    &[&["io", "stdout"], &["io", "stderr"], &["io", "Stdout"], &["io", "Stderr"], &["anstream"]];
const EXIT_PATHS: &[&[&str]] = &[&["process", "exit"], &["process", "abort"]];
const ENVIRONMENT_PATHS: &[&[&str]] = &[&["std", "env"]];
const SYSTEM_PATHS: &[&[&str]] = &[
    &["std", "fs"],
    &["std", "net"],
    &["std", "process"],
    &["os", "fd"],
    &["os", "unix", "net"],
    &["thread", "spawn"],
    &["thread", "sleep"],
    &["Instant", "now"],
    &["SystemTime", "now"],
];

/// Checks one file.
pub(crate) fn check(file: &RustFile) -> Vec<Finding> {
    let Some(policy) = file.policy() else { return Vec::new() };
    let mut findings = Vec::new();
    if policy.role != Role::Unsafe {
        findings.extend(file.mentions.iter().filter_map(|mention| unsafe_code(file, mention)));
        findings.extend(lacks_forbid(file));
    }
    for mention in file.product_mentions() {
        findings.extend(objection(file, policy.role, mention).map(|(rule, message)| {
            let found = mention.path.join("::");
            Finding::line(&file.path, mention.line, rule, format!("{found}: {message}"))
        }));
    }
    findings
}

/// Why code of this role must not mention this, and the rule's name.
fn objection(
    file: &RustFile,
    role: Role,
    mention: &Mention,
) -> Option<(&'static str, &'static str)> {
    let names = |paths: &[&[&str]]| paths.iter().any(|path| mention.names(path));
    let prints = PRINT_MACROS.iter().any(|name| mention.calls_macro(name)) || names(PRINT_PATHS);
    if role == Role::Task {
        return None;
    }
    if prints && file.path != PRINTER {
        return Some(("print", "only the binary's printer prints"));
    }
    if names(EXIT_PATHS) && role != Role::Program {
        return Some(("exit", "only the binary ends the process; return an error"));
    }
    if names(ENVIRONMENT_PATHS) && role != Role::Program {
        return Some(("environment", "only the binary reads the environment; take it as a value"));
    }
    if names(SYSTEM_PATHS) && role == Role::Pure {
        return Some(("pure", "a pure crate makes no system call and reads no clock"));
    }
    None
}

fn unsafe_code(file: &RustFile, mention: &Mention) -> Option<Finding> {
    let message = "only sockscope-sys holds unsafe code";
    (mention.path == ["unsafe"]).then(|| Finding::line(&file.path, mention.line, "unsafe", message))
}

fn lacks_forbid(file: &RustFile) -> Option<Finding> {
    let forbids = file
        .mentions
        .windows(2)
        .any(|pair| pair[0].path == ["forbid"] && pair[1].path == ["unsafe_code"]);
    (file.is_crate_root() && !forbids).then(|| {
        Finding::file(&file.path, "unsafe", "the crate's root lacks #![forbid(unsafe_code)]")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The rules that a file at this path breaks with this code.
    fn rules(path: &str, code: &str) -> Vec<&'static str> {
        let file = RustFile::parse(path, code).expect("the snippet is Rust");
        check(&file).into_iter().map(|finding| finding.rule).collect()
    }

    const SYS: &str = "crates/sockscope-sys/src/a.rs";
    const PURE: &str = "crates/sockscope-proto/src/a.rs";
    const SYSTEM: &str = "crates/sockscope-net/src/a.rs";
    const PROGRAM: &str = "crates/sockscope/src/a.rs";
    const TASK: &str = "crates/xtask/src/a.rs";
    const TEST: &str = "crates/sockscope-net/tests/it/a.rs";

    #[test]
    fn unsafe_code_is_found_outside_sys_in_tests_too() {
        for code in
            ["fn f() { unsafe { g() } }", "unsafe impl Send for A {}", "m!(unsafe { g() });"]
        {
            assert_eq!(rules(SYS, code), [""; 0], "{code}");
            for path in [PURE, SYSTEM, PROGRAM, TASK, TEST] {
                assert_eq!(rules(path, code), ["unsafe"], "{path}: {code}");
            }
        }
        assert_eq!(rules(PURE, "// unsafe\nconst A: &str = \"unsafe\";"), [""; 0]);
    }

    #[test]
    fn a_crate_root_that_does_not_forbid_unsafe_is_found() {
        assert_eq!(rules("crates/sockscope-net/src/lib.rs", "mod a;"), ["unsafe"]);
        assert_eq!(rules("crates/sockscope-net/src/lib.rs", "#![deny(unsafe_code)]"), ["unsafe"]);
        assert_eq!(rules("crates/sockscope-net/src/lib.rs", "#![forbid(unsafe_code)]"), [""; 0]);
        assert_eq!(rules("crates/sockscope-sys/src/lib.rs", "mod a;"), [""; 0]);
    }

    #[test]
    fn printing_is_found_outside_the_printer() {
        for code in [
            "fn f() { println!(\"x\"); }",
            "fn f() { std::eprint!(\"x\"); }",
            "use std::io::{self, stderr};",
            "fn f() { io::stdout().flush(); }",
            "use anstream::stdout;",
        ] {
            for path in [PURE, SYSTEM, PROGRAM, SYS] {
                assert_eq!(rules(path, code), ["print"], "{path}: {code}");
            }
            for path in [PRINTER, TASK, TEST] {
                assert_eq!(rules(path, code), [""; 0], "{path}: {code}");
            }
        }
    }

    #[test]
    fn exits_and_the_environment_are_found_below_the_binary() {
        for (code, rule) in [
            ("fn f() { std::process::exit(1) }", "exit"),
            ("use std::process::abort;", "exit"),
            ("use std::env;", "environment"),
            ("fn f() { format!(\"{:?}\", std::env::var(\"X\")); }", "environment"),
        ] {
            for path in [SYSTEM, SYS] {
                assert_eq!(rules(path, code), [rule], "{path}: {code}");
            }
            for path in [PROGRAM, TASK, TEST] {
                assert_eq!(rules(path, code), [""; 0], "{path}: {code}");
            }
        }
    }

    #[test]
    fn system_calls_and_clocks_are_found_in_pure_crates() {
        for code in [
            "use std::fs::File;",
            "use std::net::TcpStream;",
            "use std::{fmt, process::Command};",
            "use std::os::unix::net::UnixStream;",
            "use std::os::fd::OwnedFd;",
            "fn f() { Instant::now(); }",
            "fn f() { std::time::SystemTime::now(); }",
            "fn f() { std::thread::sleep(d); }",
        ] {
            assert_eq!(rules(PURE, code), ["pure"], "{code}");
            assert_eq!(rules(SYSTEM, code), [""; 0], "{code}");
        }
        assert_eq!(rules(PURE, "use std::time::{Duration, Instant};"), [""; 0]);
        assert_eq!(rules(PURE, "#[cfg(test)]\nmod tests { use std::fs; }"), [""; 0]);
    }

    #[test]
    fn files_outside_the_crates_have_no_boundaries() {
        assert_eq!(rules("build.rs", "fn f() { println!(\"x\"); }"), [""; 0]);
    }
}
