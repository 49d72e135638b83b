//! Place: where a server of ours binds.

use std::fs;
use std::path::PathBuf;

use rustix::rand::{GetRandomFlags, getrandom};
use sockscope_net::endpoint::{UnixEndpoint, UnixName};
use sockscope_net::{Endpoint, Kind};

use crate::control::{Bind, Failure, Fault};
use crate::plan::{OwnTransport, Plan};

/// Where a server of ours binds; the socket file and its directory go with it, in case the worker could not remove them.
#[derive(Debug)]
pub(super) struct Place {
    /// What the worker is told.
    pub(super) bind: Bind,
    directory: Option<PathBuf>,
}

impl Place {
    /// A place that nobody can have prepared for us.
    pub(super) fn new(plan: &Plan, transport: OwnTransport) -> Result<Self, Failure> {
        let name = unique_name()?;
        let directory = plan.scratch.join(&name);
        let path = || UnixName::Path(directory.join("s"));
        let abstract_name = || UnixName::Abstract(name.clone().into_bytes());
        let endpoint = match transport {
            OwnTransport::Unix => unix(Kind::Stream, path())?,
            OwnTransport::UnixAbstract => unix(Kind::Stream, abstract_name())?,
            OwnTransport::Unixgram => unix(Kind::Datagram, path())?,
            OwnTransport::UnixgramAbstract => unix(Kind::Datagram, abstract_name())?,
            OwnTransport::Unixpacket => unix(Kind::SeqPacket, path())?,
            OwnTransport::UnixpacketAbstract => unix(Kind::SeqPacket, abstract_name())?,
            other => other.loopback().map(str::to_owned).ok_or_else(|| Failure {
                fault: Fault::Bug,
                text: format!("{} has no address to bind", other.name()),
            })?,
        };
        let scratch = transport.has_path();
        Ok(Self { bind: Bind { endpoint, scratch }, directory: scratch.then_some(directory) })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        // Nearly always gone already: the server removes both once the client is connected.
        if let Some(directory) = &self.directory {
            let _ = fs::remove_file(directory.join("s"));
            let _ = fs::remove_dir(directory);
        }
    }
}

fn unix(kind: Kind, name: UnixName) -> Result<String, Failure> {
    let endpoint = UnixEndpoint::new(kind, name).map_err(|error| Failure {
        fault: Fault::Environment,
        text: format!("name a socket: {error}"),
    })?;
    Ok(Endpoint::Unix(endpoint).to_string())
}

/// A name that cannot be guessed.
fn unique_name() -> Result<String, Failure> {
    let mut bytes = [0; 8];
    getrandom(&mut bytes, GetRandomFlags::empty()).map_err(|error| Failure {
        fault: Fault::Environment,
        text: format!("get random bytes: {error}"),
    })?;
    Ok(format!("sockscope-{:016x}", u64::from_le_bytes(bytes)))
}
