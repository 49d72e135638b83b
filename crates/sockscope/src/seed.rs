//! Seed: what decides a random order, unless it was given.

/// A random one.
pub(crate) fn random() -> u64 {
    let mut bytes = [0; 8];
    // Without random bytes the order is fixed, which the result shows.
    let _ = rustix::rand::getrandom(&mut bytes, rustix::rand::GetRandomFlags::empty());
    // Small enough to be typed again.
    u64::from_le_bytes(bytes) % 1_000_000_000
}
