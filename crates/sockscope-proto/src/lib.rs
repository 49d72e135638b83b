//! Sans-io services and workloads: what a server says and what a client does.
//!
//! Everything here is a state machine: bytes and the time go in, bytes and the next deadline come out. Nothing reads
//! a clock, touches a socket or allocates on the hot path, so every behaviour is tested on a simulated clock and every
//! engine drives the same machine. The contract between machines and engines is written in [`machine`].

#![forbid(unsafe_code)]

pub mod machine;
pub mod service;
pub mod workload;

pub use machine::{Close, Next, Out, Service, Step, Time};
