//! The workloads: what a measuring client does.
//!
//! A workload decides what is sent and whether the answer is the right one. Every answer is checked for content and
//! length: a server that answers with the right number of wrong bytes, or with an older answer, fails loudly.
//! (A published benchmark whose client did not look counted 75 % of its speed from answers that were never made.)

mod pipeline;
mod probe;
mod round_trip;
mod scattered;
mod stream;

pub use pipeline::Pipeline;
pub use probe::Probe;
pub use round_trip::{Expect, RoundTrip};
pub use scattered::{Message, Scattered};
pub use stream::{Sink, Source};

use thiserror::Error;

/// What a client does over one connection.
pub trait Workload {
    /// Starts the next exchange: the request, to be sent completely.
    fn request(&mut self) -> &[u8];

    /// Bytes of the answer arrived, in order; at least one. More than are [missing](Self::missing) are a mismatch.
    fn on_bytes(&mut self, input: &[u8]) -> Result<Progress, Mismatch>;

    /// How many bytes of the answer are still to come; zero between exchanges.
    fn missing(&self) -> usize;

    /// How many bytes the whole answer has.
    fn answer_len(&self) -> usize;
}

/// How far an exchange has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// More bytes of the answer are to come.
    Partial,
    /// The answer is complete and right.
    Complete,
}

/// The peer answered something else than it should have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("wrong answer in exchange {exchange}: byte {offset} is 0x{found:02x}, {}", self.wanted())]
pub struct Mismatch {
    /// Which exchange, counted from 0.
    pub exchange: u64,
    /// The first byte of the answer that is wrong.
    pub offset: usize,
    /// What it is.
    pub found: u8,
    /// What it should have been; `None` where the answer should have ended.
    pub expected: Option<u8>,
}

impl Mismatch {
    /// What is wrong with `input`, which goes on an answer of which `offset` bytes were right.
    fn find(exchange: u64, offset: usize, input: &[u8], expected: &[u8]) -> Self {
        let differs = |(at, found): &(usize, &u8)| expected.get(*at) != Some(*found);
        let at = input.iter().enumerate().find(differs).map_or(0, |(at, _)| at);
        let found = input.get(at).copied().unwrap_or(0);
        Self { exchange, offset: offset + at, found, expected: expected.get(at).copied() }
    }

    fn wanted(&self) -> String {
        match self.expected {
            Some(byte) => format!("expected 0x{byte:02x}"),
            None => "where it should have ended".to_owned(),
        }
    }
}
