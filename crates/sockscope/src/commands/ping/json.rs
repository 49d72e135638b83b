//! `sockscope.ping/1`: an object a line for each probe, and the summary as the last one.

use serde::Serialize;

use super::failure::{Failure, Fault};
use super::prober::{Answer, Measured, Outcome};
use super::tally::{Tally, Times};

const SCHEMA: &str = "sockscope.ping/1";

/// How one probe ended. Exactly one of the times, or `error`, is there.
#[derive(Debug, Serialize)]
struct Probe<'a> {
    schema: &'static str,
    r#type: &'static str,
    /// When the probe began, RFC 3339.
    time: String,
    endpoint: String,
    /// The address that was reached.
    address: Option<&'a str>,
    transport: &'static str,
    seq: u64,
    /// `answered`, `lost`, `wrong` or `unsendable`.
    outcome: &'static str,
    /// Of the answer.
    bytes: Option<usize>,
    rtt_ns: Option<u64>,
    /// What the connection took, if this probe made one.
    connect_ns: Option<u64>,
    error: Option<Error>,
}

/// Why there was no right answer.
#[derive(Debug, Serialize)]
struct Error {
    errno: Option<&'static str>,
    text: String,
    hint: String,
}

#[derive(Debug, Serialize)]
struct Summary<'a> {
    schema: &'static str,
    r#type: &'static str,
    interrupted: bool,
    endpoints: Vec<Line<'a>>,
}

/// What became of the probes of one endpoint. `sent` is the sum of `received`, `lost` and `wrong`.
#[derive(Debug, Serialize)]
struct Line<'a> {
    endpoint: String,
    address: Option<&'a str>,
    transport: &'static str,
    sent: u64,
    received: u64,
    lost: u64,
    wrong: u64,
    rtt_ns: Option<Times>,
    connect_ns: Option<Times>,
}

/// The line of one probe.
pub(super) fn outcome(outcome: &Outcome) -> String {
    let answer = outcome.result.as_ref().ok();
    let failure = outcome.result.as_ref().err();
    let reached = outcome.reached.as_ref();
    let bytes = answer.and_then(|answer| answer.bytes);
    line(&Probe {
        schema: SCHEMA,
        r#type: "probe",
        time: outcome.at.to_string(),
        endpoint: outcome.endpoint.to_string(),
        address: reached.map(|reached| &*reached.address),
        transport: reached
            .map_or_else(|| outcome.endpoint.transport(), |reached| reached.transport),
        seq: outcome.seq,
        outcome: failure.map_or("answered", |failure| word(failure.fault())),
        bytes,
        rtt_ns: answer.filter(|_| bytes.is_some()).map(Answer::time_ns),
        connect_ns: answer.and_then(Answer::connect_ns),
        error: failure.map(error),
    })
}

/// The last line.
pub(super) fn summary(tallies: &[Tally]) -> String {
    let endpoints = tallies.iter().map(|tally| {
        let times = tally.times();
        Line {
            endpoint: tally.endpoint.to_string(),
            address: tally.address.as_deref(),
            transport: tally.transport,
            sent: tally.counts.sent,
            received: tally.counts.received,
            lost: tally.counts.lost,
            wrong: tally.counts.wrong,
            rtt_ns: times.filter(|_| tally.measured == Measured::RoundTrip),
            connect_ns: times.filter(|_| tally.measured == Measured::Connect),
        }
    });
    line(&Summary {
        schema: SCHEMA,
        r#type: "summary",
        interrupted: tallies.iter().any(|tally| tally.interrupted),
        endpoints: endpoints.collect(),
    })
}

fn error(failure: &Failure) -> Error {
    Error { errno: failure.errno_name(), text: failure.meaning(), hint: failure.hint() }
}

const fn word(fault: Fault) -> &'static str {
    match fault {
        Fault::Lost => "lost",
        Fault::Wrong => "wrong",
        Fault::Environment => "unsendable",
    }
}

fn line(object: &impl Serialize) -> String {
    let text = serde_json::to_string(object);
    text.unwrap_or_else(|_| unreachable!("strings and numbers are always JSON")) + "\n"
}

#[cfg(test)]
mod tests {
    use super::super::tally::tests::{answer, outcome as of, tally};
    use super::*;

    #[test]
    fn the_names_of_an_answer_are_a_contract() {
        assert_eq!(
            outcome(&of(Ok(answer(12_300)))),
            "{\"schema\":\"sockscope.ping/1\",\"type\":\"probe\",\"time\":\"1970-01-01T00:00:00Z\",\
             \"endpoint\":\"unix:/x.sock\",\"address\":null,\"transport\":\"unix\",\"seq\":1,\
             \"outcome\":\"answered\",\"bytes\":4,\"rtt_ns\":12300,\"connect_ns\":null,\
             \"error\":null}\n"
        );
    }

    #[test]
    fn the_names_of_a_failure_are_a_contract() {
        let text = outcome(&of(Err(Failure::Closed)));
        assert!(text.contains("\"outcome\":\"lost\",\"bytes\":null,\"rtt_ns\":null"), "{text}");
        assert!(text.contains("\"error\":{\"errno\":null,\"text\":\"the server closed"), "{text}");
    }

    #[test]
    fn the_names_of_the_summary_are_a_contract() {
        assert_eq!(
            summary(&[tally(&[1, 3], vec![Failure::Closed])]),
            "{\"schema\":\"sockscope.ping/1\",\"type\":\"summary\",\"interrupted\":false,\
             \"endpoints\":[{\"endpoint\":\"unix:/x.sock\",\"address\":null,\"transport\":\"unix\",\
             \"sent\":3,\"received\":2,\"lost\":1,\"wrong\":0,\
             \"rtt_ns\":{\"min\":1,\"mean\":2,\"p50\":null,\"p99\":null,\"max\":3,\"samples\":2},\
             \"connect_ns\":null}]}\n"
        );
    }
}
