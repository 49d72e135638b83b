//! `Finding`: one place that breaks one rule.

use std::fmt::{self, Display};

/// A place and what is wrong with it; ordered by place.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Finding {
    /// From the root of the workspace.
    pub(crate) path: String,
    /// Counted from 1; `None` when it is the whole file.
    pub(crate) line: Option<usize>,
    /// The rule's name.
    pub(crate) rule: &'static str,
    /// What is wrong, and what to do instead.
    pub(crate) message: String,
}

impl Finding {
    /// A finding about a whole file.
    pub(crate) fn file(path: &str, rule: &'static str, message: impl Into<String>) -> Self {
        Self { path: path.to_owned(), line: None, rule, message: message.into() }
    }

    /// A finding in one line of a file.
    pub(crate) fn line(
        path: &str,
        line: usize,
        rule: &'static str,
        message: impl Into<String>,
    ) -> Self {
        Self { line: Some(line), ..Self::file(path, rule, message) }
    }
}

impl Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { path, line, rule, message } = self;
        match line {
            Some(line) => write!(f, "{path}:{line}: {rule}: {message}"),
            None => write!(f, "{path}: {rule}: {message}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finding_prints_as_a_place_that_editors_can_jump_to() {
        let finding = Finding::line("a/b.rs", 3, "print", "no");
        assert_eq!(finding.to_string(), "a/b.rs:3: print: no");
        assert_eq!(Finding::file("a/b.rs", "print", "no").to_string(), "a/b.rs: print: no");
    }
}
