//! Renderers: pure functions of one report.

mod gobench;
mod json;
mod plan;
mod style;
mod text;

pub use gobench::gobench;
pub use json::json;
pub use plan::plan_text;
pub use style::Style;
pub use text::text;
