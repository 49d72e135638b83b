//! Grammar: which of the endpoint forms a text is. It never reads the disk.

use super::error::{ParseEndpointError, Problem};
use super::escape::Escaped;
use super::inherited::{self, SdName};
use super::part::Part;
use super::{Endpoint, HostPort, Kind, UnixEndpoint, VsockEndpoint};

/// Every scheme, our own and those that are also read.
const SCHEMES: [&str; 12] = [
    "tcp",
    "udp",
    "mptcp",
    "unix",
    "unixgram",
    "unixpacket",
    "seqpacket",
    "unix-abstract",
    "abns",
    "vsock",
    "fd",
    "sd-listen",
];

/// Reads any spelling of an endpoint.
pub(super) fn parse(text: &[u8]) -> Result<Endpoint, ParseEndpointError> {
    let whole = Part::of(text);
    match text {
        [] => return Err(whole.fail(Problem::Empty)),
        [b'/' | b'@', ..] | [b'.', b'/', ..] => {
            return UnixEndpoint::parse_raw(Kind::Stream, whole).map(Endpoint::Unix);
        }
        [b'[' | b':', ..] => return HostPort::parse("tcp", whole).map(Endpoint::Tcp),
        _ => {}
    }
    if let Some(name) = whole.strip_prefix("abns@") {
        return UnixEndpoint::parse_padded(name, true).map(Endpoint::Unix);
    }
    if let Some(number) = whole.strip_prefix("fd@") {
        return inherited::parse_descriptor(number);
    }
    match whole.split_once(b':') {
        None => Err(no_scheme(whole)),
        Some((scheme, rest)) => parse_scheme(whole, scheme, rest),
    }
}

fn parse_scheme(
    whole: Part<'_>,
    scheme: Part<'_>,
    rest: Part<'_>,
) -> Result<Endpoint, ParseEndpointError> {
    match scheme.bytes() {
        b"tcp" => HostPort::parse("tcp", after_slashes(rest)).map(Endpoint::Tcp),
        b"udp" => HostPort::parse("udp", after_slashes(rest)).map(Endpoint::Udp),
        b"mptcp" => HostPort::parse("mptcp", after_slashes(rest)).map(Endpoint::Mptcp),
        b"unix" => UnixEndpoint::parse(Kind::Stream, rest).map(Endpoint::Unix),
        b"unixgram" => UnixEndpoint::parse(Kind::Datagram, rest).map(Endpoint::Unix),
        b"unixpacket" => UnixEndpoint::parse(Kind::SeqPacket, rest).map(Endpoint::Unix),
        b"seqpacket" => UnixEndpoint::parse_raw(Kind::SeqPacket, rest).map(Endpoint::Unix),
        b"unix-abstract" => UnixEndpoint::parse_abstract(rest).map(Endpoint::Unix),
        b"abns" => UnixEndpoint::parse_padded(rest, false).map(Endpoint::Unix),
        b"vsock" => VsockEndpoint::parse(after_slashes(rest)).map(Endpoint::Vsock),
        b"fd" => inherited::parse_descriptor(rest),
        b"sd-listen" => SdName::parse(rest).map(Endpoint::SdListen),
        _ => parse_unknown(whole, scheme, rest),
    }
}

/// `HOST:PORT` without a scheme, or something else with a colon in it.
fn parse_unknown(
    whole: Part<'_>,
    scheme: Part<'_>,
    rest: Part<'_>,
) -> Result<Endpoint, ParseEndpointError> {
    let lower = scheme.bytes().to_ascii_lowercase();
    if let Some(known) = SCHEMES.iter().find(|known| known.as_bytes() == lower) {
        let hint = format!("{known}:{}", String::from_utf8_lossy(rest.bytes()));
        return Err(scheme.fail(Problem::UpperCaseScheme).with_hint(hint));
    }
    let port = whole.rsplit_once(b':').map_or(&[][..], |(_, port)| port.bytes());
    let has_port = !port.is_empty() && port.iter().all(u8::is_ascii_digit);
    if has_port && rest.strip_prefix("//").is_none() {
        return HostPort::parse("tcp", whole).map(Endpoint::Tcp);
    }
    let error = scheme.fail(Problem::UnknownScheme);
    // A URL of something that runs over TCP: its authority is an endpoint.
    if let Some(authority) = rest.strip_prefix("//")
        && let Ok(host_port) = HostPort::parse("tcp", without_path(authority))
    {
        return Err(error.with_hint(format!("tcp:{host_port}")));
    }
    Err(error.with_hint(format!("one of {}; a file is unix:PATH", SCHEMES.join(", "))))
}

fn no_scheme(whole: Part<'_>) -> ParseEndpointError {
    let error = whole.fail(Problem::NoScheme);
    let bytes = whole.bytes();
    if bytes.iter().all(u8::is_ascii_digit) {
        let port = String::from_utf8_lossy(bytes);
        return error.with_hint(format!("tcp:localhost:{port}"));
    }
    error.with_hint(format!("unix:{}", Escaped(bytes)))
}

/// The URL form of the schemes that are not files.
fn after_slashes(part: Part<'_>) -> Part<'_> {
    part.strip_prefix("//").unwrap_or(part)
}

fn without_path(part: Part<'_>) -> Part<'_> {
    part.split_once(b'/').map_or(part, |(authority, _)| authority)
}
