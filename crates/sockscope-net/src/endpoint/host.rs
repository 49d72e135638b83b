//! Host and port: the address of the network kinds.

pub(super) mod parse;

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

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
}

impl HostName {
    /// A host name, if its labels are those of one. As in URLs, what ends in a number is an address
    /// or a mistake, never a name.
    #[must_use]
    pub fn new(name: &str) -> Option<Self> {
        let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
        let label = |label: &str| (1..=63).contains(&label.len()) && label.bytes().all(plain);
        // A dot at the end says that the name is complete.
        let labels = name.strip_suffix('.').unwrap_or(name);
        let fits = name.len() <= 253 && labels.split('.').all(label) && !ends_in_number(name);
        fits.then(|| Self(name.to_owned()))
    }

    /// The name as written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn ends_in_number(name: &str) -> bool {
    let last_label = name.trim_end_matches('.').rsplit('.').next().unwrap_or_default();
    !last_label.is_empty() && last_label.bytes().all(|b| b.is_ascii_digit())
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
