//! Unavailable: what could not be measured, in as few lines as there are reasons.

use crate::model::Unavailable;
use crate::units;

/// How many names a list has before the rest is only counted.
const NAMED: usize = 6;

/// A line for each reason: `tcp, unix in spin: one CPU`. Text that came from outside is as it is.
#[must_use]
pub fn unavailable(all: &[Unavailable]) -> Vec<String> {
    by_reason(all).iter().map(|one| format!("{}: {}", one.what, one.reason)).collect()
}

/// What one reason is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Missing<'a> {
    /// In words: `tcp, unix in spin`.
    pub(super) what: String,
    /// Whether it is more than one thing.
    pub(super) several: bool,
    /// Why, in words that follow "because".
    pub(super) reason: &'a str,
}

/// One for each reason, in the order of the list.
pub(super) fn by_reason(all: &[Unavailable]) -> Vec<Missing<'_>> {
    let mut reasons: Vec<&str> = Vec::new();
    for one in all {
        if !reasons.contains(&one.reason.as_str()) {
            reasons.push(&one.reason);
        }
    }
    let of_reason = |reason: &str| {
        let same = all.iter().filter(|one| one.reason == reason).map(Names::of);
        merged(same.collect())
    };
    let missing = |reason| {
        let names = of_reason(reason);
        let words: Vec<String> = names.iter().map(Names::words).collect();
        let several = names.len() > 1 || names.iter().any(Names::are_several);
        Missing { what: words.join("; "), several, reason }
    };
    reasons.into_iter().map(missing).collect()
}

/// The fields of one or several entries: transports or servers, engines, views, sizes, connections.
/// It stands for every combination of them.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Names([Vec<String>; 5]);

impl Names {
    fn of(one: &Unavailable) -> Self {
        let list = |name: Option<String>| name.into_iter().collect::<Vec<_>>();
        Self([
            list(one.label.clone()),
            list(one.engine.clone()),
            list(one.view.as_ref().map(ToString::to_string)),
            list(one.size.map(units::bytes)),
            list(one.connections.map(|count| count.to_string())),
        ])
    }

    /// Both as one, if they differ in no more than one field.
    fn with(&self, other: &Self) -> Option<Self> {
        let fields = || self.0.iter().zip(&other.0);
        let unlike = fields().filter(|(one, other)| one != other).count();
        let missing = fields().any(|(one, other)| one.is_empty() != other.is_empty());
        (unlike <= 1 && !missing).then(|| {
            let mut both = self.clone();
            for (names, more) in both.0.iter_mut().zip(&other.0) {
                let new = more.iter().filter(|name| !names.contains(name)).cloned();
                let new: Vec<String> = new.collect();
                names.extend(new);
            }
            both
        })
    }

    fn are_several(&self) -> bool {
        self.0.iter().any(|names| names.len() > 1)
    }

    fn words(&self) -> String {
        let [targets, engines, views, sizes, connections] =
            self.0.each_ref().map(|names| list(names));
        let with = if targets.is_empty() { "" } else { "with " };
        let view = if targets.is_empty() && engines.is_empty() { "" } else { "in " };
        let parts = [
            (targets, "", ""),
            (engines, with, ""),
            (views, view, ""),
            (sizes, "at ", ""),
            (connections, "with ", " connections"),
        ];
        let given = parts.iter().filter(|(names, ..)| !names.is_empty());
        let words: Vec<String> =
            given.map(|(names, before, after)| format!("{before}{names}{after}")).collect();
        if words.is_empty() { "everything".to_owned() } else { words.join(" ") }
    }
}

/// As few as possible, that stand for the same.
fn merged(mut all: Vec<Names>) -> Vec<Names> {
    loop {
        let pairs = (0..all.len()).flat_map(|first| (0..first).map(move |second| (second, first)));
        let mut joined = pairs.filter_map(|(a, b)| Some((a, b, all[a].with(&all[b])?)));
        let Some((a, b, both)) = joined.next() else { return all };
        all[a] = both;
        all.remove(b);
    }
}

fn list(names: &[String]) -> String {
    match names.len() {
        0..=NAMED => names.join(", "),
        more => format!("{} and {} more", names[..NAMED - 1].join(", "), more - NAMED + 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::View;

    fn missing(label: &str, view: Option<View>, size: Option<u64>) -> Unavailable {
        let label = Some(label.to_owned()).filter(|label| !label.is_empty());
        Unavailable { label, view, size, reason: "because".to_owned(), ..Unavailable::default() }
    }

    #[test]
    fn what_has_one_reason_is_one_line() {
        let spin = Some(View::Spin);
        let woken = Some(View::CrossCore);
        let rows: [(&[Unavailable], &str, bool); 6] = [
            (
                &[missing("", spin.clone(), None), missing("", woken.clone(), None)],
                "spin, cross-core",
                true,
            ),
            (&[missing("udp", None, Some(1 << 20))], "udp at 1 MiB", false),
            (
                &[
                    missing("tcp", spin.clone(), None),
                    missing("tcp", woken.clone(), None),
                    missing("unix", spin.clone(), None),
                    missing("unix", woken.clone(), None),
                ],
                "tcp, unix in spin, cross-core",
                true,
            ),
            (
                &[
                    missing("tcp", spin.clone(), None),
                    missing("tcp", woken, None),
                    missing("unix", spin, None),
                ],
                "tcp in spin, cross-core; unix in spin",
                true,
            ),
            (&[missing("udp", None, None), missing("tcp", None, Some(4))], "udp; tcp at 4 B", true),
            (&[missing("", None, None)], "everything", false),
        ];
        for (all, expected, several) in rows {
            let [found] = &by_reason(all)[..] else { panic!("{all:?}") };
            assert_eq!((found.what.as_str(), found.several), (expected, several));
        }
    }

    #[test]
    fn a_long_list_is_counted_and_reasons_stay_apart() {
        let mut all: Vec<Unavailable> =
            (1..=9).map(|size| missing("udp", None, Some(size))).collect();
        all.push(Unavailable { reason: "another".to_owned(), ..missing("tcp", None, None) });
        let found = by_reason(&all);
        assert_eq!(found[0].what, "udp at 1 B, 2 B, 3 B, 4 B, 5 B and 4 more");
        assert_eq!((found[1].what.as_str(), found[1].reason), ("tcp", "another"));
    }
}
