//! Args: the command line of `compare`.

use std::path::PathBuf;

use clap::ValueEnum;

/// Did it change? Compare results of two builds, kernels or settings
///
/// Give the earlier results, then `--`, then the later ones; each is a file that `bench -o` wrote, and may hold several
/// runs. Between runs the replicate is the run: give at least three on each side.
#[derive(Debug, clap::Args)]
#[command(
    after_help = AFTER_HELP,
    override_usage = "sockscope compare [OPTIONS] <BEFORE>... -- <AFTER>..."
)]
pub(crate) struct Args {
    /// Results compared with
    #[arg(required = true, value_name = "BEFORE")]
    pub(crate) before: Vec<PathBuf>,

    /// Results compared, behind `--`
    #[arg(required = true, last = true, value_name = "AFTER")]
    pub(crate) after: Vec<PathBuf>,

    /// Results of earlier runs, which only tell how runs differ; may be repeated
    #[arg(long, value_name = "FILE")]
    pub(crate) history: Vec<PathBuf>,

    /// Exit with status 1 when a median is slower, by X % at least
    #[arg(long, value_name = "slower[:X%]", value_parser = FailOn::parse)]
    pub(crate) fail_on: Option<FailOn>,

    /// A difference too small to be believed [default: 2%; 3% between single runs]
    #[arg(long, value_name = "X%", value_parser = percent)]
    pub(crate) min_effect: Option<f64>,

    /// Compare results of different machines, too
    #[arg(long)]
    pub(crate) across_hosts: bool,

    /// How the comparison is printed
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,

    /// Short for --format json
    #[arg(long, conflicts_with = "format")]
    pub(crate) json: bool,
}

/// How a comparison is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people, 80 columns
    Text,
    /// The whole comparison, `sockscope.compare/1`
    Json,
}

impl Args {
    /// The format, whichever way it was asked for.
    pub(crate) fn chosen_format(&self) -> Format {
        if self.json { Format::Json } else { self.format }
    }
}

/// What makes a comparison fail.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct FailOn {
    /// The verdict is `slower`, and the later side takes longer by this share at least.
    pub(crate) slower_by: f64,
}

impl FailOn {
    fn parse(text: &str) -> Result<Self, String> {
        let slower_by = match text.split_once(':') {
            None if text == "slower" => 0.0,
            Some(("slower", share)) => percent(share)?,
            _ => return Err("it is slower, or slower:5%".to_owned()),
        };
        Ok(Self { slower_by })
    }
}

/// A share as people type it, in percent with or without the sign: `5%`, `2.5`.
fn percent(text: &str) -> Result<f64, String> {
    let number = text.trim().trim_end_matches('%').trim_end().parse::<f64>().ok();
    let share = number.map(|percent| percent / 100.0);
    share
        .filter(|share| (0.0..=10.0).contains(share))
        .ok_or_else(|| "it is a number of percent from 0 to 1000, such as 5%".to_owned())
}

const AFTER_HELP: &str = "\
Change is that of the time of a round trip: +5 % is slower. A cell is slower or
faster when its median changed beyond the floor and Student's t on the runs'
levels, corrected for all cells (Holm), leaves less than 5 % for chance. Mean
and p99 are in the JSON and decide nothing. Two servers that can run at once are
better measured side by side: sockscope bench unix:old.sock unix:new.sock

Exit status: 0 compared; 1 --fail-on is met; 2 a file cannot be read, is of a
newer format, or nothing in it can be compared.

Examples:
  sockscope bench --runs 3 -o before.json   # and after.json, with the new build
  sockscope compare before.json -- after.json
  sockscope compare a1.json a2.json a3.json -- b1.json b2.json b3.json
  sockscope compare --fail-on slower:5% main.json -- change.json
  sockscope compare --history nightly.json main.json -- change.json";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_are_read_with_and_without_a_share() {
        for (text, expected) in [("slower", 0.0), ("slower:5%", 0.05), ("slower:2.5", 0.025)] {
            let read = FailOn::parse(text).unwrap().slower_by;
            assert!((read - expected).abs() < 1e-12, "{text}: {read}");
        }
        for text in ["", "faster", "slower:", "slower:-1%", "slower:x%", "slower:NaN%"] {
            assert!(FailOn::parse(text).is_err(), "{text}");
        }
    }
}
