//! Drives sockscope's services and workloads over real sockets, and measures them.

#![forbid(unsafe_code)]

pub mod serve;
