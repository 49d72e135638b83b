//! Transports that this machine can give, found out by trying: bind on loopback, connect, close.
//!
//! Only network transports are tried; Unix sockets and the floors are in every kernel. Nothing leaves the machine, and of VM
//! sockets only the local address is dialled, which no hypervisor hears.

use std::fs;
use std::time::Duration;

use rustix::io::Errno;
use sockscope_net::{BindOptions, Connector, Endpoint, Listener, errno};

use crate::plan::OwnTransport;

/// Loopback answers at once or not at all.
const TIMEOUT: Duration = Duration::from_secs(1);

/// Those that cannot be had, with the reason.
pub(super) fn refused() -> Vec<(OwnTransport, String)> {
    OwnTransport::ALL
        .into_iter()
        .filter_map(|transport| {
            let address = transport.loopback()?;
            let obstacle = reach(transport, address).err()?;
            Some((transport, reason(transport, &obstacle)))
        })
        .collect()
}

/// What stood in the way.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Obstacle {
    /// The kernel makes no such socket, or does not bind it here.
    Bind(Option<Errno>),
    /// The loopback address is missing because it was turned off.
    TurnedOff,
    /// What is bound cannot be connected to.
    Connect(Option<Errno>),
    /// The connection turned out to be of another transport.
    Other(&'static str),
}

fn reach(transport: OwnTransport, address: &str) -> Result<(), Obstacle> {
    let endpoint: Endpoint = address.parse().map_err(|_| Obstacle::Bind(None))?;
    let listeners =
        Listener::bind(&endpoint, &BindOptions::default()).map_err(|error| {
            match error.errno() {
                Some(Errno::ADDRNOTAVAIL) if is_without_v6(transport) => Obstacle::TurnedOff,
                errno => Obstacle::Bind(errno),
            }
        })?;
    let conn = Connector::new(listeners[0].local())
        .and_then(|connector| connector.connect(Some(TIMEOUT)))
        .map_err(|error| Obstacle::Connect(error.errno()))?;
    match conn.transport() {
        name if name == transport.name() => Ok(()),
        other => Err(Obstacle::Other(other)),
    }
}

/// Whether IPv6 is turned off on loopback.
fn is_without_v6(transport: OwnTransport) -> bool {
    matches!(transport, OwnTransport::Tcp6 | OwnTransport::Udp6)
        && fs::read_to_string("/proc/sys/net/ipv6/conf/lo/disable_ipv6")
            .is_ok_and(|text| text.trim() == "1")
}

/// The reason, in words that follow "because", and what would remove it.
fn reason(transport: OwnTransport, obstacle: &Obstacle) -> String {
    use OwnTransport::{Mptcp, Tcp6, Udp6, Vsock};
    let text = match (transport, obstacle) {
        (Mptcp, Obstacle::Bind(Some(Errno::NOPROTOOPT))) => {
            "Multipath TCP is turned off: sysctl net.mptcp.enabled=1"
        }
        (Mptcp, Obstacle::Bind(Some(Errno::PROTONOSUPPORT | Errno::INVAL))) => {
            "this kernel has no Multipath TCP (CONFIG_MPTCP)"
        }
        (Tcp6 | Udp6, Obstacle::Bind(Some(Errno::AFNOSUPPORT))) => {
            "there is no IPv6 here: not in this kernel, or it was started with ipv6.disable=1"
        }
        (Tcp6 | Udp6, Obstacle::TurnedOff) => {
            "IPv6 is turned off on loopback: sysctl net.ipv6.conf.lo.disable_ipv6=0"
        }
        (Tcp6 | Udp6, Obstacle::Bind(Some(Errno::ADDRNOTAVAIL)))
        | (_, Obstacle::Connect(Some(Errno::NETUNREACH | Errno::HOSTUNREACH))) => {
            "loopback has no address: ip link set lo up"
        }
        (Vsock, Obstacle::Bind(Some(Errno::AFNOSUPPORT))) => {
            "this kernel has no VM sockets: modprobe vsock_loopback"
        }
        (
            Vsock,
            Obstacle::Bind(Some(Errno::ADDRNOTAVAIL | Errno::NODEV)) | Obstacle::Connect(_),
        ) => {
            "VM sockets have no loopback here, which is a kernel module of its own: modprobe vsock_loopback"
        }
        (_, Obstacle::Other(other)) => {
            return format!("a connection over loopback falls back to {other} here");
        }
        (_, Obstacle::Bind(errno)) => return refusal("bind", *errno),
        (_, Obstacle::Connect(errno)) => return refusal("connect over", *errno),
        (_, Obstacle::TurnedOff) => return refusal("bind", Some(Errno::ADDRNOTAVAIL)),
    };
    text.into()
}

fn refusal(verb: &str, errno: Option<Errno>) -> String {
    let why = errno.map_or_else(String::new, |errno| {
        let known = errno::describe(errno);
        format!(": {}, {}", known.name, known.meaning)
    });
    format!("the kernel does not let us {verb} loopback{why}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_names_what_is_missing_and_what_would_give_it() {
        let bind = |errno| Obstacle::Bind(Some(errno));
        let rows = [
            (OwnTransport::Mptcp, bind(Errno::NOPROTOOPT), "sysctl net.mptcp.enabled=1"),
            (OwnTransport::Mptcp, bind(Errno::PROTONOSUPPORT), "CONFIG_MPTCP"),
            (OwnTransport::Mptcp, Obstacle::Other("tcp"), "falls back to tcp"),
            (OwnTransport::Tcp6, bind(Errno::AFNOSUPPORT), "ipv6.disable=1"),
            (OwnTransport::Udp6, Obstacle::TurnedOff, "disable_ipv6=0"),
            (OwnTransport::Udp6, bind(Errno::ADDRNOTAVAIL), "ip link set lo up"),
            (OwnTransport::Tcp, Obstacle::Connect(Some(Errno::NETUNREACH)), "ip link set lo up"),
            (
                OwnTransport::Vsock,
                bind(Errno::AFNOSUPPORT),
                "no VM sockets: modprobe vsock_loopback",
            ),
            (OwnTransport::Vsock, bind(Errno::ADDRNOTAVAIL), "modprobe vsock_loopback"),
            (OwnTransport::Vsock, Obstacle::Connect(Some(Errno::NODEV)), "modprobe vsock_loopback"),
            (OwnTransport::Udp, bind(Errno::ACCESS), "us bind loopback: EACCES, "),
        ];
        for (transport, obstacle, words) in rows {
            let text = reason(transport, &obstacle);
            assert!(text.contains(words), "{transport:?} {obstacle:?}: {text}");
        }
    }
}
