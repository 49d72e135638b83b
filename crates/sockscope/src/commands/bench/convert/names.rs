//! Names: what a cell is called among the cells that it is compared with.

use sockscope_engine::plan::{CellPlan, Plan, Target};
use sockscope_engine::work::Engines;

use super::target_name;

/// Which of the compared factors differ between the cells of a plan, and so are part of their names.
#[derive(Debug, Clone, Copy)]
pub(super) struct Names {
    targets: bool,
    engines: bool,
    nodelay: bool,
}

impl Names {
    pub(super) fn of(plan: &Plan) -> Self {
        let cells = plan.cells.as_slice();
        let differ = |unlike: fn(&CellPlan, &CellPlan) -> bool| {
            cells.windows(2).any(|pair| unlike(&pair[0], &pair[1]))
        };
        Self {
            targets: differ(|one, other| one.target != other.target),
            engines: differ(|one, other| one.work.engines != other.work.engines),
            nodelay: differ(|one, other| one.work.nodelay != other.work.nodelay),
        }
    }

    /// `tcp` where only the transport differs or nothing does, `epoll` where only the engine does, and all
    /// that differs where more than one thing does: `tcp epoll`, `tcp nodelay off`.
    pub(super) fn label(self, cell: &CellPlan) -> String {
        let mut words = Vec::new();
        if self.targets || !self.engines {
            words.push(target_name(&cell.target));
        }
        if self.engines {
            words.push(engine(cell));
        }
        if self.nodelay && cell.target.has_nagle() {
            words.push(format!("nodelay {}", if cell.work.nodelay { "on" } else { "off" }));
        }
        words.join(" ")
    }
}

/// One word for the engines of both ends. A server that is not ours has none.
fn engine(cell: &CellPlan) -> String {
    let Engines { client, server } = cell.work.engines;
    let running = matches!(cell.target, Target::Running(_));
    if running || client == server { client.to_string() } else { format!("{client}-to-{server}") }
}
