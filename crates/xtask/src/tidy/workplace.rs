//! Workplaces: no file of the project names a directory of the machine on which it was written.

use std::collections::BTreeMap;

use super::finding::Finding;

/// Directories that exist on one machine only. They are split here so that this file does not name them itself.
const DIRECTORIES: &[&str] = &[
    concat!("/wor", "k/"),
    concat!("/roo", "t/"),
    concat!("/tmp/desi", "gn"),
    concat!("/tmp/targ", "et"),
];

/// Checks every text of the project.
pub(crate) fn check(texts: &BTreeMap<String, String>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, text) in texts {
        for (index, line) in text.lines().enumerate() {
            if let Some(directory) = DIRECTORIES.iter().find(|directory| names(line, directory)) {
                let message = format!("{directory} exists on one machine only");
                findings.push(Finding::line(path, index + 1, "workplace", message));
            }
        }
    }
    findings
}

/// Whether the line names the directory itself, and not one that ends alike.
fn names(line: &str, directory: &str) -> bool {
    line.match_indices(directory).any(|(at, _)| {
        !line[..at].ends_with(|before: char| before.is_alphanumeric() || "._-}~".contains(before))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_of_one_machine_is_found_where_it_stands() {
        let line = format!("see `{}main`", DIRECTORIES[0]);
        let texts = BTreeMap::from([("README.md".to_owned(), format!("fine\n{line}\n"))]);
        let found = check(&texts);
        assert_eq!((found.len(), found[0].line), (1, Some(2)));
    }

    #[test]
    fn directories_that_end_alike_are_fine() {
        for directory in DIRECTORIES {
            assert!(names(&format!("cd {directory}"), directory));
            assert!(!names(&format!("/home/x{directory}"), directory));
            assert!(!names(&format!("${{HOME}}{directory}"), directory));
        }
    }
}
