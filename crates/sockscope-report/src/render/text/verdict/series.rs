//! Series: one value of a factor against its first, over everything else that varies in a view.

use super::{Claim, phrases};
use crate::model::{Cell, Factor, Report, connections};
use crate::units;

/// Two values of a factor, compared at one point or several.
pub(super) struct Series<'a> {
    pub(super) factor: Factor,
    /// As sentences name it: `Unix`, `epoll`, `TCP_NODELAY off`.
    pub(super) candidate: String,
    pub(super) baseline: String,
    /// Never empty. In order, where there is one.
    pub(super) claims: Vec<Claim<'a>>,
    pub(super) axis: Axis,
}

/// Over what a series goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Axis {
    Size,
    Connections,
    Depth,
    Rate,
    Target,
    Engine,
    Nodelay,
    /// Over several of them at once.
    Several,
}

impl<'a> Series<'a> {
    /// All that some claims of a view make, in the order of the factors and of the claims.
    pub(super) fn all(report: &'a Report, claims: &[Claim<'a>]) -> Vec<Self> {
        let mut all: Vec<Self> = Vec::new();
        for claim in claims {
            let factor = &claim.comparison.factor;
            let [candidate, baseline] =
                [claim.candidate, claim.baseline].map(|cell| phrases::value(report, factor, cell));
            let same = |one: &&mut Series<'_>| {
                one.factor == *factor && one.candidate == candidate && one.baseline == baseline
            };
            match all.iter_mut().find(same) {
                Some(series) => series.claims.push(*claim),
                None => all.push(Self {
                    factor: factor.clone(),
                    candidate,
                    baseline,
                    claims: vec![*claim],
                    axis: Axis::Several,
                }),
            }
        }
        let order = [Factor::Transport, Factor::Endpoint, Factor::Engine, Factor::Nodelay];
        all.sort_by_key(|one| order.iter().position(|factor| *factor == one.factor));
        all.into_iter().map(|series| series.sorted(report)).collect()
    }

    fn sorted(mut self, report: &Report) -> Self {
        self.axis = Axis::of(&self.factor, &self.claims);
        let place = |cell: &Cell| report.cells.iter().position(|one| one.id == cell.id);
        self.claims.sort_by(|one, other| {
            let (a, b) = (one.candidate, other.candidate);
            match self.axis {
                Axis::Size => a.size.cmp(&b.size),
                Axis::Connections => a.connections.cmp(&b.connections),
                Axis::Depth => a.depth.cmp(&b.depth),
                Axis::Rate => a.rate.unwrap_or(0.0).total_cmp(&b.rate.unwrap_or(0.0)),
                _ => place(a).cmp(&place(b)),
            }
        });
        self
    }

    /// Where one of its claims is: `at 4 KiB`, `with epoll`, `over TCP`.
    pub(super) fn at(&self, report: &Report, claim: &Claim<'_>) -> String {
        let cell = claim.candidate;
        let factor = &self.factor;
        let [targets, engines, nodelay] = phrases::compared(report);
        let mut words = vec![report.at(&cell.point())];
        if targets && !matches!(factor, Factor::Transport | Factor::Endpoint) {
            words.push(format!("over {}", phrases::name(cell.target())));
        }
        if engines && *factor != Factor::Engine {
            words.push(format!("with {}", cell.engine()));
        }
        if nodelay && *factor != Factor::Nodelay && cell.nodelay.is_some() {
            words.push(format!("with {}", phrases::value(report, &Factor::Nodelay, cell)));
        }
        words.retain(|word| !word.is_empty());
        words.join(" ")
    }
}

impl Axis {
    fn of(factor: &Factor, claims: &[Claim<'_>]) -> Self {
        let first = claims[0].candidate;
        let differ =
            |unlike: &dyn Fn(&Cell) -> bool| claims.iter().any(|one| unlike(one.candidate));
        let set = |cell: &Cell| cell.nodelay;
        let of_factor = |axis: Self| match factor {
            Factor::Transport | Factor::Endpoint => axis == Self::Target,
            Factor::Engine => axis == Self::Engine,
            Factor::Nodelay => axis == Self::Nodelay,
            Factor::Other(_) => false,
        };
        let axes = [
            (Self::Size, differ(&|cell| cell.size != first.size)),
            (Self::Connections, differ(&|cell| cell.connections != first.connections)),
            (Self::Depth, differ(&|cell| cell.depth != first.depth)),
            (Self::Rate, differ(&|cell| cell.rate != first.rate)),
            (Self::Target, differ(&|cell| cell.target() != first.target())),
            (Self::Engine, differ(&|cell| cell.engine() != first.engine())),
            (Self::Nodelay, differ(&|cell| set(cell).is_some_and(|on| set(first) == Some(!on)))),
        ];
        let varying = axes.iter().filter(|(axis, varies)| *varies && !of_factor(*axis));
        let varying: Vec<Self> = varying.map(|(axis, _)| *axis).collect();
        match varying[..] {
            [axis] => axis,
            _ => Self::Several,
        }
    }

    /// Whether its values have an order, so that there is an "up to".
    pub(super) fn is_ordered(self) -> bool {
        matches!(self, Self::Size | Self::Connections | Self::Depth | Self::Rate)
    }

    /// `size`, and what it is called when there are several.
    pub(super) fn nouns(self) -> (&'static str, &'static str) {
        match self {
            Self::Size => ("size", "sizes"),
            Self::Connections => ("number of connections", "numbers of connections"),
            Self::Depth => ("depth", "depths"),
            Self::Rate => ("rate", "rates"),
            Self::Target => ("transport", "transports"),
            Self::Engine => ("engine", "engines"),
            Self::Nodelay => ("setting of TCP_NODELAY", "settings of TCP_NODELAY"),
            Self::Several => ("point", "points"),
        }
    }

    /// The word before one of its values: `at every size`.
    pub(super) fn preposition(self) -> &'static str {
        match self {
            Self::Connections | Self::Engine | Self::Nodelay => "with",
            Self::Target => "over",
            _ => "at",
        }
    }

    /// One of its values, where it is ordered.
    pub(super) fn value(self, cell: &Cell) -> String {
        match self {
            Self::Size => units::bytes(cell.size),
            Self::Connections => connections(cell.connections),
            Self::Depth => format!("depth {}", cell.depth),
            Self::Rate => cell.rate.map_or(String::new(), units::rate),
            _ => String::new(),
        }
    }
}
