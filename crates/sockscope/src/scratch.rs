//! Scratch: where our own servers put their socket files.

use std::path::PathBuf;

/// Directories that leave room in a socket address for `/sockscope-0123456789abcdef/s`.
const LENGTH_MAX: usize = 70;

/// The directory for temporary files, or `/tmp` where its name is too long for a socket address.
pub(crate) fn directory() -> PathBuf {
    let directory = std::env::temp_dir();
    let fits = directory.as_os_str().len() <= LENGTH_MAX && directory.is_absolute();
    if fits { directory } else { PathBuf::from("/tmp") }
}
