//! `CompareError`: why two sides cannot be compared at all.

use crate::compare::model::LeftOut;

/// Why there is no comparison.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CompareError {
    /// A side is empty.
    #[error("cannot compare: one side has no result")]
    NoResult,
    /// A result is listed twice on one side.
    #[error("cannot compare: {first} and {second} are the same result, which is not two runs")]
    SameResult {
        /// The one.
        first: String,
        /// The other.
        second: String,
    },
    /// The later side has results of other machines only.
    #[error("cannot compare: all later results are of another machine")]
    OtherHosts {
        /// Each, with the difference.
        left_out: Vec<LeftOut>,
    },
    /// No cell is on both sides.
    #[error("cannot compare: no cell was measured on both sides")]
    NothingInCommon {
        /// Each, with the reason.
        left_out: Vec<LeftOut>,
    },
}

impl CompareError {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        let first = |left_out: &[LeftOut]| {
            left_out.first().map(|one| format!("{}: {}", one.what, one.reason))
        };
        match self {
            Self::NoResult => Some("sockscope compare before.json -- after.json".to_owned()),
            Self::SameResult { .. } => {
                Some("measure again for another run: sockscope bench --runs 3 -o FILE".to_owned())
            }
            Self::OtherHosts { left_out } => first(left_out)
                .map(|seen| format!("{seen}; to compare machines on purpose: --across-hosts")),
            Self::NothingInCommon { left_out } => first(left_out),
        }
    }
}
