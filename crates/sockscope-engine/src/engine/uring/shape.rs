//! Shape: how large a ring is made for some connections.

use sockscope_sys::uring::{Config, Pool};

use crate::engine::Terms;

/// Buffers of a stream are no larger: it can come in several.
const BUFFER: std::ops::RangeInclusive<usize> = 4 << 10..=64 << 10;
/// What a stream sends in one operation is no larger; and no smaller, so that many small requests leave together.
const SLOT: std::ops::RangeInclusive<usize> = 16 << 10..=256 << 10;
/// All buffers together, unless the fewest that are needed are more.
const STOCK_BYTES: usize = 32 << 20;
/// The fewest buffers: one is filled while another is read.
const STOCK_MIN: usize = 4;
/// The most that the kernel takes.
const STOCK_MAX: usize = 1 << 15;

/// A ring for so many connections, of which all keep boundaries or none does.
pub(super) fn config(connections: usize, has_messages: bool, terms: &Terms) -> Config {
    let longest = terms.message.max(1);
    // A message that is longer than it should be must not look as if it were not.
    let (buffer, slot) = if has_messages {
        (longest + 1, longest)
    } else {
        (longest.clamp(*BUFFER.start(), *BUFFER.end()), longest.clamp(*SLOT.start(), *SLOT.end()))
    };
    let each = if terms.many_messages { 8 } else { 2 };
    let affordable = (STOCK_BYTES / buffer).max(STOCK_MIN);
    let stock = (connections * each).clamp(STOCK_MIN, STOCK_MAX).min(affordable);
    Config {
        // A send and a receive of each.
        submissions: number((2 * connections).clamp(8, 8192)),
        completions: number((2 * stock + 2 * connections).clamp(64, 65536)),
        // One more for the watchdog.
        descriptors: number(connections + 1),
        buffers: Pool { count: number(stock), size: number(buffer) },
        slots: Pool { count: number(connections), size: number(slot) },
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
        config(connections, has_messages, &terms)
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
        }
    }
}
