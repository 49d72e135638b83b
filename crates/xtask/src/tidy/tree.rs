//! `Tree`: the files that belong to the project.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::process::{Command, Stdio};

use thiserror::Error;

use super::source::RustFile;

/// Every file that is tracked, or would be by the next `git add`.
#[derive(Debug)]
pub(crate) struct Tree {
    /// The text of each file that is UTF-8, by its path from the root.
    pub(crate) texts: BTreeMap<String, String>,
    /// Those of them that are Rust.
    pub(crate) rust: Vec<RustFile>,
}

/// The sources cannot be read.
#[derive(Debug, Error)]
pub(crate) enum TreeError {
    /// Git is not there or this is not a repository.
    #[error("cannot list the project's files with git ls-files")]
    List(#[source] io::Error),
    /// A listed file cannot be read.
    #[error("cannot read {path}")]
    Read {
        /// From the root.
        path: String,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A `.rs` file is not Rust.
    #[error("cannot parse {path}")]
    Parse {
        /// From the root.
        path: String,
        /// Why.
        #[source]
        source: syn::Error,
    },
}

impl Tree {
    /// Reads the project at `root`.
    pub(crate) fn read(root: &Path) -> Result<Self, TreeError> {
        let mut texts = BTreeMap::new();
        for path in list(root).map_err(TreeError::List)? {
            match std::fs::read_to_string(root.join(&path)) {
                Ok(text) => drop(texts.insert(path, text)),
                // Deleted but not yet committed, or not a text.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) if error.kind() == io::ErrorKind::InvalidData => {}
                Err(source) => return Err(TreeError::Read { path, source }),
            }
        }
        let is_rust = |path: &str| Path::new(path).extension().is_some_and(|e| e == "rs");
        let mut rust = Vec::new();
        for (path, text) in texts.iter().filter(|(path, _)| is_rust(path)) {
            let file = RustFile::parse(path, text)
                .map_err(|source| TreeError::Parse { path: path.clone(), source })?;
            rust.push(file);
        }
        mark_test_modules(&mut rust);
        Ok(Self { texts, rust })
    }
}

/// Marks the files that other files declare as `#[cfg(test)] mod …;`, and the files below them.
fn mark_test_modules(files: &mut [RustFile]) {
    let modules: Vec<String> = files.iter().flat_map(|file| file.test_modules.clone()).collect();
    for file in files {
        let stem = file.path.trim_end_matches(".rs");
        file.is_test |= modules.iter().any(|module| {
            stem.strip_prefix(module.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        });
    }
}

fn list(root: &Path) -> io::Result<Vec<String>> {
    let output = Command::new("git")
        // A checkout that belongs to another user, as in a container, is no danger here: nothing of it is run.
        .args(["-c", "safe.directory=*"])
        .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .current_dir(root)
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()?;
    if !output.status.success() {
        return Err(io::Error::other(output.status.to_string()));
    }
    let paths = output.stdout.split(|byte| *byte == 0).filter(|path| !path.is_empty());
    let mut paths: Vec<String> =
        paths.map(|path| String::from_utf8_lossy(path).into_owned()).collect();
    paths.sort();
    // A file with a merge conflict is listed once for each side.
    paths.dedup();
    Ok(paths)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_declared_test_module_and_the_files_below_it_are_tests() {
        let rows = [
            ("crates/a/src/b.rs", "#[cfg(test)]\nmod tests;", false),
            ("crates/a/src/b/tests.rs", "mod deep;", true),
            ("crates/a/src/b/tests/deep.rs", "", true),
            ("crates/a/src/b/tests_not.rs", "", false),
        ];
        let parse = |(path, text, _): &(&str, &str, bool)| RustFile::parse(path, text);
        let mut files: Vec<RustFile> =
            rows.iter().map(parse).collect::<Result<_, _>>().expect("the snippets are Rust");
        mark_test_modules(&mut files);
        for (file, (path, _, expected)) in files.iter().zip(rows) {
            assert_eq!(file.is_test, expected, "{path}");
        }
    }
}
