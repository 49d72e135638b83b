//! Launcher: how workers come to life.
//!
//! The engine does not know how a worker is started; it gets a control channel and a way to end it. The binary starts
//! itself again as a hidden command; tests and library users run workers as threads of their own process with
//! [`InProcess`]; other hosts would be only another launcher.

use std::fmt::{self, Debug, Display};
use std::io;
use std::os::unix::net::UnixStream;
use std::thread;

use crate::worker::{self, Lifeline};

/// Starts workers.
pub trait Launcher {
    /// Starts one.
    fn launch(&mut self) -> io::Result<Worker>;
}

/// A worker that has been started. Dropping it ends it.
#[derive(Debug)]
pub struct Worker {
    /// The control channel.
    pub channel: UnixStream,
    /// The worker itself.
    pub life: Box<dyn Life>,
}

/// Something that can be ended.
pub trait Life: Debug {
    /// Ends it, if it has not ended by itself, and waits until it has; how it ended.
    fn end(&mut self) -> End;
}

/// How a worker ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// By itself, in an orderly way, or in one that nobody can tell.
    Orderly,
    /// A signal from outside ended it.
    Killed(i32),
    /// It ended itself in a way that only a bug explains.
    Crashed(String),
}

impl Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Orderly => f.write_str("it ended by itself"),
            Self::Killed(signal) => write!(f, "signal {signal}"),
            Self::Crashed(how) => f.write_str(how),
        }
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        let _ = self.channel.shutdown(std::net::Shutdown::Both);
        let _ = self.life.end();
    }
}

/// Runs workers as threads of the calling process.
///
/// Threads cannot be killed: a worker whose peer never answers stays until the process ends.
#[derive(Debug, Default)]
pub struct InProcess;

#[derive(Debug)]
struct Thread;

impl Life for Thread {
    fn end(&mut self) -> End {
        End::Orderly
    }
}

impl Launcher for InProcess {
    fn launch(&mut self) -> io::Result<Worker> {
        let (ours, mut theirs) = UnixStream::pair()?;
        thread::Builder::new().name("worker".into()).spawn(move || {
            // The coordinator sees a channel that ended; there is nobody else to tell.
            let _ = worker::work(&mut theirs, Lifeline::Channel);
        })?;
        Ok(Worker { channel: ours, life: Box::new(Thread) })
    }
}
