//! Choice: what follows from the comparisons of one view.

use super::super::super::reading::Reading;
use super::super::series::Series;
use super::super::{Claim, phrases};
use crate::model::{Factor, Report};

/// What follows from the comparisons of one view.
#[derive(PartialEq, Eq)]
pub(super) enum Choice {
    /// One of these: `Unix or Unix seqpacket`, `Unix with epoll`.
    These(String),
    /// It depends on this: `size`.
    Depends(&'static str),
    /// Speed does not decide.
    Any,
    /// The rounds do not tell.
    Unknown,
}

impl Choice {
    pub(super) fn of(report: &Report, claims: &[Claim<'_>]) -> Self {
        let series = Series::all(report, claims);
        if series.iter().all(|one| one.claims.len() == 1) {
            return Self::of_claims(claims);
        }
        let outcomes: Vec<(&Series<'_>, Outcome)> =
            series.iter().map(|one| (one, Outcome::of(one))).collect();
        let having =
            |wanted: Outcome| outcomes.iter().filter(move |(_, outcome)| *outcome == wanted);
        if let Some((series, _)) = having(Outcome::Mixed).next() {
            return Self::Depends(series.axis.nouns().0);
        }
        if having(Outcome::Unknown).count() == outcomes.len() {
            return Self::Unknown;
        }
        let factors = [Factor::Transport, Factor::Endpoint, Factor::Engine, Factor::Nodelay];
        let names: Vec<String> =
            factors.iter().filter_map(|factor| of_factor(factor, &outcomes)).collect();
        if names.is_empty() { Self::Any } else { Self::These(names.join(" with ")) }
    }

    /// Each candidate was compared once.
    fn of_claims(claims: &[Claim<'_>]) -> Self {
        let of_reading = |reading: Reading| -> Vec<String> {
            let claims = claims.iter().filter(|claim| claim.reading == reading);
            claims.map(|claim| phrases::name(&claim.comparison.candidate)).collect()
        };
        let faster = of_reading(Reading::Faster);
        if !faster.is_empty() {
            return Self::These(faster.join(" or "));
        }
        let told = claims.iter().all(|claim| claim.reading.tells());
        let Some(first) = claims.first().filter(|_| told) else {
            return Self::Unknown;
        };
        let same = of_reading(Reading::Same);
        if same.len() == claims.len() {
            return Self::Any;
        }
        let mut names = vec![phrases::name(&first.comparison.baseline)];
        names.extend(same);
        Self::These(names.join(" or "))
    }
}

/// The values of a factor that win, or its first where all others lose.
fn of_factor(factor: &Factor, outcomes: &[(&Series<'_>, Outcome)]) -> Option<String> {
    let of_factor = || outcomes.iter().filter(|(one, _)| one.factor == *factor);
    let winning = of_factor().filter(|(_, outcome)| *outcome == Outcome::Wins);
    let names: Vec<&str> = winning.map(|(one, _)| one.candidate.as_str()).collect();
    if !names.is_empty() {
        return Some(names.join(" or "));
    }
    let (first, _) = of_factor().next()?;
    let beats_all = of_factor().all(|(_, outcome)| *outcome == Outcome::Loses);
    beats_all.then(|| first.baseline.clone())
}

/// What all points of a series together say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    /// The candidate is faster somewhere and slower nowhere.
    Wins,
    /// The other way round.
    Loses,
    /// The same wherever it was told.
    Equal,
    /// Both are faster somewhere.
    Mixed,
    /// Not told anywhere.
    Unknown,
}

impl Outcome {
    fn of(series: &Series<'_>) -> Self {
        let any = |reading: Reading| series.claims.iter().any(|claim| claim.reading == reading);
        match (any(Reading::Faster), any(Reading::Slower), any(Reading::Same)) {
            (true, true, _) => Self::Mixed,
            (true, false, _) => Self::Wins,
            (false, true, _) => Self::Loses,
            (false, false, true) => Self::Equal,
            (false, false, false) => Self::Unknown,
        }
    }
}
