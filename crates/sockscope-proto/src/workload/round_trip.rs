//! `RoundTrip`: one request, one answer, each checked.

use super::{Mismatch, Progress, Workload};

/// Bytes of the number that an echo's request begins with.
pub(super) const NUMBER_LEN: usize = size_of::<u64>();

/// What the right answer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expect {
    /// The request, byte for byte.
    Echo,
    /// `pong`, for a request that is `ping`.
    Pong,
}

/// Sends a request, waits for its answer, and starts again.
///
/// A request for an echo begins with its number (little endian, as many bytes as fit) and goes on with a fixed pattern, so
/// that an answer to an older request, a constant answer or a shifted one is noticed.
#[derive(Debug, Clone)]
pub struct RoundTrip {
    request: Box<[u8]>,
    expect: Expect,
    started: u64,
    received: usize,
    open: bool,
}

impl RoundTrip {
    /// Exchanges of `size` bytes with a server that echoes; a size of 0 is taken as 1.
    #[must_use]
    pub fn echo(size: usize) -> Self {
        let request = (0..size.max(1)).map(pattern).collect();
        Self { request, expect: Expect::Echo, started: 0, received: 0, open: false }
    }

    /// Exchanges of `ping` and `pong`.
    #[must_use]
    pub fn pong() -> Self {
        let request = Box::from(*b"ping");
        Self { request, expect: Expect::Pong, started: 0, received: 0, open: false }
    }

    /// Bytes of one request.
    #[must_use]
    pub fn request_len(&self) -> usize {
        self.request.len()
    }

    /// Whether `message` is the whole and right answer to an earlier request than the last: one that came late, on sockets
    /// that keep no order. Only an echo tells, as far as its number goes.
    #[must_use]
    pub fn answers_earlier(&self, message: &[u8]) -> bool {
        let len = self.request.len().min(NUMBER_LEN);
        if self.expect != Expect::Echo || message.get(len..) != Some(&self.request[len..]) {
            return false;
        }
        let mut number = [0; NUMBER_LEN];
        number[..len].copy_from_slice(&message[..len]);
        let current = self.started.saturating_sub(1);
        let mask = u64::MAX >> (u64::BITS - 8 * u32::try_from(len).unwrap_or(u64::BITS / 8));
        let number = u64::from_le_bytes(number);
        // A number of fewer bytes starts again from 0.
        number != current & mask && (number < current || current > mask)
    }

    fn answer(&self) -> &[u8] {
        match self.expect {
            Expect::Echo => &self.request,
            Expect::Pong => b"pong",
        }
    }

    fn mismatch(&self, input: &[u8]) -> Mismatch {
        let exchange = self.started.saturating_sub(1);
        Mismatch::find(exchange, self.received, input, &self.answer()[self.received..])
    }
}

impl Workload for RoundTrip {
    #[inline]
    fn request(&mut self) -> &[u8] {
        if self.expect == Expect::Echo {
            let number = self.started.to_le_bytes();
            let len = self.request.len().min(number.len());
            self.request[..len].copy_from_slice(&number[..len]);
        }
        self.started += 1;
        self.received = 0;
        self.open = true;
        &self.request
    }

    #[inline]
    fn on_bytes(&mut self, input: &[u8]) -> Result<Progress, Mismatch> {
        let answer = self.answer();
        let len = answer.len();
        let expected = answer.get(self.received..self.received + input.len());
        if expected != Some(input) {
            return Err(self.mismatch(input));
        }
        self.received += input.len();
        if self.received == len {
            self.open = false;
            Ok(Progress::Complete)
        } else {
            Ok(Progress::Partial)
        }
    }

    #[inline]
    fn missing(&self) -> usize {
        if self.open { self.answer().len() - self.received } else { 0 }
    }

    fn answer_len(&self) -> usize {
        self.answer().len()
    }
}

/// The byte at `index` of the pattern: no period that a power-of-two buffer would hide.
pub(super) fn pattern(index: usize) -> u8 {
    u8::try_from((index * 31 + 7) % 251).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_echo_of_the_request_completes_the_exchange() {
        for size in [1, 4, 7, 8, 9, 64, 4096] {
            let mut client = RoundTrip::echo(size);
            for _ in 0..300 {
                let request = client.request().to_vec();
                assert_eq!(request.len(), size);
                assert_eq!(client.missing(), size);
                assert_eq!(client.on_bytes(&request), Ok(Progress::Complete));
                assert_eq!(client.missing(), 0);
            }
        }
    }

    #[test]
    fn an_answer_in_pieces_is_partial_until_its_last_byte() {
        let mut client = RoundTrip::echo(10);
        let request = client.request().to_vec();
        for byte in &request[..9] {
            assert_eq!(client.on_bytes(&[*byte]), Ok(Progress::Partial));
        }
        assert_eq!(client.on_bytes(&request[9..]), Ok(Progress::Complete));
    }

    #[test]
    fn the_answer_to_an_older_request_is_a_mismatch() {
        let mut client = RoundTrip::echo(64);
        let old = client.request().to_vec();
        client.on_bytes(&old).unwrap();
        client.request();
        let error = client.on_bytes(&old).unwrap_err();
        assert_eq!(error, Mismatch { exchange: 1, offset: 0, found: 0, expected: Some(1) });
    }

    #[test]
    fn a_late_answer_is_one_to_a_request_that_was_sent_before_the_last() {
        for size in [1, 2, 8, 64] {
            let mut client = RoundTrip::echo(size);
            assert!(!client.answers_earlier(&vec![0; size]));
            let requests: Vec<_> = (0..600).map(|_| client.request().to_vec()).collect();
            assert!(client.answers_earlier(&requests[598]), "{size}");
            assert!(!client.answers_earlier(&requests[599]), "{size}");
            assert!(!client.answers_earlier(&requests[598][..size - 1]), "{size}");
            assert!(!client.answers_earlier(&vec![0xff; size]) || size <= 2, "{size}");
        }
    }

    #[test]
    fn an_answer_to_a_request_that_was_never_sent_is_not_late() {
        let mut client = RoundTrip::echo(8);
        client.request();
        assert!(!client.answers_earlier(&1_u64.to_le_bytes()));
        assert!(!RoundTrip::pong().answers_earlier(b"pong"));
    }

    #[test]
    fn a_constant_answer_of_the_right_length_is_a_mismatch() {
        let mut client = RoundTrip::echo(64);
        client.request();
        assert_eq!(client.on_bytes(&[0; 64]).unwrap_err().offset, 8);
    }

    #[test]
    fn an_answer_that_is_longer_than_the_request_is_a_mismatch() {
        let mut client = RoundTrip::echo(4);
        let mut long = client.request().to_vec();
        long.push(0);
        assert!(client.on_bytes(&long).is_err());
    }

    #[test]
    fn ping_wants_pong_and_nothing_else() {
        let mut client = RoundTrip::pong();
        assert_eq!(client.request(), b"ping");
        assert_eq!(client.on_bytes(b"po"), Ok(Progress::Partial));
        assert_eq!(client.on_bytes(b"ng"), Ok(Progress::Complete));
        assert_eq!(client.request(), b"ping");
        let error = client.on_bytes(b"ping").unwrap_err();
        assert_eq!((error.offset, error.found, error.expected), (1, b'i', Some(b'o')));
    }
}
