//! Probe: what only trying tells.

use std::thread;
use std::time::Duration;

use rustix::io::Errno;
use sockscope_engine::interruptions::Interruptions;
use sockscope_engine::topology;
use sockscope_net::errno;
use sockscope_report::doctor::facts::{Busy, IoUring};
use sockscope_sys::uring::{self, Refused};

use super::during::Ticks;
use super::root::Root;
use crate::printer;

/// How long a CPU is kept busy: twenty ticks, a few periods of every scheduler.
const BUSY: Duration = Duration::from_millis(200);

/// Makes a ring as the engine would and drops it; the reason, where it is refused.
#[doc(alias = "io_uring_setup")]
pub(super) fn io_uring() -> (IoUring, Option<String>) {
    let Err(refused) = uring::probe() else { return (IoUring::Allowed, None) };
    (meaning(&refused), Some(printer::chain(&refused)))
}

fn meaning(refused: &Refused) -> IoUring {
    match refused {
        Refused::Disabled { .. } => IoUring::Disabled,
        Refused::Filtered => IoUring::Filtered,
        Refused::SetUp(source) | Refused::Memory { source } | Refused::Register { source, .. }
            if errno::of(source) == Some(Errno::NOMEM) =>
        {
            IoUring::NoMemory
        }
        _ => IoUring::Refused,
    }
}

/// Keeps a CPU busy for a moment and sees what takes it away. `None` if we cannot run there.
pub(super) fn busy(root: &Root, cpu: u32) -> Option<Busy> {
    let watch = move || topology::pin(cpu).ok().map(|()| Interruptions::watch(BUSY));
    let before = Ticks::read(root, &[cpu]);
    // A thread of its own, since the pin holds for as long as the thread lives.
    let seen = thread::spawn(watch).join().ok()??;
    let after = Ticks::read(root, &[cpu]);
    Some(Busy {
        cpu,
        elapsed_ns: seen.elapsed_ns,
        interruptions: seen.count,
        lost_ns: seen.lost_ns,
        longest_ns: seen.longest_ns,
        steal_share: before.zip(after).and_then(|(before, after)| after.since(before)),
    })
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    #[test]
    fn a_refusal_is_told_apart_by_what_would_lift_it() {
        let of = |errno: Errno| Refused::SetUp(io::Error::from(errno));
        let rows = [
            (Refused::Disabled { value: 2 }, IoUring::Disabled),
            (Refused::Filtered, IoUring::Filtered),
            (of(Errno::NOMEM), IoUring::NoMemory),
            (of(Errno::MFILE), IoUring::Refused),
            (Refused::Absent, IoUring::Refused),
        ];
        for (refused, expected) in rows {
            assert_eq!(meaning(&refused), expected, "{refused}");
        }
    }
}
