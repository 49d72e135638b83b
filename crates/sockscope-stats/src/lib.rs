//! Statistics of latency: histograms, intervals, comparisons and what makes a series suspect.
//!
//! Everything here is a pure function over values that are handed in: no clock, no system call, no
//! random number. The unit of replication is the *block* (one cell measured once, in fresh
//! processes) and never the single message, because messages inside a block are correlated; an
//! interval over a million correlated samples is far too narrow.
//!
//! - [`Histogram`] holds the samples of a block or of a cell.
//! - [`Percentiles`] says which percentiles of a cell the samples support.
//! - [`estimate`] turns one value per round into an estimate with an interval that holds its level
//!   for 6 rounds or 100.
//! - [`compare`] turns two cells and an A-A twin into a verdict.
//! - [`between_runs`] compares sides of which there are several runs each.
//! - [`trend`] and [`modality`] find the two commonest reasons not to believe one.

#![forbid(unsafe_code)]

pub mod between_runs;
pub mod comparison;
pub mod estimate;
pub mod histogram;
pub mod modality;
pub mod percentile;
pub mod signed_rank;
pub mod trend;

pub use comparison::{Comparison, Resolution, Verdict, compare, compare_runs};
pub use estimate::{Estimate, Interval};
pub use histogram::{DecodeError, Histogram};
pub use percentile::Percentiles;
