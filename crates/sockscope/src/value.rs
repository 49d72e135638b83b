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
    let is_number = !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit());
    if !is_number {
        return Err("a size is a number such as 64, 4K or 1M".into());
    }
    // What does not fit is larger than anything allowed.
    let number = digits.parse().unwrap_or(usize::MAX);
    let bytes = number.checked_mul(factor).filter(|bytes| *bytes <= LARGEST);
    match bytes {
        Some(0) => Err("a message of no bytes cannot be exchanged; 1 is the least".into()),
        Some(bytes) => Ok(bytes),
        None => Err("no more than 1G".into()),
    }
}

/// One item of a list of values: the value itself, or all of a range.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Range<T>(Vec<T>);

/// All values of a list, each once, in the order of the first.
pub(crate) fn spread<T: Copy + PartialEq>(ranges: &[Range<T>]) -> Vec<T> {
    let mut values = Vec::new();
    for value in ranges.iter().flat_map(|range| &range.0) {
        if !values.contains(value) {
            values.push(*value);
        }
    }
    values
}

/// Parses sizes: `64`, `64:1M:*4`, `1K:8K:+1K`.
pub(crate) fn sizes(text: &str) -> Result<Range<usize>, String> {
    let read = |text: &str| size(text).map(|size| size as f64);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "between two sizes that were read"
    )]
    let whole = |value: f64| value.round() as usize;
    range(text, read, |text| read(text))
        .map(|values| Range(values.into_iter().map(whole).collect()))
}

/// Parses counts of at least 1: `8`, `1:64:*2`, `1:10:+1`.
pub(crate) fn counts(text: &str) -> Result<Range<u32>, String> {
    const LARGEST: u32 = 10_000;
    let read = |text: &str| match text.parse::<u32>() {
        Ok(count) if (1..=LARGEST).contains(&count) => Ok(f64::from(count)),
        _ => Err(format!("a number from 1 to {LARGEST}, not {text:?}")),
    };
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "between two counts that were read"
    )]
    let whole = |value: f64| value.round() as u32;
    range(text, read, read).map(|values| Range(values.into_iter().map(whole).collect()))
}

/// Parses rates, in requests a second: `10000`, `10k`, `1k:64k:*2`.
pub(crate) fn rates(text: &str) -> Result<Range<f64>, String> {
    range(text, rate, rate).map(Range)
}

/// Parses a rate with an optional decimal unit: `10000`, `10k`, `1.5M`.
fn rate(text: &str) -> Result<f64, String> {
    let (digits, factor) = match text.as_bytes().last() {
        Some(b'k' | b'K') => (&text[..text.len() - 1], 1e3),
        Some(b'M') => (&text[..text.len() - 1], 1e6),
        _ => (text, 1.0),
    };
    let wrong = || "a rate is a number of requests a second, such as 500, 10k or 1.5M".to_owned();
    let rate = digits.parse::<f64>().map_err(|_| wrong())? * factor;
    let allowed = rate.is_finite() && (0.1..=1e8).contains(&rate);
    if allowed {
        Ok(rate)
    } else {
        Err("a rate lies between 0.1 and 100M requests a second".into())
    }
}

/// Parses `FIRST:LAST:*FACTOR` or `FIRST:LAST:+STEP`, or one value. The last one belongs to it when it is met exactly.
fn range(
    text: &str,
    value: impl Fn(&str) -> Result<f64, String>,
    step: impl Fn(&str) -> Result<f64, String>,
) -> Result<Vec<f64>, String> {
    const MOST: usize = 1000;
    let Some((first, rest)) = text.split_once(':') else { return Ok(vec![value(text)?]) };
    let form = || {
        let end = rest.split(':').next().unwrap_or(rest);
        format!(
            "a range is FIRST:LAST:*FACTOR or FIRST:LAST:+STEP, such as {first}:{end}:*2, not {text:?}"
        )
    };
    let (last, by) = rest.split_once(':').ok_or_else(form)?;
    let (first, last) = (value(first)?, value(last)?);
    if last < first {
        return Err(format!("the range {text:?} ends before it begins"));
    }
    let next: Box<dyn Fn(f64) -> f64> = match by.split_at_checked(1) {
        Some(("*", factor)) => {
            let factor: f64 = factor.parse().map_err(|_| form())?;
            if !(factor > 1.0 && factor.is_finite()) {
                return Err(format!("the factor of the range {text:?} has to be above 1"));
            }
            Box::new(move |value| value * factor)
        }
        Some(("+", by)) => {
            let by = step(by)?;
            Box::new(move |value| value + by)
        }
        _ => return Err(form()),
    };
    let mut values = vec![first];
    loop {
        let value = next(values[values.len() - 1]);
        // A factor such as 1.1 meets the end only nearly.
        if value > last * (1.0 + 1e-9) {
            return Ok(values);
        }
        if values.len() == MOST {
            return Err(format!("the range {text:?} has more than {MOST} values"));
        }
        values.push(value);
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

    #[test]
    fn ranges_are_spread_by_factor_or_step() {
        let rows: [(&str, &[usize]); 4] = [
            ("64", &[64]),
            ("64:1M:*4", &[64, 256, 1024, 4096, 16384, 65536, 262_144, 1_048_576]),
            ("1K:4K:+1K", &[1024, 2048, 3072, 4096]),
            ("64:100:*2", &[64]),
        ];
        for (text, values) in rows {
            assert_eq!(sizes(text).map(|range| range.0).as_deref(), Ok(values), "{text}");
        }
        for text in [
            "64:",
            "64:1M",
            "64:1M:4",
            "1M:64:*2",
            "64:1M:*1",
            "64:1M:*x",
            "1:1M:+1",
            "64:1M:*1e999",
        ] {
            assert!(sizes(text).is_err(), "{text}");
        }
    }

    #[test]
    fn counts_and_rates_are_read_in_lists_and_ranges() {
        assert_eq!(spread(&[counts("1").unwrap(), counts("1:64:*8").unwrap()]), [1, 8, 64]);
        assert_eq!(
            spread(&[rates("1k:4k:*2").unwrap(), rates("1.5M").unwrap()]),
            [1e3, 2e3, 4e3, 1.5e6]
        );
        for text in ["0", "-1", "1.5", "10001", ""] {
            assert!(counts(text).is_err(), "{text}");
        }
        for text in ["0", "-1", "inf", "NaN", "k", "1G", ""] {
            assert!(rates(text).is_err(), "{text}");
        }
    }
}
