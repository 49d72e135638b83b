//! Small plans for the tests: short blocks, few rounds, workers in this process.

use std::time::Duration;

use sockscope_engine::launcher::InProcess;
use sockscope_engine::plan::{Abilities, Plan, Sweep, Target, Timing, Wish};
use sockscope_engine::run::{Measurement, run};
use sockscope_engine::topology::Topology;
use sockscope_engine::view::View;
use sockscope_engine::work::EngineName;

use crate::child::skip;

/// A wish for these targets in these views; echo of 64 bytes, two rounds of 5 ms.
pub(crate) fn wish(targets: Vec<Target>, views: &[View]) -> Wish {
    let timing = Timing {
        warm_up: Duration::from_millis(1),
        block: Duration::from_millis(5),
        solo_block: Duration::from_millis(5),
        patience: Duration::from_secs(10),
    };
    Wish {
        targets,
        views: views.to_vec(),
        sweep: Sweep::default(),
        runs: 1,
        rounds: 2,
        timing,
        seed: 7,
        scratch: std::env::temp_dir(),
    }
}

/// The same wish, with little patience.
pub(crate) fn impatient(mut wish: Wish) -> Wish {
    wish.timing.patience = Duration::from_secs(2);
    wish
}

/// The engines that can be had here; says why not the others.
pub(crate) fn engines() -> Vec<EngineName> {
    let abilities = Abilities::probe();
    let can = |engine: &EngineName| match abilities.refuses_engine(*engine) {
        None => true,
        Some(reason) => {
            skip(reason);
            false
        }
    };
    EngineName::ALL.into_iter().filter(can).collect()
}

/// Plans and measures.
pub(crate) fn measure(wish: &Wish) -> (Plan, Measurement) {
    let plan = Plan::new(wish, &Topology::read().unwrap(), &Abilities::probe());
    let measurement = run(&plan, &mut InProcess, &mut (), None);
    (plan, measurement)
}
