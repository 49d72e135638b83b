//! Unix names: the path or abstract name of a Unix endpoint, always one that fits the kernel.

pub(super) mod parse;

use std::ffi::OsString;
use std::fmt;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::{Path, PathBuf};

use super::Kind;
use super::escape::Escaped;

/// Bytes that a name may have: `sun_path` has 108, one of which marks a path's end or an abstract
/// name's start.
pub(crate) const NAME_MAX: usize = 107;

/// A Unix socket: its kind and its name.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct UnixEndpoint {
    kind: Kind,
    name: UnixName,
}

/// The three ways to name a Unix socket.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum UnixName {
    /// A file.
    Path(PathBuf),
    /// An abstract name: exact bytes, without the NUL that the kernel wants in front.
    Abstract(Vec<u8>),
    /// An abstract stream name that is padded with NUL bytes to the full length of the address, as
    /// `HAProxy` does; kept here without the padding.
    Padded(Vec<u8>),
}

/// Why some bytes cannot be the name of a Unix endpoint.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnixNameError {
    /// Nothing but an unnamed socket has no name.
    #[error("the name is empty")]
    Empty,
    /// `sockaddr_un` ends there.
    #[error("the name has {length} bytes, a Unix address holds {NAME_MAX}")]
    TooLong {
        /// Length in bytes, after decoding.
        length: usize,
    },
    /// The kernel reads a path up to its first NUL.
    #[error("a path cannot contain a NUL byte")]
    NulInPath,
    /// Padding would make two spellings of one address.
    #[error("a padded name cannot end with a NUL byte")]
    NulBeforePadding,
    /// `HAProxy` has padded names for streams only.
    #[error("a padded name is always a stream")]
    PaddedKind,
}

impl UnixEndpoint {
    /// An endpoint with this name, if a socket of this kind can have it.
    pub fn new(kind: Kind, name: UnixName) -> Result<Self, UnixNameError> {
        name.check(kind)?;
        Ok(Self { kind, name })
    }

    /// Stream, datagram or seqpacket.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The name.
    #[must_use]
    pub fn name(&self) -> &UnixName {
        &self.name
    }

    /// What the printed form begins with, before the first colon.
    #[must_use]
    pub fn scheme(&self) -> &'static str {
        match self.name {
            UnixName::Path(_) | UnixName::Abstract(_) => scheme(self.kind),
            UnixName::Padded(_) => "abns",
        }
    }

    /// The path of the socket file, if it has one.
    #[must_use]
    pub fn path(&self) -> Option<&Path> {
        match &self.name {
            UnixName::Path(path) => Some(path),
            UnixName::Abstract(_) | UnixName::Padded(_) => None,
        }
    }
}

impl UnixName {
    /// A path of any bytes.
    #[must_use]
    pub fn path(bytes: Vec<u8>) -> Self {
        Self::Path(PathBuf::from(OsString::from_vec(bytes)))
    }

    fn check(&self, kind: Kind) -> Result<(), UnixNameError> {
        let bytes = self.bytes();
        match self {
            _ if bytes.is_empty() => Err(UnixNameError::Empty),
            _ if bytes.len() > NAME_MAX => Err(UnixNameError::TooLong { length: bytes.len() }),
            Self::Path(_) if bytes.contains(&0) => Err(UnixNameError::NulInPath),
            Self::Padded(_) if bytes.ends_with(&[0]) => Err(UnixNameError::NulBeforePadding),
            Self::Padded(_) if kind != Kind::Stream => Err(UnixNameError::PaddedKind),
            Self::Path(_) | Self::Abstract(_) | Self::Padded(_) => Ok(()),
        }
    }

    /// The bytes of the name, without marks or padding.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        match self {
            Self::Path(path) => path.as_os_str().as_bytes(),
            Self::Abstract(name) | Self::Padded(name) => name,
        }
    }
}

/// The name as it stands after the scheme.
impl fmt::Display for UnixName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path(path) => EscapedPath(path).fmt(f),
            Self::Abstract(name) => write!(f, "@{}", Escaped(name)),
            Self::Padded(name) => Escaped(name).fmt(f),
        }
    }
}

/// A path after its scheme: what would be read as the mark of an abstract name or of an authority is
/// escaped.
pub(crate) struct EscapedPath<'a>(pub(crate) &'a Path);

impl fmt::Display for EscapedPath<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.as_os_str().as_bytes() {
            [b'@', rest @ ..] => write!(f, "%40{}", Escaped(rest)),
            [b'/', b'/', rest @ ..] => write!(f, "/%2F{}", Escaped(rest)),
            path => Escaped(path).fmt(f),
        }
    }
}

/// The scheme of paths and exact names.
fn scheme(kind: Kind) -> &'static str {
    match kind {
        Kind::Stream => "unix",
        Kind::Datagram => "unixgram",
        Kind::SeqPacket => "unixpacket",
    }
}
