//! Rule: how one fact becomes a finding.

use super::{Facts, Finding, FindingCode, Severity};

/// One fact, why it matters, and how it is judged.
pub(super) struct Rule {
    pub(super) code: FindingCode,
    pub(super) why: &'static str,
    pub(super) judge: fn(&Facts) -> Judgement,
}

impl Rule {
    /// What this machine's fact comes to.
    pub(super) fn finding(&self, facts: &Facts) -> Finding {
        let Judgement { severity, value, advice, command } = (self.judge)(facts);
        Finding {
            code: self.code.clone(),
            severity,
            value,
            why: self.why.to_owned(),
            advice,
            command,
        }
    }
}

/// What a rule says about a fact.
#[derive(Debug)]
pub(super) struct Judgement {
    severity: Severity,
    value: String,
    advice: Option<String>,
    command: Option<String>,
}

impl Judgement {
    fn new(severity: Severity, value: impl Into<String>) -> Self {
        Self { severity, value: value.into(), advice: None, command: None }
    }

    /// As it should be.
    pub(super) fn ok(value: impl Into<String>) -> Self {
        Self::new(Severity::Ok, value)
    }

    /// It changes what is measured, or what can be.
    pub(super) fn note(value: impl Into<String>) -> Self {
        Self::new(Severity::Note, value)
    }

    /// Numbers may be wrong, or hard to repeat.
    pub(super) fn warning(value: impl Into<String>) -> Self {
        Self::new(Severity::Warning, value)
    }

    /// It cannot be read, for this reason.
    pub(super) fn unknown(reason: impl Into<String>) -> Self {
        Self::new(Severity::Unknown, reason)
    }

    /// What to do, in one sentence.
    pub(super) fn advice(self, advice: impl Into<String>) -> Self {
        Self { advice: Some(advice.into()), ..self }
    }

    /// The command that does it.
    pub(super) fn command(self, command: impl Into<String>) -> Self {
        Self { command: Some(command.into()), ..self }
    }
}
