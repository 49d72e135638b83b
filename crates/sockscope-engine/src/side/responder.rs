//! `Responder`: a server of ours on one connection.

use sockscope_proto::machine::Answer;
use sockscope_proto::{Next, Out, Service, Time};

use super::{Answers, Side};
use crate::exchange::ExchangeError;
use crate::work::Work;

/// Requests that have arrived together are answered together, up to so many bytes.
const BATCH_BYTES: usize = 64 << 10;

/// The least room for one answer.
const ANSWER_MIN: usize = 64;

/// Reads a whole request before it answers, and all answers have to be sent before it reads on: so it keeps what
/// `depth` requests need and no more, however slowly its client reads.
///
/// It receives into its own memory and an echo is sent from there: nothing is copied, but for the part of a request that
/// arrived behind others.
#[derive(Debug)]
pub struct Responder<S> {
    service: S,
    /// Bytes of one request.
    len: usize,
    /// Room for a batch of requests and one byte.
    inbox: Box<[u8]>,
    /// How much of the inbox has arrived.
    filled: usize,
    /// How much of the inbox has been answered.
    answered: usize,
    /// How much of the inbox is its own answer and still to be sent. It goes before what is in `space`.
    echo: std::ops::Range<usize>,
    /// Answers that are not the request itself; each has room for as many bytes as the request, or a few more.
    space: Box<[u8]>,
    /// What of the space is to be sent.
    copied: std::ops::Range<usize>,
    has_messages: bool,
    /// How many clients have not ended yet.
    clients: u32,
    is_over: bool,
}

impl<S: Service> Responder<S> {
    /// The server of one connection. On sockets that keep boundaries each request is answered by itself.
    #[must_use]
    pub fn new(service: S, work: &Work, has_messages: bool) -> Self {
        let len = work.message_len().max(1);
        let depth = usize::try_from(work.depth.max(1)).unwrap_or(usize::MAX);
        let batch = if has_messages { 1 } else { (BATCH_BYTES / len).clamp(1, depth) };
        Self {
            service,
            len,
            inbox: vec![0; batch * len + 1].into_boxed_slice(),
            filled: 0,
            answered: 0,
            echo: 0..0,
            // With requests of one byte, one more than a batch fits the inbox.
            space: vec![0; (batch + 1) * len.max(ANSWER_MIN)].into_boxed_slice(),
            copied: 0..0,
            has_messages,
            clients: 1,
            is_over: false,
        }
    }

    /// The server of all clients of a datagram socket, each of which says goodbye with an empty message.
    #[must_use]
    pub fn of_datagrams(service: S, work: &Work) -> Self {
        Self { clients: work.connections.max(1), ..Self::new(service, work, true) }
    }

    /// Serves another connection, with the same memory.
    pub(crate) fn begin_anew(&mut self) {
        (self.filled, self.answered) = (0, 0);
        (self.echo, self.copied) = (0..0, 0..0);
        (self.clients, self.is_over) = (1, false);
    }

    /// Answers what has arrived whole.
    fn answer(&mut self, ledger: &mut Answers) {
        while self.filled - self.answered >= self.len && !self.is_over {
            let request = self.answered..self.answered + self.len;
            self.answered = request.end;
            let mut out = Out::new(&mut self.space[self.copied.end..]);
            let input = &self.inbox[request.clone()];
            let step = self.service.on_message(&"", input, Time::ORIGIN, &mut out);
            match out.answer() {
                Answer::Nothing => {}
                Answer::Copied(count) => self.copied.end += count,
                Answer::Input(range) if range == (0..self.len) && self.echoes_so_far(&request) => {
                    self.echo.end = request.end;
                }
                Answer::Input(range) => {
                    let target = &mut self.space[self.copied.end..][..range.len()];
                    target.copy_from_slice(&input[range.clone()]);
                    self.copied.end += range.len();
                }
            }
            ledger.given += 1;
            self.is_over |= matches!(step.next, Next::Close(_));
        }
        self.forget_sent();
    }

    /// Whether everything up to this request is answered by itself.
    fn echoes_so_far(&self, request: &std::ops::Range<usize>) -> bool {
        self.echo.end == request.start && self.copied.is_empty()
    }

    /// Once all answers are sent, what is left of the inbox begins the next batch.
    #[inline]
    fn forget_sent(&mut self) {
        if !self.pending().is_empty() {
            return;
        }
        if self.answered > 0 {
            self.inbox.copy_within(self.answered..self.filled, 0);
            self.filled -= self.answered;
            self.answered = 0;
        }
        (self.echo, self.copied) = (0..0, 0..0);
    }
}

impl<S: Service> Side for Responder<S> {
    type Ledger = Answers;

    #[inline]
    fn needs_clock(&self) -> bool {
        false
    }

    #[inline]
    fn pending(&self) -> &[u8] {
        if self.echo.is_empty() {
            &self.space[self.copied.clone()]
        } else {
            &self.inbox[self.echo.clone()]
        }
    }

    #[inline]
    fn sent(&mut self, count: usize) {
        let sending = if self.echo.is_empty() { &mut self.copied } else { &mut self.echo };
        sending.start += count;
        self.forget_sent();
    }

    #[inline]
    fn wants_input(&self) -> bool {
        self.pending().is_empty() && !self.is_over
    }

    #[inline]
    fn inlet<'a>(&'a mut self, _scratch: &'a mut [u8]) -> &'a mut [u8] {
        &mut self.inbox[self.filled..]
    }

    #[inline]
    fn on_input(
        &mut self,
        _scratch: &[u8],
        count: usize,
        _now: u64,
        ledger: &mut Answers,
    ) -> Result<(), ExchangeError> {
        if self.has_messages && count != self.len {
            // A message of another length is not a request of this cell; it stays without an answer.
            return Ok(());
        }
        self.filled += count;
        self.answer(ledger);
        Ok(())
    }

    fn on_bytes(
        &mut self,
        input: &[u8],
        now: u64,
        ledger: &mut Answers,
    ) -> Result<usize, ExchangeError> {
        let mut taken = 0;
        while taken < input.len() && self.wants_input() {
            let inlet = self.inlet(&mut []);
            let count = inlet.len().min(input.len() - taken);
            inlet[..count].copy_from_slice(&input[taken..taken + count]);
            taken += count;
            self.on_input(&[], count, now, ledger)?;
        }
        Ok(taken)
    }

    fn on_end(&mut self) -> Result<(), ExchangeError> {
        if self.filled > self.answered {
            return Err(ExchangeError::Receive(std::io::ErrorKind::UnexpectedEof.into()));
        }
        self.clients = self.clients.saturating_sub(1);
        self.is_over |= self.clients == 0;
        Ok(())
    }

    fn is_over(&self) -> bool {
        self.is_over
    }
}

#[cfg(test)]
mod tests;
