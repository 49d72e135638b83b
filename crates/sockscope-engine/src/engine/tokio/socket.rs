//! Socket: a connection in the type that an application on tokio would use for it.

use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use sockscope_net::{Conn, Kind};
use tokio::io::unix::AsyncFd;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpStream, UnixStream};

use crate::wire::{Either, Postbox, Wire};

/// A wire that a task can wait for.
pub trait AsyncWire: Wire + AsRawFd + Sized {
    /// In tokio's own type, where there is one; inside a runtime. The wire does not block.
    fn into_socket(self) -> io::Result<Socket<Self>> {
        Ok(Socket::Other(watched(self)?))
    }
}

impl AsyncWire for Conn {
    fn into_socket(self) -> io::Result<Socket<Self>> {
        Ok(match (self.kind(), self.transport()) {
            (Kind::Stream, "tcp" | "tcp6" | "mptcp") => {
                Socket::Tcp(TcpStream::from_std(OwnedFd::from(self).into())?)
            }
            (Kind::Stream, "unix" | "unix-abstract") => {
                Socket::Unix(UnixStream::from_std(OwnedFd::from(self).into())?)
            }
            _ => Socket::Other(watched(self)?),
        })
    }
}

impl AsyncWire for Postbox {}
impl AsyncWire for Either<Conn, Postbox> {}

/// A connection in the type that an application would use for it.
#[derive(Debug)]
pub enum Socket<W: AsRawFd> {
    /// Of TCP.
    Tcp(TcpStream),
    /// Of Unix streams.
    Unix(UnixStream),
    /// What tokio has no type for.
    Other(AsyncFd<W>),
}

impl<W: Wire + AsRawFd> Socket<W> {
    /// Sends, or is woken when there is room.
    pub(super) fn poll_send(
        &mut self,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self {
            Self::Tcp(stream) => Pin::new(stream).poll_write(cx, bytes),
            Self::Unix(stream) => Pin::new(stream).poll_write(cx, bytes),
            Self::Other(socket) => loop {
                let mut guard = ready!(socket.poll_write_ready(cx))?;
                if let Ok(sent) = guard.try_io(|socket| socket.get_ref().send(bytes)) {
                    return Poll::Ready(sent);
                }
            },
        }
    }

    /// Receives, or is woken when there is something; 0 is the end.
    pub(super) fn poll_receive(
        &mut self,
        cx: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        let mut into = ReadBuf::new(buffer);
        let received = match self {
            Self::Tcp(stream) => Pin::new(stream).poll_read(cx, &mut into),
            Self::Unix(stream) => Pin::new(stream).poll_read(cx, &mut into),
            Self::Other(socket) => loop {
                let mut guard = ready!(socket.poll_read_ready(cx))?;
                let buffer = into.initialize_unfilled();
                if let Ok(received) = guard.try_io(|socket| socket.get_ref().receive(buffer)) {
                    return Poll::Ready(received);
                }
            },
        };
        received.map_ok(|()| into.filled().len())
    }
}

/// A descriptor that the runtime watches, whatever it is.
#[expect(
    deprecated,
    reason = "its successor is unsafe, for types that do not own their descriptor; all of ours do"
)]
pub(super) fn watched<T: AsRawFd>(owner: T) -> io::Result<AsyncFd<T>> {
    AsyncFd::new(owner)
}
