//! Value parsers: endpoints, durations and sizes as they are typed.

use std::ffi::OsStr;
use std::time::Duration;

use clap::builder::{OsStringValueParser, TypedValueParser};
use sockscope_net::Endpoint;

/// Parses an endpoint; the error carries its hint.
pub(crate) fn endpoint() -> impl TypedValueParser<Value = Endpoint> {
    OsStringValueParser::new().try_map(|text| parse_endpoint(&text))
}

fn parse_endpoint(text: &OsStr) -> Result<Endpoint, String> {
    Endpoint::parse(text).map_err(|error| match error.hint() {
        Some(hint) => format!("{error}\n\nhint: {hint}"),
        None => error.to_string(),
    })
}

/// Parses a duration as people type it: `500ms`, `1s`, `1m 30s`.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let duration = duration_or_zero(text)?;
    if duration.is_zero() { Err("a duration of nothing".into()) } else { Ok(duration) }
}

/// Parses a duration that may be nothing at all: `0s`.
pub(crate) fn duration_or_zero(text: &str) -> Result<Duration, String> {
    let wrong = || "a duration has a number and a unit, such as 500ms, 1s or 2m".to_owned();
    let span: jiff::SignedDuration = text.parse().map_err(|_| wrong())?;
    Duration::try_from(span).map_err(|_| "a duration cannot be negative".to_owned())
}

/// Parses a number of bytes with an optional binary unit: `64`, `4K`, `64KiB`, `1M`.
pub(crate) fn size(text: &str) -> Result<usize, String> {
    const LARGEST: usize = 1 << 30;
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let factor = match &text[digits.len()..] {
        "" | "B" => 1,
        "K" | "k" | "KiB" => 1 << 10,
        "M" | "m" | "MiB" => 1 << 20,
        "G" | "g" | "GiB" => 1 << 30,
        unit => return Err(format!("no unit is called {unit:?}; use K, M or G (of 1024)")),
    };
    let number: usize =
        digits.parse().map_err(|_| "a size is a number such as 64, 4K or 1M".to_owned())?;
    let bytes = number.checked_mul(factor).filter(|bytes| *bytes <= LARGEST);
    match bytes {
        Some(0) => Err("a message of no bytes cannot be exchanged; 1 is the least".into()),
        Some(bytes) => Ok(bytes),
        None => Err("no more than 1G".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_with_binary_units() {
        let rows = [
            ("64", 64),
            ("1B", 1),
            ("4K", 4096),
            ("64KiB", 65536),
            ("1M", 1 << 20),
            ("1G", 1 << 30),
        ];
        for (text, bytes) in rows {
            assert_eq!(size(text), Ok(bytes), "{text}");
        }
        for text in ["", "0", "K", "-1", "4X", "2G", "99999999999999999999", "1.5K", "ü"] {
            assert!(size(text).is_err(), "{text}");
        }
    }

    #[test]
    fn durations_are_read_as_people_type_them() {
        let rows = [("500ms", 500), ("1s", 1000), ("1m 30s", 90_000), ("20 ms", 20)];
        for (text, ms) in rows {
            assert_eq!(duration(text), Ok(Duration::from_millis(ms)), "{text}");
        }
        for text in ["", "1", "-1s", "0s", "fast"] {
            assert!(duration(text).is_err(), "{text}");
        }
    }
}
