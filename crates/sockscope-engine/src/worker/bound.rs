//! Bound: a listener of ours and the directory of its socket file, both gone as soon as the clients are connected.

use std::cell::Cell;
use std::fs::{self, DirBuilder};
use std::io;
use std::os::fd::AsFd;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use rustix::event::{PollFd, PollFlags, poll};
use sockscope_net::{BindOptions, Buffers, Conn, Endpoint, Listener};

use super::{Stop, endpoint, failure};
use crate::control::{Bind, ControlError, Failure, Fault};
use crate::work::Work;

/// A bound listener and the directory made for its socket file; both go when it is dropped.
#[derive(Debug)]
pub(super) struct Bound {
    pub(super) listener: Listener,
    buffers: Option<u32>,
    nodelay: bool,
    granted: Granted,
    /// Only held for its removal, which comes after that of the file.
    scratch: Option<Scratch>,
}

/// The buffers that the kernel granted to the first connection, once there is one.
#[derive(Debug, Clone, Default)]
pub(super) struct Granted(Rc<Cell<Option<(usize, usize)>>>);

impl Granted {
    pub(super) fn known(&self) -> Option<(usize, usize)> {
        self.0.get()
    }

    fn learn(&self, granted: io::Result<Buffers>) {
        if self.0.get().is_none() {
            self.0.set(granted.ok().map(|granted| (granted.send, granted.receive)));
        }
    }
}

impl Bound {
    /// Makes the directory, if one is wanted, and binds.
    pub(super) fn new(bind: &Bind, work: &Work) -> Result<Self, Failure> {
        let endpoint = endpoint(&bind.endpoint)?;
        let scratch = match socket_path(&endpoint).and_then(Path::parent) {
            Some(directory) if bind.scratch => Some(Scratch::new(directory.into())?),
            _ => None,
        };
        let buffers = work.buffers.bytes();
        let options = BindOptions { anonymous: true, buffers, ..BindOptions::default() };
        let listeners = Listener::bind(&endpoint, &options)
            .map_err(|error| failure(Fault::Environment, "start a server", &error))?;
        let listener = listeners.into_iter().next().ok_or_else(|| Failure {
            fault: Fault::Bug,
            text: format!("{endpoint} bound no listener"),
        })?;
        let granted = Granted::default();
        Ok(Self { listener, buffers, nodelay: work.nodelay, granted, scratch })
    }

    /// What will be known of the buffers, even when the engine has taken the connections.
    pub(super) fn granted(&self) -> Granted {
        self.granted.clone()
    }

    /// Waits for the one client, or for the end of the coordinator; then the socket file and its directory are gone.
    pub(super) fn accept(self, channel: &impl AsFd) -> Result<Conn, Stop> {
        self.next(channel)
    }

    /// Waits for so many connections, or for the end of the coordinator; then the socket file and its directory are gone.
    pub(super) fn accept_all(self, channel: &impl AsFd, count: u32) -> Result<Vec<Conn>, Stop> {
        (0..count).map(|_| self.next(channel)).collect()
    }

    /// Waits for the next of several connections, or for the end of the coordinator.
    pub(super) fn next(&self, channel: &impl AsFd) -> Result<Conn, Stop> {
        loop {
            match self.listener.accept() {
                Ok(conn) => return Ok(self.settled(conn)?),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => {
                    return Err(failure(Fault::Environment, "accept a client", &error).into());
                }
            }
            self.wait(channel)?;
        }
    }

    /// The options that the listener does not hand down to every kind of connection.
    fn settled(&self, conn: Conn) -> Result<Conn, Failure> {
        let settle = || {
            if let Some(bytes) = self.buffers {
                conn.set_buffers(bytes)?;
            }
            conn.set_nodelay(self.nodelay)
        };
        settle().map_err(|error| failure(Fault::Environment, "prepare the connection", &error))?;
        self.granted.learn(conn.buffers());
        Ok(conn)
    }

    /// Waits for the first message of a client, or for the end of the coordinator; then the socket file and its directory
    /// are gone: all clients connect before one of them sends.
    pub(super) fn first_message(self, channel: &impl AsFd) -> Result<Listener, Stop> {
        self.wait(channel)?;
        Ok(self.into_listener())
    }

    /// Waits for the call of the only client, on datagram kinds, or for the end of the coordinator: connected to it, there is
    /// no socket file any more.
    pub(super) fn called(self, channel: &impl AsFd) -> Result<Conn, Stop> {
        let listener = self.first_message(channel)?;
        let connected =
            listener.receive(&mut [0; 1]).and_then(|(_, client)| listener.connect_to(&client));
        Ok(connected.map_err(|error| failure(Fault::Environment, "answer the client", &error))?)
    }

    /// Only the socket: its file and its directory are gone.
    pub(super) fn into_listener(self) -> Listener {
        let Self { mut listener, granted, scratch, .. } = self;
        granted.learn(listener.buffers());
        listener.remove_file();
        drop(scratch);
        listener
    }

    /// The listener, and what removes the directory of its socket file when dropped after it.
    pub(super) fn into_parts(self) -> (Listener, Option<Scratch>) {
        (self.listener, self.scratch)
    }

    /// Waits until there is something to accept or to receive; the end of the coordinator is an error.
    fn wait(&self, channel: &impl AsFd) -> Result<(), Stop> {
        let mut fds =
            [PollFd::new(&self.listener, PollFlags::IN), PollFd::new(channel, PollFlags::IN)];
        match poll(&mut fds, None) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => {
                return Err(failure(Fault::Environment, "wait for a client", &error).into());
            }
        }
        let (asked, over) = (!fds[0].revents().is_empty(), !fds[1].revents().is_empty());
        if over && !asked {
            return Err(Stop::Control(ControlError::Channel(io::ErrorKind::UnexpectedEof.into())));
        }
        Ok(())
    }
}

fn socket_path(endpoint: &Endpoint) -> Option<&Path> {
    match endpoint {
        Endpoint::Unix(unix) => unix.path(),
        _ => None,
    }
}

/// A directory of our own, removed when dropped.
#[derive(Debug)]
pub(super) struct Scratch(PathBuf);

impl Scratch {
    fn new(path: PathBuf) -> Result<Self, Failure> {
        // It must not exist: whoever made it before us could have planted something in it.
        DirBuilder::new().mode(0o700).create(&path).map_err(|error| {
            failure(Fault::Environment, &format!("make the directory {}", path.display()), &error)
        })?;
        Ok(Self(path))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir(&self.0);
    }
}
