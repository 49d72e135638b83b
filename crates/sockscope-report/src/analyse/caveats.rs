//! Caveats: everything in a result that speaks against trusting it.
//!
//! Each is a pure question to the report, asked in the order in which the answers matter. An
//! unknown fact raises none.

mod host;
mod load;
mod noise;
mod run;
mod sockets;

use crate::model::{Caveat, CaveatCode, Cell, Report};

/// All questions, the gravest first.
const QUESTIONS: [fn(&Report) -> Option<Caveat>; 27] = [
    run::interrupted,
    run::cell_failed,
    run::partial,
    run::too_few_rounds,
    run::no_twin,
    run::retried,
    load::open_invalid,
    load::unanswered,
    load::open_late,
    host::steal,
    host::throttled,
    host::cpu_quota,
    host::load,
    sockets::lost,
    sockets::copied,
    noise::bimodal,
    noise::drift,
    noise::floor_too_high,
    sockets::buffers_differ,
    sockets::nodelay_off,
    sockets::thread_per_connection,
    host::frequency_not_fixed,
    host::siblings,
    host::slow_clock,
    host::timer_slack,
    host::virtualised,
    run::single_run,
];

/// Those of them that matter where nothing was measured.
const WITHOUT_NUMBERS: [fn(&Report) -> Option<Caveat>; 4] =
    [run::interrupted, run::cell_failed, run::partial, run::retried];

pub(super) fn of(report: &Report) -> Vec<Caveat> {
    let measured = report.cells.iter().any(|cell| !cell.blocks.is_empty());
    let questions = if measured { &QUESTIONS[..] } else { &WITHOUT_NUMBERS[..] };
    questions.iter().filter_map(|question| question(report)).collect()
}

/// A caveat about the whole result.
fn caveat(code: CaveatCode, text: impl Into<String>, advice: &str) -> Caveat {
    Caveat { code, text: text.into(), advice: advice.to_owned(), cells: Vec::new() }
}

/// A caveat about some cells, each with what was seen; `None` without any.
///
/// The text names the first few, the ids all of them.
fn caveat_about(
    report: &Report,
    code: CaveatCode,
    seen: &[(&Cell, String)],
    text: impl FnOnce(String) -> String,
    advice: &str,
) -> Option<Caveat> {
    const NAMED: usize = 3;
    if seen.is_empty() {
        return None;
    }
    let named = seen.iter().take(NAMED).map(|(cell, what)| {
        let twin = if cell.is_twin() { ", twin" } else { "" };
        format!("{} ({}{twin}): {what}", report.place(cell), cell.label)
    });
    let mut list: Vec<String> = named.collect();
    if seen.len() > NAMED {
        list.push(format!("and {} more", seen.len() - NAMED));
    }
    let list = list.join("; ");
    let cells = seen.iter().map(|(cell, _)| cell.id.clone()).collect();
    Some(Caveat { code, text: text(list), advice: advice.to_owned(), cells })
}
