//! The endpoint grammar: rows for every rule, and properties for all the rest.

mod accepted;
mod observed;
mod properties;
mod refused;
