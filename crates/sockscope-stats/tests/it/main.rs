//! What the statistics promise, shown by counting and by simulation with fixed seeds.

#![expect(clippy::unwrap_used, reason = "a test ends where it cannot go on")]

mod allocation;
mod between_runs;
mod coverage;
mod false_alarms;
mod noise;
