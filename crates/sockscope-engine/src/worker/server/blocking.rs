//! Blocking: a server of plain calls, for one connection.

use std::os::fd::AsFd;
use std::rc::Rc;

use crate::control::{Fault, Served, WorkerPlan};
use crate::exchange::{Blocking, Spinning, answer};
use crate::view::Wait;
use crate::wire::{Calls, Counted};
use crate::worker::bound::Bound;
use crate::worker::{Lifeline, Stop, failure, with_service};

pub(super) fn run(
    channel: &impl AsFd,
    lifeline: Lifeline,
    plan: &WorkerPlan,
    bound: Bound,
) -> Result<Option<Served>, Stop> {
    let conn = bound.accept(channel)?;
    lifeline.tie();
    let spins = plan.wait == Wait::Spin;
    conn.set_nonblocking(spins)
        .map_err(|error| failure(Fault::Environment, "prepare the connection", &error))?;
    let mut inbox = vec![0; plan.work.message_len()];
    let mut space = vec![0; inbox.len().max(64)];
    let calls = Rc::new(Calls::default());
    let wire = Counted::new(&conn, &calls);
    let served = with_service!(plan, |service| if spins {
        answer::<_, Spinning>(&wire, &mut service, &mut inbox, &mut space)
    } else {
        answer::<_, Blocking>(&wire, &mut service, &mut inbox, &mut space)
    });
    let answers = served.map_err(|error| failure(Fault::Gone, "answer the client", &error))?;
    Ok(calls.between_answers().map(|calls| Served { answers: answers.saturating_sub(1), calls }))
}
