//! Connect hints: what to do about an endpoint that cannot be reached.

use std::path::Path;

use rustix::io::Errno;

use super::ConnectError;
use crate::endpoint::{Endpoint, HostPort, Kind, UnixEndpoint};
use crate::errno::describe;
use crate::shell::ShellWord;

/// The hint for an error.
pub(super) fn of(error: &ConnectError) -> String {
    match error {
        ConnectError::Resolve { .. } | ConnectError::NoAddress { .. } => {
            "check the spelling of the host, or type its address".to_owned()
        }
        ConnectError::Socket { endpoint: Endpoint::Mptcp(at), .. } => {
            format!("`sysctl -w net.mptcp.enabled=1`, or connect to tcp:{at}")
        }
        ConnectError::Socket { source, .. } => describe(*source).advice.to_owned(),
        ConnectError::Connect { endpoint, source } => match endpoint {
            Endpoint::Unix(unix) => to_unix(unix, *source),
            Endpoint::Tcp(at) | Endpoint::Mptcp(at) => to_network("-ltn", at, *source),
            Endpoint::Udp(at) => to_network("-lun", at, *source),
            _ => describe(*source).advice.to_owned(),
        },
        ConnectError::TimedOut { .. } => {
            "a packet filter drops it, or the server accepts nobody; a longer time-out may help"
                .to_owned()
        }
        ConnectError::BacklogFull { endpoint } => format!(
            "the server does not call accept fast enough, or not at all: `ss -xl {}`",
            source_filter(endpoint)
        ),
        ConnectError::ServeOnly { .. } => {
            "connect to the address that the socket is bound to".to_owned()
        }
    }
}

fn to_unix(unix: &UnixEndpoint, errno: Errno) -> String {
    let Some(path) = unix.path() else {
        return match errno {
            Errno::CONNREFUSED => format!(
                "no server has {} in this network namespace: `ss -xl | grep @` lists the names there \
                 are (unix:@NAME is exact, abns:NAME is padded with NUL)",
                Endpoint::Unix(unix.clone())
            ),
            errno => describe(errno).advice.to_owned(),
        };
    };
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    let (word, parent) = (ShellWord(path), ShellWord(parent.unwrap_or(Path::new("."))));
    match errno {
        Errno::NOENT => format!("start the server, or look for its socket: `ls -l {parent}`"),
        Errno::NOTDIR => format!("a file is where a directory is wanted: `namei -l {word}`"),
        Errno::ACCESS => format!(
            "connecting takes w on the socket and x on every directory above: `namei -l {word}`"
        ),
        Errno::CONNREFUSED => {
            format!("no server listens on that file: start it, or see what it is: `ls -l {word}`")
        }
        Errno::PROTOTYPE => other_kinds(unix),
        errno => describe(errno).advice.to_owned(),
    }
}

/// The same name in the spellings of the other kinds.
fn other_kinds(unix: &UnixEndpoint) -> String {
    let others = [Kind::Stream, Kind::Datagram, Kind::SeqPacket].into_iter();
    let spellings: Vec<_> = others
        .filter(|kind| *kind != unix.kind())
        .filter_map(|kind| UnixEndpoint::new(kind, unix.name().clone()).ok())
        .map(|other| Endpoint::Unix(other).to_string())
        .collect();
    format!("try {}", spellings.join(" or "))
}

fn to_network(table: &str, at: &HostPort, errno: Errno) -> String {
    match errno {
        Errno::CONNREFUSED => format!(
            "start the server, or check the port: `ss {table} sport = :{}` on its machine",
            at.port
        ),
        errno => describe(errno).advice.to_owned(),
    }
}

/// What makes `ss` show one Unix listener.
fn source_filter(endpoint: &Endpoint) -> String {
    match endpoint {
        Endpoint::Unix(unix) => {
            unix.path().map_or_else(String::new, |path| format!("src {}", ShellWord(path)))
        }
        _ => String::new(),
    }
}
