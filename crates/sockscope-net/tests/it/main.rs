//! The crate on real sockets.

mod exchange;
