//! Doctor: an examination for a person, 80 columns wide, the worst first.

use unicode_width::UnicodeWidthStr as _;

use super::page::Page;
use super::{WIDTH, facts, self_check};
use crate::doctor::{DoctorReport, Finding, Severity};
use crate::escape::escape;
use crate::render::Style;

/// How wide a name is in a list.
const NAME_WIDTH: usize = 20;

/// The findings in words. What is as it should be takes a line each, unless `verbose` asks why it matters. Text that
/// came from outside is escaped.
#[must_use]
pub fn doctor_text(report: &DoctorReport, verbose: bool, style: &Style) -> String {
    let mut page = Page::new(*style);
    page.paragraph(&format!("sockscope {}: is this machine fit to measure?", report.sockscope));
    facts::write_machine(&report.facts.host, &mut page);
    page.line("");
    in_short(report, &mut page);
    let sections = [
        (Severity::Warning, "Warnings: change these, or numbers may be wrong or hard to repeat"),
        (Severity::Note, "Notes: these change what is measured, or what can be"),
    ];
    for (severity, title) in sections {
        section(report, &severity, title, true, &mut page);
    }
    if report.findings.iter().any(|finding| finding.command.is_some()) {
        page.line("");
        page.aside("", "What a command changes is as before after a restart of the machine.");
    }
    section(report, &Severity::Ok, "As it should be", verbose, &mut page);
    section(report, &Severity::Unknown, "Not known here, which is not bad", verbose, &mut page);
    if let Some(check) = &report.self_check {
        self_check::write(check, &mut page);
    }
    page.finish()
}

/// The counts, and what they come to.
fn in_short(report: &DoctorReport, page: &mut Page) {
    let count = |severity: &Severity| report.with(severity).count();
    let plural = |count: usize, word: &str| match count {
        1 => format!("1 {word}"),
        _ => format!("{count} {word}s"),
    };
    let warnings = count(&Severity::Warning);
    let answer = match warnings {
        0 => "Nothing here speaks against measuring",
        1 => "One thing should be changed before a number is believed",
        _ => "Some things should be changed before a number is believed",
    };
    page.paragraph(&format!(
        "{answer}: {}, {}, {} as it should be, {} not known.",
        plural(warnings, "warning"),
        plural(count(&Severity::Note), "note"),
        count(&Severity::Ok),
        count(&Severity::Unknown),
    ));
}

fn section(
    report: &DoctorReport,
    severity: &Severity,
    title: &str,
    explained: bool,
    page: &mut Page,
) {
    let mut findings = report.with(severity).peekable();
    if findings.peek().is_none() {
        return;
    }
    page.heading(title);
    for finding in findings {
        if explained {
            explain(finding, page);
        } else {
            page.item(&format!("  {:<NAME_WIDTH$}", finding.code.as_str()), &finding.value);
        }
    }
}

/// A finding with why it matters and what to do.
fn explain(finding: &Finding, page: &mut Page) {
    page.item("  ", &format!("{}: {}", finding.code, finding.value));
    page.item("      ", &finding.why);
    if let Some(advice) = &finding.advice {
        page.item("      ", advice);
    }
    if let Some(command) = &finding.command {
        write_command(command, page);
    }
}

/// A command on a line of its own, to be copied as it is. One that is too long goes on in the next line where a shell
/// lets it: after a pipe.
fn write_command(command: &str, page: &mut Page) {
    const INDENT: usize = 8;
    let indent = " ".repeat(INDENT);
    let command = escape(command);
    if command.width() + INDENT <= WIDTH {
        return page.line(&format!("{indent}{command}"));
    }
    for part in command.split_inclusive(" | ") {
        page.line(&format!("{indent}{part}"));
    }
}
