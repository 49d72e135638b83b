//! sockscope: serve, measure, see and explain the sockets of a Linux machine.
//!
//! The binary turns arguments into plans, runs them with the libraries and renders what comes back. It is the only
//! crate that prints, exits and reads the environment.

#![forbid(unsafe_code)]

mod cli;
mod commands;
mod fault;
mod printer;
mod status;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::main()
}
