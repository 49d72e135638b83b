//! Errno: the kernel's refusals, each with its name, its meaning for a user of sockets, and what to
//! do next.

use std::fmt;

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
    TABLE
        .iter()
        .find(|(known, ..)| *known == errno)
        .map_or(&UNKNOWN, |(_, description)| description)
}

/// `ECONNREFUSED: nothing is listening there; start the server or check the port`.
impl fmt::Display for Description {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}; {}", self.name, self.meaning, self.advice)
    }
}

const UNKNOWN: Description = Description {
    name: "an error without a name here",
    meaning: "the kernel refused",
    advice: "look the number up with `errno` of moreutils",
};

const fn row(
    errno: Errno,
    name: &'static str,
    meaning: &'static str,
    advice: &'static str,
) -> (Errno, Description) {
    (errno, Description { name, meaning, advice })
}

static TABLE: [(Errno, Description); 1] = [row(
    Errno::CONNREFUSED,
    "ECONNREFUSED",
    "nothing is listening there",
    "start the server or check the port",
)];
