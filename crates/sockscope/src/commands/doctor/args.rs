//! Args: the command line of `doctor`.

use clap::ValueEnum;
use sockscope_report::doctor::Severity;

/// Is this machine fit to measure? What to change, and how
///
/// Looks at what makes numbers wrong, hard to repeat or impossible to get here, says why each matters for a measurement,
/// and gives the command that changes it. Nothing is changed. It takes a quarter of a second, during which one CPU is
/// kept busy to see what interrupts it.
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Args {
    /// Say why it matters of what is as it should be, too
    #[arg(short, long)]
    pub(crate) verbose: bool,

    /// Exit with status 1 when there is a finding as grave as this
    #[arg(long, value_enum, value_name = "SEVERITY")]
    pub(crate) fail_on: Option<FailOn>,

    /// How the findings are printed
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,

    /// Short for --format json
    #[arg(long, conflicts_with = "format")]
    pub(crate) json: bool,
}

impl Args {
    /// The format, whichever way it was asked for.
    pub(crate) fn chosen_format(&self) -> Format {
        if self.json { Format::Json } else { self.format }
    }
}

/// How findings are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people, 80 columns
    Text,
    /// Facts and findings, `sockscope.doctor/1`
    Json,
}

/// From which severity on the command fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum FailOn {
    /// Numbers may be wrong, or hard to repeat
    Warning,
    /// A warning, or what changes what is measured
    Note,
}

impl FailOn {
    /// The least grave finding that fails.
    pub(crate) fn severity(self) -> Severity {
        match self {
            Self::Warning => Severity::Warning,
            Self::Note => Severity::Note,
        }
    }
}

const AFTER_HELP: &str = "\
A warning means that numbers may be wrong or hard to repeat; a note that it
changes what is measured, or what can be. What cannot be read is listed as not
known, and never counts against the machine. docs/doctor.md explains each.

Exit status: 0 the machine was examined; 1 --fail-on is met.

Examples:
  sockscope doctor
  sockscope doctor --fail-on warning && sockscope bench -o result.json
  sockscope doctor --json | jq '.findings[] | select(.severity == \"warning\")'";
