//! Loads: which engines and views the workloads other than round trips have, and why no others.

use super::{Candidate, Factor, Refusal};
use crate::control::ServiceName;
use crate::plan::Target;
use crate::view::View;
use crate::work::{Buffers, EngineName, Load};

/// The first rule of the workload that refuses.
pub(super) fn refusal(candidate: &Candidate<'_>) -> Option<Refusal> {
    match candidate.work.load {
        Load::Open { .. } => open(candidate),
        Load::Stream { zero_copy } => stream(candidate, zero_copy),
        Load::Connect { .. } => connect(candidate),
        Load::RoundTrip => None,
    }
}

fn stream(candidate: &Candidate<'_>, zero_copy: bool) -> Option<Refusal> {
    let work = candidate.work;
    if let Target::Running(_) = candidate.target {
        return Some((&[], "the source of a stream is a server of our own, and the client counts"));
    }
    if work.depth > 1 {
        return Some((&[], "nothing is answered in a stream, so that it has no depth"));
    }
    if work.service == ServiceName::Pong {
        return Some((&[], "nothing is answered in a stream, and so no ping"));
    }
    if zero_copy && let Some(reason) = always_copies(work.engines.server) {
        return Some((&[Factor::ServerEngine], reason));
    }
    let engines = [work.engines.client, work.engines.server];
    if candidate.view == View::Solo && engines.contains(&EngineName::Tokio) {
        let reason = "a source never waits, and would keep the runtime's one thread to itself";
        return Some((&[Factor::View, Factor::Engine], reason));
    }
    if candidate.target.may_lose() && work.connections > 1 {
        let reason =
            "the socket of a datagram server is one for all clients, and one stream fills it";
        return Some((&[Factor::Target, Factor::Connections], reason));
    }
    if candidate.target.may_lose() && work.size < size_of::<u64>() {
        let reason =
            "so few bytes cannot number the datagrams, and what is lost is known by its number";
        return Some((&[Factor::Target, Factor::Size], reason));
    }
    let shared = |engine| work.connections > work.threads_with(engine);
    if candidate.view != View::Solo && engines.into_iter().any(shared) {
        let reason =
            "a thread reads one stream as long as it gives something: it needs --threads for each";
        return Some((&[Factor::Engine, Factor::Connections], reason));
    }
    None
}

/// Why an engine cannot send without a copy, if it cannot.
fn always_copies(engine: EngineName) -> Option<&'static str> {
    match engine {
        EngineName::Tokio => Some("the runtime's sockets have no zero-copy send"),
        EngineName::Uring => Some(
            "what it sends is copied to the memory of its ring first, so that the copy would only have moved",
        ),
        EngineName::Bare | EngineName::Blocking | EngineName::Epoll => None,
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
        EngineName::Blocking | EngineName::Epoll | EngineName::Uring => return None,
        EngineName::Bare => "the loop of the self-check is a closed one",
        EngineName::Tokio => {
            "timers of the runtime have a resolution of 1 ms: it cannot keep a schedule of microseconds"
        }
    };
    Some((&[Factor::Engine], reason))
}

fn connect(candidate: &Candidate<'_>) -> Option<Refusal> {
    let work = candidate.work;
    if candidate.target.may_lose() {
        return Some((&[Factor::Target], "datagram sockets have no connections to be accepted"));
    }
    if work.connections > 1 || work.depth > 1 {
        return Some((&[], "connections are made one after the other, and closed before the next"));
    }
    if work.buffers != Buffers::Default {
        return Some((&[], "asking for buffers is two system calls more than connecting"));
    }
    if work.engines.client != EngineName::Blocking {
        let reason = "one connection after the other leaves nothing to wait for at once: its client has plain calls";
        return Some((&[Factor::Engine], reason));
    }
    let own = !matches!(candidate.target, Target::Running(_));
    (own && candidate.view == View::Spin && work.engines.server == EngineName::Epoll).then_some((
        &[Factor::View, Factor::ServerEngine],
        "the server on epoll sleeps until somebody connects",
    ))
}
