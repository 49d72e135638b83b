//! `Probe`: an exchange with a server of which only the outcome matters, so that its service may be left open.

use super::{Mismatch, Progress, RoundTrip, Workload};

/// Exchanges with a server whose service is known, or is one of two that a `ping` can tell apart.
#[derive(Debug, Clone)]
pub struct Probe(Dialect);

#[derive(Debug, Clone)]
enum Dialect {
    Known(RoundTrip),
    PongOrEcho(PongOrEcho),
}

impl Probe {
    /// Sends `size` bytes with a number and a pattern, and wants them back; a size of 0 is taken as 1.
    #[must_use]
    pub fn echo(size: usize) -> Self {
        Self(Dialect::Known(RoundTrip::echo(size)))
    }

    /// Sends `ping` and wants `pong`.
    #[must_use]
    pub fn pong() -> Self {
        Self(Dialect::Known(RoundTrip::pong()))
    }

    /// Sends `ping` and takes `pong` or the echo `ping`.
    #[must_use]
    pub fn pong_or_echo() -> Self {
        Self(Dialect::PongOrEcho(PongOrEcho::default()))
    }

    /// Whether `message` is the right answer to an earlier request: a datagram that came late. Only the answers of an echo
    /// carry a number that tells.
    #[must_use]
    pub fn is_late(&self, message: &[u8]) -> bool {
        match &self.0 {
            Dialect::Known(round_trip) => round_trip.answers_earlier(message),
            Dialect::PongOrEcho(_) => false,
        }
    }
}

impl Workload for Probe {
    fn request(&mut self) -> &[u8] {
        match &mut self.0 {
            Dialect::Known(round_trip) => round_trip.request(),
            Dialect::PongOrEcho(either) => either.request(),
        }
    }

    fn on_bytes(&mut self, input: &[u8]) -> Result<Progress, Mismatch> {
        match &mut self.0 {
            Dialect::Known(round_trip) => round_trip.on_bytes(input),
            Dialect::PongOrEcho(either) => either.on_bytes(input),
        }
    }

    fn missing(&self) -> usize {
        match &self.0 {
            Dialect::Known(round_trip) => round_trip.missing(),
            Dialect::PongOrEcho(either) => either.missing(),
        }
    }

    fn answer_len(&self) -> usize {
        match &self.0 {
            Dialect::Known(round_trip) => round_trip.answer_len(),
            Dialect::PongOrEcho(either) => either.answer_len(),
        }
    }
}

const PING: [u8; 4] = *b"ping";
const PONG: [u8; 4] = *b"pong";
/// Where the two answers part.
const PARTING: usize = 1;

/// Sends `ping`; the byte at which the two answers part decides which of them the server speaks.
#[derive(Debug, Clone, Default)]
struct PongOrEcho {
    started: u64,
    missing: usize,
    is_echo: bool,
}

impl Workload for PongOrEcho {
    fn request(&mut self) -> &[u8] {
        self.started += 1;
        self.missing = PONG.len();
        &PING
    }

    fn on_bytes(&mut self, input: &[u8]) -> Result<Progress, Mismatch> {
        let start = PONG.len() - self.missing;
        if let Some(parting) = PARTING.checked_sub(start).and_then(|at| input.get(at)) {
            self.is_echo = *parting == PING[PARTING];
        }
        let answer = if self.is_echo { &PING } else { &PONG };
        for (index, found) in input.iter().enumerate() {
            let expected = answer.get(start + index).copied();
            if expected != Some(*found) {
                return Err(Mismatch {
                    exchange: self.started.saturating_sub(1),
                    offset: start + index,
                    found: *found,
                    expected,
                });
            }
        }
        self.missing -= input.len();
        Ok(if self.missing == 0 { Progress::Complete } else { Progress::Partial })
    }

    fn missing(&self) -> usize {
        self.missing
    }

    fn answer_len(&self) -> usize {
        PONG.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pong_and_an_echo_of_ping_both_complete_an_open_probe_in_any_pieces() {
        for answer in [b"pong", b"ping", b"pong"] {
            for cut in 0..answer.len() {
                let mut probe = Probe::pong_or_echo();
                assert_eq!(probe.request(), b"ping");
                let (first, rest) = answer.split_at(cut);
                if cut > 0 {
                    assert_eq!(probe.on_bytes(first), Ok(Progress::Partial), "{cut}");
                }
                assert_eq!(probe.missing(), rest.len());
                assert_eq!(probe.on_bytes(rest), Ok(Progress::Complete), "{cut}");
                assert_eq!(probe.missing(), 0);
            }
        }
    }

    #[test]
    fn a_mixture_of_both_answers_is_a_mismatch_at_its_first_wrong_byte() {
        let rows: [(&[u8], usize); 6] = [
            (b"pung", 1),
            (b"pinG", 3),
            (b"poNg", 2),
            (b"xong", 0),
            (b"pong\n", 4),
            (b"pingping", 4),
        ];
        for (answer, offset) in rows {
            let mut probe = Probe::pong_or_echo();
            probe.request();
            let error = probe.on_bytes(answer).unwrap_err();
            assert_eq!((error.offset, error.found), (offset, answer[offset]), "{answer:?}");
        }
    }

    #[test]
    fn each_exchange_may_be_answered_in_the_other_way() {
        let mut probe = Probe::pong_or_echo();
        for answer in [b"ping", b"pong", b"ping"] {
            probe.request();
            assert_eq!(probe.on_bytes(answer), Ok(Progress::Complete));
        }
    }

    #[test]
    fn only_a_numbered_answer_can_be_told_to_be_late() {
        let mut echo = Probe::echo(16);
        let first = echo.request().to_vec();
        assert!(!echo.is_late(&first));
        echo.request();
        assert!(echo.is_late(&first));
        for mut probe in [Probe::pong(), Probe::pong_or_echo()] {
            probe.request();
            probe.request();
            assert!(!probe.is_late(b"pong"));
        }
    }
}
