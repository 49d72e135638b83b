//! Trace: which socket file is ours, for the case that its listener is out of reach.
//!
//! Listeners remove their files themselves. When the thread that has them is stuck and the process
//! must end all the same, this is what is left to know them by.

use std::fs::{Metadata, remove_file, symlink_metadata};
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};
use std::path::PathBuf;
use std::time::SystemTime;

use sockscope_net::Endpoint;

/// A socket file and by what it is known again.
#[derive(Debug)]
pub(super) struct Trace {
    path: PathBuf,
    identity: Identity,
}

/// Which file it is. The number of a file that is gone is soon given to another: where the file
/// system knows when a file was made, that tells the two apart.
#[derive(Debug, PartialEq, Eq)]
struct Identity {
    device: u64,
    inode: u64,
    made: Option<SystemTime>,
}

impl Trace {
    /// The file that binding `endpoint` has made, if its kind has one.
    pub(super) fn of(endpoint: &Endpoint) -> Option<Self> {
        let Endpoint::Unix(unix) = endpoint else { return None };
        let path = unix.path()?.to_owned();
        let identity = Identity::of(&symlink_metadata(&path).ok()?);
        Some(Self { path, identity })
    }

    /// Removes the file, if it is still the same.
    pub(super) fn remove(&self) {
        let found = symlink_metadata(&self.path);
        let is_ours = |found: Metadata| {
            found.file_type().is_socket() && Identity::of(&found) == self.identity
        };
        if found.is_ok_and(is_ours) {
            // Nobody is left to tell, and a file that stays is found stale later on.
            let _ = remove_file(&self.path);
        }
    }
}

impl Identity {
    fn of(file: &Metadata) -> Self {
        Self { device: file.dev(), inode: file.ino(), made: file.created().ok() }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixListener;

    use sockscope_net::Endpoint;

    use super::Trace;

    #[test]
    fn only_the_file_that_was_seen_is_removed() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("s");
        let endpoint: Endpoint = format!("unix:{}", path.display()).parse().unwrap();
        assert!(Trace::of(&endpoint).is_none(), "nothing is there yet");

        let first = UnixListener::bind(&path).unwrap();
        let trace = Trace::of(&endpoint).unwrap();
        std::fs::rename(&path, directory.path().join("elsewhere")).unwrap();
        let _second = UnixListener::bind(&path).unwrap();
        trace.remove();
        assert!(path.exists(), "another server's file");

        std::fs::rename(directory.path().join("elsewhere"), &path).unwrap();
        trace.remove();
        assert!(!path.exists());
        drop(first);
    }

    #[test]
    fn what_has_no_file_leaves_no_trace() {
        for text in ["tcp:127.0.0.1:0", "unix:@name", "fd:3"] {
            assert!(Trace::of(&text.parse().unwrap()).is_none(), "{text}");
        }
    }
}
