//! Tag: what a completion says about the operation that it belongs to.
//!
//! It is the 64 bits of user data that the kernel carries from a submission to its completions: which kind of operation,
//! which slot or buffer it reads from, and the caller's own token. So the ring needs no table of operations.

/// What kind of operation it is; it decides what its result means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Kind {
    Accept = 1,
    AcceptFixed,
    Receive,
    Send,
    SendNow,
    SendReceived,
    Poll,
    PollRoom,
    Close,
    Cancel,
}

impl Kind {
    const ALL: [Self; 10] = [
        Self::Accept,
        Self::AcceptFixed,
        Self::Receive,
        Self::Send,
        Self::SendNow,
        Self::SendReceived,
        Self::Poll,
        Self::PollRoom,
        Self::Close,
        Self::Cancel,
    ];
}

/// The user data of an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Tag {
    pub(super) kind: Kind,
    /// The slot or buffer that is read from, else 0; 24 bits.
    pub(super) index: u32,
    pub(super) token: u32,
}

impl Tag {
    /// The first index that has no room.
    pub(super) const END: u32 = 1 << 24;

    /// An operation on no memory of the ring's.
    pub(super) fn of(kind: Kind, token: u32) -> Self {
        Self { kind, index: 0, token }
    }

    pub(super) fn pack(self) -> u64 {
        let index = u64::from(self.index & (Self::END - 1));
        (self.kind as u64) << 56 | index << 32 | u64::from(self.token)
    }

    /// `None` for what `pack` has not made.
    pub(super) fn unpack(bits: u64) -> Option<Self> {
        let kind = *Kind::ALL.get(usize::try_from(bits >> 56).ok()?.checked_sub(1)?)?;
        let index = (bits >> 32) as u32 & (Self::END - 1);
        Some(Self { kind, index, token: bits as u32 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_survives_the_way_through_the_kernel() {
        for kind in Kind::ALL {
            for (index, token) in [(0, 0), (Tag::END - 1, 1), (1, u32::MAX)] {
                let tag = Tag { kind, index, token };
                assert_eq!(Tag::unpack(tag.pack()), Some(tag));
            }
        }
        for foreign in [0, u64::MAX, 11 << 56] {
            assert_eq!(Tag::unpack(foreign), None);
        }
    }
}
