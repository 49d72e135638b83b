//! Network: what lies between two sockets of one machine, and which kinds there are.

use crate::doctor::Facts;
use crate::doctor::rule::Judgement;

pub(super) const LOOPBACK: &str =
    "All local TCP and UDP goes through it, in packets of up to its MTU.";

pub(super) fn loopback(facts: &Facts) -> Judgement {
    /// The kernel's own.
    const MTU: u64 = 65_536;
    match (facts.network.loopback_up, facts.network.loopback_mtu) {
        (Some(false), _) => Judgement::warning("down").command("sudo ip link set lo up"),
        (_, None) => Judgement::unknown("it cannot be read"),
        (_, Some(MTU)) => Judgement::ok(format!("MTU {MTU}")),
        (_, Some(mtu)) => Judgement::note(format!("MTU {mtu}, where the kernel's own is {MTU}"))
            .command(format!("sudo ip link set lo mtu {MTU}")),
    }
}

pub(super) const CONNTRACK: &str =
    "The packet filter looks up each packet of TCP and UDP, and none of a Unix socket.";

pub(super) fn conntrack(facts: &Facts) -> Judgement {
    let Some([entries, most]) = facts.network.conntrack else {
        return Judgement::unknown("it cannot be read");
    };
    if entries == 0 {
        return Judgement::ok("tracks nothing");
    }
    let value = format!("tracks {entries} connections of at most {most}");
    // A full table drops what is new: the workload that connects would measure that.
    let full = entries.saturating_mul(5) > most.saturating_mul(4);
    let judgement = if full { Judgement::warning(value) } else { Judgement::note(value) };
    judgement
        .advice("To measure without it, use a network of its own:")
        .command("sudo unshare -n sh -c 'ip link set lo up; sockscope bench'")
}

pub(super) const CONGESTION_CONTROL: &str =
    "BBR sends by a timer, also over loopback, where the others send at once.";

pub(super) fn congestion_control(facts: &Facts) -> Judgement {
    match facts.host.congestion_control.as_deref() {
        None => Judgement::unknown("it cannot be read"),
        Some(name) if name.starts_with("bbr") => Judgement::note(name)
            .advice("It tells in streams, hardly in round trips. To compare:")
            .command("sudo sysctl -w net.ipv4.tcp_congestion_control=cubic"),
        Some(name) => Judgement::ok(name),
    }
}

pub(super) const IPV6: &str = "Without it the transports tcp6 and udp6 cannot be measured here.";

pub(super) fn ipv6(facts: &Facts) -> Judgement {
    tried(facts, "tcp6").unwrap_or_else(|refused| match facts.network.ipv6_disabled {
        Some(true) => refused.command("sudo sysctl -w net.ipv6.conf.lo.disable_ipv6=0"),
        _ => refused,
    })
}

pub(super) const MPTCP: &str = "Without it the transport mptcp cannot be measured here.";

pub(super) fn mptcp(facts: &Facts) -> Judgement {
    tried(facts, "mptcp").unwrap_or_else(|refused| match facts.network.mptcp_enabled {
        Some(false) => refused.command("sudo sysctl -w net.mptcp.enabled=1"),
        _ => refused,
    })
}

pub(super) const VSOCK: &str = "Without a loopback the transport vsock cannot be measured here.";

pub(super) fn vsock(facts: &Facts) -> Judgement {
    tried(facts, "vsock").unwrap_or_else(|refused| refused.command("sudo modprobe vsock_loopback"))
}

/// What trying a transport came to; an error is a note that lacks its command.
fn tried(facts: &Facts, transport: &str) -> Result<Judgement, Judgement> {
    let Some(refused) = &facts.network.refused else {
        return Ok(Judgement::unknown("it was not tried"));
    };
    match refused.iter().find(|refused| refused.transport == transport) {
        None => Ok(Judgement::ok("can be had, tried")),
        Some(refused) => Err(Judgement::note(&refused.reason)),
    }
}
