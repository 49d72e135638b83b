//! Reading hosts and ports: the spellings that network endpoints share.

use std::net::Ipv6Addr;

use super::{Host, HostName, HostPort, Zone, ends_in_number};
use crate::endpoint::error::{ParseEndpointError, Problem};
use crate::endpoint::part::Part;

/// Reads `HOST:PORT`, `:PORT` or `[IPV6]:PORT`.
pub(in crate::endpoint) fn host_port(part: Part<'_>) -> Result<HostPort, ParseEndpointError> {
    let text = part.ascii()?;
    if text.starts_with('[') {
        return bracketed(part);
    }
    let Some((host, port)) = part.rsplit_once(b':') else {
        let is_number = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        let hint = match text {
            "" => part.replaced("localhost:PORT"),
            number if is_number => part.replaced(&format!("localhost:{number}")),
            _ => part.end().replaced(":PORT"),
        };
        return Err(part.fail(Problem::NoPort).with_hint(hint));
    };
    if host.bytes().contains(&b':') {
        return Err(no_brackets(part, host, port));
    }
    let port = self::port(port)?;
    Ok(HostPort { host: self::host(host)?, port })
}

fn bracketed(part: Part<'_>) -> Result<HostPort, ParseEndpointError> {
    let Some((inside, after)) = part.split_once(b']') else {
        let hint = part.replaced("[::1]:PORT");
        return Err(part.fail(Problem::OpenBracket).with_hint(hint));
    };
    let Some(port) = after.strip_prefix(":") else {
        return Err(after.fail(Problem::NoPort).with_hint(after.replaced(":PORT")));
    };
    let inside = inside.range(1..inside.bytes().len());
    let (address, zone) = match inside.split_once(b'%') {
        None => (inside, None),
        Some((address, zone)) => (address, Some(self::zone(zone)?)),
    };
    let Ok(v6) = address.ascii()?.parse() else {
        return Err(address.fail(Problem::BadIpv6).with_hint(address.replaced("::1")));
    };
    Ok(HostPort { host: Host::V6(v6, zone), port: self::port(port)? })
}

fn port(part: Part<'_>) -> Result<u16, ParseEndpointError> {
    let text = part.ascii()?;
    if text.is_empty() {
        return Err(part.fail(Problem::NoPort).with_hint(part.replaced("PORT")));
    }
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    if digits > 0 && text[digits..].starts_with(['/', '?', '#']) {
        let rest = part.range(digits..text.len());
        return Err(rest.fail(Problem::AfterPort).with_hint(rest.replaced("")));
    }
    // Digits only: the standard library would also take a plus sign.
    let number = if digits == text.len() { text.parse().ok() } else { None };
    number.ok_or_else(|| part.fail(Problem::BadPort).with_hint(part.replaced("8080")))
}

fn host(part: Part<'_>) -> Result<Host, ParseEndpointError> {
    let text = part.ascii()?;
    if text.is_empty() {
        return Ok(Host::Any);
    }
    if let Ok(address) = text.parse() {
        return Ok(Host::V4(address));
    }
    if text == "*" {
        return Err(part.fail(Problem::BadHostName).with_hint(part.replaced("")));
    }
    if let Some(at) = text.find('%') {
        let hint = part.replaced(&text[..at]);
        return Err(part.range(at..at + 3).fail(Problem::EscapedHost).with_hint(hint));
    }
    if ends_in_number(text) {
        return Err(part.fail(Problem::BadIpv4).with_hint(part.replaced("127.0.0.1")));
    }
    HostName::new(text)
        .map(Host::Name)
        .ok_or_else(|| part.fail(Problem::BadHostName).with_hint(part.replaced("localhost")))
}

fn zone(part: Part<'_>) -> Result<Zone, ParseEndpointError> {
    let text = part.ascii()?;
    // `%25` is how URLs write the percent sign. As digits alone it can only be an index.
    let after = text.strip_prefix("25").unwrap_or_default();
    if !after.bytes().all(|b| b.is_ascii_digit()) {
        return Err(part.fail(Problem::EscapedZone).with_hint(part.replaced(after)));
    }
    Zone::new(text).ok_or_else(|| part.fail(Problem::BadZone).with_hint(part.replaced("eth0")))
}

/// More than one colon and no brackets: which of them ends the address?
fn no_brackets(part: Part<'_>, host: Part<'_>, port: Part<'_>) -> ParseEndpointError {
    let is_v6 = |part: Part<'_>| {
        let text = part.ascii().unwrap_or_default();
        text.split('%').next().unwrap_or_default().parse::<Ipv6Addr>().is_ok()
    };
    let bracketed = |part: Part<'_>| format!("[{}]", part.ascii().unwrap_or_default());
    let mut readings = Vec::new();
    if is_v6(host) && port.bytes().iter().all(u8::is_ascii_digit) {
        readings.push(host.replaced(&bracketed(host)));
    }
    // Where both readings are possible the one with a port is meant, or the text would have none.
    if readings.is_empty() && is_v6(part) {
        readings.push(part.replaced(&format!("{}:PORT", bracketed(part))));
    }
    let hint = readings.pop().unwrap_or_else(|| part.replaced("[::1]:PORT"));
    part.fail(Problem::NoBrackets).with_hint(hint)
}
