//! Factors: what tells the cells of a report from each other.
//!
//! Some factors are compared with each other (what is measured, the engines, `TCP_NODELAY`) and
//! make the [`Variant`] of a cell. The others are swept: they make its [`Point`], and cells of
//! different points or views are never compared.

use super::{Cell, Factor, Report};
use crate::units;

/// The names of the transports that have no address: what lies below a socket.
const FLOORS: [&str; 5] = ["socketpair", "pipe", "eventfd", "shm-spin", "shm-futex"];

/// Where a cell is in the sweep.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Point {
    pub(crate) size: u64,
    pub(crate) connections: u32,
    pub(crate) depth: u32,
    pub(crate) rate: Option<f64>,
}

impl Point {
    /// Whether there is never more than one request under way.
    pub(crate) fn is_single(&self) -> bool {
        (self.connections, self.depth) == (1, 1)
    }
}

/// What is compared, as a cell has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Variant<'a> {
    pub(crate) target: &'a str,
    pub(crate) client_engine: &'a str,
    pub(crate) server_engine: Option<&'a str>,
    /// Of a cell without a Nagle algorithm, that of the cells it is compared with.
    pub(crate) nodelay: bool,
}

impl<'a> Variant<'a> {
    /// That of a cell, given the first value of `TCP_NODELAY`, which stands for none at all.
    pub(crate) fn of(cell: &'a Cell, nodelay: bool) -> Self {
        Self {
            target: cell.target(),
            client_engine: &cell.client_engine,
            server_engine: cell.server_engine.as_deref(),
            nodelay: cell.nodelay.unwrap_or(nodelay),
        }
    }

    /// The same with the value that a factor has in another variant.
    pub(crate) fn with(self, factor: &Factor, other: Self) -> Self {
        match factor {
            Factor::Transport | Factor::Endpoint => Self { target: other.target, ..self },
            Factor::Engine => Self {
                client_engine: other.client_engine,
                server_engine: other.server_engine,
                ..self
            },
            Factor::Nodelay => Self { nodelay: other.nodelay, ..self },
            Factor::Other(_) => self,
        }
    }
}

impl Cell {
    /// What was measured, whatever else is compared.
    pub(crate) fn target(&self) -> &str {
        if self.target.is_empty() { &self.label } else { &self.target }
    }

    pub(crate) fn point(&self) -> Point {
        let Self { size, connections, depth, rate, .. } = *self;
        Point { size, connections, depth, rate }
    }

    /// Whether it has no address, so that it only shows what lies below a socket.
    pub(crate) fn is_floor(&self) -> bool {
        self.server_engine.is_some() && FLOORS.contains(&self.target())
    }

    /// The engines of both ends in one word.
    pub(crate) fn engine(&self) -> String {
        match self.server_engine.as_deref() {
            Some(server) if server != self.client_engine => {
                format!("{}-to-{server}", self.client_engine)
            }
            _ => self.client_engine.clone(),
        }
    }

    /// Whether another cell differs in nothing but what may be compared.
    pub(crate) fn shares_point(&self, other: &Self) -> bool {
        let others = |cell: &Self| (cell.view.clone(), cell.workload.clone(), cell.threads);
        self.point() == other.point() && others(self) == others(other)
    }
}

/// `1 connection`, `64 connections`.
pub(crate) fn connections(count: u32) -> String {
    if count == 1 { "1 connection".to_owned() } else { format!("{count} connections") }
}

impl Report {
    /// Where in the sweep a point is, as far as points differ: `at 4 KiB with 64 connections`. Empty
    /// where they do not.
    pub(crate) fn at(&self, point: &Point) -> String {
        let points = self.points();
        let differ =
            |unlike: fn(&Point, &Point) -> bool| points.iter().any(|one| unlike(one, point));
        let mut words = Vec::new();
        if differ(|a, b| a.size != b.size) {
            words.push(format!("at {}", units::bytes(point.size)));
        }
        if differ(|a, b| a.connections != b.connections) {
            words.push(format!("with {}", connections(point.connections)));
        }
        if differ(|a, b| a.depth != b.depth) {
            words.push(format!("at depth {}", point.depth));
        }
        if let Some(rate) = point.rate.filter(|_| differ(|a, b| a.rate != b.rate)) {
            words.push(format!("at {}", units::rate(rate)));
        }
        words.join(" ")
    }

    /// The view of a cell and where in the sweep it is: `same-core at 4 KiB`.
    pub(crate) fn place(&self, cell: &Cell) -> String {
        format!("{} {}", cell.view, self.at(&cell.point())).trim_end().to_owned()
    }

    /// The first value of `TCP_NODELAY`.
    pub(crate) fn first_nodelay(&self) -> bool {
        let of_cells = || self.cells.iter().find_map(|cell| cell.nodelay);
        self.plan.nodelay.first().copied().or_else(of_cells).unwrap_or(true)
    }

    /// The first value of every compared factor: that of the baseline, or of the plan where the
    /// baseline could not be measured. `None` without anything compared.
    pub(crate) fn first_variant(&self) -> Option<Variant<'_>> {
        let nodelay = self.first_nodelay();
        let baseline = self.originals().find(|cell| cell.label == self.plan.baseline);
        if let Some(baseline) = baseline {
            return Some(Variant { nodelay, ..Variant::of(baseline, nodelay) });
        }
        let plan = &self.plan;
        Some(Variant {
            target: plan.endpoints.first().or_else(|| plan.transports.first())?,
            client_engine: plan.client_engines.first()?,
            server_engine: plan.server_engines.first().map(String::as_str),
            nodelay,
        })
    }
}
