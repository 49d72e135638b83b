//! Count: the round after all timed ones, in which counters count and the clock does not matter.

use std::ops::ControlFlow;

use super::{CellResult, block};
use crate::launcher::Launcher;
use crate::perf::{BlockCounts, Counts};
use crate::plan::Plan;
use crate::run::wait::Patience;
use crate::view::View;

/// How many blocks it has: a twin is only there for the noise of times.
pub(super) fn blocks(plan: &Plan) -> u64 {
    plan.cells.iter().filter(|cell| !cell.twin).count() as u64
}

/// Counts one cell, unless it has failed before; breaks when the run is to end. What goes wrong now costs only the counts.
pub(super) fn cell(
    plan: &Plan,
    index: usize,
    result: &mut CellResult,
    launcher: &mut impl Launcher,
    patience: Patience<'_>,
) -> ControlFlow<()> {
    if result.failure.is_some() {
        return ControlFlow::Continue(());
    }
    let cell = &plan.cells[index];
    result.counts = match block::count(plan, cell, launcher, patience) {
        Ok(message) => message.counts.map(|counts| *counts),
        Err(block::Error::Failed(failure)) => {
            let none = || Counts::none(&failure.text);
            let server = (cell.view != View::Solo).then(none);
            Some(BlockCounts { exchanges: 0, client: none(), server })
        }
        Err(block::Error::Interrupted) => return ControlFlow::Break(()),
    };
    ControlFlow::Continue(())
}
