//! Unix names: the path or abstract name of a Unix endpoint, always one that fits the kernel.

use std::ffi::OsString;
use std::fmt;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::{Path, PathBuf};

use super::Kind;
use super::error::{ParseEndpointError, Problem};
use super::escape::{self, Escaped};
use super::part::Part;

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
    /// An endpoint with a name that has been checked.
    pub fn new(kind: Kind, name: UnixName) -> Result<Self, UnixNameError> {
        let bytes = name.bytes();
        if bytes.is_empty() {
            return Err(UnixNameError::Empty);
        }
        if bytes.len() > NAME_MAX {
            return Err(UnixNameError::TooLong { length: bytes.len() });
        }
        match &name {
            UnixName::Path(_) if bytes.contains(&0) => Err(UnixNameError::NulInPath),
            UnixName::Padded(_) if bytes.ends_with(&[0]) => Err(UnixNameError::NulBeforePadding),
            UnixName::Padded(_) if kind != Kind::Stream => Err(UnixNameError::PaddedKind),
            _ => Ok(Self { kind, name }),
        }
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

    /// The path of the socket file, if it has one.
    #[must_use]
    pub fn path(&self) -> Option<&Path> {
        match &self.name {
            UnixName::Path(path) => Some(path),
            UnixName::Abstract(_) | UnixName::Padded(_) => None,
        }
    }

    /// Reads what follows a scheme, escapes and all.
    pub(super) fn parse(kind: Kind, part: Part<'_>) -> Result<Self, ParseEndpointError> {
        if let Some(name) = part.strip_prefix("@") {
            return Self::checked(name, kind, UnixName::Abstract(decode(name)?));
        }
        if let Some(rest) = part.strip_prefix("//")
            && !rest.bytes().starts_with(b"/")
        {
            return Err(two_slashes(kind, part, rest));
        }
        // Of the URL form `unix:///a`, the path is what follows the empty authority.
        let path = match part.strip_prefix("//") {
            Some(path) => path,
            None => part,
        };
        Self::checked(path, kind, UnixName::path(decode(path)?))
    }

    /// Reads a path or an abstract name as raw bytes.
    pub(super) fn parse_raw(kind: Kind, part: Part<'_>) -> Result<Self, ParseEndpointError> {
        let (part, name) = match part.strip_prefix("@") {
            Some(name) => (name, UnixName::Abstract(name.bytes().to_vec())),
            None => (part, UnixName::path(part.bytes().to_vec())),
        };
        Self::checked(part, kind, name)
    }

    /// Reads what follows `unix-abstract:`.
    pub(super) fn parse_abstract(part: Part<'_>) -> Result<Self, ParseEndpointError> {
        Self::checked(part, Kind::Stream, UnixName::Abstract(decode(part)?))
    }

    /// Reads what follows `abns:`, or with raw bytes `abns@`.
    pub(super) fn parse_padded(part: Part<'_>, raw: bool) -> Result<Self, ParseEndpointError> {
        let name = if raw { part.bytes().to_vec() } else { decode(part)? };
        Self::checked(part, Kind::Stream, UnixName::Padded(name))
    }

    fn checked(part: Part<'_>, kind: Kind, name: UnixName) -> Result<Self, ParseEndpointError> {
        Self::new(kind, name).map_err(|problem| part.fail(Problem::Name(problem)))
    }
}

impl UnixName {
    /// A path of any bytes.
    #[must_use]
    pub fn path(bytes: Vec<u8>) -> Self {
        Self::Path(PathBuf::from(OsString::from_vec(bytes)))
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

impl fmt::Display for UnixEndpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = scheme(self.kind);
        match &self.name {
            UnixName::Path(path) => write!(f, "{scheme}:{}", EscapedPath(path)),
            UnixName::Abstract(name) => write!(f, "{scheme}:@{}", Escaped(name)),
            UnixName::Padded(name) => write!(f, "abns:{}", Escaped(name)),
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

/// The scheme of a kind of Unix socket.
pub(super) fn scheme(kind: Kind) -> &'static str {
    match kind {
        Kind::Stream => "unix",
        Kind::Datagram => "unixgram",
        Kind::SeqPacket => "unixpacket",
    }
}

fn decode(part: Part<'_>) -> Result<Vec<u8>, ParseEndpointError> {
    escape::decode(part.bytes()).map_err(|at| {
        let scheme_less = Escaped(part.bytes()).to_string();
        part.range(at..at + 3)
            .fail(Problem::BadEscape)
            .with_hint(format!("write a percent sign itself as %25: {scheme_less}"))
    })
}

fn two_slashes(kind: Kind, part: Part<'_>, rest: Part<'_>) -> ParseEndpointError {
    let scheme = scheme(kind);
    let rest = String::from_utf8_lossy(rest.bytes());
    part.range(0..2)
        .fail(Problem::TwoSlashes)
        .with_hint(format!("{scheme}:/{rest} (absolute) or {scheme}:{rest} (relative)"))
}
