//! Load caveats: whether the load was the one that was asked for.

use super::super::open_loop::{Judgement, judge};
use super::caveat_about;
use crate::model::{Caveat, CaveatCode, Report};

pub(super) fn open_invalid(report: &Report) -> Option<Caveat> {
    let seen = report.cells.iter().filter_map(|cell| {
        let why = cell.open.as_ref()?.invalid_because.as_ref()?;
        Some((cell, why.clone()))
    });
    caveat_about(
        report,
        CaveatCode::OpenInvalid,
        &seen.collect::<Vec<_>>(),
        |list| format!("The load was not the one that was asked for, so do not quote: {list}."),
        "Ask for a lower --rate, a larger --depth, or run where the sender has a CPU of its own.",
    )
}

pub(super) fn open_late(report: &Report) -> Option<Caveat> {
    let seen = report.cells.iter().filter_map(|cell| {
        let Judgement::Doubtful(how) = judge(cell.open.as_ref()?, cell.rtt_ns.as_ref()) else {
            return None;
        };
        Some((cell, how))
    });
    caveat_about(
        report,
        CaveatCode::OpenLate,
        &seen.collect::<Vec<_>>(),
        |list| format!("Some requests left late, which is part of their latency: {list}."),
        "Compare with the service time; a quieter machine keeps the schedule better, and a larger --depth lets more \
         requests be in flight.",
    )
}

pub(super) fn unanswered(report: &Report) -> Option<Caveat> {
    let seen = report.cells.iter().filter_map(|cell| {
        let open = cell.open.as_ref().filter(|open| open.unanswered > 0)?;
        Some((cell, format!("{} of {}", open.unanswered, open.due)))
    });
    caveat_about(
        report,
        CaveatCode::Unanswered,
        &seen.collect::<Vec<_>>(),
        |list| format!("Requests were sent and not answered within the limit: {list}."),
        "They are counted with the time until they were given up: their latency is longer than shown.",
    )
}
