//! Completion: what became of an operation, with the memory that it gives back.

use std::io;
use std::os::fd::{FromRawFd, OwnedFd};

use io_uring::cqueue;

use super::buffers::{Buffers, Received};
use super::slots::{Slot, Slots};
use super::tag::{Kind, Tag};

/// A descriptor in the ring's own table, by its place there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[doc(alias = "IOSQE_FIXED_FILE")]
pub struct Fixed(pub u32);

/// What became of one operation, or of one shot of it.
#[derive(Debug)]
#[doc(alias = "io_uring_cqe")]
pub struct Completion {
    /// What the caller gave the operation.
    pub token: u32,
    /// Whether more completions of this operation will come. A multishot operation whose completion lacks it has ended,
    /// also when it succeeded, and must be started again.
    #[doc(alias = "IORING_CQE_F_MORE")]
    pub more: bool,
    /// What happened.
    pub event: Event,
}

/// What happened.
#[derive(Debug)]
pub enum Event {
    /// A connection was accepted.
    Accepted(io::Result<OwnedFd>),
    /// A connection was accepted into the ring's table.
    AcceptedFixed(io::Result<Fixed>),
    /// Something arrived. `None` is the end of a stream, or an empty message; `ENOBUFS` that the program holds all buffers.
    Received(io::Result<Option<Received>>),
    /// So many bytes of a slot were sent. While `more` is set, the kernel still reads the slot: see [`Event::Released`].
    Sent {
        /// What they were sent from.
        slot: Slot,
        /// How many bytes.
        result: io::Result<usize>,
    },
    /// A zero-copy send does not need its slot any longer. It is the second completion of such a send, also of one that
    /// failed.
    #[doc(alias = "IORING_CQE_F_NOTIF")]
    Released {
        /// What was sent from.
        slot: Slot,
        /// Whether the kernel has copied the bytes after all, as it does on loopback.
        copied: bool,
    },
    /// So many bytes of a received buffer were sent.
    SentReceived {
        /// The buffer, given back.
        received: Received,
        /// How many bytes.
        result: io::Result<usize>,
    },
    /// Something can be read.
    Readable(io::Result<()>),
    /// Something has room to send.
    Writable(io::Result<()>),
    /// A place in the ring's table is free.
    Closed(io::Result<()>),
    /// So many operations were cancelled; each of them has a completion of its own.
    Cancelled(io::Result<usize>),
}

/// What a completion means for the memory of its ring.
pub(super) struct Decoded {
    pub(super) completion: Completion,
    /// Whether the kernel is done with every address that the operation was given.
    pub(super) ended: bool,
}

/// The bit of a notification's result that says that the bytes were copied (`IORING_NOTIF_USAGE_ZC_COPIED`).
const COPIED: i32 = i32::MIN;

/// Reads a completion and takes over what it gives back. `None` if it is of no operation of ours.
pub(super) fn decode(
    entry: &cqueue::Entry,
    buffers: &mut Buffers,
    slots: &mut Slots,
) -> Option<Decoded> {
    let Tag { kind, index, token } = Tag::unpack(entry.user_data())?;
    let more = cqueue::more(entry.flags());
    let notice = cqueue::notif(entry.flags());
    let count = || counted(entry.result());
    let event = match kind {
        Kind::Accept => Event::Accepted(count().map(|_| {
            // SAFETY: the kernel has just opened this descriptor for us; nothing else knows it, and each completion is
            // decoded once.
            unsafe { OwnedFd::from_raw_fd(entry.result()) }
        })),
        Kind::AcceptFixed => {
            Event::AcceptedFixed(count().map(|_| Fixed(entry.result().unsigned_abs())))
        }
        Kind::Receive => Event::Received(received(entry, buffers)),
        Kind::Send | Kind::SendNow => {
            let slot = Slot(index);
            if !more {
                slots.release(slot);
            }
            if notice {
                Event::Released { slot, copied: entry.result() & COPIED != 0 }
            } else {
                Event::Sent { slot, result: count() }
            }
        }
        Kind::SendReceived => {
            Event::SentReceived { received: Received { id: index as u16 }, result: count() }
        }
        Kind::Poll => Event::Readable(count().map(drop)),
        Kind::Close => Event::Closed(count().map(drop)),
        Kind::PollRoom => Event::Writable(count().map(drop)),
        Kind::Cancel => Event::Cancelled(count()),
    };
    // The result of a zero-copy send ends it already: what the kernel then still has is a hold on pages, not an address.
    let ended = if kind == Kind::Send { !notice } else { !more };
    Some(Decoded { completion: Completion { token, more, event }, ended })
}

fn received(entry: &cqueue::Entry, buffers: &mut Buffers) -> io::Result<Option<Received>> {
    let buffer = cqueue::buffer_select(entry.flags());
    let len = counted(entry.result());
    let Some(id) = buffer else { return len.map(|_| None) };
    let received = buffers.take(id, entry.result().max(0).unsigned_abs());
    let received = received.ok_or(io::ErrorKind::InvalidData)?;
    match len {
        Ok(1..) => Ok(Some(received)),
        nothing => {
            buffers.recycle(received.id);
            nothing.map(|_| None)
        }
    }
}

/// The result of an operation: a count, or an error number below zero.
fn counted(result: i32) -> io::Result<usize> {
    usize::try_from(result).map_err(|_| io::Error::from_raw_os_error(result.saturating_neg()))
}
