//! Saved: a file of results, in a temporary file beside it until it is complete.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use crate::fault::CliError;

/// Where a file is to be, found to be writable before any work is done for it.
#[derive(Debug)]
pub(crate) struct Target {
    path: PathBuf,
    /// Not for a device or a pipe, which is written to, as it cannot be replaced.
    replaceable: bool,
}

/// A file that grows piece by piece, and takes the place of an older one as a whole.
#[derive(Debug)]
pub(crate) struct Saved {
    path: PathBuf,
    /// Absent where nothing is replaced.
    temporary: Option<Temporary>,
    text: BufWriter<File>,
}

/// A file that is removed unless it is renamed.
#[derive(Debug)]
struct Temporary(PathBuf);

impl Target {
    /// Follows symbolic links and makes sure that there can be a file. Nothing stays, so that a process that is killed
    /// before it has something to save leaves nothing behind.
    ///
    /// `option` and `example` are what the hint suggests in place of a directory.
    pub(crate) fn new(path: &Path, option: &str, example: &str) -> Result<Self, CliError> {
        let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let there = fs::metadata(&target);
        let ends_open = path.as_os_str().as_encoded_bytes().ends_with(b"/");
        if ends_open || there.as_ref().is_ok_and(fs::Metadata::is_dir) {
            return Err(CliError::usage(format!("{} is a directory", path.display()))
                .hint(format!("{option} {}", path.join(example).display())));
        }
        let replaceable = !there.is_ok_and(|there| !there.is_file());
        if replaceable {
            Temporary::create(&target).map_err(|error| cannot_write(path, error))?;
        }
        Ok(Self { path: target, replaceable })
    }

    /// Opens the file; of a pipe this waits for its reader.
    pub(crate) fn open(self) -> Result<Saved, CliError> {
        let opened = if self.replaceable {
            Temporary::create(&self.path).map(|(temporary, file)| (Some(temporary), file))
        } else {
            File::options().write(true).open(&self.path).map(|file| (None, file))
        };
        let (temporary, file) = opened.map_err(|error| cannot_write(&self.path, error))?;
        Ok(Saved { path: self.path, temporary, text: BufWriter::new(file) })
    }
}

impl Temporary {
    /// A new file beside the target.
    fn create(target: &Path) -> io::Result<(Self, File)> {
        let mut name = target.file_name().unwrap_or_default().to_os_string();
        name.push(format!(".{}.tmp", std::process::id()));
        let path = target.with_file_name(name);
        let file = File::create_new(&path)?;
        Ok((Self(path), file))
    }
}

impl Saved {
    /// Where it will be.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Adds a piece.
    pub(crate) fn append(&mut self, text: &str) -> Result<(), CliError> {
        self.text.write_all(text.as_bytes()).map_err(|error| cannot_write(&self.path, error))
    }

    /// Puts the file in its place.
    pub(crate) fn finish(mut self) -> Result<(), CliError> {
        let finished = self.text.flush().and_then(|()| match &self.temporary {
            Some(temporary) => {
                self.text.get_ref().sync_all()?;
                fs::rename(&temporary.0, &self.path)
            }
            None => Ok(()),
        });
        finished.map_err(|error| cannot_write(&self.path, error))
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        // After the rename there is nothing of that name.
        let _ = fs::remove_file(&self.0);
    }
}

fn cannot_write(path: &Path, error: io::Error) -> CliError {
    CliError::environment(error).context(format!("write {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(path: &Path) -> Result<Saved, CliError> {
        Target::new(path, "-o", "result.json")?.open()
    }

    fn names(directory: &Path) -> Vec<String> {
        let entries = fs::read_dir(directory).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }

    #[test]
    fn a_file_is_the_old_one_until_it_is_the_whole_new_one() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("p");
        fs::write(&path, "old").unwrap();
        let mut saved = open(&path).unwrap();
        saved.append("new\n").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "old");
        saved.finish().unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "new\n");
        drop(open(&path).unwrap());
        let _looked_at = Target::new(&path, "-o", "p").unwrap();
        assert_eq!(names(directory.path()), ["p"], "nothing else is left");
    }

    #[test]
    fn a_device_is_written_to_and_a_directory_is_refused() {
        let mut null = open(Path::new("/dev/null")).unwrap();
        null.append("x").unwrap();
        null.finish().unwrap();
        let directory = tempfile::tempdir().unwrap();
        let error = open(directory.path()).unwrap_err();
        assert_eq!(error.fault, crate::status::Status::Usage);
        assert!(open(&directory.path().join("new/")).is_err());
        assert!(open(&directory.path().join("no/such")).is_err());
    }
}
