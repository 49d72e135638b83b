//! Limits: of the network, as the settings of this network namespace say, and what it can do at all.

use sockscope_engine::plan::{Abilities, OwnTransport};
use sockscope_report::doctor::facts::{Network, Refused};

use super::root::Root;

/// Reads the settings.
pub(super) fn network(root: &Root) -> Network {
    let number = |name: &str| root.number(format!("/proc/sys/net/{name}"));
    let flag = |name: &str| root.number::<u8>(format!("/proc/sys/net/{name}")).map(|on| on == 1);
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
        mptcp_enabled: flag("mptcp/enabled"),
        ipv6_disabled: flag("ipv6/conf/lo/disable_ipv6"),
        refused: Some(refused()),
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

/// Those that cannot be had here. What is tried stays on this machine.
fn refused() -> Vec<Refused> {
    let refused = |(transport, reason): (OwnTransport, String)| Refused {
        transport: transport.name().to_owned(),
        reason,
    };
    Abilities::probe().transports.into_iter().map(refused).collect()
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
            mptcp_enabled: Some(true),
            refused: Some(refused()),
            ..Network::default()
        };
        assert_eq!(network(&root), expected);
    }

    #[test]
    fn a_kernel_without_tracking_tracks_nothing() {
        let (_directory, root) = recorded(&[("/proc/sys/net/core/somaxconn", "4096")]);
        assert_eq!(network(&root).conntrack, Some([0, 0]));
        let (_directory, root) = recorded(&[]);
        assert_eq!(network(&root).conntrack, None);
    }
}
