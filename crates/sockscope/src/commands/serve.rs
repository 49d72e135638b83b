//! `serve`.

use crate::fault::CliError;
use crate::status::Status;

/// serve
#[derive(Debug, clap::Args)]
pub(crate) struct Args {}

/// Runs it.
pub(crate) fn run(_args: &Args) -> Result<Status, CliError> {
    Err(CliError::bug("not built yet"))
}
