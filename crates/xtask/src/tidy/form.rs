//! The form of a file: it says what it owns, and nothing unfinished is left in it.

use super::finding::Finding;
use super::source::RustFile;

/// Macros that only an unfinished change needs.
const LEFTOVERS: &[&str] = &["dbg", "todo", "unimplemented"];

/// Checks one file.
pub(crate) fn check(file: &RustFile) -> Vec<Finding> {
    let mut findings = Vec::new();
    if !file.text.lines().next().is_some_and(begins_with_documentation) {
        let message = "the first line is not the module's documentation, `//! Noun: what it owns.`";
        findings.push(Finding::line(&file.path, 1, "module-doc", message));
    }
    if file.path.ends_with("/mod.rs") {
        let message = "name the file after its module";
        findings.push(Finding::file(&file.path, "mod-rs", message));
    }
    for mention in &file.mentions {
        if let Some(name) = LEFTOVERS.iter().find(|name| mention.calls_macro(name)) {
            let message = format!("{name}! is left over from work");
            findings.push(Finding::line(&file.path, mention.line, "leftover", message));
        }
    }
    findings
}

fn begins_with_documentation(line: &str) -> bool {
    line.strip_prefix("//! ").is_some_and(|text| !text.trim().is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(path: &str, text: &str) -> Vec<&'static str> {
        let file = RustFile::parse(path, text).expect("the snippet is Rust");
        check(&file).into_iter().map(|finding| finding.rule).collect()
    }

    #[test]
    fn a_file_begins_with_its_documentation() {
        assert_eq!(rules("crates/a/src/b.rs", "//! Noun: what it owns.\n"), [""; 0]);
        for text in ["", "\n//! Late.\n", "//!\n", "// Not documentation.\n", "mod a;\n"] {
            assert_eq!(rules("crates/a/src/b.rs", text), ["module-doc"], "{text:?}");
        }
    }

    #[test]
    fn mod_rs_is_found() {
        assert_eq!(rules("crates/a/src/b/mod.rs", "//! Noun: what.\n"), ["mod-rs"]);
        assert_eq!(rules("crates/a/src/b/amod.rs", "//! Noun: what.\n"), [""; 0]);
    }

    #[test]
    fn leftovers_are_found_even_in_tests_and_macros() {
        for code in ["fn f() { todo!() }", "fn f() { x(dbg!(1)); }", "m! { unimplemented!() }"] {
            assert_eq!(rules("crates/a/src/b.rs", &format!("//! N: w.\n{code}\n")), ["leftover"]);
        }
        assert_eq!(rules("crates/a/src/b.rs", "//! N: w.\n// todo!()\n"), [""; 0]);
    }
}
