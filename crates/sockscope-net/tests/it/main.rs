//! The crate on real sockets.

#![expect(clippy::print_stderr, reason = "a test that is skipped says why")]

mod conn;
mod connector;
mod credentials;
mod datagram;
mod endpoint;
mod exchange;
mod namespaces;
mod network;
mod rights;
mod socket_file;
mod support;
