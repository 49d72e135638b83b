//! Observed names: what the kernel shows as the name of a Unix socket, which need not be anything
//! that one could write down as an endpoint.

use std::fmt;

use super::escape::Escaped;
use super::{Kind, NAME_MAX, UnixEndpoint, UnixName};

/// The name of a Unix socket as the kernel reports it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub enum ObservedName {
    /// The socket was never bound.
    #[default]
    Unnamed,
    /// A path, possibly of 108 bytes without a terminator, possibly relative to a directory that
    /// only the binding process knows.
    Path(Vec<u8>),
    /// An abstract name, without the leading NUL.
    Abstract(Vec<u8>),
}

impl ObservedName {
    /// Reads the part of an address after its family.
    #[must_use]
    pub fn from_kernel(bytes: &[u8]) -> Self {
        match bytes {
            [] => Self::Unnamed,
            [0, name @ ..] => Self::Abstract(name.to_vec()),
            path => {
                let end = path.iter().position(|&byte| byte == 0).unwrap_or(path.len());
                Self::Path(path[..end].to_vec())
            }
        }
    }

    /// The endpoint of a socket with this name, if it is one that can be written down.
    #[must_use]
    pub fn endpoint(&self, kind: Kind) -> Option<UnixEndpoint> {
        let name = match self {
            Self::Unnamed => return None,
            Self::Path(path) => UnixName::path(path.clone()),
            Self::Abstract(name) => match padded(name).filter(|_| kind == Kind::Stream) {
                Some(name) => UnixName::Padded(name.to_vec()),
                None => UnixName::Abstract(name.clone()),
            },
        };
        UnixEndpoint::new(kind, name).ok()
    }
}

/// The name in front of the padding, if there is any.
fn padded(name: &[u8]) -> Option<&[u8]> {
    let end = name.iter().rposition(|&byte| byte != 0)? + 1;
    (name.len() == NAME_MAX && end < NAME_MAX).then(|| &name[..end])
}

/// One word that is safe to print: a path, `@NAME`, or `abns:NAME` for a name padded to the full
/// length.
impl fmt::Display for ObservedName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unnamed => f.write_str("(unnamed)"),
            Self::Path(path) if path.starts_with(b"@") => {
                write!(f, "%40{}", Escaped(&path[1..]))
            }
            Self::Path(path) => Escaped(path).fmt(f),
            Self::Abstract(name) => match padded(name) {
                Some(name) => write!(f, "abns:{}", Escaped(name)),
                None => write!(f, "@{}", Escaped(name)),
            },
        }
    }
}
