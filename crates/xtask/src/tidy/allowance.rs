//! `Allowance`: a dated exception to a length limit, written in `tidy.toml`.

use std::io;
use std::path::Path;

use jiff::civil::Date;
use serde::{Deserialize, Deserializer, de};
use thiserror::Error;

use super::finding::Finding;

/// Where the allowances are written, from the workspace's root.
pub(crate) const FILE: &str = "tidy.toml";

/// One file or function may be longer than others, for a reason and for a time.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Allowance {
    /// The file, from the workspace's root.
    pub(crate) path: String,
    /// The function in it; without one the file itself is meant.
    pub(crate) function: Option<String>,
    /// How many lines it may have.
    pub(crate) limit: usize,
    /// The last day on which it holds.
    #[serde(deserialize_with = "date")]
    pub(crate) until: Date,
    /// Why it is long, and what has to happen before it is not.
    pub(crate) reason: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    allow: Vec<Allowance>,
}

/// The allowances cannot be read.
#[derive(Debug, Error)]
pub(crate) enum AllowanceError {
    /// The file is not there.
    #[error("cannot read {FILE}")]
    Read(#[source] io::Error),
    /// The file is not what it should be.
    #[error("cannot parse {FILE}")]
    Parse(#[source] toml::de::Error),
}

/// Reads the allowances.
pub(crate) fn read(path: &Path) -> Result<Vec<Allowance>, AllowanceError> {
    let text = std::fs::read_to_string(path).map_err(AllowanceError::Read)?;
    parse(&text).map_err(AllowanceError::Parse)
}

/// Checks that no allowance has run out on the day `today`, and that each has a reason.
pub(crate) fn check_dates(allowances: &[Allowance], today: Date) -> Vec<Finding> {
    let objection = |allowance: &Allowance| {
        if allowance.until < today {
            Some(format!("ran out on {}: shorten the code", allowance.until))
        } else if allowance.reason.trim().is_empty() {
            Some("has no reason".to_owned())
        } else {
            None
        }
    };
    let found = allowances.iter().filter_map(|allowance| {
        objection(allowance).map(|objection| allowance.finding(&objection))
    });
    found.collect()
}

impl Allowance {
    /// A finding about the allowance itself.
    pub(crate) fn finding(&self, objection: &str) -> Finding {
        let function =
            self.function.as_ref().map(|name| format!("fn {name} of ")).unwrap_or_default();
        let message = format!("allowance for {function}{}: {objection}", self.path);
        Finding::file(FILE, "allowance", message)
    }
}

fn parse(text: &str) -> Result<Vec<Allowance>, toml::de::Error> {
    Ok(toml::from_str::<File>(text)?.allow)
}

/// A TOML date, which has no quotes.
fn date<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Date, D::Error> {
    let value = toml::value::Datetime::deserialize(deserializer)?;
    value.to_string().parse().map_err(|_| de::Error::custom("not a date like 2027-03-01"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENTRY: &str = "[[allow]]\npath = \"a.rs\"\nfunction = \"f\"\nlimit = 90\n\
                         until = 2027-03-01\nreason = \"a table of rows\"\n";

    fn objections(text: &str, today: Date) -> Vec<String> {
        let allowances = parse(text).expect("the entry parses");
        check_dates(&allowances, today).into_iter().map(|finding| finding.message).collect()
    }

    #[test]
    fn an_allowance_holds_up_to_its_last_day() {
        assert_eq!(objections(ENTRY, jiff::civil::date(2027, 3, 1)), [""; 0]);
        assert_eq!(
            objections(ENTRY, jiff::civil::date(2027, 3, 2)),
            ["allowance for fn f of a.rs: ran out on 2027-03-01: shorten the code"]
        );
    }

    #[test]
    fn an_allowance_without_a_reason_is_found() {
        let text = ENTRY.replace("a table of rows", " ");
        let found = objections(&text, jiff::civil::date(2027, 1, 1));
        assert_eq!(found, ["allowance for fn f of a.rs: has no reason"]);
    }

    #[test]
    fn entries_must_be_complete_and_known() {
        for bad in [
            ENTRY.replace("until = 2027-03-01\n", ""),
            ENTRY.replace("2027-03-01", "12:00:00"),
            ENTRY.replace("reason", "because"),
            ENTRY.replace("allow", "alow"),
        ] {
            assert!(parse(&bad).is_err(), "{bad}");
        }
        assert!(parse("").expect("an empty file parses").is_empty());
    }
}
