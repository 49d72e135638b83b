//! `Saved`: the lines of `-o`, in a temporary file beside it until they are complete.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use crate::fault::CliError;

/// A file that grows line by line, and takes the place of an older one as a whole.
#[derive(Debug)]
pub(super) struct Saved {
    path: PathBuf,
    /// Absent for a device or a pipe, which is written to, as it cannot be replaced.
    temporary: Option<Temporary>,
    lines: BufWriter<File>,
}

/// A file that is removed unless it is renamed.
#[derive(Debug)]
struct Temporary(PathBuf);

impl Saved {
    /// Follows symbolic links and makes sure that there can be a file.
    pub(super) fn new(path: &Path) -> Result<Self, CliError> {
        let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let there = fs::metadata(&target);
        let ends_open = path.as_os_str().as_encoded_bytes().ends_with(b"/");
        if ends_open || there.as_ref().is_ok_and(fs::Metadata::is_dir) {
            return Err(CliError::usage(format!("{} is a directory", path.display()))
                .hint(format!("-o {}", path.join("ping.jsonl").display())));
        }
        let opened = if there.is_ok_and(|there| !there.is_file()) {
            File::options().write(true).open(&target).map(|file| (None, file))
        } else {
            let mut name = target.file_name().unwrap_or_default().to_os_string();
            name.push(format!(".{}.tmp", std::process::id()));
            let temporary = Temporary(target.with_file_name(name));
            File::create_new(&temporary.0).map(|file| (Some(temporary), file))
        };
        let (temporary, file) = opened.map_err(|error| cannot_write(path, error))?;
        Ok(Self { path: target, temporary, lines: BufWriter::new(file) })
    }

    /// Adds one line, which has its end.
    pub(super) fn append(&mut self, line: &str) -> Result<(), CliError> {
        self.lines.write_all(line.as_bytes()).map_err(|error| cannot_write(&self.path, error))
    }

    /// Puts the file in its place.
    pub(super) fn finish(mut self) -> Result<(), CliError> {
        let finished = self.lines.flush().and_then(|()| match &self.temporary {
            Some(temporary) => {
                self.lines.get_ref().sync_all()?;
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

    fn names(directory: &Path) -> Vec<String> {
        let entries = fs::read_dir(directory).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }

    #[test]
    fn a_file_is_the_old_one_until_it_is_the_whole_new_one() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("p");
        fs::write(&path, "old").unwrap();
        let mut saved = Saved::new(&path).unwrap();
        saved.append("new\n").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "old");
        saved.finish().unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "new\n");
        drop(Saved::new(&path).unwrap());
        assert_eq!(names(directory.path()), ["p"], "nothing else is left");
    }

    #[test]
    fn a_device_is_written_to_and_a_directory_is_refused() {
        let mut null = Saved::new(Path::new("/dev/null")).unwrap();
        null.append("x").unwrap();
        null.finish().unwrap();
        let directory = tempfile::tempdir().unwrap();
        let error = Saved::new(directory.path()).unwrap_err();
        assert_eq!(error.fault, crate::status::Status::Usage);
        assert!(Saved::new(&directory.path().join("new/")).is_err());
        assert!(Saved::new(&directory.path().join("no/such")).is_err());
    }
}
