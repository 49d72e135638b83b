//! Abilities: what is missing is named with its true reason, in a network of the test's own.

use std::fs;
use std::process::Command;

use sockscope_engine::plan::{Abilities, OwnTransport};

use crate::child::{in_child_under, not_here};

const MPTCP: &str = "/proc/sys/net/mptcp/enabled";

/// Every transport of IP, and why it cannot be had.
fn refused() -> Vec<(&'static str, String)> {
    use OwnTransport::{Mptcp, Tcp, Tcp6};
    let abilities = Abilities::probe();
    let reason = |transport: OwnTransport| {
        Some((transport.name(), abilities.refuses_transport(transport)?.to_owned()))
    };
    [Tcp, Tcp6, Mptcp].into_iter().filter_map(reason).collect()
}

#[test]
fn what_a_network_lacks_is_refused_with_the_reason_and_comes_back() {
    let test = "abilities::what_a_network_lacks_is_refused_with_the_reason_and_comes_back";
    in_child_under(&["unshare", "--net"], test, || {
        if fs::write(MPTCP, "1").is_err() {
            return not_here("Multipath TCP");
        }
        let down = "loopback has no address: ip link set lo up".to_owned();
        assert_eq!(refused(), ["tcp", "tcp6", "mptcp"].map(|name| (name, down.clone())));
        let status = Command::new("ip").args(["link", "set", "lo", "up"]).status().unwrap();
        assert!(status.success());
        assert_eq!(refused(), []);

        fs::write("/proc/sys/net/ipv6/conf/lo/disable_ipv6", "1").unwrap();
        let off = "IPv6 is turned off on loopback: sysctl net.ipv6.conf.lo.disable_ipv6=0";
        assert_eq!(refused(), [("tcp6", off.to_owned())]);
        fs::write("/proc/sys/net/ipv6/conf/lo/disable_ipv6", "0").unwrap();
        fs::write(MPTCP, "0").unwrap();
        let off = "Multipath TCP is turned off: sysctl net.mptcp.enabled=1";
        assert_eq!(refused(), [("mptcp", off.to_owned())]);
    });
}
