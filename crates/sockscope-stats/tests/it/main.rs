//! What the statistics promise, shown by counting and by simulation with fixed seeds.

mod allocation;
mod between_runs;
mod coverage;
mod false_alarms;
mod noise;
