//! Self-check: whether the tool measures what is there, in one page.

use super::page::Page;
use crate::doctor::SelfCheck;
use crate::doctor::self_check::{CheatCheck, DelayCheck, LIMIT, LoopCheck, Outcome, SameCheck};
use crate::units;

pub(super) fn write(check: &SelfCheck, page: &mut Page) {
    page.heading("Self-check: does sockscope measure what is there?");
    let place = check.cpu.map_or(String::new(), |cpu| format!(" on CPU {cpu}"));
    page.item("  ", &format!("Loops: {} rounds, two processes{place}, 64 B", check.rounds));
    page.line(&row(["", "sockscope", "bare loop", "ratio", "95 % interval", "limit", ""]));
    for one in &check.loops {
        looped(one, page);
    }
    page.item("  ", "Nothing to find: a socket compared with itself must not differ");
    for one in &check.same {
        same(one, page);
    }
    page.item("  ", "Something to find: servers that wait or cheat");
    delay(&check.delay, page);
    for one in &check.cheats {
        cheat(one, page);
    }
    page.line("");
    in_short(check, page);
}

fn looped(check: &LoopCheck, page: &mut Page) {
    let name = format!("{} {}", check.transport, check.statistic);
    if let Some(reason) = &check.reason {
        return page.item("    ", &format!("{name} was not measured: {reason}"));
    }
    let time = |ns: Option<f64>| ns.map_or("—".to_owned(), units::time);
    page.line(&row([
        &name,
        &time(check.driven_ns),
        &time(check.bare_ns),
        &check.ratio.map_or("—".to_owned(), |ratio| format!("{ratio:.3}")),
        &interval(check.lo, check.hi),
        &format!("{LIMIT:.2}"),
        match check.outcome {
            Outcome::Passed => "within",
            Outcome::Failed => "NOT WITHIN",
            _ => "unresolved",
        },
    ]));
}

fn row([name, driven, bare, ratio, interval, limit, outcome]: [&str; 7]) -> String {
    format!("    {name:<11} {driven:>9} {bare:>9} {ratio:>6}  {interval:>16} {limit:>5}  {outcome}")
}

fn interval(lo: Option<f64>, hi: Option<f64>) -> String {
    match lo.zip(hi) {
        Some((lo, hi)) => format!("[{lo:.3}, {hi:.3}]"),
        None => "—".to_owned(),
    }
}

fn same(check: &SameCheck, page: &mut Page) {
    let (Some(ratio), Some(verdict)) = (check.ratio, &check.verdict) else {
        let reason = check.reason.as_deref().unwrap_or("the rounds are not complete");
        return page.item("    ", &format!("{} was not measured: {reason}", check.transport));
    };
    let floor = check.noise_floor.map_or("—".to_owned(), units::percent_at_most);
    let interval = interval(check.lo, check.hi);
    let said = match check.outcome {
        Outcome::Failed => format!("{verdict}, which is WRONG"),
        _ => verdict.to_string(),
    };
    let name = format!("    {:<14} ", check.transport);
    page.item(&name, &format!("{ratio:.3} {interval}, floor {floor}: {said}"));
}

fn delay(check: &DelayCheck, page: &mut Page) {
    let asked = units::time(check.asked_ns as f64);
    let (Some(least), Some(p50)) = (check.least_ns, check.p50_ns) else {
        let reason = check.reason.as_deref().unwrap_or("there are no round trips");
        return page.item("    ", &format!("delay of {asked} was not measured: {reason}"));
    };
    let (least, p50) = (units::time(least as f64), units::time(p50 as f64));
    let said = match check.outcome {
        Outcome::Failed => "TOO SHORT",
        _ => "in full",
    };
    page.item(
        "    ",
        &format!("asked {asked}, read {p50} (p50), {least} at least, of {}: {said}", check.samples),
    );
}

fn cheat(check: &CheatCheck, page: &mut Page) {
    let said = match (&check.said, &check.reason) {
        (Some(said), _) => format!("caught: {said}"),
        (None, Some(reason)) => format!("was not measured: {reason}"),
        (None, None) => "NOT caught".to_owned(),
    };
    page.item(&format!("    {:<14} ", check.cheat), &said);
}

fn in_short(check: &SelfCheck, page: &mut Page) {
    let count = |outcome| check.count(outcome);
    let failed = count(&Outcome::Failed);
    let rest = [
        (count(&Outcome::Unresolved), "not resolved: more --rounds or a quieter machine may tell"),
        (count(&Outcome::Unavailable), "not made"),
    ];
    let rest = rest.into_iter().filter(|(count, _)| *count > 0);
    let rest: Vec<String> = rest.map(|(count, what)| format!("; {count} {what}")).collect();
    let rest = rest.concat();
    let passed = count(&Outcome::Passed);
    page.paragraph(&match failed {
        0 => format!("Nothing failed: {passed} checks passed{rest}."),
        _ => format!(
            "{failed} FAILED: do not believe what this build measures here, and tell its \
             developers; {passed} passed{rest}."
        ),
    });
}
