//! Amounts: how many of something there are, or are in a second.

use super::{FOUR_DIGITS, decimals};

/// A number and the letter that stands for it.
type Unit = (&'static str, f64);

const COUNTS: [Unit; 4] = [("", 1.0), (" k", 1e3), (" M", 1e6), (" G", 1e9)];
const BYTES: [Unit; 5] =
    [(" B/s", 1.0), (" kB/s", 1e3), (" MB/s", 1e6), (" GB/s", 1e9), (" TB/s", 1e12)];

/// A number of something, in three digits: `742`, `12.3 k`, `1.25 M`.
#[must_use]
pub fn amount(count: f64) -> String {
    in_three_digits(count, &COUNTS)
}

/// A number of bytes a second, decimal: `5.32 GB/s`.
#[must_use]
pub fn throughput(bytes: f64) -> String {
    in_three_digits(bytes, &BYTES)
}

/// A rate that was asked for, exact: `500/s`, `12.5 k/s`, `12345/s`.
#[must_use]
pub fn rate(rate: f64) -> String {
    const MOST_WRITTEN_OUT: f64 = 1e9;
    let exact = COUNTS.iter().rev().find_map(|(letter, scale)| {
        let value = rate / scale;
        let short = (value * 100.0).round() / 100.0;
        let exact = (short - value).abs() < 1e-9;
        (exact && (1.0..FOUR_DIGITS).contains(&value)).then(|| format!("{short}{letter}"))
    });
    let shown = exact.unwrap_or_else(|| match rate {
        ..FOUR_DIGITS => format!("{}", (rate * 1e3).round() / 1e3),
        ..MOST_WRITTEN_OUT => format!("{rate:.0}"),
        _ => amount(rate),
    });
    format!("{shown}/s")
}

/// In the smallest unit that leaves three digits before the point; what is beyond the largest is
/// `>999` of it.
fn in_three_digits(value: f64, units: &[Unit]) -> String {
    let fits = |(_, scale): &&Unit| value / scale < FOUR_DIGITS;
    let Some((letter, scale)) = units.iter().find(fits) else {
        let (largest, _) = units[units.len() - 1];
        return format!(">999{largest}");
    };
    let value = value / scale;
    // What is counted one by one has no decimals.
    let places = if *scale > 1.0 { decimals(value, letter) } else { 0 };
    format!("{value:.places$}{letter}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_have_three_digits_and_a_fitting_letter() {
        let rows = [
            (0.0, "0", "0 B/s"),
            (742.4, "742", "742 B/s"),
            (999.6, "1.00 k", "1.00 kB/s"),
            (12_340.0, "12.3 k", "12.3 kB/s"),
            (5_321_000_000.0, "5.32 G", "5.32 GB/s"),
            (1e30, ">999 G", ">999 TB/s"),
        ];
        for (value, expected_count, expected_bytes) in rows {
            assert_eq!(amount(value), expected_count);
            assert_eq!(throughput(value), expected_bytes);
        }
    }

    #[test]
    fn a_rate_that_was_asked_for_is_never_rounded() {
        let rows = [
            (0.5, "0.5/s"),
            (500.0, "500/s"),
            (1_000.0, "1 k/s"),
            (12_500.0, "12.5 k/s"),
            (12_340.0, "12.34 k/s"),
            (12_345.0, "12345/s"),
            (1e6, "1 M/s"),
            (1e30, ">999 G/s"),
        ];
        for (value, expected) in rows {
            assert_eq!(rate(value), expected);
        }
    }
}
