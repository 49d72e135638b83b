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
        let (endpoint, scratch) = match transport {
            OwnTransport::Unix => (unix(Kind::Stream, UnixName::Path(directory.join("s")))?, true),
            OwnTransport::UnixPacket => {
                (unix(Kind::SeqPacket, UnixName::Path(directory.join("s")))?, true)
            }
            OwnTransport::UnixAbstract => {
                (unix(Kind::Stream, UnixName::Abstract(name.into_bytes()))?, false)
            }
            OwnTransport::Tcp => ("tcp:127.0.0.1:0".into(), false),
            OwnTransport::Tcp6 => ("tcp:[::1]:0".into(), false),
        };
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
