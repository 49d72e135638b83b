//! Floors: what lies below sockets shows what one message costs, between two ends, with plain calls.

use super::{Candidate, Factor, Refusal, own};
use crate::floor::Floor;
use crate::view::{View, Wait};
use crate::work::{EngineName, Load, Work};

pub(super) fn refusal(candidate: &Candidate<'_>) -> Option<Refusal> {
    let floor = own(candidate)?.floor()?;
    let Candidate { view, work, .. } = *candidate;
    ends(work)
        .or_else(|| load(floor, work))
        .or_else(|| wait(floor, view))
        .or_else(|| size(floor, work))
}

fn ends(work: &Work) -> Option<Refusal> {
    let engines = [work.engines.client, work.engines.server];
    if engines.iter().any(|engine| *engine != EngineName::Blocking) {
        let reason = "a floor is what lies below any engine: it has plain calls only";
        return Some((&[Factor::Target, Factor::Engine], reason));
    }
    (work.connections > 1).then_some((
        &[Factor::Target, Factor::Connections],
        "a floor connects two ends and no more",
    ))
}

fn load(floor: Floor, work: &Work) -> Option<Refusal> {
    let reason = match (work.load, floor) {
        (Load::Connect { .. }, _) => "there is nothing to connect to",
        (Load::Open { .. }, _) => {
            "a floor shows what one message costs; a rate is asked of something with an address"
        }
        (Load::Stream { .. }, Floor::Eventfd) => {
            "an eventfd carries a counter of 8 bytes, no stream of them"
        }
        (Load::Stream { zero_copy: true }, Floor::Socketpair) => {
            "a floor is what plain calls cost, and a zero-copy send is another way to send"
        }
        (Load::Stream { zero_copy: true }, Floor::Pipe) => {
            "MSG_ZEROCOPY is a way to send over a socket, and a pipe is none"
        }
        (Load::Stream { zero_copy: true }, Floor::ShmSpin | Floor::ShmFutex) => {
            "nothing is sent: one end writes where the other one reads"
        }
        (Load::RoundTrip, Floor::Eventfd) if work.depth > 1 => {
            "an eventfd adds up what is written: it holds one message"
        }
        (Load::RoundTrip, _) if work.depth > 1 => {
            "a floor shows what one message costs: one request in flight"
        }
        (Load::Stream { .. } | Load::RoundTrip, _) => return None,
    };
    Some((&[Factor::Target], reason))
}

fn wait(floor: Floor, view: View) -> Option<Refusal> {
    let reason = match floor {
        Floor::ShmSpin if view.wait() == Wait::Block => {
            "it never sleeps; shm-futex is the one that does"
        }
        Floor::ShmFutex if view == View::Spin => "it sleeps; shm-spin is the one that does not",
        _ => return None,
    };
    Some((&[Factor::Target, Factor::View], reason))
}

fn size(floor: Floor, work: &Work) -> Option<Refusal> {
    (floor == Floor::Eventfd && work.message_len() != 8).then_some((
        &[Factor::Target, Factor::Size],
        "an eventfd carries 8 bytes, no more and no less",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::{OwnTransport, Target, Unavailable};
    use crate::work::Engines;

    fn check(transport: OwnTransport, view: View, work: &Work, expected: Option<&str>) {
        let target = Target::Own(transport);
        let refused = super::super::refusal(&Candidate { target: &target, view, work });
        let reason = refused.as_ref().map(|Unavailable { reason, .. }| reason.as_str());
        assert_eq!(reason, expected, "{transport:?} in {view}: {work:?}");
        assert!(refused.is_none_or(|refused| refused.target == Some(target)), "it is named");
    }

    #[test]
    fn a_floor_is_two_ends_with_one_request_in_flight_and_plain_calls() {
        use OwnTransport::{Eventfd, Pipe, ShmFutex, ShmSpin, Socketpair};
        let plain = Work { size: 8, ..Work::default() };
        let epoll = Work { engines: Engines::both(EngineName::Epoll), ..plain.clone() };
        let many = Work { connections: 2, ..plain.clone() };
        let deep = Work { depth: 2, ..plain.clone() };
        let open =
            Work { load: Load::Open { arrivals: crate::work::Arrivals::Uniform }, ..plain.clone() };
        let stream = Work { load: Load::Stream { zero_copy: false }, ..plain.clone() };
        let zero_copy = Work { load: Load::Stream { zero_copy: true }, ..plain.clone() };
        let connect = Work { load: Load::Connect { exchange: false }, ..plain.clone() };
        let rows = [
            (Pipe, &plain, None),
            (Socketpair, &plain, None),
            (Eventfd, &plain, None),
            (Pipe, &epoll, Some("a floor is what lies below any engine: it has plain calls only")),
            (Pipe, &many, Some("a floor connects two ends and no more")),
            (Pipe, &deep, Some("a floor shows what one message costs: one request in flight")),
            (ShmFutex, &deep, Some("a floor shows what one message costs: one request in flight")),
            (Eventfd, &deep, Some("an eventfd adds up what is written: it holds one message")),
            (
                Socketpair,
                &open,
                Some(
                    "a floor shows what one message costs; a rate is asked of something with an address",
                ),
            ),
            (Eventfd, &stream, Some("an eventfd carries a counter of 8 bytes, no stream of them")),
            (
                Pipe,
                &zero_copy,
                Some("MSG_ZEROCOPY is a way to send over a socket, and a pipe is none"),
            ),
            (
                Socketpair,
                &zero_copy,
                Some(
                    "a floor is what plain calls cost, and a zero-copy send is another way to send",
                ),
            ),
            (
                ShmFutex,
                &zero_copy,
                Some("nothing is sent: one end writes where the other one reads"),
            ),
            (Socketpair, &stream, None),
            (Pipe, &connect, Some("there is nothing to connect to")),
        ];
        for (transport, work, expected) in rows {
            check(transport, View::SameCore, work, expected);
        }
        check(ShmSpin, View::Spin, &plain, None);
    }

    #[test]
    fn each_ring_is_measured_where_it_waits_as_it_can() {
        use OwnTransport::{ShmFutex, ShmSpin};
        let work = Work::default();
        for view in [View::SameCore, View::CrossCore, View::Free] {
            let expected = Some("it never sleeps; shm-futex is the one that does");
            check(ShmSpin, view, &work, expected);
            check(ShmFutex, view, &work, None);
        }
        check(ShmFutex, View::Spin, &work, Some("it sleeps; shm-spin is the one that does not"));
        for transport in [ShmFutex, ShmSpin] {
            check(transport, View::Solo, &work, None);
        }
    }

    #[test]
    fn an_eventfd_has_messages_of_one_size() {
        for (size, expected) in [
            (7, Some("an eventfd carries 8 bytes, no more and no less")),
            (8, None),
            (9, Some("an eventfd carries 8 bytes, no more and no less")),
        ] {
            let work = Work { size, ..Work::default() };
            check(OwnTransport::Eventfd, View::Solo, &work, expected);
        }
    }
}
