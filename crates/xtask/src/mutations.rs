//! `mutations`: breaks guarded code on purpose, one place at a time, and shows that its self-test notices.
//!
//! A self-test that cannot fail proves nothing. Each entry of `mutations.toml` names a published error, the change that
//! would make sockscope commit it, and the test that has to fail then. The change is made in a copy of the workspace, never
//! in the workspace itself. `--write` puts what the tests printed into docs/measuring.md.

mod copy;
mod table;
mod trial;

use std::error::Error;
use std::fs;
use std::path::Path;

use serde::Deserialize;

use copy::Copy;
use trial::Outcome;

/// All mutations.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Mutations {
    mutation: Vec<Mutation>,
}

/// One error that a self-test guards against.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Mutation {
    /// The published error, in words.
    error: String,
    /// What the change does, in words.
    change: String,
    /// The file that is changed.
    file: String,
    /// The text in it that is replaced; it occurs exactly once.
    find: String,
    /// What stands there instead.
    replace: String,
    /// The package of the test.
    package: String,
    /// The path of the test within its package.
    test: String,
}

/// Tries every mutation whose test contains one of the `names`, or all; true when each was noticed.
pub(crate) fn run(root: &Path, names: &[&str], write: bool) -> Result<bool, Box<dyn Error>> {
    let text = fs::read_to_string(root.join("mutations.toml"))?;
    let Mutations { mutation: all } = toml::from_str(&text)?;
    let wanted = |mutation: &&Mutation| {
        names.is_empty() || names.iter().any(|name| mutation.test.contains(name))
    };
    let copy = Copy::of(root)?;
    let mut tried = Vec::new();
    for mutation in all.iter().filter(wanted) {
        println!("== {}: {}", mutation.error, mutation.change);
        let outcome = trial::run(&copy, mutation)?;
        println!("   {outcome}\n");
        tried.push((mutation.clone(), outcome));
    }
    let noticed = tried.iter().filter(|(_, outcome)| outcome.is_noticed()).count();
    println!("{noticed} of {} mutations were noticed", tried.len());
    if write && names.is_empty() {
        let page = root.join("docs/measuring.md");
        fs::write(&page, table::inserted(&fs::read_to_string(&page)?, &tried)?)?;
    }
    Ok(tried.iter().all(|(_, outcome): &(_, Outcome)| outcome.is_noticed()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_that_each_mutation_replaces_is_there_once() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let text = fs::read_to_string(root.join("mutations.toml")).unwrap();
        let Mutations { mutation: all } = toml::from_str(&text).unwrap();
        assert!(!all.is_empty());
        for Mutation { error, file, find, replace, test, .. } in all {
            let code = fs::read_to_string(root.join(&file)).unwrap();
            assert_eq!(code.matches(&find).count(), 1, "{error}: {find:?} in {file}");
            assert_ne!(find, replace, "{error}");
            assert!(test.contains("::"), "{error}: {test} names no module");
        }
    }
}
