//! Wish: what to measure, before the machine has been asked what it can give.

use std::path::PathBuf;

use super::{Target, Timing};
use crate::view::View;
use crate::work::{Engines, Work};

/// What to measure.
#[derive(Debug, Clone)]
pub struct Wish {
    /// What is compared; the first is the baseline.
    pub targets: Vec<Target>,
    /// The views, in the order of the report.
    pub views: Vec<View>,
    /// What both ends do, in every combination.
    pub sweep: Sweep,
    /// How many independent runs.
    pub runs: u32,
    /// How often everything is measured in each run.
    pub rounds: u32,
    /// How long.
    pub timing: Timing,
    /// Decides the order.
    pub seed: u64,
    /// Where socket files go.
    pub scratch: PathBuf,
}

/// Lists of values of the factors of a [`Work`]; an empty list leaves the value of `base`.
///
/// Engines and `nodelay` are compared within a group, each with its first value. The others are the points of a sweep:
/// each makes groups of its own.
#[derive(Debug, Clone, Default)]
pub struct Sweep {
    /// What is not in a list.
    pub base: Work,
    /// Bytes of a request.
    pub sizes: Vec<usize>,
    /// Connections at once.
    pub connections: Vec<u32>,
    /// Requests in flight on one connection.
    pub depths: Vec<u32>,
    /// Requests a second.
    pub rates: Vec<f64>,
    /// How bytes are moved.
    pub engines: Vec<Engines>,
    /// Whether small segments leave at once.
    pub nodelay: Vec<bool>,
}

impl Sweep {
    /// One point, with nothing compared but the targets.
    #[must_use]
    pub fn only(base: Work) -> Self {
        Self { base, ..Self::default() }
    }

    /// The points: every size with every number of connections, depth and rate, the last one changing fastest.
    #[must_use]
    pub fn points(&self) -> Vec<Work> {
        let points = vec![self.base.clone()];
        let points = each(points, &self.sizes, |work, size| work.size = *size);
        let points = each(points, &self.connections, |work, count| work.connections = *count);
        let points = each(points, &self.depths, |work, depth| work.depth = *depth);
        each(points, &self.rates, |work, rate| work.rate = Some(*rate))
    }

    /// What is compared at a point, the baseline first.
    #[must_use]
    pub fn variants(&self, point: &Work) -> Vec<Work> {
        let variants = vec![point.clone()];
        let variants = each(variants, &self.engines, |work, engines| work.engines = *engines);
        each(variants, &self.nodelay, |work, on| work.nodelay = *on)
    }
}

/// Every work with every value set in it.
fn each<T>(works: Vec<Work>, values: &[T], set: impl Fn(&mut Work, &T)) -> Vec<Work> {
    if values.is_empty() {
        return works;
    }
    let with = |work: &Work, value: &T| {
        let mut work = work.clone();
        set(&mut work, value);
        work
    };
    works
        .iter()
        .flat_map(|work| values.iter().map(|value| with(work, value)).collect::<Vec<_>>())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::work::EngineName;

    #[test]
    fn a_sweep_without_lists_is_one_point_of_one_variant() {
        let sweep = Sweep::only(Work::default());
        assert_eq!(sweep.points(), [Work::default()]);
        assert_eq!(sweep.variants(&Work::default()), [Work::default()]);
    }

    #[test]
    fn points_are_every_combination_and_variants_what_is_compared_at_each() {
        let sweep = Sweep {
            sizes: vec![64, 4096],
            connections: vec![1, 8],
            engines: vec![Engines::both(EngineName::Epoll), Engines::both(EngineName::Uring)],
            ..Sweep::default()
        };
        let points: Vec<_> =
            sweep.points().iter().map(|work| (work.size, work.connections)).collect();
        assert_eq!(points, [(64, 1), (64, 8), (4096, 1), (4096, 8)]);
        let engines: Vec<_> =
            sweep.variants(&sweep.base).iter().map(|work| work.engines.client).collect();
        assert_eq!(engines, [EngineName::Epoll, EngineName::Uring]);
    }
}
