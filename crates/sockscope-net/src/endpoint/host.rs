//! Host and port: the address of the network kinds.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use super::error::{ParseEndpointError, Problem};
use super::part::Part;

/// A host and a port.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct HostPort {
    /// Which machine or address.
    pub host: Host,
    /// Which port; 0 lets the kernel choose when serving.
    pub port: u16,
}

/// The host of a network endpoint.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Host {
    /// No host was given: every address of this machine when serving, this machine when connecting.
    Any,
    /// An IPv4 address.
    V4(Ipv4Addr),
    /// An IPv6 address, with the interface where a link-local address needs one.
    V6(Ipv6Addr, Option<Zone>),
    /// A name for the resolver.
    Name(HostName),
}

/// The zone of an IPv6 address: the name or the index of a network interface.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Zone(String);

/// A host name, of the letters that host names have.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct HostName(String);

impl HostPort {
    /// Reads `HOST:PORT`; `scheme` is for the hints.
    pub(super) fn parse(scheme: &str, part: Part<'_>) -> Result<Self, ParseEndpointError> {
        let text = part.ascii()?;
        if text.starts_with('[') {
            return parse_bracketed(scheme, part);
        }
        let Some((host, port)) = part.rsplit_once(b':') else {
            let digits = text.bytes().all(|b| b.is_ascii_digit()) && !text.is_empty();
            let hint = match text {
                "" => format!("{scheme}:localhost:PORT"),
                _ if digits => format!("{scheme}:localhost:{text}"),
                host => format!("{scheme}:{host}:PORT"),
            };
            return Err(part.fail(Problem::NoPort).with_hint(hint));
        };
        let number = parse_port(scheme, part, port)?;
        Ok(Self { host: Host::parse(scheme, host, number)?, port: number })
    }
}

fn parse_bracketed(scheme: &str, part: Part<'_>) -> Result<HostPort, ParseEndpointError> {
    let Some((inside, after)) = part.split_once(b']') else {
        return Err(part.fail(Problem::OpenBracket).with_hint(format!("{scheme}:[::1]:PORT")));
    };
    let inside = inside.range(1..usize::MAX / 2);
    let Some(port) = after.strip_prefix(":") else {
        let inside = inside.ascii()?;
        let hint = format!("{scheme}:[{inside}]:PORT");
        return Err(after.fail(Problem::NoPort).with_hint(hint));
    };
    let port = parse_port(scheme, part, port)?;
    let (address, zone) = match inside.split_once(b'%') {
        None => (inside, None),
        Some((address, zone)) => (address, Some(Zone::parse(scheme, address, zone, port)?)),
    };
    match address.ascii()?.parse() {
        Ok(address) => Ok(HostPort { host: Host::V6(address, zone), port }),
        Err(_) => Err(address.fail(Problem::BadIpv6)),
    }
}

fn parse_port(
    scheme: &str,
    host_port: Part<'_>,
    part: Part<'_>,
) -> Result<u16, ParseEndpointError> {
    let text = part.ascii()?;
    if text.is_empty() {
        let hint = format!("{scheme}:{}PORT", host_port.ascii()?);
        return Err(part.fail(Problem::NoPort).with_hint(hint));
    }
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    if digits > 0 && text[digits..].starts_with(['/', '?', '#']) {
        let whole = host_port.ascii()?;
        let hint = format!("{scheme}:{}", &whole[..whole.len() - (text.len() - digits)]);
        return Err(part.range(digits..text.len()).fail(Problem::AfterPort).with_hint(hint));
    }
    let number = if digits == text.len() { text.parse().ok() } else { None };
    number.ok_or_else(|| part.fail(Problem::BadPort))
}

impl Host {
    fn parse(scheme: &str, part: Part<'_>, port: u16) -> Result<Self, ParseEndpointError> {
        let text = part.ascii()?;
        if text.is_empty() {
            return Ok(Self::Any);
        }
        if let Ok(address) = text.parse() {
            return Ok(Self::V4(address));
        }
        if text.contains(':') {
            let error = part.fail(Problem::NoBrackets);
            let address = text.split('%').next().unwrap_or_default();
            return Err(match address.parse::<Ipv6Addr>() {
                Ok(_) => error.with_hint(format!("{scheme}:[{text}]:{port}")),
                Err(_) => error,
            });
        }
        if text.contains('%') {
            return Err(part.fail(Problem::EscapedHost));
        }
        if text == "*" {
            let hint = format!("{scheme}::{port} (every address of this machine)");
            return Err(part.fail(Problem::BadHostName).with_hint(hint));
        }
        let last_label = text.trim_end_matches('.').rsplit('.').next().unwrap_or_default();
        if last_label.bytes().all(|b| b.is_ascii_digit()) {
            return Err(part.fail(Problem::BadIpv4));
        }
        HostName::new(text).map(Self::Name).ok_or_else(|| part.fail(Problem::BadHostName))
    }
}

impl Zone {
    /// A zone, if an interface can have that name or index.
    #[must_use]
    pub fn new(name: &str) -> Option<Self> {
        // The kernel's own limits for interface names, less what would be syntax here.
        let fits = (1..=15).contains(&name.len());
        let plain = |b: u8| b.is_ascii_graphic() && !b"/:%[]".contains(&b);
        (fits && name.bytes().all(plain)).then(|| Self(name.to_owned()))
    }

    /// The zone as written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn parse(
        scheme: &str,
        address: Part<'_>,
        part: Part<'_>,
        port: u16,
    ) -> Result<Self, ParseEndpointError> {
        let text = part.ascii()?;
        // `%25` is how URLs write the percent sign. As digits alone it can only be an index.
        if let Some(zone) = text.strip_prefix("25")
            && !zone.bytes().all(|b| b.is_ascii_digit())
        {
            let address = address.ascii()?;
            let hint = format!("{scheme}:[{address}%{zone}]:{port}");
            return Err(part.fail(Problem::EscapedZone).with_hint(hint));
        }
        Self::new(text).ok_or_else(|| part.fail(Problem::BadZone))
    }
}

impl HostName {
    /// A host name, if its letters are those of one.
    #[must_use]
    pub fn new(name: &str) -> Option<Self> {
        let plain = |b: u8| b.is_ascii_alphanumeric() || b"-_.".contains(&b);
        let fits = (1..=253).contains(&name.len()) && !name.starts_with('.');
        (fits && name.bytes().all(plain)).then(|| Self(name.to_owned()))
    }

    /// The name as written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for HostPort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => Ok(()),
            Self::V4(address) => write!(f, "{address}"),
            Self::V6(address, None) => write!(f, "[{address}]"),
            Self::V6(address, Some(zone)) => write!(f, "[{address}%{}]", zone.0),
            Self::Name(name) => f.write_str(&name.0),
        }
    }
}

/// An address of the kernel as an endpoint writes it. IPv4 mapped into IPv6 is the IPv4 address that
/// it stands for.
impl From<SocketAddr> for HostPort {
    fn from(address: SocketAddr) -> Self {
        let host = match (address.ip().to_canonical(), address) {
            (IpAddr::V4(v4), _) => Host::V4(v4),
            (IpAddr::V6(v6), SocketAddr::V6(whole)) if whole.scope_id() != 0 => {
                Host::V6(v6, Zone::new(&whole.scope_id().to_string()))
            }
            (IpAddr::V6(v6), _) => Host::V6(v6, None),
        };
        Self { host, port: address.port() }
    }
}
