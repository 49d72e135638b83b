//! Perf: what the kernel and the processor count of one end: page faults, switches, migrations, cycles, instructions.
//!
//! Counters are not free: while one is attached to a task, every context switch of that task has to save and restore it.
//! Where this was written that made a same-core exchange half as slow again, and counters that were open but not enabled
//! still cost a quarter. So they never count in a timed block: a block of its own, after all timed ones, does the same
//! exchanges with counters and gives no times (see [`run`](crate::run)).
//!
//! What cannot be counted is refused with the reason and is never zero. Under `perf_event_paranoid` 2 or more the kernel
//! hides its own part from everybody without `CAP_PERFMON`: then cycles, instructions and page faults lack that part and
//! say so, while context switches and migrations, which happen only in the kernel, would all read zero and are refused. See
//! `perf_event_open(2)`.

mod group;
mod refusal;
mod threads;

use serde::{Deserialize, Serialize};

use group::{FAULTS, HARDWARE, SWITCHES, Scope};
use refusal::{Circumstances, Denial, Set};
use threads::{Sum, Threads};

use crate::usage::TaskId;

/// What was counted of both ends in one block.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlockCounts {
    /// In how many exchanges; 0 where the block did not come to its end.
    pub exchanges: u64,
    /// Of the client; of both ends where one thread owns both.
    pub client: Counts,
    /// Of the server; `None` where the client is both.
    pub server: Option<Counts>,
}

/// What was counted of one end in one window, or why it was not, in words that follow "not available:".
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Page faults and the time on a CPU.
    pub faults: Result<Faults, String>,
    /// Switches and migrations.
    pub switches: Result<Switches, String>,
    /// What the processor counts.
    pub hardware: Result<Hardware, String>,
}

/// Page faults, and the time in which they happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Faults {
    /// Page faults that needed no disk.
    pub minor: u64,
    /// Page faults that did.
    pub major: u64,
    /// Nanoseconds on a CPU.
    pub task_clock_ns: u64,
    /// Whether faults inside system calls are among them.
    pub includes_kernel: bool,
}

/// What the scheduler did with a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Switches {
    /// Times that it was taken off its CPU, because it slept or because it had to.
    pub context: u64,
    /// Moves to another CPU.
    pub migrations: u64,
}

/// What the processor counts of a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hardware {
    /// Clock cycles, at whatever frequency the processor ran.
    pub cycles: u64,
    /// Instructions that were completed.
    pub instructions: u64,
    /// Whether those of the kernel are among them: most of an exchange is the kernel's work.
    pub includes_kernel: bool,
}

impl Counts {
    /// Nothing could be counted, all for one reason.
    #[must_use]
    pub fn none(reason: &str) -> Self {
        let why = || reason.to_owned();
        Self { faults: Err(why()), switches: Err(why()), hardware: Err(why()) }
    }
}

/// The counters of one end: they count from [`start`](Self::start) to [`stop`](Self::stop).
#[derive(Debug)]
pub struct Counters {
    faults: Result<Threads<3>, Denial>,
    switches: Result<Threads<2>, Denial>,
    hardware: Result<Threads<2>, Denial>,
    circumstances: Circumstances,
}

impl Counters {
    /// Opens what may be opened of a task: of this process the one thread, of another one all its threads and those that
    /// they will start.
    #[must_use]
    pub fn open(task: TaskId) -> Self {
        Self::of(task, &threads::of(task))
    }

    /// Opens what may be opened of these threads of this process.
    #[must_use]
    pub fn open_threads(tasks: &[TaskId]) -> Self {
        let tids: Vec<i32> = tasks.iter().map(|task| task.tid).collect();
        Self::of(TaskId::this(), &tids)
    }

    fn of(task: TaskId, tids: &[i32]) -> Self {
        Self {
            faults: Threads::open(tids, FAULTS, &[Scope::All, Scope::User]),
            switches: Threads::open(tids, SWITCHES, &[Scope::All]),
            hardware: Threads::open(tids, HARDWARE, &[Scope::All, Scope::User]),
            circumstances: Circumstances::read(task),
        }
    }

    /// Begins to count.
    pub fn start(&mut self) {
        start(&mut self.faults);
        start(&mut self.switches);
        start(&mut self.hardware);
    }

    /// Ends counting; what was counted since the start.
    #[must_use]
    pub fn stop(mut self) -> Counts {
        // All stop before any is read.
        stop(&mut self.hardware);
        stop(&mut self.switches);
        stop(&mut self.faults);
        let refusal = |set| {
            let circumstances = &self.circumstances;
            move |denial| circumstances.reason(set, denial)
        };
        Counts {
            faults: self
                .faults
                .and_then(Threads::read)
                .map(Faults::from)
                .map_err(refusal(Set::Faults)),
            switches: self
                .switches
                .and_then(Threads::read)
                .map(Switches::from)
                .map_err(refusal(Set::Switches)),
            hardware: self
                .hardware
                .and_then(Threads::read)
                .map(Hardware::from)
                .map_err(refusal(Set::Hardware)),
        }
    }
}

fn start<const N: usize>(counters: &mut Result<Threads<N>, Denial>) {
    if let Ok(threads) = counters
        && let Err(denial) = threads.enable()
    {
        *counters = Err(denial);
    }
}

fn stop<const N: usize>(counters: &mut Result<Threads<N>, Denial>) {
    if let Ok(threads) = counters
        && let Err(denial) = threads.disable()
    {
        *counters = Err(denial);
    }
}

impl From<Sum<3>> for Faults {
    fn from(Sum { values: [minor, major, task_clock_ns], scope }: Sum<3>) -> Self {
        Self { minor, major, task_clock_ns, includes_kernel: scope == Scope::All }
    }
}

impl From<Sum<2>> for Switches {
    fn from(Sum { values: [context, migrations], .. }: Sum<2>) -> Self {
        Self { context, migrations }
    }
}

impl From<Sum<2>> for Hardware {
    fn from(Sum { values: [cycles, instructions], scope }: Sum<2>) -> Self {
        Self { cycles, instructions, includes_kernel: scope == Scope::All }
    }
}
