//! sockscope: serve, measure, see and explain the sockets of a Linux machine.
//!
//! The binary turns arguments into plans, runs them with the libraries and renders what comes back. It is the only
//! crate that prints, exits and reads the environment.

#![forbid(unsafe_code)]

mod cli;
mod commands;
mod fault;
mod host;
mod interrupt;
mod printer;
mod saved;
mod scratch;
mod seed;
mod status;
mod value;
mod worker;

use std::process::ExitCode;

fn main() -> ExitCode {
    // A bench starts this program two times for each block: workers do not go through the command line's parser.
    if std::env::args_os().nth(1).is_some_and(|word| word == worker::COMMAND) {
        return worker::main();
    }
    cli::main()
}
