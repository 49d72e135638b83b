//! Server: a thread of this process that treats each connection as it is told, until it is dropped.

use std::io;
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use rustix::event::{PollFd, PollFlags, poll};
use rustix::pipe::{PipeFlags, pipe_with};

/// A server on loopback, for one client after the other. It ends when it is dropped, and so does its connection.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    client: Arc<Mutex<Option<TcpStream>>>,
    /// Both are taken when the server ends.
    running: Option<(OwnedFd, JoinHandle<()>)>,
}

impl Server {
    /// Starts one that treats each connection with `serve`.
    pub fn start(serve: impl Fn(TcpStream) + Send + 'static) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let (over, life) = pipe_with(PipeFlags::CLOEXEC)?;
        let client = Arc::new(Mutex::new(None));
        let current = Arc::clone(&client);
        let run = move || {
            while let Some(stream) = next(&listener, &over) {
                // Without it an answer in two pieces would wait for an acknowledgement.
                let _ = stream.set_nodelay(true);
                *current.lock().unwrap_or_else(PoisonError::into_inner) = stream.try_clone().ok();
                serve(stream);
                // Only then is it closed for the client, too.
                current.lock().unwrap_or_else(PoisonError::into_inner).take();
            }
        };
        let thread = thread::Builder::new().name("self-check".into()).spawn(run)?;
        Ok(Self { address, client, running: Some((life, thread)) })
    }

    /// Where it listens, in sockscope's spelling.
    #[must_use]
    pub fn endpoint(&self) -> String {
        format!("tcp:{}", self.address)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some((life, thread)) = self.running.take() {
            drop(life);
            // Both ends may be waiting for each other: that is what some cheats come to.
            let client = self.client.lock().unwrap_or_else(PoisonError::into_inner).take();
            if let Some(client) = client {
                let _ = client.shutdown(Shutdown::Both);
            }
            let _ = thread.join();
        }
    }
}

/// The next connection; `None` when the server is over or cannot accept.
fn next(listener: &TcpListener, over: &OwnedFd) -> Option<TcpStream> {
    loop {
        let mut fds = [PollFd::new(listener, PollFlags::IN), PollFd::new(over, PollFlags::IN)];
        match poll(&mut fds, None) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(_) => return None,
        }
        if !fds[1].revents().is_empty() {
            return None;
        }
        if !fds[0].revents().is_empty() {
            return listener.accept().ok().map(|(stream, _)| stream);
        }
    }
}
