//! Sweep: what is said of a factor over several points, such as all sizes.

use super::super::reading::bound;
use super::super::tasks;
use super::facing::Facing;
use super::runs::{self, Run, Saying, extremes, ratio};
use super::series::Series;
use super::{Claim, advice, claim, phrases};
use crate::model::{Cell, Report};
use crate::units;

/// How many series are spoken of in the other view, too.
const SERIES_OF_BOTH_VIEWS: usize = 2;
/// How many points are named one by one.
const NAMED: usize = 4;

pub(super) fn of(report: &Report, facing: &Facing<'_>) -> Vec<String> {
    let main = Series::all(report, &facing.main);
    let mut sentences: Vec<String> = main.iter().map(|one| sentence(report, one)).collect();
    if main.len() <= SERIES_OF_BOTH_VIEWS {
        let contrast = Series::all(report, &facing.contrast);
        sentences.extend(contrast.iter().map(|one| sentence(report, one)));
    }
    sentences.extend(advice::of(report, facing, None));
    sentences
}

fn sentence(report: &Report, series: &Series<'_>) -> String {
    const FEW: usize = 3;
    let runs = runs::of(&series.claims);
    match runs.as_slice() {
        [_] => uniform(report, series),
        _ if series.axis.is_ordered() && runs.len() <= FEW => stretches(report, series, &runs),
        _ if !series.axis.is_ordered() && series.claims.len() <= NAMED => {
            one_by_one(report, series)
        }
        _ => counted(report, series),
    }
}

/// Where, how often and by what: the same words for every sentence.
struct Words {
    candidate: String,
    baseline: String,
    when: String,
    /// As it follows "faster".
    in_what: &'static str,
    /// As it ends a list.
    of_what: String,
}

impl Words {
    fn of(report: &Report, series: &Series<'_>) -> Self {
        let first = series.claims[0].comparison;
        let in_what = tasks::in_what(report.task(), &first.statistic);
        Self {
            candidate: series.candidate.clone(),
            baseline: series.baseline.clone(),
            when: phrases::when(report, &first.view),
            in_what,
            of_what: if in_what.is_empty() { String::new() } else { format!(",{in_what}") },
        }
    }
}

/// All points say the same.
fn uniform(report: &Report, series: &Series<'_>) -> String {
    let Words { candidate, baseline, when, in_what, .. } = Words::of(report, series);
    let all = series.claims.as_slice();
    let (axis, noun) = (series.axis.preposition(), series.axis.nouns().0);
    let valid = if report.originals().all(Cell::is_valid) { "" } else { "valid " };
    let every = if all.len() > 1 { format!(" {axis} every {valid}{noun}") } else { String::new() };
    let saying = Saying::of(&all[0]);
    match saying {
        Saying::Faster | Saying::Slower => format!(
            "{candidate} is {} than {baseline}{in_what}{every} {when}: {}.",
            saying.word(),
            range(report, series)
        ),
        Saying::Same => {
            let most = all.iter().map(|claim| bound(claim.comparison)).fold(0.0, f64::max);
            let same = claim::take_the_same(report);
            let within = units::percent_at_most(most);
            format!("{candidate} and {baseline} {same}{in_what}{every} {when} (within {within}).")
        }
        Saying::Untold => {
            let any = every.replace(" every ", " any ");
            format!(
                "These rounds do not tell whether {candidate} or {baseline} is faster{in_what}{any} \
                 {when}."
            )
        }
    }
}

/// How much, at the ends of a series or wherever it is least and most.
fn range(report: &Report, series: &Series<'_>) -> String {
    let all = series.claims.as_slice();
    let here = |claim: &Claim<'_>| {
        format!("{}x {}", units::ratio(ratio(claim)), series.at(report, claim))
            .trim_end()
            .to_owned()
    };
    let named = if series.axis.is_ordered() { 2 } else { NAMED };
    if all.len() <= named {
        return all.iter().map(here).collect::<Vec<_>>().join(", ");
    }
    let [least, most] = extremes(all);
    let ends = [&all[0], &all[all.len() - 1]];
    let is_end = |claim: &Claim<'_>| ends.iter().any(|end| end.candidate.id == claim.candidate.id);
    if series.axis.is_ordered() && is_end(least) && is_end(most) {
        return format!("{}, {}", here(ends[0]), here(ends[1]));
    }
    format!("from {} to {}", here(least), here(most))
}

/// "Against TCP when …, Unix is faster up to 4 KiB (1.60x at most) and slower from 64 KiB on (1.20x
/// at most). The order changes between 4 KiB and 64 KiB."
fn stretches(report: &Report, series: &Series<'_>, runs: &[Run<'_, '_>]) -> String {
    let Words { candidate, baseline, when, of_what, .. } = Words::of(report, series);
    let axis = series.axis;
    let stretch = |(number, run): (usize, &Run<'_, '_>)| {
        let ends = [&run.claims[0], &run.claims[run.claims.len() - 1]];
        let [first, last] = ends.map(|claim| axis.value(claim.candidate));
        let place = match (number, run.claims) {
            (_, [_]) => series.at(report, ends[0]),
            (0, _) => format!("up to {last}"),
            _ if number + 1 == runs.len() => format!("from {first} on"),
            _ => format!("from {first} to {last}"),
        };
        let how_much = match (run.saying, run.claims) {
            (Saying::Same | Saying::Untold, _) => String::new(),
            (_, [one]) => format!(" ({}x)", units::ratio(ratio(one))),
            (_, all) => format!(" ({}x at most)", units::ratio(ratio(extremes(all)[1]))),
        };
        format!("{} {place}{how_much}", run.saying.word())
    };
    let stretches: Vec<String> = runs.iter().enumerate().map(stretch).collect();
    let change = crossover(series).map_or(String::new(), |[before, after]| {
        format!(" The order changes between {before} and {after}.")
    });
    let stretches = listed(&stretches);
    format!("Against {baseline} {when}, {candidate} is {stretches}{of_what}.{change}")
}

/// Between which values of the axis the lead passes from one to the other, where it does once.
fn crossover(series: &Series<'_>) -> Option<[String; 2]> {
    let told = |claim: &&Claim<'_>| claim.reading.is_lead();
    let leads: Vec<&Claim<'_>> = series.claims.iter().filter(told).collect();
    let mut changes = leads.windows(2).filter(|pair| pair[0].reading != pair[1].reading);
    let change = changes.next()?;
    let value = |claim: &Claim<'_>| series.axis.value(claim.candidate);
    changes.next().is_none().then(|| [value(change[0]), value(change[1])])
}

/// "Against TCP when …, Unix is 1.37x faster with blocking and the same with epoll."
fn one_by_one(report: &Report, series: &Series<'_>) -> String {
    let Words { candidate, baseline, when, of_what, .. } = Words::of(report, series);
    let each = |claim: &Claim<'_>| {
        let (saying, place) = (Saying::of(claim), series.at(report, claim));
        match saying {
            Saying::Faster | Saying::Slower => {
                format!("{}x {} {place}", units::ratio(ratio(claim)), saying.word())
            }
            _ => format!("{} {place}", saying.word()),
        }
    };
    let all = listed(&series.claims.iter().map(each).collect::<Vec<_>>());
    format!("Against {baseline} {when}, {candidate} is {all}{of_what}.")
}

/// "Against TCP when …, Unix is faster at 5 of 8 points (1.10x to 1.60x) and slower at 3 (…)."
fn counted(report: &Report, series: &Series<'_>) -> String {
    let Words { candidate, baseline, when, of_what, .. } = Words::of(report, series);
    let (total, preposition) = (series.claims.len(), series.axis.preposition());
    let nouns = series.axis.nouns().1;
    let sayings = [Saying::Faster, Saying::Slower, Saying::Same, Saying::Untold];
    let found = sayings.iter().filter_map(|saying| {
        let claims = series.claims.iter().filter(|claim| Saying::of(claim) == *saying);
        let claims: Vec<Claim<'_>> = claims.copied().collect();
        (!claims.is_empty()).then_some((*saying, claims))
    });
    let count = |(number, (saying, claims)): (usize, (Saying, Vec<Claim<'_>>))| {
        let of = if number == 0 { format!(" of {total} {nouns}") } else { String::new() };
        let [least, most] = extremes(&claims).map(|claim| units::ratio(ratio(claim)));
        let how_much = match saying {
            Saying::Same | Saying::Untold => String::new(),
            _ if claims.len() == 1 => format!(" ({most}x)"),
            _ => format!(" ({least}x to {most}x)"),
        };
        format!("{} {preposition} {}{of}{how_much}", saying.word(), claims.len())
    };
    let counts: Vec<String> = found.enumerate().map(count).collect();
    format!("Against {baseline} {when}, {candidate} is {}{of_what}.", listed(&counts))
}

/// `a, b and c`.
pub(super) fn listed(all: &[String]) -> String {
    match all {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}
