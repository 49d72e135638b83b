//! Block: one cell is measured once, by fresh workers with fresh sockets.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::rand::{GetRandomFlags, getrandom};
use sockscope_net::endpoint::{UnixEndpoint, UnixName};
use sockscope_net::{Endpoint, Kind};

use crate::control::{
    self, Bind, BlockMessage, Failure, Fault, FromWorker, Ready, Role, ToWorker, VERSION,
    WorkerPlan,
};
use crate::launcher::{Launcher, Worker};
use crate::plan::{CellPlan, OwnTransport, Plan, Target};
use crate::usage::TaskId;
use crate::view::View;

/// How long a worker that has lost its peer is listened to: the kernel closes a dying process's descriptors one by one.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// Why there is no block.
#[derive(Debug)]
pub(super) enum Error {
    /// The run is to end.
    Interrupted,
    /// No worker could be started.
    Launch(io::Error),
    /// The cell cannot be measured.
    Failed(Failure),
}

/// How one try ended without a block.
enum Miss {
    /// For good.
    Final(Error),
    /// A worker is gone without a word: killed, most likely.
    Killed(&'static str),
}

impl From<Failure> for Miss {
    fn from(failure: Failure) -> Self {
        Self::Final(Error::Failed(failure))
    }
}

/// Measures one block; the last of the three says whether it needed a second try.
pub(super) fn measure(
    plan: &Plan,
    index: usize,
    launcher: &mut impl Launcher,
    interrupt: Option<BorrowedFd<'_>>,
) -> Result<(BlockMessage, Ready, bool), Error> {
    let cell = &plan.cells[index];
    let mut attempt = Attempt { plan, cell, interrupt };
    for retried in [false, true] {
        match attempt.measure(launcher) {
            Ok((message, ready)) => return Ok((message, ready, retried)),
            Err(Miss::Final(error)) => return Err(error),
            Err(Miss::Killed(who)) if retried => {
                let text = format!("the {who} worker was killed twice while it measured this cell");
                return Err(Error::Failed(Failure { fault: Fault::Environment, text }));
            }
            Err(Miss::Killed(_)) => {}
        }
    }
    unreachable!("the second try returns")
}

struct Attempt<'a> {
    plan: &'a Plan,
    cell: &'a CellPlan,
    interrupt: Option<BorrowedFd<'a>>,
}

impl Attempt<'_> {
    fn measure(&mut self, launcher: &mut impl Launcher) -> Result<(BlockMessage, Ready), Miss> {
        match &self.cell.target {
            Target::Running(endpoint) => self.measure_running(launcher, endpoint),
            Target::Own(transport) if self.cell.view == View::Solo => {
                self.measure_solo(launcher, *transport)
            }
            Target::Own(transport) => self.measure_own(launcher, *transport),
        }
    }

    fn measure_own(
        &mut self,
        launcher: &mut impl Launcher,
        transport: OwnTransport,
    ) -> Result<(BlockMessage, Ready), Miss> {
        let place = Place::new(self.plan, transport)?;
        // Both start at the same time; the client is told where to connect once the server is bound.
        let mut server = Member::start(launcher, "server")?;
        let mut client = Member::start(launcher, "client")?;
        let task = server.hello(self)?;
        client.hello(self)?;
        let cpus = &self.cell.placement;
        server
            .plan(self.worker_plan(Role::Server { bind: place.bind.clone() }, &cpus.server_cpus))?;
        let bound = server.ready(self)?;
        let role = Role::Client { endpoint: bound.endpoint, server: Some(task), running: false };
        client.plan(self.worker_plan(role, &cpus.client_cpus))?;
        let result = client.ready(self).and_then(|ready| Ok((client.block(self)?, ready)));
        // When the client is left alone, the server's own words say more than the client's.
        match result {
            Err(Miss::Final(Error::Failed(failure))) if failure.fault == Fault::Gone => {
                Err(server.last_words(self).unwrap_or_else(|| failure.into()))
            }
            result => result,
        }
    }

    fn measure_solo(
        &mut self,
        launcher: &mut impl Launcher,
        transport: OwnTransport,
    ) -> Result<(BlockMessage, Ready), Miss> {
        let place = Place::new(self.plan, transport)?;
        let mut worker = Member::start(launcher, "solo")?;
        worker.hello(self)?;
        let role = Role::Solo { bind: place.bind.clone() };
        worker.plan(self.worker_plan(role, &self.cell.placement.client_cpus))?;
        let ready = worker.ready(self)?;
        Ok((worker.block(self)?, ready))
    }

    fn measure_running(
        &mut self,
        launcher: &mut impl Launcher,
        endpoint: &Endpoint,
    ) -> Result<(BlockMessage, Ready), Miss> {
        let mut client = Member::start(launcher, "client")?;
        client.hello(self)?;
        let role = Role::Client { endpoint: endpoint.to_string(), server: None, running: true };
        client.plan(self.worker_plan(role, &self.cell.placement.client_cpus))?;
        let ready = client.ready(self)?;
        Ok((client.block(self)?, ready))
    }

    fn worker_plan(&self, role: Role, cpus: &[u32]) -> WorkerPlan {
        let timing = self.plan.timing;
        WorkerPlan {
            role,
            cpu: cpus.first().copied(),
            wait: self.cell.view.wait(),
            service: self.cell.service,
            size: self.cell.size,
            warm_up_ns: nanos(timing.warm_up),
            block_ns: nanos(timing.block_in(self.cell.view)),
        }
    }

    /// Waits until the worker says something, which should take `expected`; it may also be interrupted, or run out of
    /// patience.
    fn listen(&self, member: &mut Member, expected: Duration) -> Result<FromWorker, Miss> {
        self.listen_for(member, expected + self.plan.timing.patience)
    }

    fn listen_for(&self, member: &mut Member, limit: Duration) -> Result<FromWorker, Miss> {
        let deadline = Instant::now() + limit;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(self.too_late(member.name, limit).into());
            }
            let (spoken, interrupted) = self.sleep(&member.worker, left)?;
            if interrupted {
                return Err(Miss::Final(Error::Interrupted));
            }
            if spoken {
                return member.receive();
            }
        }
    }

    /// Our own workers are late when the machine is; a client of somebody else's server when that server is.
    fn too_late(&self, name: &str, limit: Duration) -> Failure {
        match &self.cell.target {
            Target::Running(endpoint) => Failure {
                fault: Fault::Peer,
                text: format!("{endpoint} stopped answering in the middle of a block"),
            },
            Target::Own(_) => Failure {
                fault: Fault::Environment,
                text: format!("the {name} worker said nothing for {limit:?}"),
            },
        }
    }

    fn sleep(&self, worker: &Worker, left: Duration) -> Result<(bool, bool), Miss> {
        let channel = worker.channel.as_fd();
        let mut fds = vec![PollFd::new(&channel, PollFlags::IN)];
        if let Some(interrupt) = &self.interrupt {
            fds.push(PollFd::new(interrupt, PollFlags::IN));
        }
        let timeout = Timespec::try_from(left).map_err(|_| bug("a wait that is too long"))?;
        match poll(&mut fds, Some(&timeout)) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(Miss::Final(Error::Launch(error.into()))),
        }
        let set = |index: usize| fds.get(index).is_some_and(|fd| !fd.revents().is_empty());
        Ok((set(0), set(1)))
    }

    fn block_time(&self) -> Duration {
        self.plan.timing.warm_up + self.plan.timing.block_in(self.cell.view)
    }
}

/// One worker of a block, and what it is called in errors.
struct Member {
    worker: Worker,
    name: &'static str,
}

impl Member {
    fn start(launcher: &mut impl Launcher, name: &'static str) -> Result<Self, Miss> {
        let worker = launcher.launch().map_err(|error| Miss::Final(Error::Launch(error)))?;
        Ok(Self { worker, name })
    }

    fn receive(&mut self) -> Result<FromWorker, Miss> {
        match control::receive(&mut self.worker.channel) {
            Ok(FromWorker::Failed(failure)) => Err(failure.into()),
            Ok(message) => Ok(message),
            Err(error) if error.is_gone() => Err(Miss::Killed(self.name)),
            Err(error) => Err(bug(&format!("message of the {} worker: {error}", self.name))),
        }
    }

    fn hello(&mut self, attempt: &Attempt<'_>) -> Result<TaskId, Miss> {
        match attempt.listen(self, Duration::ZERO)? {
            FromWorker::Hello { version: VERSION, task } => Ok(task),
            other => Err(bug(&format!("the {} worker began with {other:?}", self.name))),
        }
    }

    fn plan(&mut self, plan: WorkerPlan) -> Result<(), Miss> {
        self.say(&ToWorker::Plan(plan))
    }

    fn ready(&mut self, attempt: &Attempt<'_>) -> Result<Ready, Miss> {
        match attempt.listen(self, Duration::ZERO)? {
            FromWorker::Ready(ready) => Ok(ready),
            other => Err(bug(&format!("the {} worker said {other:?} for ready", self.name))),
        }
    }

    fn block(&mut self, attempt: &Attempt<'_>) -> Result<BlockMessage, Miss> {
        self.say(&ToWorker::Start)?;
        match attempt.listen(self, attempt.block_time())? {
            FromWorker::Block(block) => Ok(block),
            other => Err(bug(&format!("the {} worker said {other:?} for a block", self.name))),
        }
    }

    /// What a worker that should still be there has to say: its failure, or that it was killed.
    fn last_words(&mut self, attempt: &Attempt<'_>) -> Option<Miss> {
        match attempt.listen_for(self, LAST_WORDS) {
            Err(miss @ (Miss::Killed(_) | Miss::Final(Error::Interrupted))) => Some(miss),
            Err(Miss::Final(Error::Failed(failure))) if failure.fault != Fault::Environment => {
                Some(failure.into())
            }
            _ => None,
        }
    }

    fn say(&mut self, message: &ToWorker) -> Result<(), Miss> {
        match control::send(&mut self.worker.channel, message) {
            Ok(()) => Ok(()),
            // It may have said why before it went.
            Err(error) if error.is_gone() => {
                self.receive().map(|_| ()).and(Err(Miss::Killed(self.name)))
            }
            Err(error) => Err(bug(&format!("message to the {} worker: {error}", self.name))),
        }
    }
}

/// Where a server of ours binds; the socket file and its directory go with it, in case the worker could not remove them.
struct Place {
    bind: Bind,
    directory: Option<std::path::PathBuf>,
}

impl Place {
    fn new(plan: &Plan, transport: OwnTransport) -> Result<Self, Failure> {
        let name = unique_name()?;
        let directory = plan.scratch.join(&name);
        let (endpoint, scratch) = match transport {
            OwnTransport::Unix => (unix(Kind::Stream, UnixName::Path(directory.join("s")))?, true),
            OwnTransport::UnixPacket => {
                (unix(Kind::SeqPacket, UnixName::Path(directory.join("s")))?, true)
            }
            OwnTransport::UnixAbstract => {
                (unix(Kind::Stream, UnixName::Abstract(name.into_bytes()))?, false)
            }
            OwnTransport::Tcp => ("tcp:127.0.0.1:0".into(), false),
            OwnTransport::Tcp6 => ("tcp:[::1]:0".into(), false),
        };
        Ok(Self { bind: Bind { endpoint, scratch }, directory: scratch.then_some(directory) })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        // Nearly always gone already: the server removes both once the client is connected.
        if let Some(directory) = &self.directory {
            let _ = std::fs::remove_file(directory.join("s"));
            let _ = std::fs::remove_dir(directory);
        }
    }
}

fn unix(kind: Kind, name: UnixName) -> Result<String, Failure> {
    let endpoint = UnixEndpoint::new(kind, name).map_err(|error| Failure {
        fault: Fault::Environment,
        text: format!("name a socket: {error}"),
    })?;
    Ok(Endpoint::Unix(endpoint).to_string())
}

/// A name that nobody can have prepared for us.
fn unique_name() -> Result<String, Failure> {
    let mut bytes = [0; 8];
    getrandom(&mut bytes, GetRandomFlags::empty()).map_err(|error| Failure {
        fault: Fault::Environment,
        text: format!("get random bytes: {error}"),
    })?;
    Ok(format!("sockscope-{:016x}", u64::from_le_bytes(bytes)))
}

fn bug(text: &str) -> Miss {
    Failure { fault: Fault::Bug, text: text.into() }.into()
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
