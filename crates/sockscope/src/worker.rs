//! Workers as processes: the hidden command that a bench starts itself as, and the launcher that does it.
//!
//! The control channel is the worker's standard input: a fixed descriptor that needs no unsafe code on either side.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Command, ExitCode, ExitStatus, Stdio};

use rustix::process::Signal;
use sockscope_engine::control::ControlError;
use sockscope_engine::launcher::{End, Launcher, Life, Worker};
use sockscope_engine::worker::{Lifeline, work};

use crate::status::Status;

/// The hidden first argument that makes this program a worker.
pub(crate) const COMMAND: &str = "__worker";

/// Runs a worker over the control channel on standard input.
pub(crate) fn main() -> ExitCode {
    let channel = io::stdin().as_fd().try_clone_to_owned();
    let Some(mut channel) = channel.ok().and_then(control_channel) else {
        // Started by hand: there is no coordinator to report to.
        return Status::Usage.into();
    };
    match work(&mut channel, Lifeline::ParentDeathSignal) {
        // A channel that ended is the coordinator's way to say that it has heard enough.
        Ok(()) | Err(ControlError::Channel(_)) => Status::Yes.into(),
        Err(_) => Status::Bug.into(),
    }
}

fn control_channel(fd: OwnedFd) -> Option<UnixStream> {
    let domain = rustix::net::sockopt::socket_domain(&fd).ok()?;
    (domain == rustix::net::AddressFamily::UNIX).then(|| fd.into())
}

/// Starts workers as fresh processes of this program.
#[derive(Debug)]
pub(crate) struct Reexecute;

impl Launcher for Reexecute {
    fn launch(&mut self) -> io::Result<Worker> {
        let (ours, theirs) = UnixStream::pair()?;
        // The link stays good when the file is replaced or deleted while we run, as by a build.
        let child = Command::new("/proc/self/exe")
            .arg0("sockscope")
            .arg(COMMAND)
            .stdin(Stdio::from(OwnedFd::from(theirs)))
            .stdout(Stdio::null())
            // A group of its own: Ctrl-C is for the coordinator, which then ends its workers.
            .process_group(0)
            .spawn()?;
        Ok(Worker { channel: ours, life: Box::new(Process(child)) })
    }
}

#[derive(Debug)]
struct Process(Child);

impl Life for Process {
    fn end(&mut self) -> End {
        // It changes nothing if the process has ended by itself: its own status stays.
        let _ = self.0.kill();
        match self.0.wait() {
            Ok(status) => how(status),
            Err(_) => End::Orderly,
        }
    }
}

/// Signals that a process gets for its own mistakes, as against those that somebody sends.
const CRASHES: [i32; 5] = [
    Signal::ABORT.as_raw(),
    Signal::SEGV.as_raw(),
    Signal::BUS.as_raw(),
    Signal::ILL.as_raw(),
    Signal::FPE.as_raw(),
];

fn how(status: ExitStatus) -> End {
    match (status.signal(), status.code()) {
        (Some(signal), _) if CRASHES.contains(&signal) => End::Crashed(format!("signal {signal}")),
        (Some(signal), _) => End::Killed(signal),
        (None, Some(0)) => End::Orderly,
        (None, code) => End::Crashed(format!("exit status {}", code.unwrap_or(-1))),
    }
}
