//! Bytes: copied into and out of words that another process may be reading or writing.
//!
//! A word is moved whole, so no copy is as fast as `memcpy` over plain memory could be; it is what two processes can do
//! without trusting each other.

use std::sync::atomic::{AtomicU64, Ordering};

/// Bytes of a word.
const WORD: usize = size_of::<AtomicU64>();

/// Writes `bytes` into a ring, from `position` on, modulo its size, which is a power of two of words.
#[inline]
pub(super) fn write(ring: &[AtomicU64], position: u32, mut bytes: &[u8]) {
    let mut at = position as usize;
    while !bytes.is_empty() {
        let (index, offset) = place(ring, at);
        let taken = if offset == 0 && bytes.len() >= WORD {
            let (whole, _) = bytes.as_chunks::<WORD>();
            let pairs = ring[index..].iter().zip(whole);
            pairs
                .map(|(word, bytes)| word.store(u64::from_le_bytes(*bytes), Ordering::Relaxed))
                .count()
                * WORD
        } else {
            // What is around it in the word stays: only this end writes here.
            let mut word = ring[index].load(Ordering::Relaxed).to_le_bytes();
            let taken = bytes.len().min(WORD - offset);
            word[offset..offset + taken].copy_from_slice(&bytes[..taken]);
            ring[index].store(u64::from_le_bytes(word), Ordering::Relaxed);
            taken
        };
        bytes = &bytes[taken..];
        at += taken;
    }
}

/// Fills `bytes` from a ring, from `position` on.
#[inline]
pub(super) fn read(ring: &[AtomicU64], position: u32, mut bytes: &mut [u8]) {
    let mut at = position as usize;
    while !bytes.is_empty() {
        let (index, offset) = place(ring, at);
        let taken = if offset == 0 && bytes.len() >= WORD {
            let (whole, _) = bytes.as_chunks_mut::<WORD>();
            let pairs = ring[index..].iter().zip(whole);
            pairs.map(|(word, bytes)| *bytes = word.load(Ordering::Relaxed).to_le_bytes()).count()
                * WORD
        } else {
            let word = ring[index].load(Ordering::Relaxed).to_le_bytes();
            let taken = bytes.len().min(WORD - offset);
            bytes[..taken].copy_from_slice(&word[offset..offset + taken]);
            taken
        };
        bytes = &mut bytes[taken..];
        at += taken;
    }
}

/// The word of a byte, and its offset in there.
#[inline]
fn place(ring: &[AtomicU64], at: usize) -> (usize, usize) {
    ((at / WORD) & (ring.len() - 1), at % WORD)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_length_at_every_position_comes_out_as_it_went_in() {
        const SIZE: usize = 64;
        for position in (0..SIZE).chain([u32::MAX as usize - 3]) {
            for length in 0..=SIZE {
                let ring: Vec<_> = (0..SIZE / WORD).map(|_| AtomicU64::new(u64::MAX)).collect();
                let bytes: Vec<_> = (1..).take(length).collect();
                let position = u32::try_from(position).unwrap();
                write(&ring, position, &bytes);
                let mut back = vec![0; length];
                read(&ring, position, &mut back);
                assert_eq!(back, bytes, "{length} at {position}");
                let all = ring.iter().flat_map(|word| word.load(Ordering::Relaxed).to_le_bytes());
                let untouched = all.filter(|byte| *byte == u8::MAX).count();
                assert_eq!(untouched, SIZE - length, "no other byte is touched");
            }
        }
    }
}
