//! Blocking: a server of plain calls, for one connection.

use std::os::fd::AsFd;

use crate::control::{Fault, WorkerPlan};
use crate::exchange::{Blocking, Spinning, answer};
use crate::view::Wait;
use crate::worker::bound::Bound;
use crate::worker::{Lifeline, Stop, failure, with_service};

pub(super) fn run(
    channel: &impl AsFd,
    lifeline: Lifeline,
    plan: &WorkerPlan,
    bound: Bound,
) -> Result<(), Stop> {
    let conn = bound.accept(channel)?;
    lifeline.tie();
    let spins = plan.wait == Wait::Spin;
    conn.set_nonblocking(spins)
        .map_err(|error| failure(Fault::Environment, "prepare the connection", &error))?;
    let mut inbox = vec![0; plan.work.message_len()];
    let mut space = vec![0; inbox.len().max(64)];
    let served = with_service!(plan, |service| if spins {
        answer::<_, Spinning>(&conn, &mut service, &mut inbox, &mut space)
    } else {
        answer::<_, Blocking>(&conn, &mut service, &mut inbox, &mut space)
    });
    served.map_err(|error| failure(Fault::Gone, "answer the client", &error))?;
    Ok(())
}
