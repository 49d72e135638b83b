//! Coverage: how often the 95 % interval contains the truth, and how often identical cells read
//! "different".
//!
//! Simulated is what a run does: two cells whose true ratio is known, measured once per round in
//! random order under the same shape of noise. Both cells having the same shape is what makes the
//! paired log-ratios symmetric, which is all that the signed-rank interval asks for; the noise
//! itself may be as skewed as it likes.

use sockscope_stats::comparison::{DEFAULT_MARGIN, Resolution, Sides};
use sockscope_stats::{Verdict, compare, estimate};

use crate::noise::{Shape, run, seeded};

const EXPERIMENTS: usize = 2_000;

fn coverage(shape: Shape, rounds: usize) -> f64 {
    let true_ratio = 1.37_f64;
    let mut rng = seeded(0x50_c6_e7 + rounds as u64);
    let covered = (0..EXPERIMENTS).filter(|_| {
        let [baseline, candidate] = run(&mut rng, shape, [true_ratio * 3_700.0, 3_700.0], rounds);
        let estimate = estimate::log_ratio(&baseline, &candidate).expect("positive values");
        estimate.interval.expect("six rounds or more").contains(true_ratio.ln())
    });
    covered.count() as f64 / EXPERIMENTS as f64
}

#[test]
fn the_interval_holds_its_level_under_five_shapes_of_noise() {
    for shape in Shape::ALL {
        for rounds in [10, 20] {
            let coverage = coverage(shape, rounds);
            eprintln!("{shape:?}, {rounds} rounds: {:.2} %", coverage * 100.0);
            assert!((0.93..=0.97).contains(&coverage), "{shape:?}, {rounds} rounds: {coverage}");
        }
    }
}

/// Six rounds allow only the full range of Walsh averages, whose level is 1 − 2⁻⁵ = 96.9 %.
#[test]
fn six_rounds_cover_what_six_rounds_can() {
    for shape in Shape::ALL {
        let coverage = coverage(shape, 6);
        eprintln!("{shape:?}, 6 rounds: {:.2} %", coverage * 100.0);
        assert!((0.955..=0.98).contains(&coverage), "{shape:?}: {coverage}");
    }
}

/// The share of runs in which cells of these levels get this verdict.
fn verdicts(shape: Shape, candidate: f64, verdict: Verdict) -> f64 {
    let resolution = Resolution { typical_ns: 5_000, clock_ns: 1 };
    let mut rng = seeded(7);
    let hits = (0..EXPERIMENTS).filter(|_| {
        let levels = [5_000.0, 5_000.0, candidate];
        let [baseline, twin, candidate] = run(&mut rng, shape, levels, 10);
        let sides = Sides { baseline: &baseline, candidate: &candidate };
        let twins = Sides { baseline: &baseline, candidate: &twin };
        let comparison = compare(sides, Some(twins), resolution, DEFAULT_MARGIN);
        comparison.expect("positive values").verdict == verdict
    });
    hits.count() as f64 / EXPERIMENTS as f64
}

#[test]
fn identical_cells_are_rarely_called_different() {
    for shape in Shape::ALL {
        let faster = verdicts(shape, 5_000.0, Verdict::Faster);
        let slower = verdicts(shape, 5_000.0, Verdict::Slower);
        eprintln!(
            "{shape:?}: identical cells read different in {:.2} %",
            (faster + slower) * 100.0
        );
        assert!(faster + slower <= 0.02, "{shape:?}: {faster} {slower}");
    }
}

#[test]
fn a_difference_of_a_third_is_found() {
    for shape in Shape::ALL {
        let found = verdicts(shape, 5_000.0 / 1.37, Verdict::Faster);
        eprintln!("{shape:?}: a lead of 1.37 is found in {:.2} %", found * 100.0);
        assert!(found >= 0.95, "{shape:?}: {found}");
    }
}
