//! Bare: the server of the loop that the self-check holds ours against.

use std::os::fd::AsFd;

use crate::bare;
use crate::control::{Fault, WorkerPlan};
use crate::worker::bound::Bound;
use crate::worker::{Lifeline, Stop, failure};

pub(super) fn run(
    channel: &impl AsFd,
    lifeline: Lifeline,
    plan: &WorkerPlan,
    bound: Bound,
) -> Result<(), Stop> {
    let conn = bound.accept(channel)?;
    lifeline.tie();
    conn.set_nonblocking(false)
        .map_err(|error| failure(Fault::Environment, "prepare the connection", &error))?;
    bare::answer(conn.as_fd(), plan.work.message_len())
        .map_err(|error| failure(Fault::Gone, "answer the client", &error))?;
    Ok(())
}
