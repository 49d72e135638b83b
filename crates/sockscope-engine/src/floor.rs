//! Floor: what a message costs below sockets with addresses, or without a socket at all.
//!
//! A floor is measured by the same exchange between the same processes as any transport; only its two ends have no address
//! to meet at, so the coordinator makes them and hands one to each worker.

mod counter;
mod pair;
mod pipes;
mod ring;

use std::io;
use std::os::fd::OwnedFd;

use rustix::event::{EventfdFlags, eventfd};
use rustix::net::{AddressFamily, SocketFlags, SocketType, socketpair};
use rustix::pipe::{PipeFlags, fcntl_setpipe_size, pipe_with};
use serde::{Deserialize, Serialize};
use sockscope_sys::SharedMemory;

pub use counter::Counter;
pub use pair::Pair;
pub use pipes::Pipes;
pub use ring::Ring;

use crate::wire::Wire;

/// The floors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Floor {
    /// A connected pair of Unix stream sockets without a name.
    Socketpair,
    /// Two pipes, one each way.
    Pipe,
    /// Two event counters, one each way.
    Eventfd,
    /// Two rings in shared memory, one each way, polled.
    ShmSpin,
    /// The same, with a futex to sleep on.
    ShmFutex,
}

/// One end of a floor, made of the descriptors that a worker got.
pub trait End: Wire + Sized {
    /// Takes them over.
    fn new(descriptors: Vec<OwnedFd>) -> io::Result<Self>;

    /// Bytes that can be on their way to the other end and to this one, as the kernel counts them; `None` where that is not
    /// a number of bytes.
    fn buffers(&self) -> Option<(usize, usize)>;
}

/// Bytes of a ring unless others are asked for: room for four times what a pipe holds by default, and little enough to
/// stay in a cache.
const RING: u32 = 256 << 10;

impl Floor {
    /// The name used on the command line and in results.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Socketpair => "socketpair",
            Self::Pipe => "pipe",
            Self::Eventfd => "eventfd",
            Self::ShmSpin => "shm-spin",
            Self::ShmFutex => "shm-futex",
        }
    }

    /// The descriptors of both ends, the client's first. Closed by whoever made them, an end of a pair or a pipe has ended.
    pub fn ends(self, buffers: Option<u32>) -> io::Result<[Vec<OwnedFd>; 2]> {
        match self {
            Self::Socketpair => {
                let (client, server) = socketpair(
                    AddressFamily::UNIX,
                    SocketType::STREAM,
                    SocketFlags::CLOEXEC,
                    None,
                )?;
                for end in [&client, &server] {
                    pair::set_buffers(end, buffers)?;
                }
                Ok([vec![client], vec![server]])
            }
            Self::Pipe => {
                let [(from_server, to_client), (from_client, to_server)] =
                    [pipe(buffers)?, pipe(buffers)?];
                Ok([vec![from_server, to_server], vec![from_client, to_client]])
            }
            Self::Eventfd => {
                let [asks, answers] = [counter()?, counter()?];
                Ok([vec![answers.try_clone()?, asks.try_clone()?], vec![asks, answers]])
            }
            Self::ShmSpin | Self::ShmFutex => {
                let capacity = ring::capacity(buffers.unwrap_or(RING));
                let memory = SharedMemory::create(2 * capacity)?;
                let [asks, answers] = [memory.try_clone()?, memory];
                Ok([vec![asks], vec![answers]])
            }
        }
    }
}

/// A pipe, its reading end first.
fn pipe(capacity: Option<u32>) -> io::Result<(OwnedFd, OwnedFd)> {
    let (reader, writer) = pipe_with(PipeFlags::CLOEXEC)?;
    if let Some(capacity) = capacity {
        fcntl_setpipe_size(&writer, capacity as usize)?;
    }
    Ok((reader, writer))
}

fn counter() -> io::Result<OwnedFd> {
    Ok(eventfd(0, EventfdFlags::CLOEXEC)?)
}

/// The one descriptor of an end.
fn only(descriptors: Vec<OwnedFd>) -> io::Result<OwnedFd> {
    let [descriptor]: [OwnedFd; 1] = descriptors.try_into().map_err(|_| wrong_number())?;
    Ok(descriptor)
}

/// The descriptors that an end reads from and writes to.
fn both(descriptors: Vec<OwnedFd>) -> io::Result<(OwnedFd, OwnedFd)> {
    let [input, output]: [OwnedFd; 2] = descriptors.try_into().map_err(|_| wrong_number())?;
    Ok((input, output))
}

fn wrong_number() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "a wrong number of descriptors")
}
