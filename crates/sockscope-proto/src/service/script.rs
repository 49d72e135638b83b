//! `Script`: plays an engine to a service in tests, on a simulated clock and with the least space
//! an engine may give.

use proptest::sample::Index;

use crate::machine::{Answer, Close, Next, Out, Service, Step, Time};

/// Who the services see in these tests.
pub(super) const PEER: &str = "uid 1000 (alice)";

/// A service and what it has said so far.
#[derive(Debug)]
pub(super) struct Script<S> {
    service: S,
    now: Time,
    last: Step,
    heard: Heard,
}

/// What a peer heard from a service.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Heard {
    /// On connections: all bytes, joined.
    pub(super) bytes: Vec<u8>,
    /// The answer to each message; `None` where there was none.
    pub(super) messages: Vec<Option<Vec<u8>>>,
    /// How many exchanges the service counted.
    pub(super) exchanges: u32,
    /// Why the service closed, if it did.
    pub(super) close: Option<Close>,
}

impl<S: Service> Script<S> {
    pub(super) fn new(service: S) -> Self {
        Self { service, now: Time::ORIGIN, last: Step::read(0), heard: Heard::default() }
    }

    /// Moves the clock.
    pub(super) fn at(mut self, now: Time) -> Self {
        self.now = now;
        self
    }

    pub(super) fn open(mut self) -> Self {
        self.call(b"", |service, _, now, out| service.on_open(&PEER, now, out));
        self
    }

    /// Gives the bytes as a read would, and the rest again until all are consumed or the service
    /// closes.
    pub(super) fn bytes(mut self, mut input: &[u8]) -> Self {
        while !input.is_empty() && self.heard.close.is_none() {
            let said = self.heard.bytes.len();
            self.call(input, S::on_bytes);
            let consumed = self.last.consumed;
            let progress = consumed > 0 || self.heard.bytes.len() > said;
            assert!(progress || self.heard.close.is_some(), "the service is stuck");
            input = &input[consumed..];
        }
        self
    }

    pub(super) fn one_by_one(self, input: &[u8]) -> Self {
        input.chunks(1).fold(self, Self::bytes)
    }

    /// Gives the bytes in pieces, cut at these places.
    pub(super) fn split(self, input: &[u8], cuts: &[Index]) -> Self {
        let mut places: Vec<usize> = cuts.iter().map(|cut| cut.index(input.len() + 1)).collect();
        places.extend([0, input.len()]);
        places.sort_unstable();
        places.windows(2).fold(self, |script, piece| script.bytes(&input[piece[0]..piece[1]]))
    }

    pub(super) fn message(mut self, input: &[u8]) -> Self {
        let said = self.heard.bytes.len();
        let answer =
            self.call(input, |service, input, now, out| service.on_message(&PEER, input, now, out));
        let message = self.heard.bytes.split_off(said);
        self.heard.messages.push((answer != Answer::Nothing).then_some(message));
        self
    }

    pub(super) fn wake(mut self) -> Self {
        self.call(b"", |service, _, now, out| service.on_deadline(now, out));
        self
    }

    pub(super) fn half_close(mut self) -> Self {
        if self.heard.close.is_none() {
            self.call(b"", |service, _, now, out| service.on_end(now, out));
        }
        self
    }

    /// The peer ends; all that it heard.
    pub(super) fn end(self) -> Heard {
        self.half_close().heard()
    }

    pub(super) fn heard(self) -> Heard {
        self.heard
    }

    pub(super) fn said(&self) -> &[u8] {
        &self.heard.bytes
    }

    pub(super) fn next(&self) -> Next {
        self.last.next
    }

    pub(super) fn deadline(&self) -> Option<Time> {
        self.last.deadline
    }

    fn call(
        &mut self,
        input: &[u8],
        call: impl FnOnce(&mut S, &[u8], Time, &mut Out<'_>) -> Step,
    ) -> Answer {
        let mut space = [0; Out::MIN_SPACE];
        let mut out = Out::new(&mut space);
        self.last = call(&mut self.service, input, self.now, &mut out);
        let answer = out.answer();
        match &answer {
            Answer::Nothing => {}
            Answer::Copied(len) => self.heard.bytes.extend(&space[..*len]),
            Answer::Input(range) => self.heard.bytes.extend(&input[range.clone()]),
        }
        self.heard.exchanges += self.last.exchanges;
        if let Next::Close(why) = self.last.next {
            self.heard.close = Some(why);
        }
        answer
    }
}
