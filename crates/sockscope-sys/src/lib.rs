//! The few typed Linux calls that rustix lacks: the only sockscope crate with unsafe code. No policy.

#![allow(unsafe_code, reason = "this crate exists to hold the unsafe calls of the workspace")]

pub mod cpu_clock;

pub use cpu_clock::CpuClock;
