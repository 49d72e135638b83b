//! Root: where `/proc` and `/sys` are, so that tests can lay out another machine.

use std::fs;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// The directory that facts are read below.
#[derive(Debug, Clone)]
pub(super) struct Root(PathBuf);

impl Root {
    /// This machine.
    pub(super) fn of_system() -> Self {
        Self::new("/")
    }

    /// A machine laid out below a directory.
    pub(super) fn new(directory: impl Into<PathBuf>) -> Self {
        Self(directory.into())
    }

    /// Where an absolute path of that machine is.
    pub(super) fn path(&self, path: impl AsRef<Path>) -> PathBuf {
        let path = path.as_ref();
        self.0.join(path.strip_prefix("/").unwrap_or(path))
    }

    /// Whether there is such a file.
    pub(super) fn has(&self, path: impl AsRef<Path>) -> bool {
        self.path(path).exists()
    }

    /// The text of a file without the space around it.
    pub(super) fn line(&self, path: impl AsRef<Path>) -> Option<String> {
        fs::read_to_string(self.path(path)).ok().map(|text| text.trim().to_owned())
    }

    /// The only number of a file.
    pub(super) fn number<N: FromStr>(&self, path: impl AsRef<Path>) -> Option<N> {
        self.line(path)?.parse().ok()
    }

    /// The numbers of a file, if there are exactly as many.
    pub(super) fn numbers<N: FromStr, const COUNT: usize>(&self, path: &str) -> Option<[N; COUNT]> {
        let numbers: Option<Vec<N>> =
            self.line(path)?.split_whitespace().map(|word| word.parse().ok()).collect();
        numbers?.try_into().ok()
    }

    /// The names in a directory, sorted.
    pub(super) fn names(&self, directory: impl AsRef<Path>) -> Option<Vec<String>> {
        let entries = fs::read_dir(self.path(directory)).ok()?;
        let mut names: Vec<String> =
            entries.flatten().filter_map(|entry| entry.file_name().into_string().ok()).collect();
        names.sort_unstable();
        Some(names)
    }
}

/// Lays out a machine for a test: files by their absolute paths, with their texts.
#[cfg(test)]
pub(super) fn recorded(files: &[(&str, &str)]) -> (tempfile::TempDir, Root) {
    let directory = tempfile::TempDir::new().unwrap();
    let root = Root::new(directory.path());
    for (path, text) in files {
        let path = root.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    (directory, root)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_as_expected_is_unknown() {
        let (_directory, root) =
            recorded(&[("/a/range", "32768\t60999\n"), ("/a/word", "x\n"), ("/a/less", "1")]);
        assert_eq!(root.numbers("/a/range"), Some([32_768_u16, 60_999]));
        assert_eq!(root.numbers::<u16, 3>("/a/range"), None);
        assert_eq!(root.numbers::<u16, 2>("/a/word"), None);
        assert_eq!(root.number::<u8>("/a/less"), Some(1));
        assert_eq!(root.number::<u8>("/a/nothing"), None);
        assert_eq!(root.names("/a"), Some(vec!["less".into(), "range".into(), "word".into()]));
        assert_eq!(root.names("/b"), None);
    }
}
