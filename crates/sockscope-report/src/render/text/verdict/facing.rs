//! Facing: the comparisons that the sentences are made of.

use super::series::Series;
use super::{CONTRAST, Claim, MAIN, Reading};
use crate::model::{Cell, Comparison, Report, View};

/// Those of the view that matters most, and of one that is set against it, the candidates in the
/// order of the table.
pub(super) struct Facing<'a> {
    /// Never empty.
    pub(super) main: Vec<Claim<'a>>,
    /// Empty where no other view was compared.
    pub(super) contrast: Vec<Claim<'a>>,
}

impl<'a> Facing<'a> {
    /// `None` without a comparison.
    pub(super) fn of(report: &'a Report) -> Option<Self> {
        let labels = report.labels();
        let mut claims = claims(report);
        let place = |one: &Comparison| labels.iter().position(|label| *label == one.candidate);
        claims.sort_by_key(|claim| place(claim.comparison));
        let in_view = |view: &View| -> Vec<Claim<'a>> {
            claims.iter().filter(|claim| claim.comparison.view == *view).copied().collect()
        };
        let others = claims.iter().map(|claim| &claim.comparison.view);
        let views: Vec<&View> = MAIN.iter().chain(others).collect();
        let tells = |view: &&&View| in_view(view).iter().any(|claim| claim.reading.tells());
        let compared = |view: &&&View| !in_view(view).is_empty();
        let main = views.iter().find(tells).or_else(|| views.iter().find(compared))?;
        let contrast = CONTRAST.iter().filter(|view| view != main).map(in_view);
        Some(Self {
            main: in_view(main),
            contrast: contrast.into_iter().find(|claims| !claims.is_empty()).unwrap_or_default(),
        })
    }

    /// Whether each candidate was compared once in each view: not at several points of a sweep, nor
    /// with several values of another factor.
    pub(super) fn is_plain(&self, report: &Report) -> bool {
        [&self.main, &self.contrast]
            .iter()
            .all(|claims| Series::all(report, claims).iter().all(|one| one.claims.len() == 1))
    }

    /// The claims, where there is one candidate.
    pub(super) fn single(&self) -> Option<(&Claim<'a>, Option<&Claim<'a>>)> {
        match (self.main.as_slice(), self.contrast.as_slice()) {
            ([main], []) => Some((main, None)),
            ([main], [contrast]) if main.comparison.candidate == contrast.comparison.candidate => {
                Some((main, Some(contrast)))
            }
            _ => None,
        }
    }
}

/// What may be spoken of: no floors beside sockets, and no points of an open loop that are not valid.
fn claims(report: &Report) -> Vec<Claim<'_>> {
    let only_floors = report.originals().all(Cell::is_floor);
    let of = |comparison| {
        let claim = Claim {
            comparison,
            reading: Reading::of(comparison),
            baseline: report.cell(&comparison.baseline_cell)?,
            candidate: report.cell(&comparison.candidate_cell)?,
        };
        let sides = [claim.baseline, claim.candidate];
        let floors = sides.iter().any(|cell| cell.is_floor()) && !only_floors;
        let valid = sides.iter().all(|cell| cell.is_valid());
        (valid && !floors).then_some(claim)
    };
    report.leading_comparisons().into_iter().filter_map(of).collect()
}
