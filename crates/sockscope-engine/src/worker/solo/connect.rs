//! Connect: both ends of one connection after the other in one thread.

use sockscope_net::Conn;
use sockscope_proto::workload::{RoundTrip, Workload};

use crate::connect::{ConnectError, await_end};
use crate::control::{BlockMessage, Failure, WorkerPlan};
use crate::exchange::{Spinning, exchange_solo};
use crate::view::Wait;
use crate::worker::bound::Bound;
use crate::worker::client::{Meters, dialer, measure_connects};
use crate::worker::{with_service, workload};

/// Measures one block. The backlog takes each connection before this thread accepts it.
pub(super) fn measure(
    plan: &WorkerPlan,
    bound: &Bound,
    exchanges: bool,
) -> Result<BlockMessage, Failure> {
    let mut dialer = dialer(&bound.listener.local().to_string(), Wait::Spin)?;
    let meters = Meters::new(plan, None)?;
    let mut load = workload(plan);
    let mut inbox = vec![0; plan.work.message_len()];
    let mut space = vec![0; inbox.len().max(64)];
    let mut buffer = vec![0; load.answer_len() + 1];
    let block =
        with_service!(plan, |service| measure_connects(plan, meters, &mut dialer, |client| {
            let server = accept(bound)?;
            if exchanges {
                let buffers = (inbox.as_mut_slice(), space.as_mut_slice(), buffer.as_mut_slice());
                exchange_solo::<RoundTrip, _>((&client, &server), &mut load, &mut service, buffers)
                    .map_err(ConnectError::Exchange)?;
            }
            client.shutdown_write().map_err(ConnectError::Close)?;
            await_end::<Spinning>(&server)?;
            drop(server);
            await_end::<Spinning>(&client)
        }));
    block.map_err(|error| error.blame(false))
}

fn accept(bound: &Bound) -> Result<Conn, ConnectError> {
    loop {
        match bound.listener.accept_plain(true) {
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
            accepted => return accepted.map_err(ConnectError::Accept),
        }
    }
}
