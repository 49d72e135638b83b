//! Refusal: why counters are not to be had, in the words of the result.
//!
//! The kernel answers with the same few numbers for very different reasons; which one it was follows from what was asked
//! and from the circumstances. See `perf_event_open(2)`, ERRORS, and Documentation/admin-guide/perf-security.rst.

use std::{fs, io};

use procfs::Current as _;
use rustix::io::Errno;

use crate::usage::TaskId;

/// Counters that are refused together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Set {
    /// Page faults and the task clock.
    Faults,
    /// Context switches and migrations.
    Switches,
    /// Cycles and instructions.
    Hardware,
}

/// What stood in the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Denial {
    /// The kernel refused; `None` where it gave something that cannot be understood.
    Os(Option<Errno>),
    /// Somebody else counted at the same time, and the processor has too few counters.
    Shared {
        /// How much of the window was counted.
        percent: u128,
    },
}

impl From<io::Error> for Denial {
    fn from(error: io::Error) -> Self {
        Self::Os(Errno::from_io_error(&error))
    }
}

/// What decides on the meaning of a refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Circumstances {
    /// Whether the task belongs to this process.
    pub(super) ours: bool,
    /// `kernel.perf_event_paranoid`, where it can be read.
    pub(super) paranoid: Option<i32>,
    /// Whether the processor says that a hypervisor runs it.
    pub(super) virtual_machine: bool,
}

impl Circumstances {
    /// Reads them.
    pub(super) fn read(task: TaskId) -> Self {
        let paranoid = fs::read_to_string("/proc/sys/kernel/perf_event_paranoid");
        let flags = procfs::CpuInfo::current().ok();
        let flags = flags.as_ref().and_then(|info| info.flags(0));
        Self {
            ours: task.pid == TaskId::this().pid,
            paranoid: paranoid.ok().and_then(|text| text.trim().parse().ok()),
            virtual_machine: flags.is_some_and(|flags| flags.contains(&"hypervisor")),
        }
    }

    /// Why a set of counters was denied, in words that follow "not available:".
    pub(super) fn reason(&self, set: Set, denial: Denial) -> String {
        let errno = match denial {
            Denial::Shared { percent } => return shared(percent),
            Denial::Os(Some(errno)) => errno,
            Denial::Os(None) => return "the kernel's answer cannot be understood".into(),
        };
        match errno {
            Errno::ACCESS => self.no_access(set),
            Errno::PERM => "a sandbox (seccomp) or security module forbids perf_event_open".into(),
            Errno::NOENT | Errno::NODEV | Errno::NXIO if set == Set::Hardware => self.no_pmu(),
            Errno::OPNOTSUPP => {
                "the counters of this processor cannot count it (EOPNOTSUPP)".into()
            }
            Errno::NOSYS => "this kernel is built without perf events".into(),
            Errno::SRCH => "the process has ended".into(),
            Errno::MFILE => "the process has too many threads for our open-file limit".into(),
            Errno::BUSY => "somebody else has the counters for himself".into(),
            errno => format!("perf_event_open: {}", io::Error::from(errno)),
        }
    }

    /// From 2 on the kernel's part, and from 3 on (in kernels of some distributions) everything needs `CAP_PERFMON`.
    fn no_access(&self, set: Set) -> String {
        let everything = self.paranoid.filter(|level| *level > 2);
        let of_kernel = self.paranoid.filter(|level| *level > 1 && set == Set::Switches);
        match everything.or(of_kernel) {
            Some(level) if level > 2 => {
                format!("perf_event_paranoid is {level}: counting needs CAP_PERFMON, or at most 2")
            }
            Some(level) => format!(
                "perf_event_paranoid is {level}: counting in the kernel needs CAP_PERFMON, or at most 1"
            ),
            None if self.ours => "a security module forbids counting (EACCES)".into(),
            None => "the process is another user's, or may not be traced".into(),
        }
    }

    fn no_pmu(&self) -> String {
        let machine = if self.virtual_machine { "this virtual machine" } else { "this machine" };
        format!("{machine} has no hardware counters (no PMU)")
    }
}

fn shared(percent: u128) -> String {
    format!("somebody else uses the counters too: ours counted {percent} % of the time")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_refusal_is_said_by_its_cause() {
        use Set::{Faults, Hardware, Switches};
        let plain = Circumstances { ours: true, paranoid: Some(2), virtual_machine: false };
        let rows = [
            (Hardware, Errno::NOENT, plain, "this machine has no hardware counters (no PMU)"),
            (
                Hardware,
                Errno::NOENT,
                Circumstances { virtual_machine: true, ..plain },
                "this virtual machine has no hardware counters (no PMU)",
            ),
            (
                Hardware,
                Errno::OPNOTSUPP,
                plain,
                "the counters of this processor cannot count it (EOPNOTSUPP)",
            ),
            (
                Switches,
                Errno::ACCESS,
                plain,
                "perf_event_paranoid is 2: counting in the kernel needs CAP_PERFMON, or at most 1",
            ),
            (
                Faults,
                Errno::ACCESS,
                Circumstances { paranoid: Some(3), ..plain },
                "perf_event_paranoid is 3: counting needs CAP_PERFMON, or at most 2",
            ),
            (
                Faults,
                Errno::ACCESS,
                Circumstances { ours: false, ..plain },
                "the process is another user's, or may not be traced",
            ),
            (
                Switches,
                Errno::ACCESS,
                Circumstances { paranoid: Some(-1), ..plain },
                "a security module forbids counting (EACCES)",
            ),
            (
                Faults,
                Errno::PERM,
                plain,
                "a sandbox (seccomp) or security module forbids perf_event_open",
            ),
            (Faults, Errno::NOSYS, plain, "this kernel is built without perf events"),
            (Faults, Errno::SRCH, plain, "the process has ended"),
            (
                Faults,
                Errno::NOENT,
                plain,
                "perf_event_open: No such file or directory (os error 2)",
            ),
        ];
        for (set, errno, circumstances, text) in rows {
            assert_eq!(circumstances.reason(set, Denial::Os(Some(errno))), text);
        }
    }

    #[test]
    fn counters_that_were_shared_say_how_much_they_saw() {
        let circumstances = Circumstances { ours: true, paranoid: None, virtual_machine: false };
        assert_eq!(
            circumstances.reason(Set::Hardware, Denial::Shared { percent: 48 }),
            "somebody else uses the counters too: ours counted 48 % of the time"
        );
    }
}
