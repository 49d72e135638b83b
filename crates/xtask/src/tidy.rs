//! `tidy`: the invariants that neither the compiler nor clippy keeps.
//!
//! Each check is a pure function from sources to findings, so that its test can show it failing. Rust is read with syn and
//! as tokens, never with regular expressions: a word in a comment or a string is not a call.

mod allowance;
mod boundary;
mod crates;
mod finding;
mod form;
mod length;
mod manifest;
mod mention;
mod skip;
mod source;
mod tree;
mod workplace;

use std::error::Error;
use std::path::Path;

use tree::Tree;

/// Checks the workspace at `root` and prints what it finds; true when there is nothing.
pub(crate) fn run(root: &Path) -> Result<bool, Box<dyn Error>> {
    let tree = Tree::read(root)?;
    let packages = manifest::packages(root)?;
    let allowances = allowance::read(&root.join(allowance::FILE))?;

    let mut findings = workplace::check(&tree.texts);
    findings.extend(manifest::check(&packages));
    findings.extend(manifest::check_clippy(&tree.texts));
    findings.extend(allowance::check_dates(&allowances, jiff::Zoned::now().date()));
    findings.extend(length::check(&tree.rust, &allowances));
    for file in &tree.rust {
        findings.extend(form::check(file));
        findings.extend(boundary::check(file));
        findings.extend(skip::check(file));
    }
    findings.sort();
    for finding in &findings {
        println!("{finding}");
    }
    match findings.len() {
        0 => println!("tidy: {} files, nothing found", tree.texts.len()),
        count => println!("tidy: {count} findings"),
    }
    Ok(findings.is_empty())
}
