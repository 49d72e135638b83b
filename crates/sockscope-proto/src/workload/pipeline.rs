//! `Pipeline`: several requests in flight on one connection, answered in order, each answer checked.
//!
//! The requests are those of [`RoundTrip`](super::RoundTrip). Only the one that was started last is kept: on a stream it has
//! to be sent completely before the next is started. Which answer comes next follows from its number alone.

use super::Mismatch;
use super::round_trip::{Expect, NUMBER_LEN, pattern};

/// Sends numbered requests without waiting, and checks the answers in order.
#[derive(Debug, Clone)]
pub struct Pipeline {
    /// The request that was started last.
    request: Box<[u8]>,
    /// The answer that comes next, or of which a part has come.
    next: Box<[u8]>,
    expect: Expect,
    started: u64,
    answered: u64,
    received: usize,
}

impl Pipeline {
    /// Requests of `size` bytes to a server that echoes; a size of 0 is taken as 1.
    #[must_use]
    pub fn echo(size: usize) -> Self {
        let request: Box<[u8]> = (0..size.max(1)).map(pattern).collect();
        let mut pipeline = Self {
            next: request.clone(),
            request,
            expect: Expect::Echo,
            started: 0,
            answered: 0,
            received: 0,
        };
        pipeline.expect_next();
        pipeline
    }

    /// Requests that are `ping`, answered by `pong`.
    #[must_use]
    pub fn pong() -> Self {
        Self {
            request: Box::from(*b"ping"),
            next: Box::from(*b"pong"),
            expect: Expect::Pong,
            started: 0,
            answered: 0,
            received: 0,
        }
    }

    /// Starts the next request, to be sent completely before another is started.
    #[inline]
    pub fn start(&mut self) -> &[u8] {
        if self.expect == Expect::Echo {
            stamp(&mut self.request, self.started);
        }
        self.started += 1;
        &self.request
    }

    /// Starts the next request in a place of its own: `slot` holds a copy of any [`request`](Self::request) and gets the
    /// number of this one. So several can be laid out behind each other and sent at once.
    #[inline]
    pub fn start_in(&mut self, slot: &mut [u8]) {
        if self.expect == Expect::Echo {
            stamp(slot, self.started);
        }
        self.started += 1;
    }

    /// The request that was started last.
    #[inline]
    #[must_use]
    pub fn request(&self) -> &[u8] {
        &self.request
    }

    /// Takes the last [`start`](Self::start) back: nothing of that request was sent.
    #[inline]
    pub fn take_back(&mut self) {
        debug_assert!(self.in_flight() > 0, "there is a request to take back");
        self.started -= 1;
    }

    /// Requests that were started and whose answers are not complete.
    #[inline]
    #[must_use]
    pub fn in_flight(&self) -> u64 {
        self.started - self.answered
    }

    /// Bytes that are still to come of an answer that has begun to arrive; zero between answers.
    #[must_use]
    pub fn missing(&self) -> usize {
        if self.received == 0 { 0 } else { self.next.len() - self.received }
    }

    /// Bytes of one answer.
    #[must_use]
    pub fn answer_len(&self) -> usize {
        self.next.len()
    }

    /// Bytes arrived, of as many answers as there are in them; `answered` is called for each one that is complete, in
    /// order. More bytes than all requests in flight have answers are a mismatch.
    #[inline]
    pub fn on_bytes(
        &mut self,
        mut input: &[u8],
        mut answered: impl FnMut(),
    ) -> Result<(), Mismatch> {
        while !input.is_empty() {
            let expected = &self.next[self.received..];
            let count = expected.len().min(input.len());
            if self.in_flight() == 0 || expected[..count] != input[..count] {
                return Err(self.mismatch(&input[..count]));
            }
            input = &input[count..];
            self.received += count;
            if self.received == self.next.len() {
                self.received = 0;
                self.answered += 1;
                self.expect_next();
                answered();
            }
        }
        Ok(())
    }

    /// A message arrived where boundaries are kept: it has to be one answer and no more. It may be less; what is then
    /// [`missing`](Self::missing) is no part of another message.
    #[inline]
    pub fn on_message(&mut self, message: &[u8], answered: impl FnMut()) -> Result<(), Mismatch> {
        if message.len() > self.next.len() - self.received {
            return Err(self.mismatch(message));
        }
        self.on_bytes(message, answered)
    }

    /// The next answer is that to the request of the next number.
    #[inline]
    fn expect_next(&mut self) {
        if self.expect == Expect::Echo {
            stamp(&mut self.next, self.answered);
        }
    }

    fn mismatch(&self, input: &[u8]) -> Mismatch {
        Mismatch::find(self.answered, self.received, input, &self.next[self.received..])
    }
}

/// Writes the number of a request at its beginning, as many bytes of it as fit.
#[inline]
fn stamp(message: &mut [u8], number: u64) {
    let number = number.to_le_bytes();
    let len = message.len().min(NUMBER_LEN);
    message[..len].copy_from_slice(&number[..len]);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The requests of a pipeline, one after the other.
    fn requests(pipeline: &mut Pipeline, count: usize) -> Vec<u8> {
        (0..count).flat_map(|_| pipeline.start().to_vec()).collect()
    }

    #[test]
    fn answers_are_counted_in_order_however_they_are_cut() {
        for size in [1, 4, 7, 8, 9, 64] {
            for cut in [1, 3, size, size + 1, 5 * size] {
                let mut pipeline = Pipeline::echo(size);
                let (mut answers, mut sent) = (0, 0);
                for batch in [1, 5, 300] {
                    let echo = requests(&mut pipeline, batch);
                    sent += batch;
                    for part in echo.chunks(cut) {
                        pipeline.on_bytes(part, || answers += 1).unwrap();
                    }
                    assert_eq!((answers, pipeline.in_flight()), (sent, 0), "{size}, {cut}");
                }
            }
        }
    }

    #[test]
    fn a_part_of_an_answer_leaves_its_request_in_flight() {
        let mut pipeline = Pipeline::echo(10);
        let echo = requests(&mut pipeline, 2);
        let mut answers = 0;
        pipeline.on_bytes(&echo[..15], || answers += 1).unwrap();
        assert_eq!((answers, pipeline.in_flight(), pipeline.missing()), (1, 1, 5));
        pipeline.on_bytes(&echo[15..], || answers += 1).unwrap();
        assert_eq!((answers, pipeline.in_flight(), pipeline.missing()), (2, 0, 0));
    }

    #[test]
    fn answers_out_of_order_twice_or_never_asked_for_are_mismatches() {
        let rows: [(&str, &[u64], u64); 3] =
            [("swapped", &[1, 0], 0), ("twice", &[0, 0], 1), ("one too many", &[0, 1, 2], 2)];
        for (name, order, exchange) in rows {
            let mut pipeline = Pipeline::echo(16);
            requests(&mut pipeline, 2);
            let answer = |number: &u64| {
                let mut message: Vec<u8> = (0..16).map(pattern).collect();
                stamp(&mut message, *number);
                message
            };
            let answers: Vec<u8> = order.iter().flat_map(answer).collect();
            let error = pipeline.on_bytes(&answers, || {}).unwrap_err();
            assert_eq!(error.exchange, exchange, "{name}");
        }
    }

    #[test]
    fn a_wrong_byte_is_named_with_its_place() {
        let mut pipeline = Pipeline::echo(64);
        let mut echo = requests(&mut pipeline, 3);
        echo[2 * 64 + 40] ^= 1;
        let error = pipeline.on_bytes(&echo, || {}).unwrap_err();
        assert_eq!((error.exchange, error.offset), (2, 40));
        assert_eq!(Some(error.found ^ 1), error.expected);
    }

    #[test]
    fn a_request_that_was_taken_back_is_started_again_with_its_number() {
        let mut pipeline = Pipeline::echo(8);
        pipeline.start();
        let second = pipeline.start().to_vec();
        pipeline.take_back();
        assert_eq!(pipeline.in_flight(), 1);
        assert_eq!(pipeline.start(), second);
    }

    #[test]
    fn requests_that_are_started_in_places_of_their_own_are_the_same_requests() {
        for size in [1, 5, 8, 64] {
            let (mut one, mut several) = (Pipeline::echo(size), Pipeline::echo(size));
            let mut laid_out = several.request().repeat(3);
            for _ in 0..100 {
                let expected = requests(&mut one, 3);
                laid_out.chunks_mut(size).for_each(|slot| several.start_in(slot));
                assert_eq!(laid_out, expected, "{size}");
            }
            assert_eq!(several.in_flight(), 300);
        }
        let mut pong = Pipeline::pong();
        let mut slot = pong.request().to_vec();
        pong.start_in(&mut slot);
        assert_eq!((slot.as_slice(), pong.in_flight()), (b"ping".as_slice(), 1));
    }

    #[test]
    fn ping_wants_as_many_pongs() {
        let mut pipeline = Pipeline::pong();
        assert_eq!(requests(&mut pipeline, 2), b"pingping");
        let mut answers = 0;
        pipeline.on_bytes(b"pongpong", || answers += 1).unwrap();
        assert_eq!(answers, 2);
        assert!(pipeline.on_bytes(b"pong", || {}).is_err());
    }
}
