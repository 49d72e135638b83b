//! Probe: what only trying tells.

use std::io;
use std::thread;
use std::time::Duration;

use io_uring::IoUring;
use rustix::io::Errno;
use sockscope_engine::interruptions::Interruptions;
use sockscope_engine::topology;
use sockscope_net::errno;
use sockscope_report::doctor::facts::Busy;

use super::during::Ticks;
use super::root::Root;

/// How long a CPU is kept busy: twenty ticks, a few periods of every scheduler.
const BUSY: Duration = Duration::from_millis(200);

/// Sets up a ring of two entries and drops it: `ok`, or the name of the error.
#[doc(alias = "io_uring_setup")]
pub(super) fn io_uring() -> String {
    match IoUring::new(2) {
        Ok(_ring) => "ok".to_owned(),
        Err(error) => error_name(&error),
    }
}

fn error_name(error: &io::Error) -> String {
    let errno = errno::of(error);
    match (errno.and_then(errno::known), error.raw_os_error()) {
        (Some(known), _) => known.name.to_owned(),
        // No call on a socket returns it.
        _ if errno == Some(Errno::NOSYS) => "ENOSYS".to_owned(),
        (None, Some(number)) => format!("error {number}"),
        (None, None) => error.to_string(),
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
    use super::*;

    #[test]
    fn an_error_has_its_name_or_its_number() {
        let rows = [(1, "EPERM"), (38, "ENOSYS"), (12, "ENOMEM"), (9_999, "error 9999")];
        for (number, expected) in rows {
            assert_eq!(error_name(&io::Error::from_raw_os_error(number)), expected);
        }
    }
}
