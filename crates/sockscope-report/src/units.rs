//! Units: every number that a person reads, in one way everywhere.
//!
//! Times have three significant digits and the unit that keeps them short: `742 ns`, `3.70 µs`,
//! `68.1 µs`, `1.25 ms`.

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
/// two decides on unit and digits; the distance is rounded up.
#[must_use]
pub fn time_within(ns: f64, distance: f64) -> String {
    let (unit, length) = unit_of(ns.abs().max(distance));
    let value = ns / length;
    let places = decimals(value.abs().max(distance / length), unit);
    let step = 10_f64.powi(-i32::try_from(places).unwrap_or(0));
    // The tolerance keeps what is already a whole number of steps from being rounded up by an error
    // of 1e-16.
    let distance = (distance / length / step - 1e-9).max(0.0).ceil() * step;
    format!("{value:.places$} ± {distance:.places$} {unit}")
}

/// A share or a relative difference, 0 to 1: `6.1 %`.
#[must_use]
pub fn percent(share: f64) -> String {
    let percent = share * 100.0;
    let places = usize::from(percent.abs() < 9.95);
    format!("{percent:.places$} %")
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

/// The ends of the interval of `around`, to the same digit: `1.36, 1.38`.
#[must_use]
pub fn ratio_interval(around: f64, lo: f64, hi: f64) -> String {
    let places = ratio_decimals(around);
    format!("{}, {}", ratio_to(places, lo), ratio_to(places, hi))
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
    fn an_interval_takes_the_unit_of_its_value_and_is_rounded_up() {
        let rows = [
            (64_100.0, 2_100.0, "64.1 ± 2.1 µs"),
            (64_100.0, 2_110.0, "64.1 ± 2.2 µs"),
            (3_520.0, 3.0, "3.52 ± 0.01 µs"),
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
        assert_eq!(ratio_interval(1.37, 1.355, 1.3849), "1.35, 1.38");
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
