//! Phrases: the words for views, transports and parts, the same in every sentence.

use crate::escape::escape;
use crate::model::{Part, Report, View};
use crate::units;

/// What is compared, as a sentence names it: transports by their usual name, servers by their
/// address.
pub(super) fn name(label: &str) -> String {
    let spoken = match label {
        "unix" => "Unix",
        "unix-abstract" => "Unix (abstract)",
        "unixgram" => "Unix datagram",
        "unixpacket" => "Unix seqpacket",
        "tcp" => "TCP",
        "tcp6" => "TCP over IPv6",
        "udp" => "UDP",
        "udp6" => "UDP over IPv6",
        "mptcp" => "MPTCP",
        other => other,
    };
    spoken.to_owned()
}

/// Under which circumstances a view measures, as the end of a sentence.
pub(super) fn when(view: &View) -> String {
    match view {
        View::Solo => "when one thread owns both ends".to_owned(),
        View::SameCore => "when both ends share a core".to_owned(),
        View::Spin => "when both ends poll on cores of their own".to_owned(),
        View::CrossCore => "when each message wakes an idle CPU".to_owned(),
        View::Free => "when the scheduler places both ends".to_owned(),
        View::ClientPinned => "with the client pinned to a core".to_owned(),
        View::Other(name) => format!("in the view {name}"),
    }
}

/// What a view is, for the legend under the table.
pub(super) fn legend(view: &View) -> Option<&'static str> {
    Some(match view {
        View::Solo => "one thread owns both ends: the bare socket",
        View::SameCore => "two processes share one CPU and sleep while they wait",
        View::Spin => "two CPUs, both ends poll and never sleep",
        View::CrossCore => "two CPUs, both ends sleep: each message wakes an idle CPU",
        View::Free => "not pinned, the scheduler decides: what a naive benchmark measures",
        View::ClientPinned => "only the client is pinned; the server runs where it likes",
        View::Other(_) => return None,
    })
}

/// What a part of the time is, for a reader who only knows that sockets exist.
pub(super) fn part(part: &Part) -> Option<&'static str> {
    Some(match part {
        Part::Socket => "what the kernel does to send, queue and receive, there and back",
        Part::Switch => "one CPU changing from one process to the other and back",
        Part::Cache => "moving data to another CPU and back, less what both do at once",
        Part::WakeUp => "waking an idle CPU both ways: the scheduler's cost, not the socket's",
        Part::Other(_) => return None,
    })
}

/// A row's name: the view, and the size where there are several.
pub(super) fn row(report: &Report, view: &View, size: u64) -> String {
    let view = escape(view.as_str());
    if has_sizes(report) { format!("{view} {}", units::bytes(size)) } else { view }
}

/// Whether the result holds messages of different sizes.
pub(super) fn has_sizes(report: &Report) -> bool {
    report.cells.windows(2).any(|pair| pair[0].size != pair[1].size)
}
