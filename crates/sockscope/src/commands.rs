//! The commands: each turns its arguments into a plan, runs it, and renders the result.

pub(crate) mod bench;
pub(crate) mod compare;
pub(crate) mod doctor;
pub(crate) mod ping;
pub(crate) mod schema;
pub(crate) mod serve;
