//! False alarms: how often the detectors of drift and of groups cry wolf, and that they cry when
//! there is one.

use sockscope_stats::{Histogram, modality, trend};

use crate::noise::{Shape, normal, run, seeded};

const EXPERIMENTS: usize = 2_000;
/// Where every block is drawn for itself: nothing drifts.
const STEADY: [Shape; 4] = [Shape::Normal, Shape::HeavyTailed, Shape::Skewed, Shape::Contaminated];

/// The share of runs of one cell that `alarm` goes off for.
fn alarms(shape: Shape, rounds: usize, alarm: impl Fn(&[f64]) -> bool) -> f64 {
    let mut rng = seeded(rounds as u64);
    let hits = (0..EXPERIMENTS).filter(|_| {
        let [values] = run(&mut rng, shape, [5_000.0], rounds);
        alarm(&values)
    });
    hits.count() as f64 / EXPERIMENTS as f64
}

#[test]
fn a_steady_series_is_rarely_called_drifting() {
    for shape in STEADY {
        for rounds in [6, 10, 30] {
            let rate = alarms(shape, rounds, |values| trend::drift(values).is_some());
            eprintln!("{shape:?}, {rounds} rounds: false drift in {:.2} %", rate * 100.0);
            assert!(rate <= 0.006, "{shape:?}, {rounds} rounds: {rate}");
        }
    }
}

#[test]
fn a_drift_of_a_sixth_is_found() {
    // Half a percent a block, 30 blocks, noise of 1 %.
    let rate = alarms(Shape::Drifting, 30, |values| trend::drift(values).is_some());
    assert!(rate >= 0.99, "{rate}");
}

#[test]
fn one_group_of_rounds_is_rarely_called_two() {
    for shape in Shape::ALL {
        for rounds in [8, 10, 30] {
            let rate = alarms(shape, rounds, |values| modality::of_rounds(values).is_some());
            eprintln!("{shape:?}, {rounds} rounds: false groups in {:.2} %", rate * 100.0);
            // Three disturbed rounds of ten, all alike, are a group: that happens to contaminated
            // noise by its nature.
            let allowed = if shape == Shape::Contaminated { 0.12 } else { 0.01 };
            assert!(rate <= allowed, "{shape:?}, {rounds} rounds: {rate}");
        }
    }
}

/// Samples of one block: log-normal around 5 µs, as round-trip times are, with a far tail.
fn samples(seed: u64, spread: f64, count: usize, slow: impl Fn(usize) -> f64) -> Histogram {
    let mut rng = seeded(seed);
    let mut histogram = Histogram::new();
    for i in 0..count {
        let ns = 5_000.0 * (spread * normal(&mut rng)).exp() * slow(i);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a few µs")]
        histogram.record(ns as u64);
    }
    histogram
}

#[test]
fn one_group_of_samples_is_rarely_called_two() {
    for spread in [0.02, 0.1, 0.5] {
        for count in [1_000, 5_000] {
            let alarms = (0..100).filter(|&seed| {
                let tail = |i: usize| if i.is_multiple_of(20) { 3.0 } else { 1.0 };
                modality::of_samples(&samples(seed, spread, count, tail), 1).is_some()
            });
            let alarms = alarms.count();
            assert!(alarms <= 1, "spread {spread}, {count} samples: {alarms} of 100");
        }
    }
}

#[test]
fn two_groups_of_samples_are_found() {
    for share in [3, 5, 8] {
        let slow = |i: usize| if i.is_multiple_of(share) { 12.0 } else { 1.0 };
        let found = modality::of_samples(&samples(1, 0.1, 10_000, slow), 1).unwrap();
        assert!((found.high_share - 1.0 / share as f64).abs() < 0.02, "{share}: {found:?}");
    }
}
