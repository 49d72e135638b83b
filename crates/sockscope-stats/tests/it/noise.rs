//! Noise: five shapes that benchmarks of real machines show, and rounds of cells under them.

use rand::RngExt as _;
use rand::SeedableRng as _;
use rand::seq::SliceRandom as _;
use rand_pcg::Pcg64Mcg;

/// How the blocks of a run scatter, each block for itself unless said otherwise.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Shape {
    /// Normal, 3 %.
    Normal,
    /// Student's t with two degrees of freedom, 2 %: its variance is infinite.
    HeavyTailed,
    /// Every block of the run takes half a percent longer than the one before it, with 1 % of
    /// normal noise on top.
    Drifting,
    /// Exponential: 10 % on average, never below zero.
    Skewed,
    /// Normal, 2 %; but every tenth block takes half as long again.
    Contaminated,
}

impl Shape {
    pub(crate) const ALL: [Self; 5] =
        [Self::Normal, Self::HeavyTailed, Self::Drifting, Self::Skewed, Self::Contaminated];

    /// The logarithm of how much longer a block takes that is the `position`-th of the run.
    fn draw(self, rng: &mut Pcg64Mcg, position: usize) -> f64 {
        match self {
            Self::Normal => 0.03 * normal(rng),
            Self::HeavyTailed => {
                let chi_square = -2.0 * unit(rng).ln();
                0.02 * normal(rng) / (chi_square / 2.0).sqrt()
            }
            Self::Drifting => 0.005 * position as f64 + 0.01 * normal(rng),
            Self::Skewed => -0.10 * unit(rng).ln(),
            Self::Contaminated => {
                let disturbed = if rng.random_bool(0.1) { 1.5_f64.ln() } else { 0.0 };
                0.02 * normal(rng) + disturbed
            }
        }
    }
}

/// One run: for each cell, its value in every round.
///
/// As in a real run, each round measures every cell once, in random order, and time goes on from
/// block to block.
pub(crate) fn run<const CELLS: usize>(
    rng: &mut Pcg64Mcg,
    shape: Shape,
    levels: [f64; CELLS],
    rounds: usize,
) -> [Vec<f64>; CELLS] {
    let mut values = [const { Vec::new() }; CELLS];
    let mut order: [usize; CELLS] = std::array::from_fn(|cell| cell);
    for round in 0..rounds {
        order.shuffle(rng);
        for (slot, &cell) in order.iter().enumerate() {
            let noise = shape.draw(rng, round * CELLS + slot);
            values[cell].push(levels[cell] * noise.exp());
        }
    }
    values
}

pub(crate) fn seeded(seed: u64) -> Pcg64Mcg {
    Pcg64Mcg::seed_from_u64(seed)
}

/// Uniform on (0, 1], so that its logarithm exists.
fn unit(rng: &mut Pcg64Mcg) -> f64 {
    1.0 - rng.random::<f64>()
}

/// Standard normal, by the transform of Box and Muller.
pub(crate) fn normal(rng: &mut Pcg64Mcg) -> f64 {
    let radius = (-2.0 * unit(rng).ln()).sqrt();
    radius * (std::f64::consts::TAU * unit(rng)).cos()
}
