//! Send slots: the memory that the kernel reads what it sends from.
//!
//! A slot cannot be written to while an operation reads from it: a count for each says how many do. Slots are never
//! freed one by one, so no address that the kernel was given can go stale.

use std::io;
use std::ops::Range;
use std::ptr::NonNull;

use super::region::Blocks;

/// Room for the longest socket address.
const NAME: usize = size_of::<libc::sockaddr_storage>();

/// One of the ring's send slots, by its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Slot(pub u32);

impl Slot {
    fn index(self) -> usize {
        self.0 as usize
    }
}

/// The send slots of a ring.
#[derive(Debug)]
pub(super) struct Slots {
    bytes: Blocks,
    /// For each slot the address that it is sent to, where the socket is not connected.
    names: Blocks,
    /// For each slot how many operations read from it.
    readers: Box<[u32]>,
    /// Slots that a send reads from which ends as soon as it is handed over, and speaks only if it fell short.
    at_once: Vec<Slot>,
    /// For each slot whether it is one of them and has not spoken.
    is_silent: Box<[bool]>,
}

impl Slots {
    /// Maps `count` slots of `size` bytes.
    pub(super) fn new(count: u32, size: u32) -> io::Result<Self> {
        let count = count as usize;
        let bytes = Blocks::new(count, size as usize)?;
        Ok(Self {
            bytes,
            names: Blocks::new(count, NAME)?,
            readers: vec![0; count].into(),
            at_once: Vec::with_capacity(count),
            is_silent: vec![false; count].into(),
        })
    }

    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.bytes.count()
    }

    /// A whole slot, to write to; `None` while an operation reads from it, and if there is no such slot.
    #[inline]
    pub(super) fn bytes_mut(&mut self, slot: Slot) -> Option<&mut [u8]> {
        self.is_idle(slot).then_some(())?;
        // SAFETY: no operation reads from this slot, and none can begin while all of `self` is borrowed.
        unsafe { self.bytes.bytes_mut(slot.index()) }
    }

    /// Counts an operation that reads `range` of a slot; where that is.
    pub(super) fn claim(&mut self, slot: Slot, range: &Range<usize>) -> io::Result<*const u8> {
        let bytes = self.bytes.address(slot.index());
        let within = range.start <= range.end && range.end <= self.bytes.size();
        let (Some(bytes), true) = (bytes, within) else {
            return Err(io::ErrorKind::InvalidInput.into());
        };
        self.readers[slot.index()] += 1;
        // SAFETY: the range begins inside the block, or at its very end if it is empty.
        Ok(unsafe { bytes.add(range.start) }.as_ptr())
    }

    /// The same as [`Self::claim_at_once`], for a send to an address: a slot has room for one.
    pub(super) fn claim_with_name(
        &mut self,
        slot: Slot,
        range: &Range<usize>,
        name: &[u8],
    ) -> io::Result<(*const u8, NonNull<libc::sockaddr>)> {
        if !self.is_idle(slot) || name.len() > NAME {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        // SAFETY: no operation uses this slot, and so none reads its address; and all of `self` is borrowed.
        let room = unsafe { self.names.bytes_mut(slot.index()) };
        let room = room.ok_or(io::ErrorKind::InvalidInput)?;
        room[..name.len()].copy_from_slice(name);
        let address = NonNull::from(room).cast();
        Ok((self.claim_at_once(slot, range)?, address))
    }

    /// Counts a send from an idle slot that ends as soon as it is handed over; where its bytes are.
    pub(super) fn claim_at_once(
        &mut self,
        slot: Slot,
        range: &Range<usize>,
    ) -> io::Result<*const u8> {
        if !self.is_idle(slot) {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        let bytes = self.claim(slot, range)?;
        self.at_once.push(slot);
        self.is_silent[slot.index()] = true;
        Ok(bytes)
    }

    /// A send that ends at once has a completion, because it fell short: it ends with that.
    pub(super) fn spoke(&mut self, slot: Slot) {
        if let Some(is_silent) = self.is_silent.get_mut(slot.index()) {
            *is_silent = false;
        }
    }

    /// All sends that end at once were handed over, and those that fell short have [spoken](Self::spoke): the others have
    /// ended, too. How many those were.
    pub(super) fn settle(&mut self) -> u32 {
        let mut ended = 0;
        while let Some(slot) = self.at_once.pop() {
            if std::mem::take(&mut self.is_silent[slot.index()]) {
                self.release(slot);
                ended += 1;
            }
        }
        ended
    }

    /// Forgets the send that was counted last, since it was not queued.
    pub(super) fn unclaim_at_once(&mut self, slot: Slot) {
        self.at_once.retain(|other| *other != slot);
        self.spoke(slot);
        self.release(slot);
    }

    /// An operation has ended.
    pub(super) fn release(&mut self, slot: Slot) {
        if let Some(readers) = self.readers.get_mut(slot.index()) {
            *readers = readers.saturating_sub(1);
        }
    }

    fn is_idle(&self, slot: Slot) -> bool {
        self.readers.get(slot.index()) == Some(&0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slot_can_be_written_to_only_while_nobody_reads_it() {
        let mut slots = Slots::new(2, 8).unwrap();
        let slot = Slot(1);
        assert!(slots.bytes_mut(slot).is_some());
        slots.claim(slot, &(0..8)).unwrap();
        slots.claim(slot, &(8..8)).unwrap();
        for idle in [false, true, true] {
            slots.release(slot);
            assert_eq!(slots.bytes_mut(slot).is_some(), idle);
        }
        assert!(slots.bytes_mut(Slot(2)).is_none());
    }

    #[test]
    #[expect(clippy::reversed_empty_ranges, reason = "it is what must be refused")]
    fn what_is_not_in_a_slot_cannot_be_sent() {
        let mut slots = Slots::new(2, 8).unwrap();
        for (slot, range) in [(2, 0..1), (0, 0..9), (0, 9..9), (0, 2..1), (u32::MAX, 0..0)] {
            assert!(slots.claim(Slot(slot), &range).is_err(), "{slot} {range:?}");
        }
        assert!(slots.bytes_mut(Slot(0)).is_some(), "a refused claim does not count");
    }

    #[test]
    fn an_address_is_not_replaced_while_it_is_in_use() {
        let mut slots = Slots::new(1, 8).unwrap();
        assert!(slots.claim_with_name(Slot(0), &(0..1), &[1; NAME + 1]).is_err());
        assert!(slots.claim_with_name(Slot(0), &(0..1), &[1; NAME]).is_ok());
        assert!(slots.claim_with_name(Slot(0), &(0..1), &[2; NAME]).is_err());
        assert_eq!(slots.settle(), 1);
        assert!(slots.claim_with_name(Slot(0), &(0..1), &[2; NAME]).is_ok());
    }
}
