//! Refusal: why a text is no endpoint, where, and what to type instead.

use std::fmt;
use std::ops::Range;

use super::escape::Shown;
use super::unix::UnixNameError;

/// A text that is not an endpoint.
///
/// `Display` says what is wrong and where; [`hint`](Self::hint) says what to type instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseEndpointError {
    text: Vec<u8>,
    span: Range<usize>,
    problem: Problem,
    hint: Option<String>,
}

impl ParseEndpointError {
    pub(super) fn new(text: &[u8], span: Range<usize>, problem: Problem) -> Self {
        Self { text: text.to_vec(), span, problem, hint: None }
    }

    pub(super) fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// What to type instead, where that can be told.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        self.hint.clone()
    }

    /// The bytes of the text that are at fault; empty where something is missing.
    #[must_use]
    pub fn span(&self) -> Range<usize> {
        self.span.clone()
    }
}

impl fmt::Display for ParseEndpointError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let position = self.span.start + 1;
        write!(f, "cannot read \"{}\" as an endpoint: {}", Shown(&self.text), self.problem)?;
        match &self.text[self.span.clone()] {
            part if part.len() == self.text.len() => Ok(()),
            [] => write!(f, ", at byte {position}"),
            part => write!(f, ": \"{}\" at byte {position}", Shown(part)),
        }
    }
}

impl std::error::Error for ParseEndpointError {}

/// What is wrong with a part of the text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Problem {
    #[error("it is empty")]
    Empty,
    #[error("neither a scheme, nor HOST:PORT, nor a path with a slash in front")]
    NoScheme,
    #[error("unknown scheme")]
    UnknownScheme,
    #[error("schemes are written in lower case")]
    UpperCaseScheme,
    #[error("two slashes make the path ambiguous")]
    TwoSlashes,
    #[error("bad percent escape")]
    BadEscape,
    #[error("{0}")]
    Name(UnixNameError),
    #[error("no port")]
    NoPort,
    #[error("not a port number (0 to 65535)")]
    BadPort,
    #[error("something follows the port")]
    AfterPort,
    #[error("an IPv6 address needs brackets")]
    NoBrackets,
    #[error("the bracket is not closed")]
    OpenBracket,
    #[error("not an IPv6 address")]
    BadIpv6,
    #[error("not an IPv4 address")]
    BadIpv4,
    #[error("not an interface name or index")]
    BadZone,
    #[error("the zone of an IPv6 address is written raw, without percent escapes")]
    EscapedZone,
    #[error("percent escapes have no meaning in a host")]
    EscapedHost,
    #[error("not a host name")]
    BadHostName,
    #[error("only printable ASCII can stand here")]
    NotAscii,
    #[error("not a context id (a number, any, local or host)")]
    BadCid,
    #[error("not a vsock port number (0 to 4294967295)")]
    BadVsockPort,
    #[error("not a descriptor number (0 to 2147483647)")]
    BadDescriptor,
    #[error("not the name of a systemd socket descriptor")]
    BadSdName,
}
