//! Member: one worker of a block, seen from the coordinator.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use crate::control::{
    self, BlockMessage, Ended, Failure, Fault, FromWorker, Ready, ToWorker, VERSION, WorkerPlan,
};
use crate::launcher::{End, Launcher, Worker};
use crate::run::wait::Patience;
use crate::usage::TaskId;

/// How long a worker that has lost its peer is listened to: the machine may be busy, and the kernel closes a dying
/// process's descriptors one by one.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// How a try ended without a block.
#[derive(Debug)]
pub(super) enum Miss {
    /// The run is to end.
    Interrupted,
    /// The cell cannot be measured.
    Failed(Failure),
    /// A worker is gone without a word.
    Gone {
        /// Which one.
        who: &'static str,
        /// How it ended.
        end: End,
    },
    /// A worker said nothing for so long.
    Late {
        /// Which one.
        who: &'static str,
        /// How long it was waited for.
        limit: Duration,
    },
}

impl From<Failure> for Miss {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

/// One worker, and what it is called in errors.
#[derive(Debug)]
pub(super) struct Member {
    worker: Worker,
    name: &'static str,
    /// The channel of the worker at the other end, where only that tells that the other end has gone.
    peer: Option<UnixStream>,
}

impl Member {
    /// Starts it.
    pub(super) fn start(launcher: &mut impl Launcher, name: &'static str) -> Result<Self, Miss> {
        let worker = launcher.launch().map_err(|error| Failure {
            fault: Fault::Environment,
            text: format!("start the {name} worker: {error}"),
        })?;
        Ok(Self { worker, name, peer: None })
    }

    /// Its first words: who it is.
    pub(super) fn hello(&mut self, patience: &Patience<'_>) -> Result<TaskId, Miss> {
        match self.listen(patience, Duration::ZERO)? {
            FromWorker::Hello { version: VERSION, task } => Ok(task),
            other => Err(bug(&format!("the {} worker began with {other:?}", self.name))),
        }
    }

    /// Tells it what to do.
    pub(super) fn plan(&mut self, plan: WorkerPlan) -> Result<(), Miss> {
        self.say(&ToWorker::Plan(plan))
    }

    /// Hands descriptors over, behind the plan.
    pub(super) fn hand_over(&mut self, descriptors: &[OwnedFd]) -> Result<(), Miss> {
        match control::descriptors::send(&self.worker.channel, descriptors) {
            Ok(()) => Ok(()),
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Err(self.gone()),
            Err(error) => Err(bug(&format!("descriptors for the {} worker: {error}", self.name))),
        }
    }

    /// From now on, the end of `peer` is news: this worker could wait for it without end.
    pub(super) fn watch(&mut self, peer: &Self) -> Result<(), Miss> {
        let channel = peer.worker.channel.try_clone().map_err(|error| Failure {
            fault: Fault::Environment,
            text: format!("watch the {} worker: {error}", peer.name),
        })?;
        self.peer = Some(channel);
        Ok(())
    }

    /// Waits until it is bound or connected.
    pub(super) fn ready(&mut self, patience: &Patience<'_>) -> Result<Ready, Miss> {
        match self.listen(patience, Duration::ZERO)? {
            FromWorker::Ready(ready) => Ok(ready),
            other => Err(bug(&format!("the {} worker said {other:?} for ready", self.name))),
        }
    }

    /// Lets it measure, which should take `expected`.
    pub(super) fn block(
        &mut self,
        patience: &Patience<'_>,
        expected: Duration,
    ) -> Result<BlockMessage, Miss> {
        self.say(&ToWorker::Start)?;
        match self.listen(patience, expected)? {
            FromWorker::Block(block) => Ok(block),
            other => Err(bug(&format!("the {} worker said {other:?} for a block", self.name))),
        }
    }

    /// What a worker that should still be there has to say, if it is not.
    pub(super) fn last_words(&mut self, patience: &Patience<'_>) -> Option<Miss> {
        match self.listen_for(patience, LAST_WORDS) {
            Ok(_) | Err(Miss::Late { .. }) => None,
            Err(miss) => Some(miss),
        }
    }

    /// What a server knows when its client has gone. Where it does not tell in time, that is no failure: the block is
    /// complete.
    pub(super) fn ended(&mut self, patience: &Patience<'_>) -> Ended {
        match self.listen_for(patience, LAST_WORDS) {
            Ok(FromWorker::Ended(ended)) => ended,
            _ => Ended::default(),
        }
    }

    fn listen(&mut self, patience: &Patience<'_>, expected: Duration) -> Result<FromWorker, Miss> {
        self.listen_for(patience, expected + patience.limit)
    }

    /// Waits until the worker says something; the wait may also be interrupted, or too long.
    fn listen_for(&mut self, patience: &Patience<'_>, limit: Duration) -> Result<FromWorker, Miss> {
        let mut deadline = Instant::now() + limit;
        let mut alone = false;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() && alone {
                let text = "the other end has gone".into();
                return Err(Failure { fault: Fault::Gone, text }.into());
            }
            if left.is_zero() {
                return Err(Miss::Late { who: self.name, limit });
            }
            let peer = self.peer.as_ref().filter(|_| !alone).map(AsFd::as_fd);
            let news = patience.sleep(self.worker.channel.as_fd(), peer, left);
            let news = news.map_err(|error| Failure {
                fault: Fault::Environment,
                text: format!("wait for the {} worker: {error}", self.name),
            })?;
            if news.interrupted {
                return Err(Miss::Interrupted);
            }
            if news.spoken {
                return self.receive();
            }
            if news.peer {
                alone = true;
                deadline = deadline.min(Instant::now() + LAST_WORDS);
            }
        }
    }

    fn receive(&mut self) -> Result<FromWorker, Miss> {
        match control::receive(&mut self.worker.channel) {
            Ok(FromWorker::Failed(failure)) => Err(failure.into()),
            Ok(message) => Ok(message),
            Err(error) if error.is_gone() => Err(self.gone()),
            Err(error) => Err(bug(&format!("message of the {} worker: {error}", self.name))),
        }
    }

    fn say(&mut self, message: &ToWorker) -> Result<(), Miss> {
        match control::send(&mut self.worker.channel, message) {
            Ok(()) => Ok(()),
            // It may have said why before it went.
            Err(error) if error.is_gone() => match self.receive() {
                Ok(_) => Err(self.gone()),
                Err(miss) => Err(miss),
            },
            Err(error) => Err(bug(&format!("message to the {} worker: {error}", self.name))),
        }
    }

    /// Gone without a word: killed from outside, which may be tried again, or a crash, which is ours.
    fn gone(&mut self) -> Miss {
        match self.worker.life.end() {
            End::Crashed(how) => bug(&format!("the {} worker crashed: {how}", self.name)),
            end => Miss::Gone { who: self.name, end },
        }
    }
}

fn bug(text: &str) -> Miss {
    Failure { fault: Fault::Bug, text: text.into() }.into()
}
