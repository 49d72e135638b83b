//! Caveats: what speaks against a verdict between runs.

use super::model::{CellComparison, Replicate};
use super::{Input, host};
use crate::model::{Caveat, CaveatCode, Verdict};

/// What a result says against itself that also speaks against comparing it.
const CARRIED: [CaveatCode; 12] = [
    CaveatCode::Interrupted,
    CaveatCode::CellFailed,
    CaveatCode::Partial,
    CaveatCode::Retried,
    CaveatCode::Steal,
    CaveatCode::Throttled,
    CaveatCode::Load,
    CaveatCode::Drift,
    CaveatCode::FrequencyNotFixed,
    CaveatCode::CpuQuota,
    CaveatCode::SlowClock,
    CaveatCode::TimerSlack,
];

pub(super) fn of(before: &[&Input], after: &[&Input], cells: &[CellComparison]) -> Vec<Caveat> {
    let inputs: Vec<&Input> = before.iter().chain(after).copied().collect();
    let own = [single_run(cells), few_runs(cells), hosts_differ(&inputs), kernels_differ(&inputs)];
    let carried = CARRIED.iter().filter_map(|code| carried(code, &inputs));
    own.into_iter().flatten().chain(carried).collect()
}

fn caveat(code: CaveatCode, text: impl Into<String>, advice: impl Into<String>) -> Caveat {
    Caveat { code, text: text.into(), advice: advice.into(), cells: Vec::new() }
}

fn single_run(cells: &[CellComparison]) -> Option<Caveat> {
    cells.iter().any(|cell| cell.replicate == Replicate::Block).then(|| {
        caveat(
            CaveatCode::SingleRun,
            "Each side is a single run, which does not tell how runs differ: a difference counts \
             only beyond the floor, by which the intervals are widened.",
            "Measure at least three runs of each (bench --runs 3), or give --history.",
        )
    })
}

/// Runs that cannot show even a large difference.
fn few_runs(cells: &[CellComparison]) -> Option<Caveat> {
    let few = |cell: &CellComparison| {
        cell.gated
            && cell.replicate == Replicate::Run
            && cell.degrees_of_freedom < 4
            && cell.verdict == Verdict::Unresolved
    };
    cells.iter().any(few).then(|| {
        caveat(
            CaveatCode::FewRuns,
            "Of some cells fewer than three runs a side could be used, so that only large differences \
             can be found there.",
            "Measure at least three runs of each (bench --runs 3), each with enough samples (--block), \
             or give --history.",
        )
    })
}

fn hosts_differ(inputs: &[&Input]) -> Option<Caveat> {
    let (first, others) = inputs.split_first()?;
    let differs = |other: &&Input| host::difference(&first.report.host, &other.report.host);
    let seen = others.iter().find_map(|other| Some(format!("{}: {}", other.name, differs(other)?)));
    seen.map(|seen| {
        caveat(
            CaveatCode::HostsDiffer,
            format!("The results are of different machines ({seen})."),
            "A difference may be the machines' alone.",
        )
    })
}

fn kernels_differ(inputs: &[&Input]) -> Option<Caveat> {
    let mut kernels: Vec<&str> =
        inputs.iter().filter_map(|input| input.report.host.kernel.as_deref()).collect();
    kernels.sort_unstable();
    kernels.dedup();
    (kernels.len() > 1).then(|| {
        caveat(
            CaveatCode::KernelsDiffer,
            format!("The results are of different kernels: {}.", kernels.join(", ")),
            "A difference may be the kernel's.",
        )
    })
}

/// The first result that has the caveat speaks for all.
fn carried(code: &CaveatCode, inputs: &[&Input]) -> Option<Caveat> {
    let of =
        |input: &&Input| input.report.caveats.iter().find(|caveat| caveat.code == *code).cloned();
    let seen: Vec<(&Input, Caveat)> =
        inputs.iter().filter_map(|input| Some((*input, of(input)?))).collect();
    let (input, first) = seen.first()?;
    let others = match seen.len() - 1 {
        0 => String::new(),
        1 => ", as does another result".to_owned(),
        more => format!(", as do {more} other results"),
    };
    // Inside a result, rounds are paired and a drift cancels out; between results it does not.
    let advice = match code {
        CaveatCode::Drift => "Between runs a drift is a difference: wait for a steady machine.",
        _ => &first.advice,
    };
    Some(caveat(code.clone(), format!("{} says{others}: {}", input.name, first.text), advice))
}
