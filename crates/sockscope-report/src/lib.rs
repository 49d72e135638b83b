//! The result of a measurement: its model, what follows from it, and how it is shown.
//!
//! Everything here is a pure function of one [`Report`]: no clock, no system call, no terminal.
//! Whoever measures fills in cells and host facts; [`analyse()`] adds comparisons, decomposition
//! and caveats; [`render`] shows the whole. So a result that was saved last year renders today
//! exactly as it did then, and every renderer tells the same story.

#![forbid(unsafe_code)]

mod analyse;
pub mod compare;
pub mod doctor;
mod escape;
pub mod model;
mod names;
pub mod read;
pub mod render;
pub mod schema;
pub mod units;

pub use analyse::analyse;
pub use model::Report;
pub use read::ReadError;
