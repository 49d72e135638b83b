//! The text for people: a line for each probe, and two or three for each endpoint at the end.

use std::fmt::Write;

use sockscope_net::ConnectError;
use sockscope_report::units;

use super::failure::Failure;
use super::prober::{Measured, Outcome};
use super::tally::{Counts, Tally};

/// The line of one probe.
pub(super) fn outcome(outcome: &Outcome) -> String {
    let Outcome { endpoint, seq, result, .. } = outcome;
    match result {
        Ok(answer) => {
            let took = time(answer.time_ns());
            match answer.bytes {
                None => format!("connected to {endpoint}: seq={seq} time={took}\n"),
                Some(bytes) => {
                    let again =
                        if answer.connect.is_some() && *seq > 1 { " (new connection)" } else { "" };
                    format!("{bytes} bytes from {endpoint}: seq={seq} time={took}{again}\n")
                }
            }
        }
        Err(failure) => {
            let what = headline(failure);
            let name = failure.errno_name().map(|name| format!("{name} ")).unwrap_or_default();
            let (meaning, hint) = (failure.meaning(), failure.hint());
            format!("{what} {endpoint}: seq={seq} {name}{meaning}; hint: {hint}\n")
        }
    }
}

fn headline(failure: &Failure) -> &'static str {
    match failure {
        Failure::Connect(ConnectError::Socket { .. }) => "no socket for",
        Failure::Connect(ConnectError::Resolve { .. } | ConnectError::NoAddress { .. }) => {
            "no address for"
        }
        Failure::Io(_) if failure.is_too_long() => "no message to",
        Failure::Connect(_) => "no connection to",
        Failure::Io(_) | Failure::Late { .. } | Failure::Closed => "no answer from",
        Failure::Wrong(_) => "wrong answer from",
    }
}

/// What became of the probes of each endpoint; `alone` when no line stands above it.
pub(super) fn summary(tallies: &[Tally], alone: bool) -> String {
    let mut text = String::new();
    for (index, tally) in tallies.iter().enumerate() {
        if index > 0 || !alone {
            text.push('\n');
        }
        text.push_str(&counts(tally));
        text.push_str(&times(tally));
    }
    text
}

fn counts(tally: &Tally) -> String {
    let Counts { sent, received, lost, wrong, .. } = tally.counts;
    let name = tally.endpoint.to_string();
    let address = tally.address.as_deref().filter(|address| **address != name);
    let address = address.map(|address| format!(" ({address})")).unwrap_or_default();
    let share = percent(lost, sent);
    let counts = match tally.measured {
        Measured::RoundTrip => format!("{sent} sent, {received} received, {lost} lost"),
        Measured::Connect => format!("{sent} tried, {received} connected, {lost} failed"),
    };
    let mut text = format!("--- {name}{address} ---\n{counts} ({share})");
    if wrong > 0 {
        let _ = write!(text, ", {wrong} wrong");
    }
    text + "\n"
}

fn times(tally: &Tally) -> String {
    let Some(times) = tally.times() else { return String::new() };
    let what = match tally.measured {
        Measured::RoundTrip => "rtt",
        Measured::Connect => "connect",
    };
    let or_dash = |value: Option<u64>| value.map_or_else(|| "—".to_owned(), time);
    format!(
        "{what} min {}  avg {}  p50 {}  p99 {}  max {}\n",
        time(times.min),
        time(times.mean),
        or_dash(times.p50),
        or_dash(times.p99),
        time(times.max),
    )
}

fn time(ns: u64) -> String {
    units::time(ns as f64)
}

/// A share that is neither nothing nor everything never reads as if it were.
fn percent(part: u64, whole: u64) -> String {
    let permille = part.saturating_mul(1000).checked_div(whole).unwrap_or(0);
    match permille {
        0 if part > 0 => "<0.1 %".to_owned(),
        permille if permille % 10 == 0 => format!("{} %", permille / 10),
        permille => format!("{}.{} %", permille / 10, permille % 10),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::failure::Wrong;
    use super::super::prober::Answer;
    use super::super::tally::tests::{answer, outcome as of, tally};
    use super::*;

    #[test]
    fn an_answer_reads_like_that_of_ping() {
        let line = outcome(&of(Ok(answer(12_345))));
        assert_eq!(line, "4 bytes from unix:/x.sock: seq=1 time=12.3 µs\n");
        let connected = Answer { bytes: None, ..answer(12_345) };
        let line = outcome(&of(Ok(connected)));
        assert_eq!(line, "connected to unix:/x.sock: seq=1 time=12.3 µs\n");
    }

    #[test]
    fn a_connection_that_had_to_be_made_again_is_mentioned() {
        let mut probe = of(Ok(Answer { connect: Some(Duration::ZERO), ..answer(12_345) }));
        assert!(!outcome(&probe).contains("new connection"));
        probe.seq = 2;
        assert!(outcome(&probe).ends_with("time=12.3 µs (new connection)\n"));
    }

    #[test]
    fn a_failure_says_its_errno_its_meaning_and_a_hint_in_one_line() {
        let line = outcome(&of(Err(Failure::Late { limit: Duration::from_secs(1), received: 0 })));
        assert_eq!(
            line,
            "no answer from unix:/x.sock: seq=1 ETIMEDOUT nothing came within 1s; \
             hint: the server may speak only ping (leave out -s), only echo, or neither: --connect-only\n"
        );
        let line = outcome(&of(Err(Failure::Wrong(Wrong::Unasked))));
        assert!(
            line.starts_with("wrong answer from unix:/x.sock: seq=1 the server sends"),
            "{line}"
        );
    }

    #[test]
    fn the_summary_counts_and_leaves_out_what_the_samples_do_not_support() {
        assert_eq!(
            summary(&[tally(&[10_000; 3], vec![Failure::Closed])], false),
            "\n--- unix:/x.sock ---\n4 sent, 3 received, 1 lost (25 %)\n\
             rtt min 10.0 µs  avg 10.0 µs  p50 —  p99 —  max 10.0 µs\n"
        );
        let wrong = Failure::Wrong(Wrong::Unasked);
        assert_eq!(
            summary(&[tally(&[], vec![wrong])], true),
            "--- unix:/x.sock ---\n1 sent, 0 received, 0 lost (0 %), 1 wrong\n"
        );
    }

    #[test]
    fn a_share_is_never_rounded_to_nothing_or_everything() {
        let rows = [
            (0, 0, "0 %"),
            (0, 5, "0 %"),
            (1, 3, "33.3 %"),
            (1, 4, "25 %"),
            (1, 10_000, "<0.1 %"),
            (9_999, 10_000, "99.9 %"),
            (5, 5, "100 %"),
        ];
        for (part, whole, text) in rows {
            assert_eq!(percent(part, whole), text);
        }
    }
}
