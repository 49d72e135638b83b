//! The server: every kind of socket and every service, faults, and its end.

mod allocation;
mod backpressure;
mod end;
mod faults;
mod forged;
mod matrix;
mod support;
mod threads;
