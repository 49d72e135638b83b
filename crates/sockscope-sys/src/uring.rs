//! io_uring: a ring together with all the memory that its operations use.
//!
//! What a measuring engine needs of `io_uring(7)`, typed, without policy and without a table of operations: multishot
//! accept and receive, a ring of provided buffers, registered descriptors, sends from slots, and the one system call that
//! drives them. Over the [io_uring] crate, which has the ring's set-up, barriers and encodings.
//!
//! Why the safe interface is sound:
//!
//! - *Memory.* Every address that an operation is given lies in memory that the ring itself owns and that never moves: its
//!   buffers, its send slots, or a static. It is unmapped only after the completion was seen with which the kernel gives up
//!   every address of an operation (`drain.rs`): its last one, or the first of a zero-copy send, whose second tells that the
//!   kernel lets go of pages, which stay in memory as long as it holds them. A ring that is forgotten, or cannot be drained,
//!   never unmaps anything.
//! - *Receiving.* The kernel writes to buffers that it was given and that the program does not hold. A [`Received`] is made
//!   by a completion and used up by [`Uring::recycle`]; besides, a table says who has each buffer (`buffers.rs`), so that
//!   not even a handle of another ring reaches memory that the kernel may write to.
//! - *Sending.* A slot has no `&mut [u8]` as long as an operation reads from it (`slots.rs`). A send that ends at once has
//!   no completion when it succeeds; it has ended when the kernel has taken it off the queue and no completion says that it
//!   fell short (`wait.rs`). The kernel only reads what is sent.
//! - *Descriptors.* Operations name places in the ring's table, whose files the kernel keeps open; so none can act on a
//!   number that has come to mean something else.
//! - *Threads.* The kernel lets only the thread that made the ring enter it, and a ring is neither `Send` nor `Sync`.
//!
//! [io_uring]: https://docs.rs/io-uring

mod buffers;
mod completion;
mod datagram;
mod drain;
mod probe;
mod refused;
mod region;
mod set_up;
mod slots;
mod submit;
mod tag;
mod wait;

use std::collections::VecDeque;
use std::fmt;
use std::io;
use std::marker::PhantomData;
use std::mem::ManuallyDrop;
use std::os::fd::{AsFd, AsRawFd};

use io_uring::{IoUring, cqueue};

pub use buffers::Received;
pub use completion::{Completion, Event, Fixed};
pub use datagram::Datagram;
pub use probe::{Features, probe};
pub use refused::Refused;
pub use set_up::{Config, Pool, TaskRun};
pub use slots::Slot;

use buffers::Buffers;
use slots::Slots;

/// An io_uring and its memory. Only the thread that made it can use it.
///
/// When it is dropped, everything in flight is cancelled and the descriptors in its table are closed. In the moments that
/// follow, the kernel may interrupt the thread to take the ring apart: a sleeping system call can then end with `EINTR`.
pub struct Uring {
    ring: IoUring,
    /// Unmapped by `drop` alone, once the kernel is done with them.
    buffers: ManuallyDrop<Buffers>,
    slots: ManuallyDrop<Slots>,
    /// Operations whose last completion has not been taken.
    in_flight: u32,
    /// Completions that were taken from the kernel and not by the caller.
    arrived: VecDeque<cqueue::Entry>,
    enters: u64,
    task_run: TaskRun,
    of_one_thread: PhantomData<*const ()>,
}

impl Uring {
    /// How the kernel runs what it puts off.
    #[must_use]
    pub fn task_run(&self) -> TaskRun {
        self.task_run
    }

    /// System calls that this ring has made since it was set up.
    #[must_use]
    pub fn enters(&self) -> u64 {
        self.enters
    }

    /// Operations that have not ended yet.
    #[must_use]
    pub fn in_flight(&self) -> u32 {
        self.in_flight
    }

    /// Puts a descriptor into the ring's table, in place of what was there. The table has a share of its own in the open
    /// file, so the descriptor can be closed.
    ///
    /// Whether a socket has `O_NONBLOCK` makes no difference: its operations wait.
    #[doc(alias = "IORING_REGISTER_FILES_UPDATE")]
    pub fn install(&mut self, at: Fixed, descriptor: impl AsFd) -> io::Result<()> {
        let number = descriptor.as_fd().as_raw_fd();
        self.ring.submitter().register_files_update(at.0, &[number]).map(drop)
    }

    /// Takes a descriptor out of the ring's table. Operations that are under way keep its file open until they end.
    pub fn remove(&mut self, at: Fixed) -> io::Result<()> {
        self.ring.submitter().register_files_update(at.0, &[-1]).map(drop)
    }

    /// How many slots there are.
    #[must_use]
    pub fn slot_count(&self) -> usize {
        self.slots.count()
    }

    /// A whole slot, to write to; `None` while an operation reads from it, and if there is no such slot.
    #[inline]
    pub fn slot_mut(&mut self, slot: Slot) -> Option<&mut [u8]> {
        self.slots.bytes_mut(slot)
    }

    /// How many buffers there are to receive into.
    #[must_use]
    pub fn buffer_count(&self) -> usize {
        self.buffers.count()
    }

    /// How many bytes each of the ring's buffers holds.
    #[must_use]
    pub fn buffer_size(&self) -> u32 {
        self.buffers.size()
    }

    /// What arrived; nothing for a handle of another ring.
    #[must_use]
    #[inline]
    pub fn bytes(&self, received: &Received) -> &[u8] {
        self.buffers.bytes(received).unwrap_or_default()
    }

    /// What arrived, and a slot to write the answer to; `None` where [`Self::slot_mut`] is.
    #[inline]
    pub fn bytes_and_slot(
        &mut self,
        received: &Received,
        slot: Slot,
    ) -> Option<(&[u8], &mut [u8])> {
        let bytes = self.buffers.bytes(received).unwrap_or_default();
        Some((bytes, self.slots.bytes_mut(slot)?))
    }

    /// A datagram that [`Uring::receive_datagrams`] received; `None` if it is nothing of the kind.
    #[must_use]
    #[inline]
    pub fn datagram(&self, received: &Received) -> Option<Datagram<'_>> {
        Datagram::parse(self.buffers.bytes(received)?)
    }

    /// The same, and a slot to write the answer to; `None` where [`Self::slot_mut`] is, too.
    #[inline]
    pub fn datagram_and_slot(
        &mut self,
        received: &Received,
        slot: Slot,
    ) -> Option<(Datagram<'_>, &mut [u8])> {
        let datagram = Datagram::parse(self.buffers.bytes(received)?)?;
        Some((datagram, self.slots.bytes_mut(slot)?))
    }

    /// Gives a buffer back to the kernel; makes no system call.
    #[inline]
    #[expect(
        clippy::needless_pass_by_value,
        reason = "the handle is used up: it must not be used again"
    )]
    pub fn recycle(&mut self, received: Received) {
        self.buffers.recycle(received.id);
    }
}

impl Drop for Uring {
    fn drop(&mut self) {
        if !self.drain() {
            return;
        }
        // The kernel takes a ring apart some time after it is closed. Without this, peers would see their connections end
        // only then. That it fails is no harm.
        let _ = self.ring.submitter().unregister_files();
        // SAFETY: nothing uses the field afterwards. No operation is in flight, so the kernel takes no buffer any more,
        // although the ring itself is closed only after this.
        unsafe { ManuallyDrop::drop(&mut self.buffers) };
        // SAFETY: nothing uses the field afterwards, and no operation reads from a slot.
        unsafe { ManuallyDrop::drop(&mut self.slots) };
    }
}

impl fmt::Debug for Uring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Uring")
            .field("task_run", &self.task_run)
            .field("in_flight", &self.in_flight)
            .field("enters", &self.enters)
            .finish_non_exhaustive()
    }
}
