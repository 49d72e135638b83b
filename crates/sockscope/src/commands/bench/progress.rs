//! Progress: a bar on stderr, drawn between blocks only.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use sockscope_engine::plan::Plan;
use sockscope_engine::run::Observer;

use crate::printer::Printer;

/// Shows how far the run has come; nothing is drawn while a block runs, and no thread ticks.
#[derive(Debug)]
pub(super) struct Progress {
    bar: ProgressBar,
}

impl Progress {
    /// A bar on a terminal; elsewhere one line that says what will happen.
    pub(super) fn new(plan: &Plan, quiet: bool, printer: &mut Printer) -> Self {
        let target =
            if quiet { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
        let bar = ProgressBar::with_draw_target(Some(0), target);
        if let Ok(style) =
            ProgressStyle::with_template("measuring {bar:30} {pos}/{len} blocks, {msg}")
        {
            bar.set_style(style);
        }
        if bar.is_hidden() {
            let rounds = u64::from(plan.rounds) * u64::from(plan.runs);
            let blocks = plan.cells.len() as u64 * rounds;
            printer.note(format_args!(
                "measuring {blocks} blocks in {rounds} rounds, about {} s",
                seconds(plan.duration())
            ));
        }
        Self { bar }
    }

    /// Removes the bar.
    pub(super) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

impl Observer for Progress {
    fn progress(&mut self, done: u64, total: u64, left: Duration) {
        self.bar.set_length(total);
        self.bar.set_message(format!("{} s left", seconds(left)));
        self.bar.set_position(done);
    }
}

/// Whole seconds, rounded up.
fn seconds(duration: Duration) -> u64 {
    duration.as_secs() + u64::from(duration.subsec_nanos() > 0)
}
