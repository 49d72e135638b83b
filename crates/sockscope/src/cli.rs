//! The command line: which command, and how its end becomes an exit status.

use std::error::Error;
use std::io;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::commands::{bench, compare, doctor, ping, schema, serve};
use crate::fault::CliError;
use crate::printer::Printer;
use crate::status::Status;

/// Serve, measure, see and explain the sockets of a Linux machine.
#[derive(Debug, Parser)]
#[command(name = "sockscope", version, max_term_width = 80, disable_help_subcommand = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Bench(Box<bench::Args>),
    Serve(serve::Args),
    Ping(ping::Args),
    Compare(compare::Args),
    Doctor(doctor::Args),
    Schema(schema::Args),
}

/// Parses the command line, runs the command and turns its end into an exit status.
pub(crate) fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let code = error.exit_code();
            let _ = error.print();
            return ExitCode::from(u8::try_from(code).unwrap_or(Status::Usage.code()));
        }
    };
    let result = match cli.command {
        Command::Bench(args) => bench::run(&args),
        Command::Serve(args) => serve::run(&args),
        Command::Ping(args) => ping::run(&args),
        Command::Compare(args) => compare::run(&args),
        Command::Doctor(args) => doctor::run(&args),
        Command::Schema(args) => schema::run(&args),
    };
    match result {
        Ok(status) => status.into(),
        Err(error) if is_broken_pipe(&error) => Status::Yes.into(),
        Err(error) => {
            Printer::new(false).error(&error);
            error.fault.into()
        }
    }
}

/// Whether the error is only that nobody reads our stdout any more.
fn is_broken_pipe(error: &CliError) -> bool {
    let source: &(dyn Error + 'static) = error.source.as_ref();
    source
        .downcast_ref::<io::Error>()
        .is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}
