//! What a result says and how it is shown, from cells to text.

mod analysis;
mod caveats;
mod compare;
mod doctor;
mod export;
mod fixture;
mod gobench;
mod loads;
mod reading;
mod snapshots;
mod verdicts;
mod width;
