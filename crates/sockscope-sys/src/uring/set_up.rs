//! Set-up: how a ring is made, and what it falls back to on an older kernel.

use std::collections::VecDeque;
use std::fmt::{self, Display};
use std::io;
use std::marker::PhantomData;
use std::mem::ManuallyDrop;

use io_uring::IoUring;

use super::buffers::Buffers;
use super::slots::Slots;
use super::tag::Tag;
use super::{Refused, Uring};

/// How large a ring is. All its memory is mapped and touched when it is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Config {
    /// Operations that can be queued between two system calls.
    pub submissions: u32,
    /// Completions that can wait to be taken; more of them cost the kernel an allocation each.
    pub completions: u32,
    /// Places for registered descriptors.
    pub descriptors: u32,
    /// Buffers to receive into; their number is rounded up to a power of two, at most 32768.
    pub buffers: Pool,
    /// Slots to send from, at most 2^24.
    pub slots: Pool,
}

/// A number of pieces of memory of one size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pool {
    /// How many.
    pub count: u32,
    /// How many bytes each has.
    pub size: u32,
}

/// How the kernel runs the part of an operation that it puts off until there is data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TaskRun {
    /// Only when the ring is entered, all of it at once (Linux 6.1).
    #[doc(alias = "IORING_SETUP_DEFER_TASKRUN")]
    Deferred,
    /// Whenever the thread is in the kernel anyway (Linux 6.0).
    #[doc(alias = "IORING_SETUP_COOP_TASKRUN")]
    Cooperative,
}

impl TaskRun {
    /// In the order in which they are tried.
    const PREFERRED: [Self; 2] = [Self::Deferred, Self::Cooperative];
}

impl Display for TaskRun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Deferred => "deferred",
            Self::Cooperative => "cooperative",
        })
    }
}

impl Uring {
    /// Makes a ring for the calling thread, with its memory and its table of descriptors.
    ///
    /// ```c
    /// int io_uring_setup(u32 entries, struct io_uring_params *p);
    /// ```
    #[doc(alias = "io_uring_setup")]
    pub fn new(config: &Config) -> Result<Self, Refused> {
        let (mut ring, task_run) = make(config)?;
        let capacity = ring.completion().capacity();
        let submitter = ring.submitter();
        let descriptors = config.descriptors;
        submitter
            .register_files_sparse(descriptors)
            .map_err(|source| Refused::Descriptors { descriptors, source })?;
        let memory = |source| Refused::Memory { source };
        if config.slots.count > Tag::END {
            return Err(memory(io::ErrorKind::InvalidInput.into()));
        }
        let slots = Slots::new(config.slots.count, config.slots.size).map_err(memory)?;
        let count = u16::try_from(config.buffers.count)
            .map_err(|_| memory(io::ErrorKind::InvalidInput.into()))?;
        let buffers = Buffers::new(count, config.buffers.size).map_err(memory)?;
        let mut ring = Self {
            ring,
            buffers: ManuallyDrop::new(buffers),
            slots: ManuallyDrop::new(slots),
            in_flight: 0,
            arrived: VecDeque::with_capacity(capacity),
            enters: 0,
            task_run,
            of_one_thread: PhantomData,
        };
        // SAFETY: the buffers are unmapped by the drop of `ring` alone, once no operation is in flight (`drain.rs`), and
        // what is being dropped submits none.
        unsafe { ring.buffers.register(&ring.ring.submitter()) }
            .map_err(|source| Refused::of_registration("provided buffers", "5.19", source))?;
        Ok(ring)
    }
}

/// Makes a ring with the best of the ways to run work that this kernel knows.
fn make(config: &Config) -> Result<(IoUring, TaskRun), Refused> {
    for task_run in TaskRun::PREFERRED {
        let mut builder = IoUring::builder();
        builder.setup_clamp().setup_cqsize(config.completions.max(config.submissions));
        builder.setup_submit_all().setup_single_issuer().setup_taskrun_flag();
        match task_run {
            TaskRun::Deferred => builder.setup_defer_taskrun(),
            TaskRun::Cooperative => builder.setup_coop_taskrun(),
        };
        match builder.build(config.submissions) {
            Ok(ring) => return Ok((ring, task_run)),
            Err(error) if error.raw_os_error() == Some(libc::EINVAL) => {}
            Err(error) => return Err(Refused::of_set_up(error)),
        }
    }
    Err(Refused::Lacks { what: "rings of a single issuer", since: "6.0" })
}
