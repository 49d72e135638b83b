//! Bind hints: what to do about an endpoint that cannot be served.

use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use rustix::io::Errno;

use super::{BindError, FileStep};
use crate::endpoint::{Endpoint, Host, HostPort, VsockEndpoint};
use crate::errno::describe;
use crate::shell::ShellWord;
use crate::socket_file;

/// The hint for an error.
pub(super) fn of(error: &BindError) -> Option<String> {
    // Whatever was to be done: without descriptors or memory nothing can be.
    if let Some(errno @ (Errno::MFILE | Errno::NFILE | Errno::NOMEM | Errno::NOBUFS)) =
        error.errno()
    {
        return Some(advice(errno));
    }
    Some(match error {
        BindError::Resolve { .. } => {
            "check the spelling, or serve on every address with :PORT".to_owned()
        }
        BindError::Socket { endpoint, source } => socket(endpoint, *source),
        BindError::Bind { endpoint, source, .. } => match (endpoint, path(endpoint)) {
            (_, Some(path)) => file(path, None, *source),
            (Endpoint::Tcp(at) | Endpoint::Mptcp(at) | Endpoint::Udp(at), _) => {
                network(endpoint, at, *source)
            }
            (Endpoint::Vsock(at), _) => vsock(*at, *source),
            _ => advice(*source),
        },
        BindError::InUse { endpoint, owner } => match owner {
            Some(owner) => format!("stop it with `kill {}`, or choose another address", owner.pid),
            None => who(endpoint),
        },
        BindError::NotASocket { endpoint, what } => occupied(path(endpoint)?, what),
        BindError::Undecided { endpoint, .. } => {
            let path = ShellWord(path(endpoint)?);
            format!("if nobody uses it any more (`ss -xlp src {path}`), remove {path}")
        }
        BindError::Lock { endpoint, source } => {
            let path = ShellWord(path(endpoint)?);
            match *source {
                Errno::AGAIN => "see who keeps the lock with `lslocks`".to_owned(),
                _ => format!("if nobody uses {path} any more, remove it yourself: `rm {path}`"),
            }
        }
        BindError::File { endpoint, step, source } => file(path(endpoint)?, Some(*step), *source),
        BindError::Inherited { .. } => {
            "hand over a bound, listening socket, with `systemd-socket-activate` say".to_owned()
        }
        BindError::Listen { source, .. } => advice(*source),
    })
}

/// What is to be done about an error wherever it comes from.
fn advice(errno: Errno) -> String {
    describe(errno).advice.to_owned()
}

fn path(endpoint: &Endpoint) -> Option<&Path> {
    match endpoint {
        Endpoint::Unix(unix) => unix.path(),
        _ => None,
    }
}

fn socket(endpoint: &Endpoint, errno: Errno) -> String {
    match (errno, endpoint) {
        (Errno::PROTONOSUPPORT | Errno::NOPROTOOPT, Endpoint::Mptcp(at)) => {
            format!("`sysctl -w net.mptcp.enabled=1`, or serve tcp:{at}")
        }
        (Errno::AFNOSUPPORT, Endpoint::Vsock(_)) => "`modprobe vsock`".to_owned(),
        _ => advice(errno),
    }
}

/// What to do about something else in the place of the socket file.
fn occupied(path: &Path, what: &str) -> String {
    if what == socket_file::DIRECTORY {
        return in_directory(path);
    }
    let word = ShellWord(path);
    format!(
        "only a socket is ever replaced; choose another path, or see what it is: `ls -l {word}`"
    )
}

fn in_directory(path: &Path) -> String {
    format!("add the name of the socket file: {}", ShellWord(&path.join("x.sock")))
}

/// What to do about a socket file: in one of the steps around `bind`, or without one in `bind` itself.
fn file(path: &Path, step: Option<FileStep>, errno: Errno) -> String {
    if path.as_os_str().as_bytes().ends_with(b"/") {
        return in_directory(path);
    }
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    let parent = ShellWord(parent.unwrap_or(Path::new(".")));
    match (step, errno) {
        (Some(FileStep::OpenDirectory), Errno::NOENT) => {
            format!("make the directory first: `mkdir -p {parent}`")
        }
        (Some(FileStep::OpenDirectory), Errno::NOTDIR) => {
            format!("a file is where a directory is wanted: `namei -l {parent}`")
        }
        // The directory is there, so it is the file system that has no place for sockets.
        (None, Errno::NOENT | Errno::PERM) => {
            format!("the file system of {parent} takes no sockets; they live well in /run")
        }
        (Some(FileStep::RemoveStale), Errno::PERM) => format!(
            "in a sticky directory only owners remove files: `sudo rm {}`, or choose another path",
            ShellWord(path)
        ),
        (Some(FileStep::GiveRights), Errno::PERM) => {
            "only root gives files away, and groups only their members".to_owned()
        }
        (_, Errno::ACCESS) => format!(
            "writing in {parent}, and searching every directory above, takes rights: \
             `namei -l {parent}`"
        ),
        (_, Errno::ROFS) => "the file system is read-only; sockets live well in /run".to_owned(),
        _ => advice(errno),
    }
}

fn network(endpoint: &Endpoint, at: &HostPort, errno: Errno) -> String {
    let (scheme, port) = (endpoint.scheme(), at.port);
    match (errno, &at.host) {
        (Errno::ACCESS, _) => format!(
            "ports below net.ipv4.ip_unprivileged_port_start take CAP_NET_BIND_SERVICE; \
             choose a port above {port}, 8080 say"
        ),
        (Errno::ADDRNOTAVAIL, _) => {
            format!("no interface has that address (`ip address`); {scheme}::{port} serves on all")
        }
        (Errno::ADDRINUSE, _) => who(endpoint),
        (Errno::INVAL, Host::V6(address, _)) if address.to_ipv4_mapped().is_some() => {
            let v4 = address.to_canonical();
            format!("write an IPv4 address as one: {scheme}:{v4}:{port}")
        }
        (Errno::INVAL, Host::V6(address, None)) if address.is_unicast_link_local() => format!(
            "a link-local address needs its interface (`ip address`): \
             {scheme}:[{address}%eth0]:{port}, say"
        ),
        _ => advice(errno),
    }
}

fn vsock(at: VsockEndpoint, errno: Errno) -> String {
    match errno {
        Errno::ADDRNOTAVAIL => {
            format!("this machine is not known by that CID; vsock:any:{} serves on all", at.port)
        }
        Errno::ACCESS => "ports below 1024 take CAP_NET_BIND_SERVICE; choose another".to_owned(),
        _ => advice(errno),
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
