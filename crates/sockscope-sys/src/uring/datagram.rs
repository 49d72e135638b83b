//! Datagrams: messages that come with their sender's address.
//!
//! For a multishot `recvmsg` the kernel puts a header, the address and the message into one buffer, each with the room
//! that a `msghdr` grants it.

use std::mem::MaybeUninit;

use io_uring::types::RecvMsgOut;

/// Room for the sender's address.
const NAME: usize = size_of::<libc::sockaddr_storage>();

/// One datagram in one of the ring's buffers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Datagram<'a> {
    /// The sender's address, in the kernel's form; empty if it has none.
    #[doc(alias = "msg_name")]
    pub name: &'a [u8],
    /// What was sent.
    pub payload: &'a [u8],
    /// Whether the buffer was too small for all of it.
    #[doc(alias = "MSG_TRUNC")]
    pub truncated: bool,
}

impl<'a> Datagram<'a> {
    /// How much of a buffer is not for the message: the kernel's header of four words, and the address.
    pub const OVERHEAD: u32 = (4 * size_of::<u32>() + NAME) as u32;

    /// Reads what the kernel has put into a buffer; `None` if that is not a datagram.
    #[inline]
    pub(super) fn parse(buffer: &'a [u8]) -> Option<Self> {
        let out = RecvMsgOut::parse(buffer, &LAYOUT.0).ok()?;
        // The parts borrow from `out`, which is only a set of slices of the buffer: cut them from the buffer itself.
        let payload_start = Self::OVERHEAD as usize;
        let name_start = payload_start - NAME;
        // For a Unix path of 108 bytes the kernel counts a terminator that has no room in `sockaddr_un`, and then does not
        // take the address back to answer to. Cut off it is the same address.
        let name_len = out.name_data().len().min(size_of::<libc::sockaddr_un>());
        let payload_len = out.payload_data().len();
        Some(Self {
            name: buffer.get(name_start..name_start + name_len)?,
            payload: buffer.get(payload_start..payload_start + payload_len)?,
            truncated: out.is_payload_truncated(),
        })
    }
}

/// What the kernel is told about the layout of a buffer.
pub(super) fn layout() -> *const libc::msghdr {
    &raw const LAYOUT.0
}

/// A `msghdr` that nobody ever writes to. A static, so that it lives as long as any operation that was given it.
struct Layout(libc::msghdr);

// SAFETY: it is never written to, and its pointers are null.
unsafe impl Sync for Layout {}

static LAYOUT: Layout = {
    // SAFETY: all-zero is a valid `msghdr`: null pointers with lengths of zero.
    let mut header: libc::msghdr = unsafe { MaybeUninit::zeroed().assume_init() };
    header.msg_namelen = NAME as libc::socklen_t;
    Layout(header)
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_is_in_a_buffer_is_a_datagram_inside_it_or_none() {
        for len in [0, 15, 143, 144, 145, 4096] {
            for byte in [0, 1, 0xff] {
                let buffer = vec![byte; len];
                let parsed = Datagram::parse(&buffer);
                assert_eq!(parsed.is_some(), len >= 144, "{len} × {byte}");
                assert!(parsed.is_none_or(|datagram| datagram.payload.len() <= len - 144));
            }
        }
    }
}
