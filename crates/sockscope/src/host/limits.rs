//! Limits: of the network, as the settings of this network namespace say.

use std::os::fd::OwnedFd;

use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketType, bind, socket};
use sockscope_report::doctor::facts::Network;
use sockscope_sys::VsockAddress;

use super::root::Root;

/// Reads the settings.
pub(super) fn network(root: &Root) -> Network {
    let number = |name: &str| root.number(format!("/proc/sys/net/{name}"));
    let pair = |first: &str, second: &str| Some([number(first)?, number(second)?]);
    Network {
        port_range: root.numbers("/proc/sys/net/ipv4/ip_local_port_range"),
        time_wait: time_wait(root),
        somaxconn: number("core/somaxconn"),
        syn_backlog: number("ipv4/tcp_max_syn_backlog"),
        receive_buffer: pair("core/rmem_default", "core/rmem_max"),
        send_buffer: pair("core/wmem_default", "core/wmem_max"),
        tcp_receive_buffer: root.numbers("/proc/sys/net/ipv4/tcp_rmem"),
        tcp_send_buffer: root.numbers("/proc/sys/net/ipv4/tcp_wmem"),
        datagram_queue: number("unix/max_dgram_qlen"),
        loopback_up: loopback_up(root),
        loopback_mtu: root.number("/sys/class/net/lo/mtu"),
        conntrack: conntrack(root),
        mptcp: mptcp(root),
        vsock_loopback: vsock_loopback(),
    }
}

/// Connections of TCP, over IPv4 and IPv6, that wait for their last packets.
fn time_wait(root: &Root) -> Option<u64> {
    let text = root.line("/proc/net/sockstat")?;
    let line = text.lines().find_map(|line| line.strip_prefix("TCP:"))?;
    let mut words = line.split_whitespace().skip_while(|word| *word != "tw");
    words.nth(1)?.parse().ok()
}

fn loopback_up(root: &Root) -> Option<bool> {
    const UP: u32 = 1;
    let flags = root.line("/sys/class/net/lo/flags")?;
    let flags = u32::from_str_radix(flags.strip_prefix("0x")?, 16).ok()?;
    Some(flags & UP != 0)
}

/// Where the kernel has no tracking, nothing is tracked.
fn conntrack(root: &Root) -> Option<[u64; 2]> {
    let at = |name: &str| format!("/proc/sys/net/netfilter/nf_conntrack_{name}");
    if !root.has("/proc/sys/net") {
        return None;
    }
    if !root.has(at("count")) {
        return Some([0, 0]);
    }
    Some([root.number(at("count"))?, root.number(at("max"))?])
}

fn mptcp(root: &Root) -> Option<bool> {
    if !root.has("/proc/sys/net/mptcp") && root.has("/proc/sys/net") {
        return Some(false);
    }
    root.number::<u8>("/proc/sys/net/mptcp/enabled").map(|on| on == 1)
}

/// Whether a VM socket can be bound to the loopback: the kernel refuses an address that none of its transports has.
/// Nothing is sent; the kernel may load its module, as it would for a bench.
fn vsock_loopback() -> Option<bool> {
    const ANY_PORT: u32 = u32::MAX;
    let local = VsockAddress { cid: VsockAddress::CID_LOCAL, port: ANY_PORT };
    let bound = vsock_socket().and_then(|fd| bind(&fd, &local));
    match bound {
        Ok(()) => Some(true),
        Err(Errno::AFNOSUPPORT | Errno::ADDRNOTAVAIL) => Some(false),
        Err(_) => None,
    }
}

fn vsock_socket() -> Result<OwnedFd, Errno> {
    socket(AddressFamily::VSOCK, SocketType::STREAM, None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::root::recorded;

    #[test]
    fn settings_are_read_and_missing_ones_are_unknown() {
        let (_directory, root) = recorded(&[
            ("/proc/sys/net/ipv4/ip_local_port_range", "32768\t60999\n"),
            ("/proc/sys/net/ipv4/tcp_rmem", "4096\t131072\t6291456\n"),
            ("/proc/sys/net/core/rmem_default", "212992\n"),
            ("/proc/net/sockstat", "sockets: used 16\nTCP: inuse 1 orphan 0 tw 42 alloc 1 mem 2\n"),
            ("/sys/class/net/lo/flags", "0x9\n"),
            ("/sys/class/net/lo/mtu", "65536\n"),
            ("/proc/sys/net/netfilter/nf_conntrack_count", "3\n"),
            ("/proc/sys/net/netfilter/nf_conntrack_max", "65536\n"),
            ("/proc/sys/net/mptcp/enabled", "1\n"),
        ]);
        let expected = Network {
            port_range: Some([32_768, 60_999]),
            time_wait: Some(42),
            tcp_receive_buffer: Some([4_096, 131_072, 6_291_456]),
            loopback_up: Some(true),
            loopback_mtu: Some(65_536),
            conntrack: Some([3, 65_536]),
            mptcp: Some(true),
            vsock_loopback: vsock_loopback(),
            ..Network::default()
        };
        assert_eq!(network(&root), expected);
    }

    #[test]
    fn a_kernel_without_tracking_or_mptcp_tracks_nothing_and_has_none() {
        let (_directory, root) = recorded(&[("/proc/sys/net/core/somaxconn", "4096")]);
        let network = network(&root);
        assert_eq!((network.conntrack, network.mptcp), (Some([0, 0]), Some(false)));
        let (_directory, root) = recorded(&[]);
        let network = super::network(&root);
        assert_eq!((network.conntrack, network.mptcp), (None, None));
    }
}
