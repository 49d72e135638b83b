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

    /// Check sockscope itself, too: against a bare loop, a known delay and servers that cheat
    #[arg(long)]
    pub(crate) self_check: bool,

    /// How often the self-check measures each loop; more where the machine is noisy
    #[arg(long, value_name = "N", default_value_t = 20, requires = "self_check", value_parser = clap::value_parser!(u32).range(6..=1000))]
    pub(crate) rounds: u32,

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

The self-check takes a quarter of a minute. It compares the loop of this
program with one that does nothing but write, read and look at the clock: both
ends on one CPU, the two in turn, mean against mean, median against median. It
passes where the whole 95 % interval of the ratio is within 1.03, fails where
none of it is, and cannot tell where the machine is too noisy. A socket that is
compared with itself must not differ; a server that waits 200 µs before each
answer must not read less; servers that cheat must be caught.

Exit status: 0 the machine was examined; 1 --fail-on is met, or a self-check
failed (one that cannot tell has not failed).

Examples:
  sockscope doctor
  sockscope doctor --self-check
  sockscope doctor --fail-on warning && sockscope bench -o result.json
  sockscope doctor --json | jq '.findings[] | select(.severity == \"warning\")'";
