//! Runs: the stretches of a series that say the same.

use super::super::reading::{Reading, lead};
use super::Claim;

/// Claims next to each other that say the same.
pub(super) struct Run<'s, 'a> {
    pub(super) saying: Saying,
    /// Never empty.
    pub(super) claims: &'s [Claim<'a>],
}

/// What a claim says, without how much.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Saying {
    Faster,
    Slower,
    Same,
    Untold,
}

impl Saying {
    pub(super) fn of(claim: &Claim<'_>) -> Self {
        match claim.reading {
            Reading::Faster => Self::Faster,
            Reading::Slower => Self::Slower,
            Reading::Same => Self::Same,
            Reading::Hidden | Reading::Open => Self::Untold,
        }
    }

    /// As it stands behind "is".
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Faster => "faster",
            Self::Slower => "slower",
            Self::Same => "the same",
            Self::Untold => "not told apart",
        }
    }
}

/// The runs of a series, in its order.
pub(super) fn of<'s, 'a>(claims: &'s [Claim<'a>]) -> Vec<Run<'s, 'a>> {
    let alike = claims.chunk_by(|one, next| Saying::of(one) == Saying::of(next));
    alike.map(|claims| Run { saying: Saying::of(&claims[0]), claims }).collect()
}

/// The claims with the smallest and the largest lead.
pub(super) fn extremes<'s, 'a>(claims: &'s [Claim<'a>]) -> [&'s Claim<'a>; 2] {
    let (mut least, mut most) = (&claims[0], &claims[0]);
    for claim in claims {
        if ratio(claim) < ratio(least) {
            least = claim;
        }
        if ratio(claim) > ratio(most) {
            most = claim;
        }
    }
    [least, most]
}

/// By how much one side leads, whichever it is.
pub(super) fn ratio(claim: &Claim<'_>) -> f64 {
    lead(claim.comparison).0
}
