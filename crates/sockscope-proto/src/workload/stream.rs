//! Stream: one way, as fast as it goes: what the source writes and how the sink checks it.
//!
//! A stream is writes of one size. Each begins with its number (little endian, as many bytes as fit) and goes on with a
//! fixed pattern. To compare every byte would cost more than to receive it, so the sink checks the number of every write and
//! one byte of its pattern, whose place moves: a write that is lost, doubled, shifted or torn is noticed, and so is wrong
//! content that lasts.

use super::Mismatch;
use super::round_trip::{NUMBER_LEN, pattern};

/// The writes of a stream, one after the other.
#[derive(Debug, Clone)]
pub struct Source {
    /// The memory of one write, or of several that take turns.
    writes: Box<[Box<[u8]>]>,
    /// Whose turn it is.
    turn: usize,
    number: u64,
}

impl Source {
    /// Writes of `size` bytes; a size of 0 is taken as 1.
    #[must_use]
    pub fn new(size: usize) -> Self {
        Self::in_turns(size, 1)
    }

    /// The same in so many pieces of memory, so that one stays as it is while the others are written: a kernel that does not
    /// copy goes on looking at it.
    #[must_use]
    pub fn in_turns(size: usize, count: usize) -> Self {
        let write: Box<[u8]> = (0..size.max(1)).map(pattern).collect();
        let writes = vec![write; count.max(1)].into();
        let mut source = Self { writes, turn: 0, number: 0 };
        source.stamp();
        source
    }

    /// The write that is to be sent now.
    #[inline]
    #[must_use]
    pub fn write(&self) -> &[u8] {
        &self.writes[self.turn]
    }

    /// It was sent completely: the next one follows.
    #[inline]
    pub fn next(&mut self) {
        self.number += 1;
        self.turn = if self.turn + 1 == self.writes.len() { 0 } else { self.turn + 1 };
        self.stamp();
    }

    #[inline]
    fn stamp(&mut self) {
        let write = &mut self.writes[self.turn];
        let len = write.len().min(NUMBER_LEN);
        write[..len].copy_from_slice(&self.number.to_le_bytes()[..len]);
    }
}

/// The receiving end of a stream.
#[derive(Debug, Clone)]
pub struct Sink {
    size: usize,
    /// The write that is arriving.
    number: u64,
    /// How much of it has arrived.
    received: usize,
}

impl Sink {
    /// For writes of `size` bytes; a size of 0 is taken as 1.
    #[must_use]
    pub fn new(size: usize) -> Self {
        Self { size: size.max(1), number: 0, received: 0 }
    }

    /// How much of a write has arrived that is not complete.
    #[must_use]
    pub fn received(&self) -> usize {
        self.received
    }

    /// Bytes of a stream arrived, in order.
    #[inline]
    pub fn on_bytes(&mut self, mut input: &[u8]) -> Result<(), Mismatch> {
        while !input.is_empty() {
            let (part, rest) = input.split_at(input.len().min(self.size - self.received));
            self.check(part)?;
            self.received += part.len();
            if self.received == self.size {
                self.received = 0;
                self.number += 1;
            }
            input = rest;
        }
        Ok(())
    }

    /// One message arrived, which is one write; how many before it are lost. One that comes after a later one is not taken.
    #[inline]
    pub fn on_message(&mut self, message: &[u8]) -> Result<u64, Mismatch> {
        if message.len() != self.size {
            let offset = message.len().min(self.size);
            let found = message.get(offset).copied().unwrap_or(0);
            return Err(Mismatch {
                exchange: self.number,
                offset,
                found,
                expected: (offset < self.size).then(|| pattern(offset)),
            });
        }
        let len = self.size.min(NUMBER_LEN);
        let mut number = [0; NUMBER_LEN];
        number[..len].copy_from_slice(&message[..len]);
        // A number of fewer bytes starts again from 0: what is missing is then known only up to that.
        let mask = u64::MAX >> (u64::BITS - 8 * u32::try_from(len).unwrap_or(u64::BITS / 8));
        let lost = u64::from_le_bytes(number).wrapping_sub(self.number) & mask;
        // What seems to come from far ahead comes from the past.
        let lost = if lost <= mask / 2 { lost } else { 0 };
        self.number += lost;
        self.on_bytes(message)?;
        Ok(lost)
    }

    /// One datagram arrived, which is one write of at least 8 bytes; how many before it are missing. `None` of one that
    /// comes behind a later one: it was counted among the missing, and stays there.
    #[inline]
    pub fn on_datagram(&mut self, datagram: &[u8]) -> Result<Option<u64>, Mismatch> {
        let number = datagram.first_chunk().map_or(0, |number| u64::from_le_bytes(*number));
        if datagram.len() == self.size && number < self.number {
            Self { size: self.size, number, received: 0 }.check(datagram)?;
            return Ok(None);
        }
        self.on_message(datagram).map(Some)
    }

    /// The number, where it is in this part, and the byte that moves.
    #[inline]
    fn check(&self, part: &[u8]) -> Result<(), Mismatch> {
        let head = self.size.min(NUMBER_LEN);
        if self.received < head {
            let end = head.min(self.received + part.len());
            let expected = &self.number.to_le_bytes()[self.received..end];
            let found = &part[..expected.len()];
            if found != expected {
                return Err(self.mismatch(found, expected));
            }
        }
        let at = self.probe();
        match at.checked_sub(self.received).and_then(|index| part.get(index)) {
            Some(found) if at >= head && *found != pattern(at) => Err(Mismatch {
                exchange: self.number,
                offset: at,
                found: *found,
                expected: Some(pattern(at)),
            }),
            _ => Ok(()),
        }
    }

    /// Where the byte is that is checked in this write.
    #[inline]
    fn probe(&self) -> usize {
        /// A prime, so that every place has its turn.
        const STEP: u64 = 100_003;
        let at = self.number.wrapping_mul(STEP) % self.size as u64;
        usize::try_from(at).unwrap_or(0)
    }

    #[cold]
    fn mismatch(&self, found: &[u8], expected: &[u8]) -> Mismatch {
        Mismatch::find(self.number, self.received, found, expected)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first writes of a stream, together.
    fn writes(size: usize, count: usize) -> Vec<u8> {
        let mut source = Source::new(size);
        let mut all = Vec::new();
        for _ in 0..count {
            all.extend_from_slice(source.write());
            source.next();
        }
        all
    }

    #[test]
    fn what_the_source_wrote_the_sink_takes_however_it_is_cut() {
        for size in [1, 4, 7, 8, 9, 64, 1000] {
            let stream = writes(size, 600);
            for cut in [1, 3, 8, size, size + 1, 10 * size] {
                let mut sink = Sink::new(size);
                for part in stream.chunks(cut) {
                    sink.on_bytes(part).unwrap();
                }
                assert_eq!((sink.number, sink.received()), (600, 0), "{size}, {cut}");
            }
        }
    }

    #[test]
    fn writes_that_take_turns_leave_each_other_alone() {
        let (mut one, mut three) = (Source::new(64), Source::in_turns(64, 3));
        for _ in 0..10 {
            assert_eq!(three.write(), one.write());
            let before = (three.write().as_ptr(), three.write().to_vec());
            for _ in 0..2 {
                three.next();
                assert_ne!(three.write().as_ptr(), before.0);
            }
            assert_eq!(&*three.writes[(three.turn + 1) % 3], before.1);
            three.next();
            assert_eq!(three.write().as_ptr(), before.0, "its turn again");
            (0..3).for_each(|_| one.next());
        }
    }

    #[test]
    fn a_write_that_is_lost_doubled_or_torn_is_a_mismatch() {
        let stream = writes(64, 10);
        let rows: [(&str, Vec<u8>, u64); 4] = [
            ("lost", [&stream[..128], &stream[192..]].concat(), 2),
            ("doubled", [&stream[..128], &stream[64..]].concat(), 2),
            ("shortened", [&stream[..100], &stream[128..]].concat(), 2),
            ("lengthened", [&stream[..128], b"x", &stream[128..]].concat(), 2),
        ];
        for (name, stream, exchange) in rows {
            let error = Sink::new(64).on_bytes(&stream).unwrap_err();
            assert_eq!(error.exchange, exchange, "{name}");
        }
    }

    #[test]
    fn wrong_content_that_lasts_is_noticed_wherever_it_is() {
        for place in 0..64 {
            let mut stream = writes(64, 200);
            for write in stream.chunks_mut(64) {
                write[place] ^= 1;
            }
            let error = Sink::new(64).on_bytes(&stream).unwrap_err();
            assert_eq!(error.offset, place);
        }
    }

    #[test]
    fn messages_that_are_missing_are_counted() {
        for size in [1, 2, 8, 64] {
            let stream = writes(size, 300);
            let messages: Vec<_> = stream.chunks(size).collect();
            let mut sink = Sink::new(size);
            let mut lost = 0;
            for (number, message) in messages.iter().enumerate() {
                // Five of each ten are lost, more than none at the beginning.
                if number % 10 >= 5 {
                    lost += sink.on_message(message).unwrap();
                }
            }
            assert_eq!(lost, 150, "{size}");
        }
    }

    #[test]
    fn a_datagram_that_is_late_stays_lost_and_is_checked_all_the_same() {
        let stream = writes(64, 10);
        let datagrams: Vec<_> = stream.chunks(64).collect();
        let mut sink = Sink::new(64);
        let rows = [(0, Some(0)), (3, Some(2)), (1, None), (2, None), (4, Some(0)), (4, None)];
        for (number, expected) in rows {
            assert_eq!(sink.on_datagram(datagrams[number]), Ok(expected), "{number}");
        }
        let mut forged = [0; 64];
        forged[0] = 1;
        assert!(sink.on_datagram(&forged).is_err(), "the second one again, with another content");
        assert!(sink.on_datagram(&datagrams[5][..63]).is_err());
        assert!(sink.on_datagram(&[]).is_err());
        assert_eq!(sink.on_datagram(datagrams[9]), Ok(Some(4)));
    }

    #[test]
    fn a_message_of_another_length_or_from_the_past_is_a_mismatch() {
        let stream = writes(64, 10);
        let mut sink = Sink::new(64);
        sink.on_message(&stream[64..128]).unwrap();
        assert!(sink.clone().on_message(&stream[..64]).is_err());
        assert!(sink.clone().on_message(&stream[64..128]).is_err());
        assert!(sink.clone().on_message(&stream[128..191]).is_err());
        assert!(sink.clone().on_message(&stream[128..193]).is_err());
        assert!(sink.clone().on_message(&[]).is_err());
        assert_eq!(sink.on_message(&stream[128..192]), Ok(0));
    }
}
