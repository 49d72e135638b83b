//! `Tally`: what became of the probes of one endpoint.

use std::sync::Arc;

use sockscope_net::Endpoint;
use sockscope_stats::Histogram;

use super::failure::{Failure, Fault};
use super::prober::{Measured, Outcome};
use crate::status::Status;

/// The counts and times of one endpoint.
#[derive(Debug)]
pub(super) struct Tally {
    /// What was probed, as it was asked for.
    pub(super) endpoint: Arc<Endpoint>,
    /// What the times are of.
    pub(super) measured: Measured,
    /// The address that was last reached.
    pub(super) address: Option<Arc<str>>,
    /// The transport as last connected.
    pub(super) transport: &'static str,
    /// How many probes ended in which way.
    pub(super) counts: Counts,
    /// Whether an interrupt ended it.
    pub(super) interrupted: bool,
    times: Histogram,
    min_ns: u64,
    max_ns: u64,
    sum_ns: u128,
}

/// How many probes ended in which way.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Counts {
    /// Probes that ended, in whatever way.
    pub(super) sent: u64,
    /// Right answers.
    pub(super) received: u64,
    /// Probes without an answer.
    pub(super) lost: u64,
    /// Wrong answers.
    pub(super) wrong: u64,
    /// Probes among the lost that this machine could not even send.
    unsendable: u64,
}

/// The times of the answers, in nanoseconds. A percentile that the answers do not support is absent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub(super) struct Times {
    /// The fastest.
    pub(super) min: u64,
    /// The mean.
    pub(super) mean: u64,
    /// The median.
    pub(super) p50: Option<u64>,
    /// What one of a hundred exceeds.
    pub(super) p99: Option<u64>,
    /// The slowest.
    pub(super) max: u64,
    /// How many there are.
    pub(super) samples: u64,
}

impl Tally {
    /// Nothing counted yet.
    pub(super) fn new(endpoint: Arc<Endpoint>, measured: Measured) -> Self {
        Self {
            transport: endpoint.transport(),
            endpoint,
            measured,
            address: None,
            counts: Counts::default(),
            interrupted: false,
            times: Histogram::new(),
            min_ns: u64::MAX,
            max_ns: 0,
            sum_ns: 0,
        }
    }

    /// Counts one probe.
    pub(super) fn count(&mut self, outcome: &Outcome) {
        self.counts.count(outcome);
        if let Some(reached) = &outcome.reached {
            self.address = Some(Arc::clone(&reached.address));
            self.transport = reached.transport;
        }
        if let Ok(answer) = &outcome.result {
            let ns = answer.time_ns();
            self.times.record(ns);
            self.min_ns = self.min_ns.min(ns);
            self.max_ns = self.max_ns.max(ns);
            self.sum_ns += u128::from(ns);
        }
    }

    /// The times, if there was an answer. Percentiles are to three digits, the others exact.
    pub(super) fn times(&self) -> Option<Times> {
        let mean = self.sum_ns.checked_div(u128::from(self.counts.received))?;
        Some(Times {
            min: self.min_ns,
            mean: u64::try_from(mean).unwrap_or(u64::MAX),
            p50: self.times.supported_quantile(0.5),
            p99: self.times.supported_quantile(0.99),
            max: self.max_ns,
            samples: self.counts.received,
        })
    }
}

impl Counts {
    /// Counts one probe.
    pub(super) fn count(&mut self, outcome: &Outcome) {
        self.sent += 1;
        match outcome.result.as_ref().map_err(Failure::fault) {
            Ok(_) => self.received += 1,
            Err(Fault::Wrong) => self.wrong += 1,
            Err(Fault::Lost) => self.lost += 1,
            Err(Fault::Environment) => {
                self.lost += 1;
                self.unsendable += 1;
            }
        }
    }
}

/// The exit status that follows: a wrong answer counts more than a probe that could not be sent, and that more than loss.
pub(super) fn status(all: &[Counts]) -> Status {
    let any = |count: fn(&Counts) -> u64| all.iter().any(|counts| count(counts) > 0);
    if any(|counts| counts.wrong) {
        Status::Peer
    } else if any(|counts| counts.unsendable) {
        Status::Environment
    } else if all.iter().all(|counts| counts.received > 0 && counts.lost == 0) {
        Status::Yes
    } else {
        Status::No
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::time::Duration;

    use rustix::io::Errno;
    use sockscope_net::ConnectError;

    use super::super::failure::Wrong;
    use super::super::prober::Answer;
    use super::*;

    fn endpoint() -> Arc<Endpoint> {
        Arc::new(Endpoint::parse("unix:/x.sock".as_ref()).unwrap())
    }

    /// The first probe of `unix:/x.sock`, at the epoch.
    pub(in super::super) fn outcome(result: Result<Answer, Failure>) -> Outcome {
        let at = jiff::Timestamp::UNIX_EPOCH;
        Outcome { endpoint: endpoint(), seq: 1, at, reached: None, result }
    }

    /// An answer of four bytes.
    pub(in super::super) fn answer(ns: u64) -> Answer {
        Answer { bytes: Some(4), time: Duration::from_nanos(ns), connect: None }
    }

    /// A tally of answers that took so many nanoseconds, and of failures.
    pub(in super::super) fn tally(times: &[u64], failures: Vec<Failure>) -> Tally {
        let mut tally = Tally::new(endpoint(), Measured::RoundTrip);
        let answers = times.iter().map(|ns| Ok(answer(*ns)));
        for result in answers.chain(failures.into_iter().map(Err)) {
            tally.count(&outcome(result));
        }
        tally
    }

    fn unsendable() -> Failure {
        Failure::Connect(ConnectError::Socket {
            endpoint: Endpoint::clone(&endpoint()),
            source: Errno::MFILE,
        })
    }

    #[test]
    fn the_worst_outcome_decides_the_status() {
        let wrong = || Failure::Wrong(Wrong::Unasked);
        let rows = [
            (tally(&[1, 2], vec![]), Status::Yes),
            (tally(&[], vec![]), Status::No),
            (tally(&[1], vec![Failure::Closed]), Status::No),
            (tally(&[1], vec![Failure::Closed, unsendable()]), Status::Environment),
            (tally(&[1], vec![wrong(), unsendable(), Failure::Closed]), Status::Peer),
        ];
        for (tally, expected) in rows {
            assert_eq!(status(&[tally.counts]), expected);
        }
        let pair = [tally(&[1], vec![]), tally(&[1], vec![Failure::Closed])];
        assert_eq!(status(&pair.map(|tally| tally.counts)), Status::No);
    }

    #[test]
    fn every_probe_is_received_lost_or_wrong() {
        let tally =
            tally(&[5], vec![Failure::Closed, Failure::Wrong(Wrong::Unasked), unsendable()]);
        let Counts { sent, received, lost, wrong, .. } = tally.counts;
        assert_eq!((sent, received, lost, wrong), (4, 1, 2, 1));
    }

    #[test]
    fn percentiles_appear_when_ten_samples_lie_beyond_them() {
        let p = |count: usize| tally(&vec![7; count], vec![]).times().map(|t| (t.p50, t.p99));
        assert_eq!(p(0), None);
        assert_eq!(p(19), Some((None, None)));
        assert_eq!(p(20), Some((Some(7), None)));
        assert_eq!(p(999), Some((Some(7), None)));
        assert_eq!(p(1000), Some((Some(7), Some(7))));
    }

    #[test]
    fn a_time_of_zero_is_a_sample() {
        let times = tally(&[0, 3], vec![]).times().unwrap();
        assert_eq!((times.min, times.mean, times.max, times.samples), (0, 1, 3, 2));
    }
}
