//! CPU clocks: how much processor time another process, or another thread of this one, has used.
//!
//! In nanoseconds, where `/proc/PID/stat` counts ticks. Our own threads and tasks that sleep are exact; of another process's
//! task that is running at the moment, the kernel answers with its state at the last tick or switch. See
//! `clock_getcpuclockid(3)` and `clock_gettime(2)`.

use std::io;

/// The kernel's own limit of process ids (`PID_MAX_LIMIT`); glibc would fold a larger one onto another process.
const PID_MAX_LIMIT: i32 = 4_194_304;

/// The CPU clock of one process or thread.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CpuClock(libc::clockid_t);

impl CpuClock {
    /// The clock of every thread of process `pid`; readable by anyone who can see the process.
    ///
    /// ```c
    /// int clock_getcpuclockid(pid_t pid, clockid_t *clockid);
    /// ```
    #[doc(alias = "clock_getcpuclockid")]
    pub fn of_process(pid: i32) -> io::Result<Self> {
        if !(1..=PID_MAX_LIMIT).contains(&pid) {
            return Err(io::Error::from_raw_os_error(libc::ESRCH));
        }
        let mut id: libc::clockid_t = 0;
        // SAFETY: `id` is a valid place for one clockid_t for the whole call.
        let error = unsafe { libc::clock_getcpuclockid(pid, &raw mut id) };
        if error == 0 { Ok(Self(id)) } else { Err(io::Error::from_raw_os_error(error)) }
    }

    /// The clock of thread `tid` of the calling process.
    ///
    /// The identifier is the kernel's own encoding (`MAKE_THREAD_CPUCLOCK` in `posix-timers_types.h`), the one that
    /// `pthread_getcpuclockid(3)` returns: the inverted thread id, `CPUCLOCK_PERTHREAD_MASK` and `CPUCLOCK_SCHED`.
    #[doc(alias = "pthread_getcpuclockid")]
    #[must_use]
    pub const fn of_thread(tid: i32) -> Self {
        Self((!tid << 3) | 4 | 2)
    }

    /// Nanoseconds of processor time used so far.
    #[doc(alias = "clock_gettime")]
    pub fn nanos(self) -> io::Result<u64> {
        let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
        // SAFETY: `time` is a valid place for one timespec for the whole call; a bad clock id is an error, not UB.
        let status = unsafe { libc::clock_gettime(self.0, &raw mut time) };
        if status != 0 {
            return Err(io::Error::last_os_error());
        }
        let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
        let nanos = u64::try_from(time.tv_nsec).unwrap_or(0);
        Ok(seconds.saturating_mul(1_000_000_000).saturating_add(nanos))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spin() {
        let mut x = 0_u64;
        for i in 0..1_000_000 {
            x = std::hint::black_box(x ^ i);
        }
    }

    #[test]
    fn the_process_clock_advances_while_the_process_works() {
        let pid = i32::try_from(std::process::id()).unwrap();
        let clock = CpuClock::of_process(pid).unwrap();
        let before = clock.nanos().unwrap();
        spin();
        assert!(clock.nanos().unwrap() > before);
    }

    #[test]
    fn the_thread_clock_of_this_thread_advances() {
        let tid = rustix::thread::gettid().as_raw_nonzero().get();
        let clock = CpuClock::of_thread(tid);
        let before = clock.nanos().unwrap();
        spin();
        assert!(clock.nanos().unwrap() > before);
    }

    #[test]
    fn a_process_that_does_not_exist_is_an_error() {
        for pid in [i32::MIN, -1, 0, PID_MAX_LIMIT, PID_MAX_LIMIT + 1, i32::MAX] {
            assert!(CpuClock::of_process(pid).is_err(), "{pid}");
        }
    }
}
