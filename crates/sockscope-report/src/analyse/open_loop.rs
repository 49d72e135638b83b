//! Open loops: which points can be trusted, and how much a server can do.
//!
//! A point says what it claims only if the load was the one that was asked for: nearly all that was due was answered in
//! the window, and the sender was not late by its own doing. The limits are those of the method; a point beyond one of them
//! is kept, and marked. What left late because the server held it up (no room in the socket, or none within the depth) makes
//! no point invalid, since its latency counts from when it was due; it is told, because fewer requests were at the server
//! at once than there would be in the world outside.

use crate::model::{Capacity, Cell, OpenLoop, Report, RttNs};
use crate::units;

/// The least share of the requests due that must be answered.
pub(super) const SHARE_MIN: f64 = 0.99;
/// Lateness of the slowest hundredth, as a share of the reported latency: beyond it a point is invalid.
const LATE_INVALID: f64 = 0.25;
/// And beyond this it is doubtful.
const LATE_DOUBTFUL: f64 = 0.10;
/// Lateness that is never held against a point, in nanoseconds.
const LATE_ALLOWED_NS: u64 = 5_000;

/// Who held up the requests that left late.
const SENDER: &str = "the sender did not get its CPU in time";
const SERVER: &str =
    "the depth was used up or the socket full, so that fewer requests were in flight than were due";

/// What a point is worth.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Judgement {
    /// It says what it claims.
    Valid,
    /// It does, within the lateness that is told.
    Doubtful(String),
    /// It does not, and why.
    Invalid(String),
}

/// Fills in which points are valid, and the capacities.
pub(super) fn judge_all(report: &mut Report) {
    for cell in &mut report.cells {
        let latency = cell.rtt_ns;
        let answered: u64 = cell.blocks.iter().map(|block| block.samples).sum();
        let Some(open) = &mut cell.open else { continue };
        open.answered_share = (open.due > 0).then(|| answered as f64 / open.due as f64);
        open.achieved_per_second = open.asked_per_second * open.answered_share.unwrap_or(0.0);
        open.invalid_because = match judge(open, latency.as_ref()) {
            Judgement::Invalid(why) => Some(why),
            Judgement::Valid | Judgement::Doubtful(_) => None,
        };
        open.valid = open.invalid_because.is_none();
    }
    report.capacities = capacities(report);
}

/// Judges one point.
pub(super) fn judge(open: &OpenLoop, latency: Option<&RttNs>) -> Judgement {
    let Some(share) = open.answered_share else {
        return Judgement::Invalid("no request was due in the window".to_owned());
    };
    if share < SHARE_MIN {
        return Judgement::Invalid(too_few_answers(open, share));
    }
    let (Some(late), Some(latency)) = (open.lateness_ns.as_ref().map(tail), latency.map(tail))
    else {
        return Judgement::Invalid("nothing was sent".to_owned());
    };
    let own = open.own_lateness_ns.as_ref().map_or(late.ns, |own| tail(own).ns);
    let said = |late: u64, why: &str| {
        format!(
            "1 % of the requests left {} late or more, and the {} is {}: {why}",
            units::time(late as f64),
            latency.name,
            units::time(latency.ns as f64),
        )
    };
    let is_beyond = |late: u64, share: f64| late as f64 > share * latency.ns as f64;
    if is_beyond(own, LATE_INVALID) && own > LATE_ALLOWED_NS {
        Judgement::Invalid(said(own, SENDER))
    } else if is_beyond(own, LATE_DOUBTFUL) {
        Judgement::Doubtful(said(own, SENDER))
    } else if is_beyond(late.ns, LATE_DOUBTFUL) {
        Judgement::Doubtful(said(late.ns, SERVER))
    } else {
        Judgement::Valid
    }
}

/// The highest percentile that is supported, up to the 99th.
struct Tail {
    name: &'static str,
    ns: u64,
}

fn tail(of: &RttNs) -> Tail {
    let named = [("p99", of.p99), ("p90", of.p90), ("median", of.p50)];
    let supported = named.into_iter().find_map(|(name, ns)| Some(Tail { name, ns: ns? }));
    supported.unwrap_or(Tail { name: "mean", ns: of.mean })
}

fn too_few_answers(open: &OpenLoop, share: f64) -> String {
    let missed = if open.missed > 0 {
        format!("; {} of {} were never sent", open.missed, open.due)
    } else {
        String::new()
    };
    format!("{:.1} % of the requests due were answered in time{missed}", 100.0 * share)
}

/// The highest rate of each sweep that was answered.
fn capacities(report: &Report) -> Vec<Capacity> {
    let mut families: Vec<Vec<&Cell>> = Vec::new();
    for cell in report.originals().filter(|cell| cell.open.is_some() && cell.rate.is_some()) {
        match families.iter_mut().find(|family| same_but_rate(family[0], cell)) {
            Some(family) => family.push(cell),
            None => families.push(vec![cell]),
        }
    }
    let several = families.into_iter().filter(|family| family.len() > 1);
    several.map(|family| capacity(&family)).collect()
}

fn capacity(family: &[&Cell]) -> Capacity {
    let kept_up = |cell: &&&Cell| {
        let share = cell.open.as_ref().and_then(|open| open.answered_share);
        share.is_some_and(|share| share >= SHARE_MIN)
    };
    let highest = |rate: f64, cell: &&Cell| rate.max(cell.rate.unwrap_or(0.0));
    let per_second = family.iter().filter(kept_up).fold(0.0, highest);
    let asked = family.iter().fold(0.0, highest);
    let first = family[0];
    Capacity {
        label: first.label.clone(),
        view: first.view.clone(),
        size: first.size,
        connections: first.connections,
        depth: first.depth,
        per_second: (per_second > 0.0).then_some(per_second),
        at_least: per_second >= asked,
        cells: family.iter().map(|cell| cell.id.clone()).collect(),
    }
}

fn same_but_rate(one: &Cell, other: &Cell) -> bool {
    let factors = |cell: &Cell| {
        let Cell { label, client_engine, server_engine, size, .. } = cell.clone();
        let Cell { view, connections, depth, threads, nodelay, .. } = cell.clone();
        (label, client_engine, server_engine, size, view, connections, depth, threads, nodelay)
    };
    factors(one) == factors(other)
}

#[cfg(test)]
mod tests {
    use super::*;

    const US: u64 = 1_000;

    /// 100 000 requests, of which the slowest hundredth took, and were late by, so much.
    fn point(share: f64, latency: u64, lateness: u64) -> (OpenLoop, RttNs) {
        let times =
            |p99| RttNs { mean: p99 / 2, p99: Some(p99), samples: 100_000, ..RttNs::default() };
        let open = OpenLoop {
            due: 100_000,
            answered_share: Some(share),
            lateness_ns: Some(times(lateness)),
            ..OpenLoop::default()
        };
        (open, times(latency))
    }

    fn kind(judgement: &Judgement) -> &'static str {
        match judgement {
            Judgement::Valid => "valid",
            Judgement::Doubtful(_) => "doubtful",
            Judgement::Invalid(_) => "invalid",
        }
    }

    #[test]
    fn a_point_is_valid_within_both_limits_and_doubtful_near_the_second() {
        let rows = [
            (1.0, 100 * US, 0, "valid"),
            (0.99, 100 * US, 10 * US, "valid"),
            (0.989_999, 100 * US, 0, "invalid"),
            (0.0, 100 * US, 0, "invalid"),
            (1.02, 100 * US, 0, "valid"),
            (1.0, 100 * US, 10 * US + 1, "doubtful"),
            (1.0, 100 * US, 25 * US, "doubtful"),
            (1.0, 100 * US, 25 * US + 1, "invalid"),
            // A quarter of 16 µs is less than what is always allowed.
            (1.0, 16 * US, 5 * US, "doubtful"),
            (1.0, 16 * US, 5 * US + 1, "invalid"),
            (1.0, 16 * US, 1_600, "valid"),
        ];
        for (share, latency, lateness, expected) in rows {
            let (open, latency) = point(share, latency, lateness);
            let judgement = judge(&open, Some(&latency));
            assert_eq!(kind(&judgement), expected, "{share}, {latency:?}, {lateness}");
        }
    }

    #[test]
    fn the_highest_supported_percentile_stands_in_for_one_that_is_not() {
        let (mut open, mut latency) = point(1.0, 0, 30 * US);
        latency.p99 = None;
        latency.p90 = Some(100 * US);
        assert_eq!(kind(&judge(&open, Some(&latency))), "invalid");
        latency.p90 = Some(130 * US);
        assert_eq!(kind(&judge(&open, Some(&latency))), "doubtful");
        open.lateness_ns = None;
        assert_eq!(kind(&judge(&open, Some(&latency))), "invalid");
        assert_eq!(kind(&judge(&OpenLoop::default(), None)), "invalid");
    }

    #[test]
    fn only_the_senders_own_lateness_makes_a_point_invalid() {
        let (mut open, latency) = point(1.0, 100 * US, 90 * US);
        let own = |ns| Some(RttNs { p99: Some(ns), samples: 100_000, ..RttNs::default() });
        let rows = [
            (own(0), "doubtful"),
            (own(5 * US), "doubtful"),
            (own(25 * US), "doubtful"),
            (own(25 * US + 1), "invalid"),
            (None, "invalid"),
        ];
        for (own, expected) in rows {
            open.own_lateness_ns = own;
            assert_eq!(kind(&judge(&open, Some(&latency))), expected, "{own:?}");
        }
        open.lateness_ns = own(10 * US);
        open.own_lateness_ns = own(0);
        assert_eq!(kind(&judge(&open, Some(&latency))), "valid");
    }

    #[test]
    fn the_reason_says_who_held_the_requests_up() {
        let text = |open: &OpenLoop, latency: &RttNs| match judge(open, Some(latency)) {
            Judgement::Invalid(text) | Judgement::Doubtful(text) => text,
            Judgement::Valid => unreachable!(),
        };
        let (mut open, latency) = point(1.0, 100 * US, 50 * US);
        assert_eq!(
            text(&open, &latency),
            "1 % of the requests left 50.0 µs late or more, and the p99 is 100 µs: the sender did not get its CPU in time"
        );
        open.own_lateness_ns = Some(RttNs::default());
        assert!(text(&open, &latency).contains("the depth was used up or the socket full"));
        (open.answered_share, open.missed) = (Some(0.5), 48_000);
        assert_eq!(
            text(&open, &latency),
            "50.0 % of the requests due were answered in time; 48000 of 100000 were never sent"
        );
    }

    #[test]
    fn the_capacity_is_the_highest_rate_that_was_answered() {
        let cell = |id: &str, rate: f64, share: f64| Cell {
            id: id.to_owned(),
            label: "unix".to_owned(),
            rate: Some(rate),
            open: Some(OpenLoop { answered_share: Some(share), ..OpenLoop::default() }),
            ..Cell::default()
        };
        let rows: [(&[f64], Option<f64>, bool); 4] = [
            (&[1.0, 0.995, 0.6], Some(20e3), false),
            (&[1.0, 1.0, 0.99], Some(30e3), true),
            (&[0.9, 0.5, 0.3], None, false),
            (&[1.0, 0.98, 1.0], Some(30e3), true),
        ];
        for (shares, per_second, at_least) in rows {
            let cells = shares.iter().enumerate();
            let cells = cells.map(|(index, share)| cell("c", 10e3 * (index + 1) as f64, *share));
            let report = Report { cells: cells.collect(), ..Report::default() };
            let [capacity] = &capacities(&report)[..] else { unreachable!("one sweep") };
            assert_eq!(
                (capacity.per_second, capacity.at_least),
                (per_second, at_least),
                "{shares:?}"
            );
        }
        let single = Report { cells: vec![cell("c1", 1e3, 1.0)], ..Report::default() };
        assert_eq!(capacities(&single), []);
    }
}
