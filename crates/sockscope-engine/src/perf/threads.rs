//! Threads: the same counters of every thread of one end, and their sum.

use std::io;

use procfs::process::Process;
use rustix::io::Errno;

use super::group::{Group, Kind, Scope};
use super::refusal::Denial;
use crate::usage::TaskId;

/// One group for each thread.
#[derive(Debug)]
pub(super) struct Threads<const N: usize> {
    groups: Vec<Group<N>>,
    scope: Scope,
}

/// What all threads together counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Sum<const N: usize> {
    /// In the order in which the counters were asked for.
    pub(super) values: [u64; N],
    /// What of their work was counted.
    pub(super) scope: Scope,
}

/// The threads of one end: ours is one thread of this process, another process is all of its threads. One that cannot be
/// listed is taken for a process of one thread, and opening its counters says what is wrong.
pub(super) fn of(task: TaskId) -> Vec<i32> {
    if task.pid == TaskId::this().pid {
        return vec![task.tid];
    }
    let listed = Process::new(task.pid).and_then(|process| process.tasks());
    let tids: Vec<i32> = listed.into_iter().flatten().flatten().map(|thread| thread.tid).collect();
    if tids.is_empty() { vec![task.pid] } else { tids }
}

impl<const N: usize> Threads<N> {
    /// Opens the counters in the first of the scopes that we may count in.
    pub(super) fn open(tids: &[i32], kinds: [Kind; N], scopes: &[Scope]) -> Result<Self, Denial> {
        let mut denial = Denial::Os(None);
        for scope in scopes {
            match Self::open_in(*scope, tids, kinds) {
                Ok(threads) => return Ok(threads),
                Err(error) => denial = Denial::from(error),
            }
            if denial != Denial::Os(Some(Errno::ACCESS)) {
                break;
            }
        }
        Err(denial)
    }

    fn open_in(scope: Scope, tids: &[i32], kinds: [Kind; N]) -> io::Result<Self> {
        let mut groups = Vec::with_capacity(tids.len());
        let mut gone = None;
        for tid in tids {
            match Group::open(*tid, kinds, scope) {
                Ok(group) => groups.push(group),
                // A thread that ended meanwhile is normal as long as there is another.
                Err(error) if Errno::from_io_error(&error) == Some(Errno::SRCH) => {
                    gone = Some(error);
                }
                Err(error) => return Err(error),
            }
        }
        match gone {
            Some(error) if groups.is_empty() => Err(error),
            _ => Ok(Self { groups, scope }),
        }
    }

    /// All begin to count.
    pub(super) fn enable(&mut self) -> Result<(), Denial> {
        Ok(self.groups.iter_mut().try_for_each(Group::enable)?)
    }

    /// All end counting.
    pub(super) fn disable(&mut self) -> Result<(), Denial> {
        Ok(self.groups.iter_mut().try_for_each(Group::disable)?)
    }

    /// The sum. Counters that were shared with somebody else saw only a part of the window, and what they would have seen
    /// in the rest of it is not guessed.
    pub(super) fn read(mut self) -> Result<Sum<N>, Denial> {
        let mut sum = Sum { values: [0; N], scope: self.scope };
        for group in &mut self.groups {
            let reading = group.read()?;
            let percent = reading.counted_percent();
            if percent < 99 {
                return Err(Denial::Shared { percent });
            }
            for (total, value) in sum.values.iter_mut().zip(reading.values) {
                *total = total.saturating_add(value);
            }
        }
        Ok(sum)
    }
}
