//! VM socket addresses: a machine and a port on it.

use std::fmt;

use sockscope_sys::VsockAddress;

use super::error::{ParseEndpointError, Problem};
use super::part::Part;

/// The address of a VM socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct VsockEndpoint {
    /// Context id: which machine.
    pub cid: u32,
    /// Port on that machine.
    pub port: u32,
}

impl VsockEndpoint {
    pub(super) fn parse(part: Part<'_>) -> Result<Self, ParseEndpointError> {
        let Some((cid, port)) = part.split_once(b':') else {
            let hint = match part.ascii()? {
                "" => part.replaced("CID:PORT"),
                _ => part.end().replaced(":PORT"),
            };
            return Err(part.fail(Problem::NoPort).with_hint(hint));
        };
        let cid = match cid.ascii()? {
            "any" => VsockAddress::CID_ANY,
            "local" => VsockAddress::CID_LOCAL,
            "host" => VsockAddress::CID_HOST,
            text => decimal(text)
                .ok_or_else(|| cid.fail(Problem::BadCid).with_hint(cid.replaced("host")))?,
        };
        let number = decimal(port.ascii()?);
        let refusal = || port.fail(Problem::BadVsockPort).with_hint(port.replaced("1024"));
        Ok(Self { cid, port: number.ok_or_else(refusal)? })
    }
}

impl fmt::Display for VsockEndpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.cid {
            VsockAddress::CID_ANY => write!(f, "any:{}", self.port),
            VsockAddress::CID_LOCAL => write!(f, "local:{}", self.port),
            VsockAddress::CID_HOST => write!(f, "host:{}", self.port),
            cid => write!(f, "{cid}:{}", self.port),
        }
    }
}

impl From<VsockAddress> for VsockEndpoint {
    fn from(VsockAddress { cid, port }: VsockAddress) -> Self {
        Self { cid, port }
    }
}

impl From<VsockEndpoint> for VsockAddress {
    fn from(VsockEndpoint { cid, port }: VsockEndpoint) -> Self {
        Self { cid, port }
    }
}

/// A number of digits only: `str::parse` alone would also take a plus sign.
pub(super) fn decimal(text: &str) -> Option<u32> {
    if text.bytes().all(|b| b.is_ascii_digit()) { text.parse().ok() } else { None }
}
