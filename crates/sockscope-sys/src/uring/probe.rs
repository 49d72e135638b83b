//! Probe: whether io_uring can be used here, and what of it this kernel has.

use io_uring::{Probe, opcode};

use super::{Config, Pool, Refused, TaskRun, Uring};

/// What this kernel's io_uring offers beyond what every ring here needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Features {
    /// How the kernel runs what it puts off.
    pub task_run: TaskRun,
    /// Whether a send can have an address, so that datagrams can be answered: [`Uring::answer_now`].
    pub answers: bool,
}

/// What a ring needs, and the release that brought it.
const NEEDED: [(u8, &str, &str); 9] = [
    (opcode::PollAdd::CODE, "poll", "5.1"),
    (opcode::AcceptMulti::CODE, "accept", "5.5"),
    (opcode::AsyncCancel2::CODE, "cancel", "5.5"),
    (opcode::Close::CODE, "close", "5.6"),
    (opcode::RecvMsgMulti::CODE, "recvmsg", "5.3"),
    (opcode::RecvMulti::CODE, "recv", "5.6"),
    (opcode::Send::CODE, "send", "5.6"),
    (opcode::Write::CODE, "write", "5.6"),
    // The release of the zero-copy send is also that of multishot receives, which have no operation of their own.
    (opcode::SendZc::CODE, "zero-copy send", "6.0"),
];

/// A ring that holds hardly anything.
const SMALLEST: Config = Config {
    submissions: 1,
    completions: 1,
    descriptors: 1,
    buffers: Pool { count: 1, size: 1 },
    slots: Pool { count: 1, size: 1 },
};

/// Whether io_uring can be used by this thread: makes a ring, registers all that a ring registers, and asks for the
/// operations.
pub fn probe() -> Result<Features, Refused> {
    let ring = Uring::new(&SMALLEST)?;
    let mut operations = Probe::new();
    ring.ring
        .submitter()
        .register_probe(&mut operations)
        .map_err(|source| Refused::of_registration("probe of operations", "5.6", source))?;
    for (code, what, since) in NEEDED {
        if !operations.is_supported(code) {
            return Err(Refused::Lacks { what, since });
        }
    }
    // Sends to an address came with the zero-copy `sendmsg`, in Linux 6.1.
    let answers = operations.is_supported(opcode::SendMsgZc::CODE);
    Ok(Features { task_run: ring.task_run(), answers })
}
