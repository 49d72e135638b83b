//! Shell words: paths in the commands of a hint, safe to print and to paste.

use std::fmt::{self, Write as _};
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

/// A path as one word of a shell command.
pub(crate) struct ShellWord<'a>(pub(crate) &'a Path);

impl fmt::Display for ShellWord<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = self.0.as_os_str().as_bytes();
        let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"/._-+,:=@%".contains(byte);
        let dash = if bytes.starts_with(b"-") { "./" } else { "" };
        if bytes.iter().all(plain) && !bytes.is_empty() {
            return write!(f, "{dash}{}", self.0.display());
        }
        if bytes.iter().all(|byte| *byte == b' ' || byte.is_ascii_graphic()) {
            let text = self.0.to_string_lossy().replace('\'', r"'\''");
            return write!(f, "{dash}'{text}'");
        }
        // The form of POSIX 2024, which bash, zsh, ksh and busybox know.
        f.write_str(dash)?;
        f.write_str("$'")?;
        for &byte in bytes {
            match byte {
                b'\'' | b'\\' => write!(f, "\\{}", byte as char)?,
                b' '..=b'~' => f.write_char(byte as char)?,
                // Octal, because a hexadecimal escape would swallow the digits that follow.
                _ => write!(f, "\\{byte:03o}")?,
            }
        }
        f.write_char('\'')
    }
}

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;
    use std::process::Command;

    use super::*;

    #[test]
    fn a_shell_reads_back_the_path_that_was_meant() {
        for path in ["/run/x.sock", "-rf", "a b", "it's", "$(id)", "\x1b[2J\n7", "é'\\", "~"] {
            let word = ShellWord(Path::new(path)).to_string();
            assert!(!word.contains(char::is_control), "{word:?}");
            let output = Command::new("bash").args(["-c", &format!("printf %s {word}")]).output();
            let output = output.expect("every Linux that builds Rust has bash");
            let read = OsStr::from_bytes(&output.stdout);
            assert_eq!(read.to_string_lossy().trim_start_matches("./"), path, "{word}");
        }
    }
}
