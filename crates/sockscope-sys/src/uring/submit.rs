//! Submissions: the operations that a ring knows.
//!
//! Each is queued, without a system call, until the ring waits or turns; when the queue is full, what is in it is handed
//! over first. Every operation is on a registered descriptor: its table keeps the file open, whatever becomes of the
//! number.

use std::io;
use std::ops::Range;

use io_uring::opcode;
use io_uring::squeue;
use io_uring::types::{self, CancelBuilder};

use super::Uring;
use super::buffers::{GROUP, Received};
use super::completion::Fixed;
use super::datagram::{self, Datagram};
use super::slots::Slot;
use super::tag::{Kind, Tag};

/// Asks that the notification says whether the bytes were copied (`IORING_SEND_ZC_REPORT_USAGE`).
const REPORT_USAGE: u16 = 8;

impl Uring {
    /// Accepts connections as they come, each into a descriptor of its own: one [`Event::Accepted`] for each.
    ///
    /// [`Event::Accepted`]: super::Event::Accepted
    #[doc(alias = "IORING_ACCEPT_MULTISHOT")]
    pub fn accept(&mut self, listener: Fixed, token: u32) -> io::Result<()> {
        let entry = opcode::AcceptMulti::new(fixed(listener)).flags(libc::SOCK_CLOEXEC).build();
        self.push_plain(entry, Tag::of(Kind::Accept, token))
    }

    /// The same, but into free places of the ring's table: one [`Event::AcceptedFixed`] for each.
    ///
    /// [`Event::AcceptedFixed`]: super::Event::AcceptedFixed
    #[doc(alias = "IORING_FILE_INDEX_ALLOC")]
    pub fn accept_fixed(&mut self, listener: Fixed, token: u32) -> io::Result<()> {
        let entry = opcode::AcceptMulti::new(fixed(listener)).allocate_file_index(true).build();
        self.push_plain(entry, Tag::of(Kind::AcceptFixed, token))
    }

    /// Receives from a connection into the ring's buffers: one [`Event::Received`] for each arrival, until the connection
    /// ends, an empty message comes or the buffers run out. Of a message only as much as a buffer holds.
    ///
    /// [`Event::Received`]: super::Event::Received
    #[doc(alias = "IORING_RECV_MULTISHOT")]
    pub fn receive(&mut self, from: Fixed, token: u32) -> io::Result<()> {
        let entry = opcode::RecvMulti::new(fixed(from), GROUP).build();
        self.push_plain(entry, Tag::of(Kind::Receive, token))
    }

    /// Receives datagrams with their senders' addresses, as [`Self::receive`] does; to be read with
    /// [`Uring::datagram`].
    #[doc(alias = "IORING_OP_RECVMSG")]
    pub fn receive_datagrams(&mut self, on: Fixed, token: u32) -> io::Result<()> {
        self.make_room()?;
        let entry = opcode::RecvMsgMulti::new(fixed(on), datagram::layout(), GROUP).build();
        // SAFETY: what the operation is given is a static; where it writes to, the kernel chooses among the buffers.
        unsafe { self.push(entry, Tag::of(Kind::Receive, token)) }
    }

    /// Reads once from something that need not be a socket, into one of the ring's buffers: one [`Event::Received`].
    ///
    /// [`Event::Received`]: super::Event::Received
    #[doc(alias = "IORING_OP_READ")]
    pub fn read(&mut self, from: Fixed, token: u32) -> io::Result<()> {
        let entry = opcode::Read::new(fixed(from), std::ptr::null_mut(), self.buffer_size())
            .offset(u64::MAX)
            .buf_group(GROUP)
            .build()
            .flags(squeue::Flags::BUFFER_SELECT);
        self.push_plain(entry, Tag::of(Kind::Receive, token))
    }

    /// Waits once until something can be read, as of a timer: one [`Event::Readable`].
    ///
    /// [`Event::Readable`]: super::Event::Readable
    #[doc(alias = "IORING_OP_POLL_ADD")]
    pub fn poll(&mut self, on: Fixed, token: u32) -> io::Result<()> {
        let entry = opcode::PollAdd::new(fixed(on), libc::POLLIN as u32).build();
        self.push_plain(entry, Tag::of(Kind::Poll, token))
    }

    /// Waits once until there is room to send: one [`Event::Writable`].
    ///
    /// [`Event::Writable`]: super::Event::Writable
    #[doc(alias = "POLLOUT")]
    pub fn poll_room(&mut self, on: Fixed, token: u32) -> io::Result<()> {
        let entry = opcode::PollAdd::new(fixed(on), libc::POLLOUT as u32).build();
        self.push_plain(entry, Tag::of(Kind::PollRoom, token))
    }

    /// Writes part of a slot to something that need not be a socket: one [`Event::Sent`].
    ///
    /// [`Event::Sent`]: super::Event::Sent
    #[doc(alias = "IORING_OP_WRITE")]
    pub fn write(
        &mut self,
        to: Fixed,
        slot: Slot,
        part: Range<usize>,
        token: u32,
    ) -> io::Result<()> {
        self.push_slot(slot, &part, token, |bytes, len| {
            opcode::Write::new(fixed(to), bytes, len).offset(u64::MAX).build()
        })
    }

    /// Sends part of a slot: one [`Event::Sent`], which may be of fewer bytes.
    ///
    /// [`Event::Sent`]: super::Event::Sent
    #[doc(alias = "IORING_OP_SEND")]
    pub fn send(
        &mut self,
        to: Fixed,
        slot: Slot,
        part: Range<usize>,
        token: u32,
    ) -> io::Result<()> {
        self.push_slot(slot, &part, token, |bytes, len| {
            opcode::Send::new(fixed(to), bytes, len).build()
        })
    }

    /// Sends part of an idle slot as far as there is room, and never waits: it has ended, and its slot is idle again, when
    /// the call that hands it over returns. There is an [`Event::Sent`] only if it fell short, with `EAGAIN` if there was no
    /// room at all; the slot is then idle once that was taken.
    ///
    /// [`Event::Sent`]: super::Event::Sent
    #[doc(alias = "IOSQE_CQE_SKIP_SUCCESS")]
    pub fn send_now(
        &mut self,
        to: Fixed,
        slot: Slot,
        part: Range<usize>,
        token: u32,
    ) -> io::Result<()> {
        let len = length(&part)?;
        self.make_room()?;
        let bytes = self.slots.claim_at_once(slot, &part)?;
        // All or a part of it: with MSG_WAITALL, a part counts as a failure, which is not kept silent.
        let send = opcode::Send::new(fixed(to), bytes, len);
        let entry = send.flags(libc::MSG_DONTWAIT | libc::MSG_WAITALL).build();
        let entry = entry.flags(squeue::Flags::SKIP_SUCCESS);
        let tag = Tag { kind: Kind::SendNow, index: slot.0, token };
        // SAFETY: the slot is claimed until the send has ended: MSG_DONTWAIT lets it end, whatever becomes of it, before the
        // kernel has taken it off the queue; `collect` looks at that. Besides, the kernel only reads, from memory of all
        // slots that outlives the operation.
        let pushed = unsafe { self.push(entry, tag) };
        pushed.inspect_err(|_| self.slots.unclaim_at_once(slot))
    }

    /// Sends part of a slot, and has the kernel go on until all of it is sent: one [`Event::Sent`], which is of fewer
    /// bytes only if the connection failed in between.
    ///
    /// For streams only. When there is room for a message that found none, the kernel sends what it has not copied yet: of
    /// a Unix datagram that is nothing, and an empty message leaves (seen with Linux 6.18).
    ///
    /// [`Event::Sent`]: super::Event::Sent
    #[doc(alias = "MSG_WAITALL")]
    pub fn send_all(
        &mut self,
        to: Fixed,
        slot: Slot,
        part: Range<usize>,
        token: u32,
    ) -> io::Result<()> {
        self.push_slot(slot, &part, token, |bytes, len| {
            opcode::Send::new(fixed(to), bytes, len).flags(libc::MSG_WAITALL).build()
        })
    }

    /// Sends part of a slot without copying it, where the network can: an [`Event::Sent`], and once the slot is no longer
    /// read an [`Event::Released`] that says whether it was copied after all. Unix sockets refuse it with `EOPNOTSUPP`.
    ///
    /// [`Event::Sent`]: super::Event::Sent
    /// [`Event::Released`]: super::Event::Released
    #[doc(alias = "IORING_OP_SEND_ZC")]
    pub fn send_zero_copy(
        &mut self,
        to: Fixed,
        slot: Slot,
        part: Range<usize>,
        token: u32,
    ) -> io::Result<()> {
        self.push_slot(slot, &part, token, |bytes, len| {
            let send = opcode::SendZc::new(fixed(to), bytes, len);
            send.flags(libc::MSG_WAITALL).zc_flags(REPORT_USAGE).build()
        })
    }

    /// Sends part of an idle slot to the sender of a datagram that [`Self::receive_datagrams`] received, and never waits, as
    /// [`Self::send_now`]: there is an [`Event::Sent`] only if it failed, with `EAGAIN` if there was no room.
    ///
    /// [`Event::Sent`]: super::Event::Sent
    #[doc(alias = "sendto")]
    pub fn answer_now(
        &mut self,
        on: Fixed,
        question: &Received,
        slot: Slot,
        part: Range<usize>,
        token: u32,
    ) -> io::Result<()> {
        let len = length(&part)?;
        self.make_room()?;
        let question = self.buffers.bytes(question).and_then(Datagram::parse);
        let name = question.ok_or(io::ErrorKind::InvalidInput)?.name;
        let (bytes, address) = self.slots.claim_with_name(slot, &part, name)?;
        let entry = opcode::Send::new(fixed(on), bytes, len)
            .flags(libc::MSG_DONTWAIT)
            .dest_addr(address.as_ptr())
            .dest_addr_len(name.len() as libc::socklen_t)
            .build()
            .flags(squeue::Flags::SKIP_SUCCESS);
        let tag = Tag { kind: Kind::SendNow, index: slot.0, token };
        // SAFETY: the slot is claimed until the send has ended, as in `send_now`, and with it its bytes and its address; and
        // the memory of all slots outlives the operation.
        let pushed = unsafe { self.push(entry, tag) };
        pushed.inspect_err(|_| self.slots.unclaim_at_once(slot))
    }

    /// Sends part of what was received, from where it lies: one [`Event::SentReceived`], which gives the buffer back.
    ///
    /// [`Event::SentReceived`]: super::Event::SentReceived
    pub fn send_received(
        &mut self,
        to: Fixed,
        received: Received,
        part: Range<usize>,
        token: u32,
    ) -> Result<(), (Received, io::Error)> {
        let refused = |received, kind: io::ErrorKind| Err((received, kind.into()));
        if let Err(error) = self.make_room() {
            return Err((received, error));
        }
        let Some(bytes) = self.buffers.readable(&received, part.start, part.end) else {
            return refused(received, io::ErrorKind::InvalidInput);
        };
        let Ok(len) = length(&part) else {
            return refused(received, io::ErrorKind::InvalidInput);
        };
        let entry = opcode::Send::new(fixed(to), bytes, len).flags(libc::MSG_WAITALL).build();
        let tag = Tag { kind: Kind::SendReceived, index: u32::from(received.id), token };
        // SAFETY: the buffers outlive the operation (see the module), and it only reads. Nobody has a handle of this
        // buffer until its completion makes one again.
        let pushed = unsafe { self.push(entry, tag) };
        pushed.map_err(|error| (received, error))
    }

    /// Takes a descriptor out of the ring's table, as [`Uring::remove`] does but without a call of its own: one
    /// [`Event::Closed`].
    ///
    /// [`Event::Closed`]: super::Event::Closed
    #[doc(alias = "IORING_OP_CLOSE")]
    pub fn close(&mut self, at: Fixed, token: u32) -> io::Result<()> {
        let entry = opcode::Close::new(fixed(at)).build();
        self.push_plain(entry, Tag::of(Kind::Close, token))
    }

    /// Cancels all operations on a descriptor: one [`Event::Cancelled`].
    ///
    /// [`Event::Cancelled`]: super::Event::Cancelled
    #[doc(alias = "IORING_OP_ASYNC_CANCEL")]
    pub fn cancel(&mut self, on: Fixed, token: u32) -> io::Result<()> {
        let entry = opcode::AsyncCancel2::new(CancelBuilder::fd(fixed(on)).all()).build();
        self.push_plain(entry, Tag::of(Kind::Cancel, token))
    }

    /// Cancels everything.
    pub(super) fn cancel_all(&mut self) -> io::Result<()> {
        let entry = opcode::AsyncCancel2::new(CancelBuilder::any()).build();
        self.push_plain(entry, Tag::of(Kind::Cancel, 0))
    }

    /// Queues a send from a slot.
    #[inline]
    fn push_slot(
        &mut self,
        slot: Slot,
        part: &Range<usize>,
        token: u32,
        build: impl FnOnce(*const u8, u32) -> squeue::Entry,
    ) -> io::Result<()> {
        let len = length(part)?;
        self.make_room()?;
        let bytes = self.slots.claim(slot, part)?;
        let entry = build(bytes, len);
        // SAFETY: the slot is claimed, so it does not change until its completion has been decoded; and the memory of all
        // slots outlives the operation (see the module).
        let pushed = unsafe { self.push(entry, Tag { kind: Kind::Send, index: slot.0, token }) };
        pushed.inspect_err(|_| self.slots.release(slot))
    }

    /// Queues an operation that is given no address of ours: it reads none, and what it writes to, the kernel chooses
    /// among the buffers.
    #[inline]
    fn push_plain(&mut self, entry: squeue::Entry, tag: Tag) -> io::Result<()> {
        self.make_room()?;
        // SAFETY: the entry holds no address; the buffers outlive the operation (see the module).
        unsafe { self.push(entry, tag) }
    }

    /// Hands over what is queued if there is no room for more. It comes before any claim: what this call ends is every send
    /// that has no completion, and one that were claimed and not queued yet would be taken for one of them.
    #[inline]
    fn make_room(&mut self) -> io::Result<()> {
        if self.ring.submission().is_full() {
            self.enter(0, None)?;
        }
        Ok(())
    }

    /// Queues an operation, for which there [is room](Self::make_room).
    ///
    /// # Safety
    ///
    /// Every address in `entry` stays valid, and what is there unchanged, until the operation's last completion.
    #[inline]
    unsafe fn push(&mut self, mut entry: squeue::Entry, tag: Tag) -> io::Result<()> {
        entry.set_user_data(tag.pack());
        // SAFETY: the caller's word.
        let pushed = unsafe { self.ring.submission().push(&entry) };
        pushed.map_err(|_| io::ErrorKind::ResourceBusy)?;
        self.in_flight += 1;
        Ok(())
    }
}

fn fixed(descriptor: Fixed) -> types::Fixed {
    types::Fixed(descriptor.0)
}

fn length(part: &Range<usize>) -> io::Result<u32> {
    u32::try_from(part.len()).map_err(|_| io::ErrorKind::InvalidInput.into())
}
