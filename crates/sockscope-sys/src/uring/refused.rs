//! Refusal: why io_uring cannot be used here, and what would change that.
//!
//! The kernel says "no" with a few error numbers only. Who says it (a sysctl, a seccomp filter, a kernel without io_uring)
//! is read from `/proc`; where that leaves it open, the text gives the facts and no conclusion.

use std::fs;
use std::io;

use thiserror::Error;

/// Why io_uring cannot be used.
#[derive(Debug, Error)]
pub enum Refused {
    /// The kernel was built without it.
    #[error("this kernel has no io_uring")]
    Absent,
    /// The administrator has switched it off.
    #[error("io_uring is switched off, kernel.io_uring_disabled = {value}")]
    Disabled {
        /// 2: for everybody; 1: for all but the group of `kernel.io_uring_group` and `CAP_SYS_ADMIN`.
        value: u8,
    },
    /// A seccomp filter of this process, as containers have one.
    #[error("a seccomp filter forbids io_uring")]
    Filtered,
    /// It is forbidden, but not by what can be seen.
    #[error("io_uring is not permitted here")]
    Forbidden(#[source] io::Error),
    /// The kernel is too old.
    #[error("this kernel's io_uring has no {what}, which Linux {since} brought")]
    Lacks {
        /// What it lacks.
        what: &'static str,
        /// The first release that has it.
        since: &'static str,
    },
    /// The ring could not be made, for want of memory or descriptors.
    #[error("set up an io_uring")]
    SetUp(#[source] io::Error),
    /// The table of descriptors could not be made.
    #[error("register {descriptors} descriptors with io_uring")]
    Descriptors {
        /// How many were asked for.
        descriptors: u32,
        /// What the kernel said; `EMFILE` beyond the limit of open files.
        source: io::Error,
    },
    /// The memory of buffers and slots could not be mapped.
    #[error("map the memory of an io_uring")]
    Memory {
        /// Why not.
        source: io::Error,
    },
    /// Something else could not be registered.
    #[error("register {what} with io_uring")]
    Register {
        /// What.
        what: &'static str,
        /// What the kernel said.
        source: io::Error,
    },
}

impl Refused {
    /// What to change, if there is anything.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Disabled { value: 1 } => Some(
                "sysctl kernel.io_uring_disabled=0, or join the group of sysctl kernel.io_uring_group",
            ),
            Self::Disabled { .. } => Some("sysctl kernel.io_uring_disabled=0"),
            Self::Filtered => Some(
                "allow io_uring_setup, io_uring_enter and io_uring_register in the filter; with docker: --security-opt seccomp=FILE",
            ),
            Self::Descriptors { source, .. } if source.raw_os_error() == Some(libc::EMFILE) => {
                Some("raise the limit of open files: ulimit -n")
            }
            Self::SetUp(source) | Self::Memory { source } | Self::Register { source, .. }
                if source.raw_os_error() == Some(libc::ENOMEM) =>
            {
                Some("raise the limit of locked memory: ulimit -l")
            }
            _ => None,
        }
    }

    /// Reads what a failed set-up means.
    pub(super) fn of_set_up(error: io::Error) -> Self {
        diagnose(error, Surroundings::read())
    }

    /// Reads what a failed registration means: an operation that the kernel does not know is an invalid argument.
    pub(super) fn of_registration(
        what: &'static str,
        since: &'static str,
        source: io::Error,
    ) -> Self {
        match source.raw_os_error() {
            Some(libc::EINVAL) => Self::Lacks { what, since },
            _ => Self::Register { what, source },
        }
    }
}

/// Who could forbid it.
#[derive(Debug, Clone, Copy)]
struct Surroundings {
    /// `kernel.io_uring_disabled`; kernels before 6.6 do not have it.
    disabled: Option<u8>,
    /// Whether this process has a seccomp filter.
    filtered: bool,
}

impl Surroundings {
    fn read() -> Self {
        let disabled = fs::read_to_string("/proc/sys/kernel/io_uring_disabled").ok();
        let status = fs::read_to_string("/proc/thread-self/status").unwrap_or_default();
        let mode = status.lines().find_map(|line| line.strip_prefix("Seccomp:"));
        Self {
            disabled: disabled.and_then(|value| value.trim().parse().ok()),
            filtered: mode.is_some_and(|mode| mode.trim() == "2"),
        }
    }
}

fn diagnose(error: io::Error, around: Surroundings) -> Refused {
    let forbids = around.disabled.filter(|value| *value > 0);
    match (error.raw_os_error(), forbids, around.filtered) {
        // A kernel with the sysctl has io_uring: then only a filter can say that it has not.
        (Some(libc::ENOSYS), _, true) if around.disabled.is_some() => Refused::Filtered,
        (Some(libc::ENOSYS), _, false) => Refused::Absent,
        (Some(libc::EPERM), Some(value), false) | (Some(libc::EPERM), Some(value @ 2..), true) => {
            Refused::Disabled { value }
        }
        (Some(libc::EPERM), None, true) => Refused::Filtered,
        (Some(libc::EPERM | libc::EACCES | libc::ENOSYS), ..) => Refused::Forbidden(error),
        _ => Refused::SetUp(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_forbids_is_named_as_far_as_it_can_be_known() {
        let not_permitted = "io_uring is not permitted here";
        let filter = "a seccomp filter forbids io_uring";
        let rows = [
            (libc::ENOSYS, None, false, "this kernel has no io_uring"),
            (libc::ENOSYS, Some(0), true, filter),
            (libc::ENOSYS, None, true, not_permitted),
            (libc::EPERM, Some(2), false, "io_uring is switched off, kernel.io_uring_disabled = 2"),
            (libc::EPERM, Some(2), true, "io_uring is switched off, kernel.io_uring_disabled = 2"),
            (libc::EPERM, Some(1), false, "io_uring is switched off, kernel.io_uring_disabled = 1"),
            (libc::EPERM, Some(1), true, not_permitted),
            (libc::EPERM, Some(0), true, filter),
            (libc::EPERM, None, true, filter),
            (libc::EPERM, Some(0), false, not_permitted),
            (libc::EACCES, Some(0), false, not_permitted),
            (libc::ENOMEM, Some(0), false, "set up an io_uring"),
            (libc::EMFILE, Some(0), true, "set up an io_uring"),
        ];
        for (errno, disabled, filtered, text) in rows {
            let around = Surroundings { disabled, filtered };
            let refused = diagnose(io::Error::from_raw_os_error(errno), around);
            assert_eq!(refused.to_string(), text, "{errno} {around:?}");
        }
    }

    #[test]
    fn a_refusal_that_can_be_lifted_says_how() {
        let errno = io::Error::from_raw_os_error;
        let rows = [
            (Refused::Disabled { value: 1 }, "io_uring_group"),
            (Refused::Disabled { value: 2 }, "io_uring_disabled=0"),
            (Refused::Filtered, "io_uring_setup"),
            (Refused::SetUp(errno(libc::ENOMEM)), "ulimit -l"),
            (Refused::Descriptors { descriptors: 9, source: errno(libc::EMFILE) }, "ulimit -n"),
        ];
        for (refused, word) in rows {
            assert!(refused.hint().is_some_and(|hint| hint.contains(word)), "{refused}");
        }
        assert_eq!(Refused::Absent.hint(), None);
        assert_eq!(Refused::SetUp(errno(libc::EFAULT)).hint(), None);
    }
}
