//! Compare: whether results changed, between two sides of one run or several each.
//!
//! Unlike the comparisons inside one result, nothing here was measured side by side: the machine of
//! the later side is that of another hour. So the replicate is the run, the floor is higher, and
//! whatever cannot be compared honestly is left out and named.

mod caveats;
mod error;
mod host;
mod judge;
mod matching;
pub mod model;

use crate::model::Report;

pub use error::CompareError;
use matching::Runs;
use model::{CompareReport, LeftOut, SCHEMA, Side};

/// A result, and what it is called: its file name.
#[derive(Debug)]
pub struct Input {
    /// How it is named in texts.
    pub name: String,
    /// The result.
    pub report: Report,
}

/// What is to be compared, and how.
#[derive(Debug)]
pub struct Request {
    /// The results compared with.
    pub before: Vec<Input>,
    /// The results compared.
    pub after: Vec<Input>,
    /// Results of earlier times, which serve only to know how runs differ.
    pub history: Vec<Input>,
    /// The relative difference that is too small to be believed; `None` for 3 % between single
    /// runs and 2 % otherwise.
    pub min_effect: Option<f64>,
    /// Whether results of other machines are compared, too.
    pub across_hosts: bool,
    /// The version of sockscope that compares.
    pub sockscope: String,
}

/// Compares two sides, cell by cell.
pub fn compare(request: &Request) -> Result<CompareReport, CompareError> {
    let mut left_out = Vec::new();
    let reference = &request.before.first().ok_or(CompareError::NoResult)?.report.host;
    let mut keep = |inputs| keep(inputs, reference, request.across_hosts, &mut left_out);
    let before = keep(&request.before)?;
    let after = keep(&request.after)?;
    let history = keep(&request.history)?;
    if after.is_empty() {
        return Err(CompareError::OtherHosts { left_out });
    }
    let runs = [&before, &after, &history].map(|inputs| Runs::of(inputs));
    let cells = matching::cells(&runs, &mut left_out);
    let comparisons = judge::all(&runs, &cells, request.min_effect);
    if comparisons.is_empty() {
        return Err(CompareError::NothingInCommon { left_out });
    }
    let caveats = caveats::of(&before, &after, &comparisons);
    Ok(CompareReport {
        schema: SCHEMA.to_owned(),
        sockscope: request.sockscope.clone(),
        before: side(&before),
        after: side(&after),
        history: (!history.is_empty()).then(|| side(&history)),
        confidence: sockscope_stats::signed_rank::CONFIDENCE,
        comparisons,
        left_out,
        caveats,
    })
}

/// The results of the reference's machine. The same result twice would count as two runs, and is
/// refused.
fn keep<'a>(
    inputs: &'a [Input],
    reference: &crate::model::Host,
    across_hosts: bool,
    left_out: &mut Vec<LeftOut>,
) -> Result<Vec<&'a Input>, CompareError> {
    let mut kept: Vec<&Input> = Vec::new();
    for input in inputs {
        if let Some(twice) = kept.iter().find(|other| other.report == input.report) {
            let (first, second) = (twice.name.clone(), input.name.clone());
            return Err(CompareError::SameResult { first, second });
        }
        match host::difference(reference, &input.report.host) {
            Some(reason) if !across_hosts => {
                left_out.push(LeftOut { what: input.name.clone(), reason });
            }
            _ => kept.push(input),
        }
    }
    Ok(kept)
}

fn side(inputs: &[&Input]) -> Side {
    Side {
        files: inputs.iter().map(|input| input.name.clone()).collect(),
        runs: inputs.iter().map(|input| input.report.runs).sum(),
    }
}
