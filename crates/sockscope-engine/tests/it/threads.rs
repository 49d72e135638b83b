//! Threads that cannot be started: whoever needs them says so at once, and nobody waits for them.

use std::thread;

use rustix::process::{Resource, Rlimit, Uid, getuid, setrlimit};
use rustix::thread::set_thread_res_uid;
use sockscope_engine::control::Fault;
use sockscope_engine::plan::{OwnTransport, Sweep, Target, Wish};
use sockscope_engine::view::View;
use sockscope_engine::work::{EngineName, Engines, Load, Work};

use crate::child::{in_child, skip};
use crate::plans::{measure, wish};

/// Does it as somebody of whom nothing else runs, on a thread of its own: the limit does not hold for root.
fn as_nobody_else(uid: u32, work: impl FnOnce() + Send) {
    let work = || {
        let uid = Uid::from_raw(uid);
        set_thread_res_uid(uid, uid, uid).unwrap();
        work();
    };
    thread::scope(|scope| scope.spawn(work).join()).unwrap();
}

fn fails_for_lack_of_threads(work: Work) {
    let what = format!("{:?} {:?}", work.engines, work.load);
    let target = Target::Own(OwnTransport::UnixAbstract);
    let wish = Wish { sweep: Sweep::only(work), rounds: 1, ..wish(vec![target], &[View::Free]) };
    let (_, measurement) = measure(&wish);
    let failure = measurement.cells[0].failure.as_ref().unwrap();
    let what = format!("{what}: {failure}");
    assert_eq!(failure.fault, Fault::Environment, "{what}");
    assert!(failure.text.contains("start thread") && failure.text.contains("of 16"), "{what}");
    assert!(failure.text.contains("8 for this user (RLIMIT_NPROC"), "{what}");
}

#[test]
fn an_end_whose_threads_cannot_be_started_names_the_limit_and_the_other_end_is_released() {
    if !getuid().is_root() {
        return skip("needs root, to become somebody whose processes nobody else counts");
    }
    let name = "threads::an_end_whose_threads_cannot_be_started_names_the_limit_and_the_other_end_is_released";
    in_child(name, || {
        let few = Some(8);
        setrlimit(Resource::Nproc, Rlimit { current: few, maximum: few }).unwrap();
        let (blocking, epoll) = (EngineName::Blocking, EngineName::Epoll);
        let mut uid = 54_321;
        for (client, server) in [(blocking, epoll), (epoll, blocking)] {
            for load in [Load::RoundTrip, Load::Stream { zero_copy: false }] {
                // A stream needs as many threads at both ends, a closed loop at the one with plain calls.
                let threads = if load == Load::RoundTrip { 1 } else { 16 };
                let engines = Engines { client, server };
                let work = Work { engines, load, connections: 16, threads, ..Work::default() };
                as_nobody_else(uid, || fails_for_lack_of_threads(work));
                uid += 1;
            }
        }
    });
}
