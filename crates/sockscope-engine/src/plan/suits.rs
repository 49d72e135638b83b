//! Suits: which combinations make sense at all, whatever the machine has, and why the others do not.
//!
//! Each rule is a pure question to one candidate. What a rule names is what the reason is about: a reason that names only a
//! view holds for every transport in it.

mod floors;
mod loads;

use super::{OwnTransport, Target, Unavailable};
use crate::control::ServiceName;
use crate::side::Datagrams;
use crate::view::View;
use crate::work::{EngineName, Load, Work};

/// One combination that was asked for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Candidate<'a> {
    pub(super) target: &'a Target,
    pub(super) view: View,
    pub(super) work: &'a Work,
}

/// Why not: the factors that the reason is about, and the reason, in words that follow "because".
type Refusal = (&'static [Factor], &'static str);

/// Something that a reason can be about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Factor {
    View,
    Target,
    /// That of the client.
    Engine,
    /// That of a server of ours.
    ServerEngine,
    Size,
    Connections,
}

/// All rules; the first that refuses is told.
const RULES: [fn(&Candidate<'_>) -> Option<Refusal>; 9] = [
    running_view,
    own_view,
    floors::refusal,
    tokio_spin,
    loads::refusal,
    blocking_threads,
    spinning_threads,
    solo_engine,
    datagram_numbers,
];

/// What keeps a candidate from being measured, if anything does.
pub(super) fn refusal(candidate: &Candidate<'_>) -> Option<Unavailable> {
    let (about, reason) = RULES.iter().find_map(|rule| rule(candidate))?;
    let Candidate { target, view, work } = *candidate;
    Some(Unavailable {
        view: about.contains(&Factor::View).then_some(view),
        target: about.contains(&Factor::Target).then(|| target.clone()),
        engine: if about.contains(&Factor::ServerEngine) {
            Some(work.engines.server)
        } else {
            about.contains(&Factor::Engine).then_some(work.engines.client)
        },
        size: about.contains(&Factor::Size).then_some(work.size),
        connections: about.contains(&Factor::Connections).then_some(work.connections),
        reason: reason.into(),
    })
}

fn own(candidate: &Candidate<'_>) -> Option<OwnTransport> {
    match candidate.target {
        Target::Own(transport) => Some(*transport),
        Target::Running(_) => None,
    }
}

fn running_view(candidate: &Candidate<'_>) -> Option<Refusal> {
    let Target::Running(_) = candidate.target else { return None };
    let reason = match candidate.view {
        View::Free | View::ClientPinned => return None,
        View::Solo => "both ends would have to be one thread, and the server is running elsewhere",
        View::Spin => "the server decides how it waits, and it was not started by sockscope",
        View::SameCore | View::CrossCore => {
            "a process that sockscope did not start is never moved to another CPU"
        }
    };
    Some((&[Factor::View], reason))
}

fn own_view(candidate: &Candidate<'_>) -> Option<Refusal> {
    own(candidate)?;
    (candidate.view == View::ClientPinned)
        .then_some((&[Factor::View], "only for servers that are already running"))
}

fn tokio_spin(candidate: &Candidate<'_>) -> Option<Refusal> {
    let work = candidate.work;
    let ours = own(candidate).map(|_| work.engines.server);
    let about: &[Factor] = match (work.engines.client, ours) {
        (EngineName::Tokio, _) => &[Factor::View, Factor::Engine],
        (_, Some(EngineName::Tokio)) => &[Factor::View, Factor::ServerEngine],
        _ => return None,
    };
    (candidate.view == View::Spin)
        .then_some((about, "the runtime always sleeps when it has nothing to do"))
}

fn blocking_threads(candidate: &Candidate<'_>) -> Option<Refusal> {
    let work = candidate.work;
    let ours = own(candidate).map(|_| work.engines.server);
    // An open loop is one thread, whatever it calls.
    let theirs = (!matches!(work.load, Load::Open { .. })).then_some(work.engines.client);
    let about: &[Factor] = match (theirs, ours) {
        (Some(EngineName::Blocking), _) => &[Factor::View, Factor::Engine, Factor::Connections],
        (_, Some(EngineName::Blocking)) => {
            &[Factor::View, Factor::ServerEngine, Factor::Connections]
        }
        _ => return None,
    };
    if work.connections == 1 {
        return None;
    }
    let reason = match candidate.view {
        View::Solo => "the blocking engine is a thread per connection, and this view is one thread",
        View::Spin => "threads that never sleep would take turns on one CPU, a time slice each",
        _ => return None,
    };
    Some((about, reason))
}

fn spinning_threads(candidate: &Candidate<'_>) -> Option<Refusal> {
    let spins = candidate.view == View::Spin && candidate.work.threads > 1;
    spins.then_some((
        &[Factor::View],
        "the view gives each end one CPU, where threads that never sleep would take turns",
    ))
}

fn solo_engine(candidate: &Candidate<'_>) -> Option<Refusal> {
    let work = candidate.work;
    if candidate.view != View::Solo {
        return None;
    }
    if work.engines.client != work.engines.server {
        let reason = "one thread has both ends, and so one engine";
        return Some((&[Factor::View, Factor::Engine], reason));
    }
    if work.threads > 1 {
        return Some((&[Factor::View], "both ends are one thread"));
    }
    (work.engines.client == EngineName::Blocking && work.depth > 1).then_some((
        &[Factor::View, Factor::Engine],
        "with plain calls in one thread, each end waits for its turn: one request at a time",
    ))
}

fn datagram_numbers(candidate: &Candidate<'_>) -> Option<Refusal> {
    let work = candidate.work;
    let is_numbered = candidate.target.may_lose() && work.service == ServiceName::Echo;
    (is_numbered && Datagrams::new(work, 0).is_none()).then_some((
        &[Factor::Target, Factor::Size],
        "so few bytes cannot number the requests in flight, and datagrams come in any order",
    ))
}

#[cfg(test)]
mod tests;
