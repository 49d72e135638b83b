//! Which combinations make sense, as a table.

use super::*;
use crate::work::{Arrivals, Engines};
use EngineName::{Blocking, Epoll, Tokio, Uring};

fn work(client: EngineName, server: EngineName, connections: u32, depth: u32) -> Work {
    Work { engines: Engines { client, server }, connections, depth, ..Work::default() }
}

fn unix() -> Target {
    Target::Own(OwnTransport::Unix)
}

fn running() -> Target {
    Target::Running("unix:/run/x".parse().unwrap())
}

/// The reason, and what it names: the view, the engine, the number of connections.
type Told = (String, Option<View>, Option<EngineName>, Option<u32>);

fn told(target: &Target, view: View, work: &Work) -> Option<Told> {
    let told = refusal(&Candidate { target, view, work })?;
    Some((told.reason, told.view, told.engine, told.connections))
}

#[test]
fn what_an_engine_cannot_do_names_the_engine_whichever_end_it_is() {
    const SLEEPS: &str = "the runtime always sleeps when it has nothing to do";
    const ONE_THREAD: &str =
        "the blocking engine is a thread per connection, and this view is one thread";
    const TURNS: &str = "threads that never sleep would take turns on one CPU, a time slice each";
    const ONE_ENGINE: &str = "one thread has both ends, and so one engine";
    const ONE_REQUEST: &str =
        "with plain calls in one thread, each end waits for its turn: one request at a time";
    let rows = [
        (work(Tokio, Tokio, 1, 1), View::Spin, Some((SLEEPS, Tokio, None))),
        (work(Tokio, Epoll, 64, 1), View::Spin, Some((SLEEPS, Tokio, None))),
        (work(Epoll, Tokio, 64, 1), View::Spin, Some((SLEEPS, Tokio, None))),
        (work(Tokio, Tokio, 64, 4), View::SameCore, None),
        (work(Tokio, Tokio, 64, 4), View::Solo, None),
        (work(Blocking, Blocking, 2, 1), View::Solo, Some((ONE_THREAD, Blocking, Some(2)))),
        (work(Blocking, Epoll, 2, 1), View::Spin, Some((TURNS, Blocking, Some(2)))),
        (work(Epoll, Blocking, 2, 1), View::Spin, Some((TURNS, Blocking, Some(2)))),
        (work(Blocking, Blocking, 1, 8), View::Spin, None),
        (work(Blocking, Blocking, 64, 8), View::Free, None),
        (work(Blocking, Blocking, 1, 8), View::Solo, Some((ONE_REQUEST, Blocking, None))),
        (work(Blocking, Epoll, 1, 1), View::Solo, Some((ONE_ENGINE, Blocking, None))),
        (work(Epoll, Uring, 1, 1), View::Solo, Some((ONE_ENGINE, Epoll, None))),
        (work(Epoll, Epoll, 64, 16), View::Solo, None),
        (work(Uring, Epoll, 64, 16), View::CrossCore, None),
    ];
    for (work, view, expected) in rows {
        let what = format!("{:?}, {} connections, {view}", work.engines, work.connections);
        let expected = expected.map(|(reason, engine, connections)| {
            (reason.to_owned(), Some(view), Some(engine), connections)
        });
        assert_eq!(told(&unix(), view, &work), expected, "{what}");
    }
}

#[test]
fn the_engine_of_a_server_that_is_running_is_not_ours_to_judge() {
    for server in [Tokio, Blocking] {
        assert_eq!(told(&running(), View::Free, &work(Epoll, server, 64, 1)), None);
    }
    assert_eq!(told(&running(), View::Free, &work(Blocking, Epoll, 64, 1)), None);
}

#[test]
fn a_thread_with_both_ends_is_one_thread() {
    let work = Work { threads: 2, ..work(Epoll, Epoll, 4, 1) };
    let reason = "both ends are one thread".to_owned();
    assert_eq!(told(&unix(), View::Solo, &work), Some((reason, Some(View::Solo), None, None)));
    assert_eq!(told(&unix(), View::Free, &work), None);
}

#[test]
fn views_of_our_own_servers_and_of_running_ones_are_different() {
    let rows = [
        (unix(), View::ClientPinned, false),
        (unix(), View::Free, true),
        (running(), View::ClientPinned, true),
        (running(), View::Free, true),
        (running(), View::Solo, false),
        (running(), View::Spin, false),
        (running(), View::SameCore, false),
        (running(), View::CrossCore, false),
    ];
    for (target, view, suits) in rows {
        let told = told(&target, view, &work(Epoll, Epoll, 1, 1));
        assert_eq!(told.is_none(), suits, "{target:?} {view}");
        assert!(told.is_none_or(|told| told.1 == Some(view)), "{target:?} {view}");
    }
}

#[test]
fn a_floor_has_plain_calls_and_two_ends() {
    let rows = [
        (OwnTransport::Pipe, View::Solo, work(Blocking, Blocking, 1, 1), true),
        (OwnTransport::Pipe, View::Solo, work(Epoll, Epoll, 1, 1), false),
        (OwnTransport::Pipe, View::Free, work(Blocking, Blocking, 2, 1), false),
        (OwnTransport::Eventfd, View::Free, work(Blocking, Blocking, 1, 1), false),
        (OwnTransport::ShmSpin, View::Free, work(Blocking, Blocking, 1, 1), false),
        (OwnTransport::ShmSpin, View::Spin, work(Blocking, Blocking, 1, 1), true),
        (OwnTransport::ShmFutex, View::Spin, work(Blocking, Blocking, 1, 1), false),
        (OwnTransport::ShmFutex, View::Free, work(Blocking, Blocking, 1, 1), true),
    ];
    for (transport, view, work, suits) in rows {
        let told = told(&Target::Own(transport), view, &work);
        assert_eq!(told.is_none(), suits, "{transport:?} {view} {told:?}");
    }
    let eight = Work { size: 8, ..Work::default() };
    let counts = Target::Own(OwnTransport::Eventfd);
    assert_eq!(told(&counts, View::Free, &eight), None);
    let two = Work { depth: 2, ..eight };
    assert!(told(&counts, View::Free, &two).is_some());
    let pong = Work { service: ServiceName::Pong, ..Work::default() };
    assert!(told(&counts, View::Free, &pong).is_some());
}

#[test]
fn an_open_loop_needs_a_cpu_of_its_own_and_a_clock_finer_than_a_timer() {
    let open = |client, view| {
        let load = Load::Open { arrivals: Arrivals::Uniform };
        told(&unix(), view, &Work { load, ..work(client, Epoll, 2, 1) }).is_none()
    };
    assert!(open(Blocking, View::Free) && open(Epoll, View::CrossCore));
    assert!(!open(Tokio, View::Free) && !open(Epoll, View::SameCore) && !open(Epoll, View::Solo));
}

#[test]
fn datagrams_need_room_for_their_numbers() {
    let rows = [
        (OwnTransport::Udp, 1, 1, true),
        (OwnTransport::Udp, 1, 2, false),
        (OwnTransport::Udp, 2, 256, true),
        (OwnTransport::Udp, 2, 257, false),
        (OwnTransport::Unixgram, 64, 100_000, true),
        (OwnTransport::Unixpacket, 1, 129, true),
    ];
    for (transport, size, depth, suits) in rows {
        let work = Work { size, ..work(Epoll, Epoll, 1, depth) };
        let told = told(&Target::Own(transport), View::Free, &work);
        assert_eq!(told.is_none(), suits, "{transport:?} {size} {depth} {told:?}");
    }
    let pong = Work { service: ServiceName::Pong, ..work(Epoll, Epoll, 1, 129) };
    assert_eq!(told(&Target::Own(OwnTransport::Udp), View::Free, &pong), None);
}
