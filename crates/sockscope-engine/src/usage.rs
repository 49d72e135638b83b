//! Usage: processor time and context switches of one end of a measurement.
//!
//! Processor time comes from CPU clocks: exact for ourselves and for a task that sleeps; a task that is running on another
//! CPU is seen as of its last tick or switch, some milliseconds ago at most, which averages out over the blocks of a cell.
//! Switches come from `/proc/PID/task/TID/status`. Both are read outside the measured window. See `getrusage(2)`, proc(5).

use std::io;

use procfs::process::{Process, Status};
use rustix::process::getpid;
use rustix::thread::gettid;
use serde::{Deserialize, Serialize};
use sockscope_sys::CpuClock;

/// Which process, and which of its threads, is one end of a measurement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskId {
    /// The process.
    pub pid: i32,
    /// The thread that does the work; equal to the process in a worker of one thread.
    pub tid: i32,
}

impl TaskId {
    /// The calling thread.
    #[must_use]
    pub fn this() -> Self {
        Self { pid: getpid().as_raw_nonzero().get(), tid: gettid().as_raw_nonzero().get() }
    }
}

/// What a task has used so far, or between two readings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Usage {
    /// Nanoseconds of processor time.
    pub cpu_ns: u64,
    /// Switches because the task went to sleep.
    pub voluntary: u64,
    /// Switches because the scheduler took the CPU away.
    pub involuntary: u64,
}

impl Usage {
    /// What was used since `earlier`.
    #[must_use]
    pub fn since(self, earlier: Self) -> Self {
        Self {
            cpu_ns: self.cpu_ns.saturating_sub(earlier.cpu_ns),
            voluntary: self.voluntary.saturating_sub(earlier.voluntary),
            involuntary: self.involuntary.saturating_sub(earlier.involuntary),
        }
    }
}

/// Reads the usage of one task.
#[derive(Debug)]
pub struct Meter {
    task: TaskId,
    /// Whether it is a thread of this process, and not another process as a whole.
    is_ours: bool,
    clock: CpuClock,
    process: Process,
}

impl Meter {
    /// A meter for the task: the thread when it is one of this process, else the whole process.
    pub fn new(task: TaskId) -> io::Result<Self> {
        let is_ours = task.pid == TaskId::this().pid;
        let clock =
            if is_ours { CpuClock::of_thread(task.tid) } else { CpuClock::of_process(task.pid)? };
        Ok(Self { task, is_ours, clock, process: Process::new(task.pid).map_err(to_io)? })
    }

    /// What the task has used so far. Of a task that runs on another CPU right now, the processor time is as of its last
    /// tick or switch.
    pub fn read(&self) -> io::Result<Usage> {
        let (voluntary, involuntary) = self.switches()?;
        Ok(Usage { cpu_ns: self.cpu_ns()?, voluntary, involuntary })
    }

    /// Only the processor time: one system call.
    pub fn cpu_ns(&self) -> io::Result<u64> {
        self.clock.nanos()
    }

    /// Only the switches, voluntary and involuntary: from `/proc`, which takes longer.
    pub fn switches(&self) -> io::Result<(u64, u64)> {
        if self.is_ours {
            // One of many threads, perhaps: each reads its own file only.
            let task = self.process.task_from_tid(self.task.tid).map_err(to_io)?;
            return Ok(switches(&task.status().map_err(to_io)?));
        }
        let (mut voluntary, mut involuntary) = (0, 0);
        for task in self.process.tasks().map_err(to_io)? {
            // A thread that ended meanwhile is normal, and its switches are gone.
            let Ok(status) = task.and_then(|task| task.status()) else { continue };
            let (slept, pushed) = switches(&status);
            voluntary += slept;
            involuntary += pushed;
        }
        Ok((voluntary, involuntary))
    }
}

fn switches(status: &Status) -> (u64, u64) {
    (status.voluntary_ctxt_switches.unwrap_or(0), status.nonvoluntary_ctxt_switches.unwrap_or(0))
}

fn to_io(error: procfs::ProcError) -> io::Error {
    match error {
        procfs::ProcError::Io(error, _) => error,
        procfs::ProcError::NotFound(_) => io::ErrorKind::NotFound.into(),
        procfs::ProcError::PermissionDenied(_) => io::ErrorKind::PermissionDenied.into(),
        other => io::Error::other(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_that_works_is_charged_for_it() {
        let meter = Meter::new(TaskId::this()).unwrap();
        let before = meter.read().unwrap();
        while meter.read().unwrap().since(before).cpu_ns < 1_000_000 {}
        let used = meter.read().unwrap().since(before);
        assert!(used.cpu_ns >= 1_000_000);
    }

    #[test]
    fn a_sleep_is_a_voluntary_switch() {
        let meter = Meter::new(TaskId::this()).unwrap();
        let before = meter.read().unwrap();
        let (reader, _writer) = io::pipe().unwrap();
        let mut fds = [rustix::event::PollFd::new(&reader, rustix::event::PollFlags::IN)];
        let timeout = rustix::event::Timespec { tv_sec: 0, tv_nsec: 1_000_000 };
        rustix::event::poll(&mut fds, Some(&timeout)).unwrap();
        assert!(meter.read().unwrap().since(before).voluntary >= 1);
    }

    #[test]
    fn a_process_that_is_gone_is_an_error() {
        let mut child = std::process::Command::new("true").spawn().unwrap();
        let pid = i32::try_from(child.id()).unwrap();
        child.wait().unwrap();
        assert!(Meter::new(TaskId { pid, tid: pid }).is_err());
    }
}
