//! Ports: what connecting again and again uses up, as the kernel tells it.

use std::fs;
use std::ops::RangeInclusive;

/// TCP connections in `TIME_WAIT`, of IPv4 and IPv6 together, in this network namespace; `None` where it cannot be read.
#[must_use]
pub fn time_wait() -> Option<u64> {
    time_wait_in(&fs::read_to_string("/proc/net/sockstat").ok()?)
}

/// The ports that the kernel chooses from for a socket that connects; `None` where it cannot be read.
#[must_use]
pub fn range() -> Option<RangeInclusive<u16>> {
    range_in(&fs::read_to_string("/proc/sys/net/ipv4/ip_local_port_range").ok()?)
}

fn time_wait_in(sockstat: &str) -> Option<u64> {
    let tcp = sockstat.lines().find_map(|line| line.strip_prefix("TCP:"))?;
    let mut words = tcp.split_whitespace();
    words.find(|word| *word == "tw")?;
    words.next()?.parse().ok()
}

fn range_in(text: &str) -> Option<RangeInclusive<u16>> {
    let mut words = text.split_whitespace();
    let (first, last) = (words.next()?.parse().ok()?, words.next()?.parse().ok()?);
    Some(first..=last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernels_tables_are_read() {
        let sockstat = "sockets: used 60\nTCP: inuse 20 orphan 0 tw 525 alloc 20 mem 118\nUDP: inuse 1 mem 243\n";
        assert_eq!(time_wait_in(sockstat), Some(525));
        for text in ["", "TCP: inuse 1", "TCP: tw", "TCP: tw x", "UDP: tw 1"] {
            assert_eq!(time_wait_in(text), None, "{text}");
        }
        assert_eq!(range_in("32768\t60999\n"), Some(32_768..=60_999));
        for text in ["", "1", "1 x", "1 70000"] {
            assert_eq!(range_in(text), None, "{text}");
        }
    }

    #[test]
    fn this_machine_tells_both() {
        assert!(time_wait().is_some());
        assert!(range().is_some_and(|range| !range.is_empty()));
    }
}
