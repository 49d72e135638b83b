//! Integration tests of the engine: real sockets, real threads, one binary.

#![expect(clippy::unwrap_used, reason = "a test ends where it cannot go on")]

mod abilities;
mod allocation;
mod allocation_loops;
mod child;
mod connect;
mod cost;
mod coverage;
mod datagrams;
mod datagrams_many;
mod engines;
mod engines_alone;
mod fairness;
mod faults;
mod faults_many;
mod floors;
mod measure;
mod open;
mod patience;
mod perf;
mod plans;
mod self_check;
mod serve;
mod stream;
mod threads;
mod uring;
mod uring_datagrams;
mod uring_streams;
