//! Socket caveats: what of engines, sockets and their options is part of the numbers.

use super::{caveat, caveat_about};
use crate::model::{Caveat, CaveatCode, Cell, GrantedBuffers, Report, Task, connections};
use crate::units;

pub(super) fn lost(report: &Report) -> Option<Caveat> {
    /// One message in a thousand.
    const MAX_SHARE: f64 = 0.001;
    let share = |cell: &Cell| {
        let lost = cell.lost?;
        let arrived: u64 = cell.blocks.iter().map(|block| block.samples).sum();
        Some(lost as f64 / (lost + arrived) as f64).filter(|share| *share > MAX_SHARE)
    };
    let seen = report.originals().filter_map(|cell| Some((cell, units::percent(share(cell)?))));
    let advice = if report.task() == Task::Stream {
        "A sender of datagrams does not wait for its receiver: only what was read is throughput."
    } else {
        "The times are of those that arrived: ask for less at once, or for larger --buffers."
    };
    caveat_about(
        report,
        CaveatCode::Lost,
        &seen.collect::<Vec<_>>(),
        |list| format!("Messages were lost: {list}."),
        advice,
    )
}

/// Then the numbers are those of a copy, and of asking in vain.
pub(super) fn copied(report: &Report) -> Option<Caveat> {
    let share = |cell: &Cell| cell.zero_copy?.copied_share.filter(|share| *share > 0.0);
    let seen = report.originals().filter_map(|cell| Some((cell, units::percent(share(cell)?))));
    caveat_about(
        report,
        CaveatCode::Copied,
        &seen.collect::<Vec<_>>(),
        |list| {
            format!(
                "The sender asked the kernel not to copy, and it copied all the same, as it always \
                 does for a receiver on the same machine: {list} of the sends."
            )
        },
        "This shows what asking costs, not what a network card saves: compare it with a run \
         without --zero-copy.",
    )
}

pub(super) fn thread_per_connection(report: &Report) -> Option<Caveat> {
    const BLOCKING: &str = "blocking";
    let seen = report.originals().filter_map(|cell| {
        let engines = [Some(cell.client_engine.as_str()), cell.server_engine.as_deref()];
        let blocking = engines.contains(&Some(BLOCKING)) && cell.connections > 1;
        blocking.then(|| (cell, connections(cell.connections)))
    });
    caveat_about(
        report,
        CaveatCode::ThreadPerConnection,
        &seen.collect::<Vec<_>>(),
        |list| {
            format!(
                "The blocking engine has a thread for each connection, so that switching between threads is part of the numbers: {list}."
            )
        },
        "To see connections that share a thread: --engine epoll.",
    )
}

/// Only where the messages under way could fill a buffer: small ones do not feel its size.
pub(super) fn buffers_differ(report: &Report) -> Option<Caveat> {
    let known = |cell: &&Cell| cell.granted_buffers.is_some_and(|one| smaller(&one).is_some());
    let filled = report.originals().find(|cell| known(cell) && may_fill(report, cell))?;
    let mut first: Vec<&Cell> = Vec::new();
    for cell in report.originals().filter(known).filter(|cell| cell.shares_point(filled)) {
        if !first.iter().any(|one| one.target() == cell.target()) {
            first.push(cell);
        }
    }
    let differ = first.windows(2).any(|pair| pair[0].granted_buffers != pair[1].granted_buffers);
    let named = first.iter().filter_map(|cell| {
        let GrantedBuffers { send, receive } = cell.granted_buffers?;
        let (send, receive) = (units::bytes(send?), units::bytes(receive?));
        Some(format!("{} {send} to send and {receive} to receive", cell.target()))
    });
    differ.then(|| {
        caveat(
            CaveatCode::BuffersDiffer,
            format!(
                "The kernel gave the compared sockets different buffers, which large messages feel: {}.",
                named.collect::<Vec<_>>().join("; ")
            ),
            "So it is for a program that does not ask; to compare with the same: --buffers equal.",
        )
    })
}

fn smaller(buffers: &GrantedBuffers) -> Option<u64> {
    Some(buffers.send?.min(buffers.receive?))
}

fn may_fill(report: &Report, cell: &Cell) -> bool {
    /// What the kernel keeps beside each byte may take as much again.
    const OVERHEAD: u64 = 2;
    let under_way = cell.size.saturating_mul(u64::from(cell.depth)).saturating_mul(OVERHEAD);
    let least = cell.granted_buffers.as_ref().and_then(smaller).unwrap_or(u64::MAX);
    report.task() == Task::Stream || under_way > least
}

/// Unless on and off are compared, so that everybody sees what it does.
pub(super) fn nodelay_off(report: &Report) -> Option<Caveat> {
    let set = || report.originals().filter_map(|cell| cell.nodelay);
    let off = set().next().is_some() && !set().any(|on| on);
    off.then(|| {
        caveat(
            CaveatCode::NodelayOff,
            "TCP_NODELAY is off: a small segment may wait until the one before it is acknowledged, \
             which can take 40 ms.",
            "Programs that wait for answers set it: --nodelay on, or both with --nodelay on,off.",
        )
    })
}
