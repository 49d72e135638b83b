//! Provided buffers: the memory that the kernel chooses from when something arrives.
//!
//! A buffer is either the kernel's, which may write to it at any time, or held by the program, which may read it. The
//! table `held` says which, and every access asks it: so whatever a caller does with its handles, no slice is ever made
//! of memory that the kernel may write to.
//!
//! See `io_uring_register_buf_ring(3)`.

use std::io;
use std::sync::atomic::{AtomicU16, Ordering};

use io_uring::Submitter;
use io_uring::types::BufRingEntry;

use super::region::{Blocks, Region};

/// The one group of buffers that a ring has.
pub(super) const GROUP: u16 = 0;

/// What arrived in one of the ring's buffers. To be given back with [`Uring::recycle`](super::Uring::recycle); a handle
/// that is dropped instead is a buffer fewer for the kernel.
#[derive(Debug, PartialEq, Eq)]
#[must_use = "a buffer that is not recycled is lost to the ring"]
pub struct Received {
    pub(super) id: u16,
}

/// The buffers of a ring, and the queue in which they are handed to the kernel.
#[derive(Debug)]
pub(super) struct Buffers {
    queue: Region,
    blocks: Blocks,
    /// For each buffer that the program holds, how many bytes arrived in it.
    held: Box<[Option<u32>]>,
    mask: u16,
    tail: u16,
}

impl Buffers {
    /// Maps at least `count` buffers of `size` bytes; none is the kernel's yet.
    pub(super) fn new(count: u16, size: u32) -> io::Result<Self> {
        // The kernel takes powers of two only, and no more than 2^15.
        let count = count.max(1).checked_next_power_of_two().ok_or(io::ErrorKind::InvalidInput)?;
        let blocks = Blocks::new(usize::from(count), size as usize)?;
        let queue = Region::new(usize::from(count) * size_of::<BufRingEntry>())?;
        let held = vec![None; usize::from(count)].into_boxed_slice();
        Ok(Self { queue, blocks, held, mask: count - 1, tail: 0 })
    }

    /// Tells the kernel where the queue is and hands it all buffers.
    ///
    /// # Safety
    ///
    /// `self` is dropped only once every operation of the ring of `submitter` that may take a buffer has ended, and none is
    /// submitted afterwards. The ring itself may still be open then: the queue's pages are its own, and only operations
    /// write to the buffers.
    #[doc(alias = "IORING_REGISTER_PBUF_RING")]
    pub(super) unsafe fn register(&mut self, submitter: &Submitter<'_>) -> io::Result<()> {
        let queue = self.queue.start().as_ptr() as u64;
        let count = self.mask + 1;
        // SAFETY: the queue has `count` entries and stays mapped as long as an operation may use it (the caller's word).
        unsafe { submitter.register_buf_ring_with_flags(queue, count, GROUP, 0) }?;
        for id in 0..count {
            self.provide(id);
        }
        Ok(())
    }

    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.held.len()
    }

    /// How many bytes each holds.
    pub(super) fn size(&self) -> u32 {
        u32::try_from(self.blocks.size()).unwrap_or(u32::MAX)
    }

    /// Takes over a buffer that the kernel says it has written to; `None` if the kernel did not have it.
    pub(super) fn take(&mut self, id: u16, len: u32) -> Option<Received> {
        let size = self.size();
        let held = self.held.get_mut(usize::from(id)).filter(|held| held.is_none())?;
        *held = Some(len.min(size));
        Some(Received { id })
    }

    /// What arrived; `None` if the program does not hold this buffer.
    #[inline]
    pub(super) fn bytes(&self, received: &Received) -> Option<&[u8]> {
        let len = (*self.held.get(usize::from(received.id))?)?;
        // SAFETY: the program holds the buffer, so the kernel does not have it; it gets it in `recycle` only, which needs
        // the whole of `self`.
        unsafe { self.blocks.bytes(usize::from(received.id), len as usize) }
    }

    /// Where the bytes of a buffer are that the program holds, for an operation that only reads them.
    pub(super) fn readable(
        &self,
        received: &Received,
        from: usize,
        to: usize,
    ) -> Option<*const u8> {
        let bytes = self.bytes(received)?.get(from..to)?;
        Some(bytes.as_ptr())
    }

    /// Gives a buffer back to the kernel; does nothing if the program does not hold it.
    #[inline]
    pub(super) fn recycle(&mut self, id: u16) {
        if self.held.get_mut(usize::from(id)).and_then(Option::take).is_some() {
            self.provide(id);
        }
    }

    /// Puts a buffer at the end of the queue. The table of `held` already says that it is the kernel's.
    fn provide(&mut self, id: u16) {
        let Some(address) = self.blocks.address(usize::from(id)) else { return };
        let first: *mut BufRingEntry = self.queue.start().as_ptr().cast();
        let place = usize::from(self.tail & self.mask);
        // SAFETY: the queue has `mask + 1` entries, so this one lies inside it.
        let entry = unsafe { first.add(place) };
        // SAFETY: the queue is mapped, zeroed and aligned to a page, so this is a valid entry. The kernel reads it only
        // below the tail, which is stored afterwards. No reference to an entry outlives this function.
        let entry = unsafe { &mut *entry };
        entry.set_addr(address.as_ptr() as u64);
        entry.set_len(self.size());
        entry.set_bid(id);
        self.tail = self.tail.wrapping_add(1);
        // SAFETY: `first` is the first entry of the queue, whose unused field is the tail.
        let tail = unsafe { BufRingEntry::tail(first) };
        // SAFETY: the field is an aligned u16 that lives as long as the queue. Only this function writes it, and `set_…`
        // above leave it alone; the kernel loads it with acquire ordering.
        let tail = unsafe { AtomicU16::from_ptr(tail.cast_mut()) };
        tail.store(self.tail, Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(buffers: &mut Buffers, id: u16, len: u32) -> Received {
        buffers.take(id, len).expect("the kernel's buffer")
    }

    #[test]
    fn only_a_held_buffer_can_be_read() {
        let mut buffers = Buffers::new(2, 8).unwrap();
        let received = taken(&mut buffers, 1, 5);
        assert_eq!(buffers.bytes(&received), Some(&[0; 5][..]));
        assert_eq!(buffers.take(1, 5), None, "it is held already");
        buffers.recycle(1);
        assert_eq!(buffers.bytes(&received), None, "a handle that should not exist any more");
    }

    #[test]
    fn a_kernel_that_counts_wrongly_cannot_reach_beyond_a_buffer() {
        let mut buffers = Buffers::new(2, 8).unwrap();
        assert_eq!(buffers.take(2, 1), None);
        let received = taken(&mut buffers, 0, 9);
        assert_eq!(buffers.bytes(&received).map(<[u8]>::len), Some(8));
        assert!(buffers.readable(&received, 0, 8).is_some());
        assert!(buffers.readable(&received, 0, 9).is_none());
        assert!(buffers.readable(&received, 5, 4).is_none());
    }

    #[test]
    fn a_buffer_is_given_back_once_however_often_it_is_recycled() {
        let mut buffers = Buffers::new(2, 8).unwrap();
        let received = taken(&mut buffers, 0, 1);
        for _ in 0..3 {
            buffers.recycle(received.id);
        }
        assert_eq!(buffers.tail, 1);
    }

    #[test]
    fn the_number_of_buffers_is_the_next_power_of_two() {
        for (asked, count) in [(0, 1), (1, 1), (3, 4), (1 << 15, 1 << 15)] {
            assert_eq!(Buffers::new(asked, 1).unwrap().held.len(), count);
        }
        assert!(Buffers::new((1 << 15) + 1, 1).is_err());
    }
}
