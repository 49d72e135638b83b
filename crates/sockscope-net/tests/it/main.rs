//! The crate on real sockets.

mod endpoint;
mod exchange;
