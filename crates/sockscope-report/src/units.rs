//! Units: every number that a person reads, in one way everywhere.
//!
//! Times have three significant digits and the unit that keeps them short: `742 ns`, `3.70 µs`,
//! `68.1 µs`, `1.25 ms`.

mod amounts;

pub use amounts::{amount, rate, throughput};

/// The units of time, the smallest first, with their length in nanoseconds.
const TIME: [(&str, f64); 4] = [("ns", 1.0), ("µs", 1e3), ("ms", 1e6), ("s", 1e9)];
/// Three significant digits: what rounds to this has four.
const FOUR_DIGITS: f64 = 999.5;

/// A time in nanoseconds: `3.70 µs`. Below a microsecond, whole nanoseconds.
#[must_use]
pub fn time(ns: f64) -> String {
    let (unit, length) = unit_of(ns);
    let value = ns / length;
    format!("{value:.*} {unit}", decimals(value, unit))
}

/// A time with the distance of the farther end of its interval: `64.1 ± 2.1 µs`. The larger of the
/// two decides on unit and digits. The distance is rounded up, and counts from the value as it is
/// printed, so that what is printed holds the whole interval.
#[must_use]
pub fn time_within(ns: f64, distance: f64) -> String {
    let (unit, length) = unit_of(ns.abs().max(distance));
    let value = ns / length;
    let places = decimals(value.abs().max(distance / length), unit);
    let lost = (value - outward(value, places, f64::round)).abs();
    let distance = outward(distance / length + lost, places, f64::ceil);
    format!("{value:.places$} ± {distance:.places$} {unit}")
}

/// How often something happens in one exchange, with three digits: `2.00`, `17.9k`; what is below a hundredth but not
/// nothing is `<0.01`.
#[must_use]
pub fn count(count: f64) -> String {
    const UNITS: [(&str, f64); 4] = [("", 1.0), ("k", 1e3), ("M", 1e6), ("G", 1e9)];
    match count {
        0.0 => return "0".to_owned(),
        0.0..0.005 => return "<0.01".to_owned(),
        _ => {}
    }
    let fits = |(_, size): &&(&str, f64)| count.abs() / size < FOUR_DIGITS;
    let (unit, size) = UNITS.iter().find(fits).unwrap_or(&UNITS[UNITS.len() - 1]);
    let value = count / size;
    format!("{value:.*}{unit}", decimals(value, unit))
}

/// A share or a relative difference, 0 to 1: `6.1 %`.
#[must_use]
pub fn percent(share: f64) -> String {
    let percent = share * 100.0;
    let places = usize::from(percent.abs() < 9.95);
    format!("{percent:.places$} %")
}

/// A relative difference that is not exceeded, rounded up: `1.2 %`.
#[must_use]
pub fn percent_at_most(share: f64) -> String {
    percent(outward(share, if share < 0.099 { 3 } else { 2 }, f64::ceil))
}

/// A difference that noise may make: a share below 1, a factor from there on: `12 %`, `4.5x`.
#[must_use]
pub fn excess(share: f64) -> String {
    if share < 1.0 { percent(share) } else { format!("{}x", ratio(1.0 + share)) }
}

/// A ratio: `1.37`, near 1 with a digit more: `1.006`. What is beyond three digits is `>999`.
#[must_use]
pub fn ratio(ratio: f64) -> String {
    ratio_to(ratio_decimals(ratio), ratio)
}

/// The ends of the interval of `around`, to the same digit, rounded outward: `1.36, 1.38`.
///
/// A lower end above 1 gets as many digits as it takes to show that it is above: `1.004, 2.006`.
#[must_use]
pub fn ratio_interval(around: f64, lo: f64, hi: f64) -> String {
    const MOST: usize = 6;
    let hides = |places: usize| lo > 1.0 && outward(lo, places, f64::floor) <= 1.0;
    let first = ratio_decimals(around);
    let places = if hides(first) {
        (first.max(3)..MOST).find(|places| !hides(*places)).unwrap_or(MOST)
    } else {
        first
    };
    let end = |ratio, round: fn(f64) -> f64| ratio_to(places, outward(ratio, places, round));
    format!("{}, {}", end(lo, f64::floor), end(hi, f64::ceil))
}

/// A number at least this high, in as many digits as one says aloud: `1.8`, `19`.
#[must_use]
pub fn times_at_least(times: f64) -> String {
    let places = usize::from(times < 10.0);
    format!("{:.places$}", outward(times, places, f64::floor))
}

/// A value rounded up or down to this many decimals. What is within an error of 1e-16 of a whole
/// number of steps stays there.
fn outward(value: f64, places: usize, round: impl Fn(f64) -> f64) -> f64 {
    const TOLERANCE: f64 = 1e-9;
    let scale = 10_f64.powi(i32::try_from(places).unwrap_or(0));
    let steps = value * scale;
    let nearest = steps.round();
    let whole = (steps - nearest).abs() <= TOLERANCE * steps.abs().max(1.0);
    (if whole { nearest } else { round(steps) }) / scale
}

fn ratio_to(places: usize, ratio: f64) -> String {
    if ratio < FOUR_DIGITS { format!("{ratio:.places$}") } else { ">999".to_owned() }
}

/// A number of bytes: `64 B`, `4 KiB`, exact.
#[must_use]
pub fn bytes(count: u64) -> String {
    const UNITS: [(&str, u64); 3] = [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)];
    let whole = |(_, size): &&(&str, u64)| count > 0 && count.is_multiple_of(*size);
    match UNITS.iter().find(whole) {
        Some((unit, size)) => format!("{} {unit}", count / size),
        None => format!("{count} B"),
    }
}

/// A duration in milliseconds: `100 ms`, `18 s`, `2 min 5 s`.
#[must_use]
pub fn milliseconds(ms: u64) -> String {
    let seconds = ms.saturating_add(500) / 1_000;
    match ms {
        0..1_000 => format!("{ms} ms"),
        1_000..10_000 => format!("{:.1} s", ms as f64 / 1_000.0),
        10_000..120_000 => format!("{seconds} s"),
        _ => format!("{} min {} s", seconds / 60, seconds % 60),
    }
}

/// The largest unit that leaves at most three digits before the point.
fn unit_of(ns: f64) -> (&'static str, f64) {
    let fits = |(_, length): &&(&str, f64)| ns.abs() / length < FOUR_DIGITS;
    TIME.iter().find(fits).copied().unwrap_or(TIME[TIME.len() - 1])
}

/// The decimals that make three significant digits; nanoseconds have none.
fn decimals(value: f64, unit: &str) -> usize {
    match value.abs() {
        _ if unit == "ns" => 0,
        ..9.995 => 2,
        ..99.95 => 1,
        _ => 0,
    }
}

fn ratio_decimals(ratio: f64) -> usize {
    match ratio {
        0.95..1.05 => 3,
        ..9.995 => 2,
        ..99.95 => 1,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_three_digits_and_a_fitting_unit() {
        let rows = [
            (0.0, "0 ns"),
            (742.4, "742 ns"),
            (999.4, "999 ns"),
            (999.5, "1.00 µs"),
            (3_702.0, "3.70 µs"),
            (9_994.9, "9.99 µs"),
            (9_995.0, "10.0 µs"),
            (68_149.0, "68.1 µs"),
            (99_960.0, "100 µs"),
            (999_499.0, "999 µs"),
            (999_500.0, "1.00 ms"),
            (60e9, "60.0 s"),
            (4e12, "4000 s"),
            (-310.0, "-310 ns"),
            (-3_100.0, "-3.10 µs"),
        ];
        for (ns, expected) in rows {
            assert_eq!(time(ns), expected, "{ns}");
        }
    }

    #[test]
    fn counts_have_three_digits_and_nothing_is_said_so() {
        let rows = [
            (0.0, "0"),
            (0.0001, "<0.01"),
            (0.005, "0.01"),
            (2.0, "2.00"),
            (13.37, "13.4"),
            (742.4, "742"),
            (999.5, "1.00k"),
            (17_912.0, "17.9k"),
            (3_400_000.0, "3.40M"),
            (5e12, "5000G"),
        ];
        for (value, expected) in rows {
            assert_eq!(count(value), expected, "{value}");
        }
    }

    #[test]
    fn an_interval_takes_the_unit_of_its_value_and_is_rounded_up() {
        let rows = [
            (64_100.0, 2_100.0, "64.1 ± 2.1 µs"),
            (64_100.0, 2_110.0, "64.1 ± 2.2 µs"),
            (3_520.0, 3.0, "3.52 ± 0.01 µs"),
            (3_524.0, 9.0, "3.52 ± 0.02 µs"), // from 3.515 to 3.533
            (230.0, 1_500.0, "0.23 ± 1.50 µs"),
            (515.0, 19_080.0, "0.5 ± 19.1 µs"),
            (3_520.0, 0.0, "3.52 ± 0.00 µs"),
        ];
        for (ns, distance, expected) in rows {
            assert_eq!(time_within(ns, distance), expected, "{ns} {distance}");
        }
    }

    #[test]
    fn ratios_near_one_keep_the_digit_that_matters() {
        let rows = [
            (1.37, "1.37"),
            (1.006, "1.006"),
            (0.994, "0.994"),
            (12.34, "12.3"),
            (250.4, "250"),
            (6e10, ">999"),
        ];
        for (value, expected) in rows {
            assert_eq!(ratio(value), expected);
        }
    }

    #[test]
    fn an_interval_is_rounded_outward_and_never_hides_that_it_excludes_one() {
        let rows = [
            (1.37, 1.355, 1.3849, "1.35, 1.39"),
            (1.37, 1.36, 1.38, "1.36, 1.38"), // exact ends stay
            (1.50, 1.0046, 2.0051, "1.004, 2.006"),
            (1.50, 1.000_46, 2.0, "1.0004, 2.0000"),
            (1.50, 1.01, 2.001, "1.01, 2.01"),
            (1.006, 0.9971, 1.0131, "0.997, 1.014"),
            (1.10, 0.998, 1.2, "0.99, 1.20"),
            (12.0, 10.19, 13.01, "10.1, 13.1"),
            (12.0, 1.004, 1_013.0, "1.004, >999"),
        ];
        for (around, lo, hi, expected) in rows {
            assert_eq!(ratio_interval(around, lo, hi), expected, "{around} {lo} {hi}");
        }
    }

    #[test]
    fn bounds_are_never_understated() {
        for (share, expected) in
            [(0.0101, "1.1 %"), (0.012, "1.2 %"), (0.0991, "10 %"), (0.981, "99 %"), (0.0, "0.0 %")]
        {
            assert_eq!(percent_at_most(share), expected, "{share}");
        }
        for (times, expected) in [(19.9, "19"), (9.99, "9.9"), (1.5, "1.5"), (10.0, "10")] {
            assert_eq!(times_at_least(times), expected, "{times}");
        }
    }

    #[test]
    fn shares_sizes_and_durations_read_well() {
        for (share, expected) in
            [(0.006, "0.6 %"), (0.0994, "9.9 %"), (0.0995, "10 %"), (1.0, "100 %")]
        {
            assert_eq!(percent(share), expected);
        }
        for (count, expected) in
            [(0, "0 B"), (64, "64 B"), (1_000, "1000 B"), (4_096, "4 KiB"), (1 << 20, "1 MiB")]
        {
            assert_eq!(bytes(count), expected);
        }
        for (ms, expected) in
            [(100, "100 ms"), (1_500, "1.5 s"), (18_200, "18 s"), (125_000, "2 min 5 s")]
        {
            assert_eq!(milliseconds(ms), expected);
        }
    }
}
