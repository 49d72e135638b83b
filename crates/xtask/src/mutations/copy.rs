//! Copy: the workspace's files in a directory of their own, where they may be broken.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A copy of every file that git knows.
#[derive(Debug)]
pub(super) struct Copy {
    root: PathBuf,
    /// Where it is built; kept from one time to the next.
    target: PathBuf,
}

impl Copy {
    /// Copies the workspace at `root` below its build directory. Files that are the same stay as they are, so that only what
    /// differs is built again.
    pub(super) fn of(root: &Path) -> Result<Self, Box<dyn Error>> {
        let build = std::env::var_os("CARGO_TARGET_DIR")
            .map_or_else(|| root.join("target"), |target| root.join(target));
        let home = build.join("mutations");
        let copy = Self { root: home.join("workspace"), target: home.join("target") };
        let listed = Command::new("git").args(["ls-files", "-z"]).current_dir(root).output()?;
        if !listed.status.success() {
            return Err("git cannot list the files of the workspace".into());
        }
        for name in String::from_utf8(listed.stdout)?.split_terminator('\0') {
            // A file that is deleted but not yet committed.
            let Ok(bytes) = fs::read(root.join(name)) else { continue };
            copy.put(name, &bytes)?;
        }
        Ok(copy)
    }

    /// The directory of the copy.
    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// The directory in which it is built.
    pub(super) fn target(&self) -> &Path {
        &self.target
    }

    /// One file's text.
    pub(super) fn text(&self, name: &str) -> Result<String, Box<dyn Error>> {
        let path = self.root.join(name);
        fs::read_to_string(&path)
            .map_err(|error| format!("read {}: {error}", path.display()).into())
    }

    /// Writes one file, if that changes it.
    pub(super) fn put(&self, name: &str, bytes: &[u8]) -> Result<(), Box<dyn Error>> {
        let path = self.root.join(name);
        if fs::read(&path).is_ok_and(|old| old == bytes) {
            return Ok(());
        }
        if let Some(directory) = path.parent() {
            fs::create_dir_all(directory)?;
        }
        Ok(fs::write(path, bytes)?)
    }
}
