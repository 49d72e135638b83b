//! System calls: the few typed Linux calls that rustix lacks.
//!
//! This is the only sockscope crate with `unsafe` code. Each function is one system call with typed
//! arguments and no policy: which call to make, and what its answer means, is decided by the crates
//! above. Whatever [rustix] does soundly is called through rustix and is not repeated here.
//!
//! [rustix]: https://docs.rs/rustix

#![expect(unsafe_code, reason = "this crate exists to fence off the unsafe calls")]
#![expect(
    clippy::cast_possible_truncation,
    reason = "only sizes of kernel structs and kernel constants are cast: known, and tiny"
)]

mod address;
mod bind_later;
mod control;
mod cpu_clock;
mod credentials;
mod descriptor;
mod message;
mod mptcp;
mod shared;
mod ticks;
pub mod uring;
mod vsock;
mod vsock_buffer;
mod zero_copy;

pub use address::unix_name;
pub use bind_later::bind_without_port;
pub use cpu_clock::CpuClock;
pub use credentials::{Credentials, peer_credentials};
pub use descriptor::{duplicate, is_closed_on_exec, take_inherited};
pub use message::{Received, receive_local_address, receive_message, send_from};
pub use mptcp::is_multipath;
pub use shared::SharedMemory;
pub use ticks::Ticks;
pub use vsock::VsockAddress;
pub use vsock_buffer::{set_vsock_buffer, vsock_buffer};
pub use zero_copy::{Released, allow_zero_copy, released, send_zero_copy};
