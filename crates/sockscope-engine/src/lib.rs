//! Drives sockscope's services and workloads over real sockets, and measures them.
//!
//! Two halves share this crate. [`serve`] runs a service on any number of listeners, on epoll. The others measure: a
//! [`plan::Plan`] says what, a [`launcher::Launcher`] starts the workers, and [`run::run`] gives a
//! [`run::Measurement`] back.
//!
//! An engine never interprets payload, and a service never sees a descriptor; the contract between them is
//! `sockscope_proto::machine`.

#![forbid(unsafe_code)]

pub mod bare;
pub mod clock;
pub mod connect;
pub mod control;
pub mod engine;
pub mod exchange;
pub mod floor;
pub mod interruptions;
pub mod launcher;
pub mod open;
pub mod perf;
pub mod plan;
pub mod ports;
pub mod run;
pub mod self_check;
pub mod serve;
pub mod side;
pub mod topology;
pub mod usage;
pub mod view;
pub mod wire;
pub mod work;
pub mod worker;
