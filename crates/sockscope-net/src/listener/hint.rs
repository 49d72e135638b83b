//! Bind hints: what to do about an endpoint that cannot be served.

use std::path::Path;

use rustix::io::Errno;

use super::{BindError, FileStep};
use crate::endpoint::{Endpoint, HostPort};
use crate::shell::ShellWord;

/// The hint for an error.
pub(super) fn of(error: &BindError) -> Option<String> {
    match error {
        BindError::Resolve { .. } => {
            Some("check the spelling, or serve on every address with :PORT".to_owned())
        }
        BindError::Socket { endpoint, source } => socket(endpoint, *source),
        BindError::Bind { endpoint, source, .. } => match (endpoint, path(endpoint)) {
            (_, Some(path)) => file(path, *source),
            (Endpoint::Tcp(at) | Endpoint::Mptcp(at) | Endpoint::Udp(at), _) => {
                network(endpoint, at, *source)
            }
            _ => None,
        },
        BindError::InUse { endpoint, owner } => Some(match owner {
            Some(owner) => format!("stop it with `kill {}`, or choose another address", owner.pid),
            None => who(endpoint),
        }),
        BindError::NotASocket { endpoint, .. } => {
            let path = path(endpoint)?;
            let mut old = path.as_os_str().to_owned();
            old.push(".old");
            let (path, old) = (ShellWord(path), ShellWord(Path::new(&old)));
            Some(format!("move it away with `mv {path} {old}`, or choose another path"))
        }
        BindError::Undecided { endpoint, .. } => {
            let path = ShellWord(path(endpoint)?);
            Some(format!("if nobody uses it any more (`ss -xlp src {path}`), remove {path}"))
        }
        BindError::Lock { endpoint, source } => {
            let path = ShellWord(path(endpoint)?);
            Some(match *source {
                Errno::AGAIN => "see who keeps the lock with `lslocks`".to_owned(),
                _ => format!("if nobody uses {path} any more, remove it yourself: `rm {path}`"),
            })
        }
        BindError::File { step: FileStep::GiveRights, source: Errno::PERM, .. } => {
            Some("only root gives files away, and groups only their members".to_owned())
        }
        BindError::File { endpoint, source, .. } => file(path(endpoint)?, *source),
        BindError::Inherited { .. } => {
            Some("hand over a bound, listening socket, with `systemd-socket-activate` say".into())
        }
        BindError::Listen { .. } => None,
    }
}

fn path(endpoint: &Endpoint) -> Option<&Path> {
    match endpoint {
        Endpoint::Unix(unix) => unix.path(),
        _ => None,
    }
}

fn socket(endpoint: &Endpoint, errno: Errno) -> Option<String> {
    match (errno, endpoint) {
        (Errno::MFILE, _) => Some("raise the limit of descriptors: `ulimit -n`".to_owned()),
        (Errno::PROTONOSUPPORT | Errno::NOPROTOOPT, Endpoint::Mptcp(at)) => {
            Some(format!("`sysctl -w net.mptcp.enabled=1`, or serve tcp:{at}"))
        }
        (Errno::AFNOSUPPORT, Endpoint::Vsock(_)) => Some("`modprobe vsock`".to_owned()),
        (Errno::AFNOSUPPORT, _) => Some("this kernel lacks the address family".to_owned()),
        _ => None,
    }
}

fn file(path: &Path, errno: Errno) -> Option<String> {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    let parent = ShellWord(parent.unwrap_or(Path::new(".")));
    match errno {
        Errno::NOENT => Some(format!("make the directory first: `mkdir -p {parent}`")),
        Errno::NOTDIR => {
            Some(format!("a file is where a directory is wanted: `namei -l {parent}`"))
        }
        Errno::ACCESS => Some(format!(
            "writing in {parent}, and searching every directory above, takes rights: \
             `namei -l {parent}`"
        )),
        Errno::PERM => Some(format!(
            "in a sticky directory only owners remove files: `sudo rm {}`, or choose another path",
            ShellWord(path)
        )),
        Errno::ROFS => Some("the file system is read-only; sockets live well in /run".to_owned()),
        _ => None,
    }
}

fn network(endpoint: &Endpoint, at: &HostPort, errno: Errno) -> Option<String> {
    match errno {
        Errno::ACCESS => Some(format!(
            "ports below net.ipv4.ip_unprivileged_port_start take CAP_NET_BIND_SERVICE; \
             choose a port above {}, 8080 say",
            at.port
        )),
        Errno::ADDRNOTAVAIL => Some(format!(
            "no interface has that address (`ip address`); {}::{} serves on all",
            endpoint.scheme(),
            at.port
        )),
        Errno::ADDRINUSE => Some(who(endpoint)),
        _ => None,
    }
}

/// The command that shows who has an address.
fn who(endpoint: &Endpoint) -> String {
    match endpoint {
        Endpoint::Tcp(at) | Endpoint::Mptcp(at) => {
            format!("see who has it with `ss -tanp sport = :{}`", at.port)
        }
        Endpoint::Udp(at) => format!("see who has it with `ss -uanp sport = :{}`", at.port),
        Endpoint::Vsock(_) => "see who has it with `ss --vsock -ap`".to_owned(),
        _ => "see who has it with `ss -xap`".to_owned(),
    }
}
