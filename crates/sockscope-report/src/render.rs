//! Renderers: pure functions of one report.

mod cell_name;
mod compare;
mod csv;
mod doctor;
mod gobench;
mod hlog;
mod json;
mod plan;
mod style;
mod text;
mod unavailable;

pub use compare::compare_json;
pub use csv::csv;
pub use doctor::doctor_json;
pub use gobench::gobench;
pub use hlog::hlog;
pub use json::json;
pub use plan::plan_text;
pub use style::Style;
pub use text::{compare_text, doctor_text, text, text_with_costs};
pub use unavailable::unavailable;
