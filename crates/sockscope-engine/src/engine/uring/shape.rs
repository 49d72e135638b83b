//! Shape: how large a ring is made for some connections.

use std::ops::{Range, RangeInclusive};

use sockscope_sys::uring::{Config, Datagram, Pool};

use crate::engine::Terms;
use crate::wire::Wire;

/// Buffers of a stream are no larger: it can come in several.
const BUFFER: RangeInclusive<usize> = 4 << 10..=64 << 10;
/// What a stream sends in one operation is no larger; and no smaller, so that many small requests leave together.
const SLOT: RangeInclusive<usize> = 16 << 10..=256 << 10;
/// All buffers together, unless the fewest that are needed are more.
const STOCK_BYTES: usize = 32 << 20;
/// The fewest buffers: one is filled while another is read.
const STOCK_MIN: usize = 4;
/// The most that the kernel takes.
const STOCK_MAX: usize = 1 << 15;

/// The messages of all its clients that one socket receives together, and the answers that leave together.
const OF_MANY_PEERS: usize = 64;

/// What a ring is made for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Crowd {
    connections: usize,
    /// Whether they keep boundaries: all do or none does.
    has_messages: bool,
    /// How many of them are sockets for many clients.
    with_many_peers: usize,
}

impl Crowd {
    pub(super) fn of<W: Wire, S>(ends: &[(W, S)]) -> Self {
        Self {
            connections: ends.len(),
            has_messages: ends.iter().any(|(wire, _)| wire.has_messages()),
            with_many_peers: ends.iter().filter(|(wire, _)| wire.has_many_peers()).count(),
        }
    }
}

/// Deals out the slots: one to each connection in their order, and behind them a number to each with many peers.
#[derive(Debug)]
pub(super) struct Deal {
    one: u32,
    many: u32,
}

impl Deal {
    pub(super) fn new(crowd: &Crowd) -> Self {
        Self { one: 0, many: number(crowd.connections) }
    }

    /// Those of the next connection.
    pub(super) fn slots(&mut self, has_many_peers: bool) -> Range<u32> {
        let one = self.one..self.one + 1;
        self.one = one.end;
        if !has_many_peers {
            return one;
        }
        let many = self.many..self.many + number(OF_MANY_PEERS);
        self.many = many.end;
        many
    }
}

/// A ring for these connections.
pub(super) fn config(crowd: &Crowd, terms: &Terms) -> Config {
    let Crowd { connections, has_messages, with_many_peers } = *crowd;
    let longest = terms.message.max(1);
    // A message that is longer than it should be must not look as if it were not.
    let (mut buffer, slot) = if has_messages {
        (longest + 1, longest)
    } else {
        (longest.clamp(*BUFFER.start(), *BUFFER.end()), longest.clamp(*SLOT.start(), *SLOT.end()))
    };
    if with_many_peers > 0 {
        buffer += Datagram::OVERHEAD as usize;
    }
    let each = if terms.many_messages { 8 } else { 2 };
    let affordable = (STOCK_BYTES / buffer).max(STOCK_MIN);
    let answers = with_many_peers * OF_MANY_PEERS;
    let stock = (connections * each + answers).clamp(STOCK_MIN, STOCK_MAX).min(affordable);
    Config {
        // A send and a receive of each, and the poll of the watchdog's timer.
        submissions: number((2 * connections + answers + 1).clamp(8, 8192)),
        completions: number((2 * stock + 2 * connections).clamp(64, 65536)),
        // One more for the watchdog.
        descriptors: number(connections + 1),
        buffers: Pool { count: number(stock), size: number(buffer) },
        slots: Pool { count: number(connections + answers), size: number(slot) },
    }
}

fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::Wait;

    fn of(connections: usize, message: usize, has_messages: bool, many_messages: bool) -> Config {
        let terms = Terms { many_messages, ..Terms::new(Wait::Block, message) };
        config(&Crowd { connections, has_messages, with_many_peers: 0 }, &terms)
    }

    #[test]
    fn a_message_fits_one_buffer_and_one_slot_and_a_longer_one_shows() {
        for message in [1, 64, 65_507, 1 << 20] {
            let config = of(1, message, true, false);
            assert_eq!(config.buffers.size as usize, message + 1);
            assert_eq!(config.slots.size as usize, message);
        }
    }

    #[test]
    fn a_socket_of_many_clients_has_room_for_addresses_and_slots_of_its_own() {
        let crowd = Crowd { connections: 3, has_messages: true, with_many_peers: 1 };
        let config = config(&crowd, &Terms::new(Wait::Block, 64));
        assert_eq!(config.buffers.size, 65 + Datagram::OVERHEAD);
        let mut deal = Deal::new(&crowd);
        assert_eq!([false, true, false].map(|many| deal.slots(many)), [0..1, 3..67, 2..3]);
        assert_eq!(config.slots.count, 67);
    }

    #[test]
    fn a_stream_has_pieces_of_bounded_size() {
        for (message, buffer, slot) in
            [(1, 4 << 10, 16 << 10), (40_000, 40_000, 40_000), (1 << 30, 64 << 10, 256 << 10)]
        {
            let config = of(1, message, false, false);
            assert_eq!((config.buffers.size, config.slots.size), (buffer, slot));
        }
    }

    #[test]
    fn there_are_buffers_for_every_connection_as_far_as_memory_and_kernel_go() {
        let rows = [
            (1, 64, false, 4),
            (64, 64, false, 128),
            (64, 64, true, 512),
            (100_000, 64, true, 8192),
            (64, 1 << 30, true, 512),
        ];
        for (connections, message, many, count) in rows {
            let config = of(connections, message, false, many);
            assert_eq!(config.buffers.count, count, "{connections} × {message}");
            assert!(config.descriptors as usize > connections);
            assert!(config.submissions as usize > 2 * connections || config.submissions == 8192);
        }
    }
}
