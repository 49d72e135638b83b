//! Doctor: whether a machine is fit to measure, and what to change.
//!
//! The binary gathers [`Facts`]; everything here is a pure function of them. A [`Finding`] never says
//! that a machine is bad because something about it is unknown.

pub mod facts;
pub mod model;
mod rule;
mod rules;
pub mod self_check;

pub use facts::Facts;
pub use model::{DoctorReport, Finding, FindingCode, Severity};
pub use self_check::SelfCheck;

/// Judges every fact, the worst first.
#[must_use]
pub fn findings(facts: &Facts) -> Vec<Finding> {
    let mut findings: Vec<Finding> = rules::ALL.iter().map(|rule| rule.finding(facts)).collect();
    findings.sort_by_key(|finding| finding.severity.rank());
    findings
}
