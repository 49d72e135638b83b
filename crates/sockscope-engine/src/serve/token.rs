//! `Token`: which of a worker's descriptors an event is about.

use rustix::event::epoll::EventData;

/// The owner of a descriptor in a worker's epoll set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Token {
    /// A connection, by its slot.
    Connection(usize),
    /// A listener, by its place among the worker's own.
    Listener(usize),
    /// The worker's own bell: another worker has left something for it.
    Bell,
    /// The server's shutdown handle.
    Shutdown,
}

/// Above every slot: descriptors are counted in 32 bits.
const LISTENERS: u64 = 1 << 32;
const BELL: u64 = u64::MAX - 1;
const SHUTDOWN: u64 = u64::MAX;

impl Token {
    /// The one that is ordered before all others.
    pub(super) const FIRST: Self = Self::Connection(0);

    pub(super) fn data(self) -> EventData {
        EventData::new_u64(match self {
            Self::Connection(slot) => slot as u64,
            Self::Listener(index) => LISTENERS + index as u64,
            Self::Bell => BELL,
            Self::Shutdown => SHUTDOWN,
        })
    }

    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "it was made from a usize")]
    pub(super) fn of(data: EventData) -> Self {
        match data.u64() {
            slot if slot < LISTENERS => Self::Connection(slot as usize),
            SHUTDOWN => Self::Shutdown,
            BELL => Self::Bell,
            listener => Self::Listener((listener - LISTENERS) as usize),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Token;

    #[test]
    fn a_token_survives_the_kernel() {
        for token in [
            Token::Connection(0),
            Token::Connection(u32::MAX as usize),
            Token::Listener(0),
            Token::Listener(7),
            Token::Bell,
            Token::Shutdown,
        ] {
            assert_eq!(Token::of(token.data()), token);
        }
    }
}
