//! `CliError`: what went wrong, whose fault it is, and what to type next.

use std::error::Error;

use crate::status::Status;

/// An error that ends a command.
///
/// `Display` of each link of the chain names the operation and its object only; the printer joins the chain with `: `
/// and prints the hints below it.
#[derive(Debug)]
pub(crate) struct CliError {
    /// Whose fault it is; decides the exit status.
    pub(crate) fault: Status,
    /// What happened, with its causes in `source()`.
    pub(crate) source: Box<dyn Error + Send + Sync>,
    /// What to type instead, or what to look at.
    pub(crate) hints: Vec<String>,
}

impl CliError {
    /// The call is wrong.
    pub(crate) fn usage(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { fault: Status::Usage, source: source.into(), hints: Vec::new() }
    }

    /// This machine does not allow it.
    pub(crate) fn environment(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { fault: Status::Environment, source: source.into(), hints: Vec::new() }
    }

    /// A bug of sockscope.
    pub(crate) fn bug(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { fault: Status::Bug, source: source.into(), hints: Vec::new() }
    }

    /// The same error, said to have happened during `operation`.
    pub(crate) fn context(self, operation: impl Into<String>) -> Self {
        let source = Context { operation: operation.into(), source: self.source };
        Self { fault: self.fault, source: Box::new(source), hints: self.hints }
    }

    /// The same error with one more hint.
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }
}

/// An operation that failed, and why.
#[derive(Debug, thiserror::Error)]
#[error("{operation}")]
struct Context {
    operation: String,
    source: Box<dyn Error + Send + Sync>,
}
