//! Bare: the loop that the self-check holds ours against, in place of a client.

use std::io::{Read, Write};
use std::os::fd::AsFd;

use super::Client;
use crate::bare;
use crate::control::{self, BlockMessage, Fault, FromWorker};
use crate::worker::{Stop, failure, ready, started};

/// Measures one block and reports it; nobody's usage is read.
pub(super) fn run(
    channel: &mut (impl Read + Write + AsFd),
    client: &Client<'_>,
) -> Result<(), Stop> {
    let plan = client.plan;
    let conn = client.connect()?;
    conn.set_nonblocking(false)
        .map_err(|error| failure(Fault::Environment, "prepare the connection", &error))?;
    control::send(channel, &ready(&conn))?;
    started(channel)?;
    let size = plan.work.message_len();
    let (window, histogram) = bare::measure(conn.as_fd(), size, (plan.warm_up_ns, plan.block_ns))
        .map_err(|error| failure(Fault::Gone, "exchange", &error))?;
    let block = BlockMessage {
        histogram: histogram.to_base64(),
        elapsed_ns: window.elapsed_ns,
        exchanges: window.exchanges,
        ..BlockMessage::default()
    };
    control::send(channel, &FromWorker::Block(block))?;
    Ok(())
}
