//! Loads: which engines and views the workloads other than round trips have, and why no others.

use super::{Candidate, Factor, Refusal};
use crate::view::View;
use crate::work::{EngineName, Load};

/// The first rule of the workload that refuses.
pub(super) fn refusal(candidate: &Candidate<'_>) -> Option<Refusal> {
    match candidate.work.load {
        Load::Open { .. } => open(candidate),
        Load::RoundTrip | Load::Stream { .. } | Load::Connect { .. } => None,
    }
}

fn open(candidate: &Candidate<'_>) -> Option<Refusal> {
    if let View::Solo | View::SameCore = candidate.view {
        let reason = "the sender of an open loop never sleeps, so it needs a CPU of its own";
        return Some((&[Factor::View], reason));
    }
    if candidate.work.threads > 1 {
        return Some((&[], "one thread that never sleeps sends all requests of an open loop"));
    }
    let reason = match candidate.work.engines.client {
        EngineName::Blocking | EngineName::Epoll => return None,
        EngineName::Tokio => {
            "timers of the runtime have a resolution of 1 ms: it cannot keep a schedule of microseconds"
        }
        EngineName::Uring => "the open loop of this build sends with plain calls only",
    };
    Some((&[Factor::Engine], reason))
}
