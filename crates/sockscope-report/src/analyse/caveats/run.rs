//! Run caveats: what of the plan is missing in the result.

use sockscope_stats::signed_rank::MIN_DIFFERENCES;

use super::{caveat, caveat_about};
use crate::model::{Caveat, CaveatCode, Cell, Report};

/// The rounds that every cell has which did not fail.
fn complete_rounds(report: &Report) -> Option<usize> {
    report.cells.iter().filter(|cell| cell.error.is_none()).map(|cell| cell.blocks.len()).min()
}

pub(super) fn interrupted(report: &Report) -> Option<Caveat> {
    report.interrupted.then(|| {
        let rounds = complete_rounds(report).unwrap_or(0);
        let planned = u64::from(report.plan.rounds) * u64::from(report.runs);
        caveat(
            CaveatCode::Interrupted,
            format!("The run was interrupted: {rounds} of {planned} rounds are complete."),
            "Let it run to the end before you quote a number.",
        )
    })
}

pub(super) fn cell_failed(report: &Report) -> Option<Caveat> {
    let failed = report.cells.iter().filter_map(|cell| {
        let error = cell.error.as_ref()?;
        let round = error.round.map_or(String::new(), |round| format!(" (round {})", round + 1));
        Some((cell, format!("{}{round}", error.text)))
    });
    caveat_about(
        report,
        CaveatCode::CellFailed,
        &failed.collect::<Vec<_>>(),
        |list| format!("Could not be measured to the end: {list}."),
        "What was measured before is in the result; mend the cause and run it again.",
    )
}

pub(super) fn partial(report: &Report) -> Option<Caveat> {
    let explained = report.interrupted || report.cells.iter().any(|cell| cell.error.is_some());
    (report.partial && !explained).then(|| {
        caveat(
            CaveatCode::Partial,
            "The result is partial: some of the planned blocks are missing.",
            "Run it again before you quote a number.",
        )
    })
}

pub(super) fn too_few_rounds(report: &Report) -> Option<Caveat> {
    let rounds = complete_rounds(report)?;
    let planned = report.plan.rounds;
    let advice = if planned as usize >= MIN_DIFFERENCES {
        format!("Let all {planned} rounds run to the end.")
    } else {
        "Run at least 6 rounds (--rounds 6), better 10.".to_owned()
    };
    // Several runs have an interval from run to run, however few rounds each of them has.
    (report.runs == 1 && rounds < MIN_DIFFERENCES).then(|| {
        caveat(
            CaveatCode::TooFewRounds,
            format!(
                "{} per cell: below {MIN_DIFFERENCES} no 95 % interval exists.",
                plural(rounds)
            ),
            &advice,
        )
    })
}

fn plural(rounds: usize) -> String {
    match rounds {
        0 => "No complete round".to_owned(),
        1 => "1 round".to_owned(),
        _ => format!("{rounds} rounds"),
    }
}

pub(super) fn no_twin(report: &Report) -> Option<Caveat> {
    let missing = !report.comparisons.is_empty() && !report.cells.iter().any(Cell::is_twin);
    missing.then(|| {
        caveat(
            CaveatCode::NoTwin,
            "The baseline was not measured twice, so the noise floor is unknown.",
            "Believe no difference of this result: measure again with the A-A twin.",
        )
    })
}

pub(super) fn retried(report: &Report) -> Option<Caveat> {
    let retried = report.cells.iter().filter(|cell| cell.retried > 0);
    let seen = retried.map(|cell| (cell, format!("{} measured again", blocks(cell.retried))));
    caveat_about(
        report,
        CaveatCode::Retried,
        &seen.collect::<Vec<_>>(),
        |list| format!("A worker process died, and its block was repeated: {list}."),
        "Find out what kills processes here (memory limits, a watchdog) and run it again.",
    )
}

fn blocks(count: u32) -> String {
    if count == 1 { "1 block".to_owned() } else { format!("{count} blocks") }
}

pub(super) fn single_run(report: &Report) -> Option<Caveat> {
    (report.runs == 1).then(|| {
        caveat(
            CaveatCode::SingleRun,
            "All rounds are of one run: intervals show how rounds differ, not how runs do.",
            "Repeat it before you rely on a difference of a few percent.",
        )
    })
}
