//! Capacity: how much a server can do, found by a sweep of rates.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::View;

/// The highest rate of a sweep at which at least 99 % of the requests due were answered in time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Capacity {
    /// The [label](crate::model::Cell::label) of the cells.
    pub label: String,
    /// Where they ran.
    pub view: View,
    /// The bytes of a message.
    pub size: u64,
    /// Connections at once.
    pub connections: u32,
    /// Requests in flight on one connection, at most.
    pub depth: u32,
    /// Requests a second, as asked for; `None` when even the lowest rate was too much.
    pub per_second: Option<f64>,
    /// Whether it is the highest rate that was asked for, so that the capacity may be larger.
    pub at_least: bool,
    /// The ids of the cells of the sweep.
    pub cells: Vec<String>,
}

impl Default for Capacity {
    fn default() -> Self {
        Self {
            label: String::new(),
            view: View::Free,
            size: 0,
            connections: 1,
            depth: 1,
            per_second: None,
            at_least: false,
            cells: Vec::new(),
        }
    }
}
