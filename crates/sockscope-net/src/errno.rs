//! Errno: the kernel's refusals, each with its name, its meaning for a user of sockets, and what to
//! do next.
//!
//! The C library knows the names but not what an error means on a socket: there `EAGAIN` can be a
//! full backlog and `EPERM` a datagram socket that listens to someone else.

mod table;

use std::{fmt, io};

use rustix::io::Errno;

/// What an error number of a socket call means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Description {
    /// The kernel's name: `ECONNREFUSED`.
    pub name: &'static str,
    /// What it means, in plain words.
    pub meaning: &'static str,
    /// What to do next.
    pub advice: &'static str,
}

/// Describes an error number.
#[must_use]
pub fn describe(errno: Errno) -> &'static Description {
    known(errno).unwrap_or(&UNKNOWN)
}

/// Describes an error number that socket calls return; `None` for any other.
#[must_use]
pub fn known(errno: Errno) -> Option<&'static Description> {
    let row = table::ROWS.iter().find(|row| row.errno == errno);
    row.map(|row| &row.description)
}

/// The error number in an error of the standard library, if it is one of the kernel's.
#[must_use]
pub fn of(error: &io::Error) -> Option<Errno> {
    Errno::from_io_error(error)
}

/// `ECONNREFUSED: nothing is listening there; start the server or check the address`.
impl fmt::Display for Description {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}; {}", self.name, self.meaning, self.advice)
    }
}

/// What is said of a number that no socket call is known to return.
static UNKNOWN: Description = Description {
    name: "EUNKNOWN",
    meaning: "an error that socket calls do not usually return",
    advice: "look its number up in errno(3)",
};
