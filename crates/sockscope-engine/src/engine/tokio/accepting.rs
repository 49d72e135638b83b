//! Accepting: a server on the runtime that takes connection after connection, a task for each.

use std::future::poll_fn;
use std::io;
use std::os::fd::AsFd;

use sockscope_net::{Conn, Listener};
use sockscope_proto::Service;
use tokio::runtime::{Builder, LocalOptions};

use super::socket::{AsyncWire, watched};
use crate::exchange::ExchangeError;
use crate::side::{Answers, Responder, Side};
use crate::wire::Wire;
use crate::work::Work;

/// Serves whoever connects until there is something to read from `channel`.
pub(crate) fn accept_until<S: Service + Clone + 'static>(
    channel: &impl AsFd,
    listener: &Listener,
    service: &S,
    work: &Work,
) -> io::Result<()> {
    let runtime = Builder::new_current_thread().enable_io().build_local(LocalOptions::default())?;
    listener.set_nonblocking(true)?;
    runtime.block_on(async {
        let (door, channel) = (watched(listener.as_fd())?, watched(channel.as_fd())?);
        let accepting = async {
            loop {
                let accepted = door.readable().await?.try_io(|_| listener.accept_plain(true));
                let conn = match accepted {
                    Ok(Ok(conn)) => conn,
                    Ok(Err(error)) if !has_gone_again(&error) => return Err(error),
                    _ => continue,
                };
                let side = Responder::new(service.clone(), work, conn.has_messages());
                // A client that ends in the middle of a request says so itself.
                tokio::task::spawn_local(async move { converse(conn, side).await.ok() });
            }
        };
        tokio::select! {
            over = channel.readable() => over.map(drop),
            failed = accepting => failed,
        }
    })
}

/// Whether whoever wanted to connect has gone again, or the call was interrupted.
fn has_gone_again(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::ConnectionAborted | io::ErrorKind::Interrupted)
}

/// Answers until the client has closed.
async fn converse<S: Service>(conn: Conn, mut side: Responder<S>) -> Result<(), ExchangeError> {
    let mut socket = conn.into_socket().map_err(ExchangeError::Receive)?;
    let mut answers = Answers::default();
    loop {
        while !side.pending().is_empty() {
            let sent = poll_fn(|cx| socket.poll_send(cx, side.pending())).await;
            side.sent(sent.map_err(ExchangeError::Send)?);
        }
        if side.is_over() {
            return Ok(());
        }
        let received = poll_fn(|cx| socket.poll_receive(cx, side.inlet(&mut []))).await;
        match received.map_err(ExchangeError::Receive)? {
            0 => side.on_end()?,
            count => side.on_input(&[], count, 0, &mut answers)?,
        }
    }
}
