//! Integration tests: typed system calls on real sockets.

#![expect(clippy::unwrap_used, reason = "a test ends where it cannot go on")]
#![expect(clippy::cast_possible_truncation, reason = "the numbers of a test are small")]

mod support;
mod uring_accept;
mod uring_datagram;
mod uring_drop;
mod uring_echo;
mod uring_receive;
mod uring_refusal;
mod uring_send;
