//! Integration tests of the engine: real sockets, real threads, one binary.

mod allocation;
mod faults;
mod measure;
mod plans;
mod serve;
