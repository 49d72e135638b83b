//! `Scattered`: several requests in flight on sockets that keep no order and may lose, repeat or delay messages.
//!
//! Each request in flight has a slot, and its number tells which: the answer to any of them is recognised, and so is one that
//! comes late or twice, however many others came in between. A server that answers `pong` sends no number back: its answers
//! are taken in the order of the requests, which only holds while nothing is lost.

use super::Mismatch;
use super::round_trip::{Expect, NUMBER_LEN, pattern};

/// Numbered requests, and whose answer a message is.
#[derive(Debug, Clone)]
pub struct Scattered {
    request: Box<[u8]>,
    expect: Expect,
    slots: Box<[Slot]>,
    /// Bits of a number that name the slot; the others count the requests of that slot.
    slot_bits: u32,
    /// Requests started so far, to know which is the oldest.
    started: u64,
}

/// A place for one request in flight.
#[derive(Debug, Clone, Copy, Default)]
struct Slot {
    /// How many requests it has had.
    count: u64,
    /// When the last of them was started, in the order of all.
    order: u64,
    is_open: bool,
}

/// What a message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Message {
    /// The answer to the request in this slot, which is free again.
    Answer(usize),
    /// A right answer that came late, or for the second time.
    Late,
    /// The beginning of an answer; so many bytes are missing.
    Short(usize),
}

impl Scattered {
    /// Requests of `size` bytes to a server that echoes, in so many slots (both at least 1); `None` if so few bytes cannot
    /// number so many.
    #[must_use]
    pub fn echo(size: usize, slots: usize) -> Option<Self> {
        let request = (0..size.max(1)).map(pattern).collect();
        Self::new(request, Expect::Echo, slots)
    }

    /// Requests that are `ping`, answered by `pong`, in so many slots.
    #[must_use]
    pub fn pong(slots: usize) -> Option<Self> {
        Self::new(Box::from(*b"ping"), Expect::Pong, slots)
    }

    fn new(request: Box<[u8]>, expect: Expect, slots: usize) -> Option<Self> {
        let slots = slots.max(1);
        let slot_bits = slots.checked_next_power_of_two()?.trailing_zeros();
        let is_numbered = expect == Expect::Echo;
        if is_numbered && slot_bits + COUNT_BITS > number_bits(&request) {
            return None;
        }
        let slots = vec![Slot::default(); slots].into_boxed_slice();
        Some(Self { request, expect, slots, slot_bits, started: 0 })
    }

    /// How many requests can be in flight.
    #[must_use]
    pub fn slots(&self) -> usize {
        self.slots.len()
    }

    /// Bytes of one request.
    #[must_use]
    pub fn request_len(&self) -> usize {
        self.request.len()
    }

    /// Whether answers carry the number of their request.
    #[must_use]
    pub fn is_numbered(&self) -> bool {
        self.expect == Expect::Echo
    }

    /// Starts the next request of a slot that is free.
    #[inline]
    pub fn start(&mut self, slot: usize) {
        let place = &mut self.slots[slot];
        debug_assert!(!place.is_open, "the slot is free");
        *place = Slot { count: place.count + 1, order: self.started, is_open: true };
        self.started += 1;
    }

    /// Takes the last [`start`](Self::start), that of this slot, back: nothing of that request was sent.
    #[inline]
    pub fn take_back(&mut self, slot: usize) {
        let place = &mut self.slots[slot];
        debug_assert!(place.is_open, "there is a request to take back");
        *place = Slot { count: place.count - 1, is_open: false, ..*place };
        self.started -= 1;
    }

    /// The request that is in flight in this slot, or was last.
    #[inline]
    pub fn request(&mut self, slot: usize) -> &[u8] {
        if self.expect == Expect::Echo {
            let number = self.number(slot).to_le_bytes();
            let len = self.request.len().min(NUMBER_LEN);
            self.request[..len].copy_from_slice(&number[..len]);
        }
        &self.request
    }

    /// Whether a request is in flight in this slot.
    #[inline]
    #[must_use]
    pub fn is_open(&self, slot: usize) -> bool {
        self.slots[slot].is_open
    }

    /// The request in this slot is lost; should its answer come, it is late.
    pub fn give_up(&mut self, slot: usize) {
        self.slots[slot].is_open = false;
    }

    /// A message arrived.
    #[inline]
    pub fn on_message(&mut self, message: &[u8]) -> Result<Message, Mismatch> {
        match self.expect {
            Expect::Echo => self.on_echo(message),
            Expect::Pong => self.on_pong(message),
        }
    }

    #[inline]
    fn on_echo(&mut self, message: &[u8]) -> Result<Message, Mismatch> {
        let len = self.request.len().min(NUMBER_LEN);
        let found = read_number(message, len);
        let slot = usize::try_from(found & ((1 << self.slot_bits) - 1)).unwrap_or(usize::MAX);
        let rest = message.len().max(len).min(self.request.len());
        if slot >= self.slots.len() || message.get(len..).unwrap_or(&[]) != &self.request[len..rest]
        {
            let slot = if slot < self.slots.len() { slot } else { 0 };
            return Err(self.mismatch(slot, message));
        }
        let missing = self.request.len() - message.len();
        if missing > 0 {
            return Ok(Message::Short(missing));
        }
        let current = self.number(slot);
        let mask = u64::MAX >> (u64::BITS - number_bits(&self.request));
        if found == current & mask && self.slots[slot].count > 0 {
            let was_open = std::mem::take(&mut self.slots[slot].is_open);
            return Ok(if was_open { Message::Answer(slot) } else { Message::Late });
        }
        // A number of fewer bytes starts again from 0.
        let is_older = self.slots[slot].count > 0 && (found < current || current > mask);
        if is_older { Ok(Message::Late) } else { Err(self.mismatch(slot, message)) }
    }

    fn on_pong(&mut self, message: &[u8]) -> Result<Message, Mismatch> {
        let answer = b"pong";
        let open = self.slots.iter().enumerate().filter(|(_, slot)| slot.is_open);
        let oldest = open.min_by_key(|(_, slot)| slot.order).map(|(at, _)| at);
        if message.len() > answer.len() || !answer.starts_with(message) {
            return Err(self.mismatch(oldest.unwrap_or(0), message));
        }
        if message.len() < answer.len() {
            return Ok(Message::Short(answer.len() - message.len()));
        }
        let Some(oldest) = oldest else { return Ok(Message::Late) };
        self.slots[oldest].is_open = false;
        Ok(Message::Answer(oldest))
    }

    /// The number of the request that is in this slot, or was last.
    fn number(&self, slot: usize) -> u64 {
        let count = self.slots[slot].count.saturating_sub(1);
        (count << self.slot_bits) | slot as u64
    }

    fn mismatch(&mut self, slot: usize, message: &[u8]) -> Mismatch {
        let number = self.number(slot);
        let answer = match self.expect {
            Expect::Echo => self.request(slot),
            Expect::Pong => b"pong",
        };
        Mismatch::find(number, 0, message, answer)
    }
}

/// Bits of a number that tell a request from others of its slot, at least: they start again from 0, and an answer that is late
/// by just so many requests of its slot, or a multiple of them, is taken for that of the current one.
const COUNT_BITS: u32 = 8;

/// Bits of the number that a request has room for.
fn number_bits(request: &[u8]) -> u32 {
    8 * u32::try_from(request.len().min(NUMBER_LEN)).unwrap_or(0)
}

/// The number at the beginning of a message, of which `len` bytes are there at most.
fn read_number(message: &[u8], len: usize) -> u64 {
    let len = len.min(message.len());
    let mut number = [0; NUMBER_LEN];
    number[..len].copy_from_slice(&message[..len]);
    u64::from_le_bytes(number)
}

#[cfg(test)]
mod tests;
