//! Grammar: which of the endpoint forms a text is. It never reads the disk.

use std::net::Ipv6Addr;

use super::error::{ParseEndpointError, Problem};
use super::escape::Escaped;
use super::host::parse::host_port;
use super::inherited::{self, SdName};
use super::part::Part;
use super::unix::parse::{self as unix, Escapes};
use super::{Endpoint, Kind, VsockEndpoint};

/// Every scheme, our own and those that are also read, each with what may follow it.
const SCHEMES: [(&str, &str); 12] = [
    ("tcp", "tcp:localhost:PORT"),
    ("udp", "udp:localhost:PORT"),
    ("mptcp", "mptcp:localhost:PORT"),
    ("unix", "unix:PATH"),
    ("unixgram", "unixgram:PATH"),
    ("unixpacket", "unixpacket:PATH"),
    ("seqpacket", "unixpacket:PATH"),
    ("unix-abstract", "unix:@NAME"),
    ("abns", "abns:NAME"),
    ("vsock", "vsock:CID:PORT"),
    ("fd", "fd:3"),
    ("sd-listen", "sd-listen:*"),
];

/// Reads any spelling of an endpoint.
pub(super) fn parse(text: &[u8]) -> Result<Endpoint, ParseEndpointError> {
    let whole = Part::of(text);
    match text {
        [] => {
            let hint = "tcp:localhost:PORT or unix:PATH";
            return Err(whole.fail(Problem::Empty).with_hint(hint));
        }
        [b'/' | b'@', ..] | [b'.', b'/', ..] => return unix::bare(whole).map(Endpoint::Unix),
        [b'[' | b':', ..] => return host_port(whole).map(Endpoint::Tcp),
        _ => {}
    }
    if let Some(name) = whole.strip_prefix("abns@") {
        return unix::padded(Escapes::None, name).map(Endpoint::Unix);
    }
    if let Some(number) = whole.strip_prefix("fd@") {
        return inherited::descriptor(number);
    }
    match whole.split_once(b':') {
        None => Err(no_scheme(whole)),
        Some((scheme, rest)) => {
            after_scheme(scheme.bytes(), rest).unwrap_or_else(|| unknown(whole, scheme, rest))
        }
    }
}

/// Reads what follows a scheme; `None` if there is no such scheme.
fn after_scheme(scheme: &[u8], rest: Part<'_>) -> Option<Result<Endpoint, ParseEndpointError>> {
    // The URL form of the schemes that are not files.
    let authority = rest.strip_prefix("//").unwrap_or(rest);
    Some(match scheme {
        b"tcp" => host_port(authority).map(Endpoint::Tcp),
        b"udp" => host_port(authority).map(Endpoint::Udp),
        b"mptcp" => host_port(authority).map(Endpoint::Mptcp),
        b"unix" => unix::named(Kind::Stream, Escapes::Percent, rest).map(Endpoint::Unix),
        b"unixgram" => unix::named(Kind::Datagram, Escapes::Percent, rest).map(Endpoint::Unix),
        b"unixpacket" => unix::named(Kind::SeqPacket, Escapes::Percent, rest).map(Endpoint::Unix),
        b"seqpacket" => unix::named(Kind::SeqPacket, Escapes::None, rest).map(Endpoint::Unix),
        b"unix-abstract" => unix::abstract_name(rest).map(Endpoint::Unix),
        b"abns" => unix::padded(Escapes::Percent, rest).map(Endpoint::Unix),
        b"vsock" => VsockEndpoint::parse(authority).map(Endpoint::Vsock),
        b"fd" => inherited::descriptor(rest),
        b"sd-listen" => SdName::parse(rest).map(Endpoint::SdListen),
        _ => return None,
    })
}

/// `HOST:PORT` without a scheme, or something else with a colon in it.
fn unknown(
    whole: Part<'_>,
    scheme: Part<'_>,
    rest: Part<'_>,
) -> Result<Endpoint, ParseEndpointError> {
    let lower = scheme.bytes().to_ascii_lowercase();
    if SCHEMES.iter().any(|(known, _)| known.as_bytes() == lower) {
        let hint = scheme.replaced(&String::from_utf8_lossy(&lower));
        return Err(scheme.fail(Problem::UpperCaseScheme).with_hint(hint));
    }
    if scheme.bytes().contains(&b'/') {
        return Err(no_scheme(whole));
    }
    if let Some(authority) = rest.strip_prefix("//") {
        return Err(foreign_url(scheme, authority));
    }
    let port = rest.bytes();
    if port.iter().all(u8::is_ascii_digit) || is_ipv6(whole) || is_ipv6_and_port(whole) {
        return host_port(whole).map(Endpoint::Tcp);
    }
    let schemes: Vec<_> = SCHEMES.iter().map(|(scheme, _)| *scheme).collect();
    let hint = format!("HOST:PORT with a number, or one of the schemes {}", schemes.join(", "));
    Err(scheme.fail(Problem::UnknownScheme).with_hint(hint))
}

fn is_ipv6(part: Part<'_>) -> bool {
    part.ascii().is_ok_and(|text| text.parse::<Ipv6Addr>().is_ok())
}

fn is_ipv6_and_port(part: Part<'_>) -> bool {
    part.rsplit_once(b':').is_some_and(|(address, _)| is_ipv6(address))
}

/// The URL of a service: where it names a host and a port, those are an endpoint.
fn foreign_url(scheme: Part<'_>, rest: Part<'_>) -> ParseEndpointError {
    let authority = rest.split_once(b'/').map_or(rest, |(authority, _)| authority);
    let error = scheme.fail(Problem::UnknownScheme);
    error.with_hint(match host_port(authority) {
        Ok(at) => format!("tcp:{at}"),
        Err(_) => "tcp:HOST:PORT or unix:PATH".to_owned(),
    })
}

fn no_scheme(whole: Part<'_>) -> ParseEndpointError {
    let error = whole.fail(Problem::NoScheme);
    let bytes = whole.bytes();
    let text = str::from_utf8(bytes).unwrap_or_default();
    if let Some((_, example)) = SCHEMES.iter().find(|(scheme, _)| *scheme == text) {
        return error.with_hint(*example);
    }
    if bytes.iter().all(u8::is_ascii_digit) || text == "localhost" || is_ipv4(text) {
        return host_port(whole).err().unwrap_or(error);
    }
    error.with_hint(format!("unix:{}", Escaped(bytes)))
}

fn is_ipv4(text: &str) -> bool {
    text.parse::<std::net::Ipv4Addr>().is_ok()
}
