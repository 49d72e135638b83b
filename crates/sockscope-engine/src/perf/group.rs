//! Group: counters of one thread that the kernel switches on and off together.
//!
//! Members of a group count during exactly the same time or not at all, so that ratios of them mean something.

use std::io;
use std::time::Duration;

use perf_event::events::{Event, Hardware, Software};
use perf_event::{Builder, Counter, ReadFormat};

/// Which part of a task's work is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scope {
    /// What the program does and what the kernel does for it.
    All,
    /// Only what the program does itself.
    User,
}

/// One thing that is counted.
#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    Software(Software),
    Hardware(Hardware),
}

/// Minor and major page faults, and the task clock.
pub(super) const FAULTS: [Kind; 3] = [
    Kind::Software(Software::PAGE_FAULTS_MIN),
    Kind::Software(Software::PAGE_FAULTS_MAJ),
    Kind::Software(Software::TASK_CLOCK),
];
/// Context switches and migrations to another CPU.
pub(super) const SWITCHES: [Kind; 2] =
    [Kind::Software(Software::CONTEXT_SWITCHES), Kind::Software(Software::CPU_MIGRATIONS)];
/// Cycles and instructions.
pub(super) const HARDWARE: [Kind; 2] =
    [Kind::Hardware(Hardware::CPU_CYCLES), Kind::Hardware(Hardware::INSTRUCTIONS)];

/// `N` counters of one thread.
#[derive(Debug)]
pub(super) struct Group<const N: usize> {
    /// The first one leads.
    counters: Vec<Counter>,
}

/// What a group has counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Reading<const N: usize> {
    /// In the order in which the counters were asked for.
    pub(super) values: [u64; N],
    /// How long the thread ran while the group was enabled.
    pub(super) enabled: Duration,
    /// How long the group really counted; less where others wanted the same counters of the processor.
    pub(super) counted: Duration,
}

impl<const N: usize> Group<N> {
    /// Opens the counters of thread `tid` and of the threads that it will start; they do not count yet.
    #[doc(alias = "perf_event_open")]
    pub(super) fn open(tid: i32, kinds: [Kind; N], scope: Scope) -> io::Result<Self> {
        let mut counters: Vec<Counter> = Vec::with_capacity(N);
        for kind in kinds {
            let builder = match kind {
                Kind::Software(event) => prepare(event, tid, scope),
                Kind::Hardware(event) => prepare(event, tid, scope),
            };
            let counter = match counters.first_mut() {
                None => builder.build()?,
                Some(leader) => builder.build_with_group(leader)?,
            };
            counters.push(counter);
        }
        Ok(Self { counters })
    }

    /// All begin to count.
    pub(super) fn enable(&mut self) -> io::Result<()> {
        self.leader()?.enable_group()
    }

    /// All end counting.
    pub(super) fn disable(&mut self) -> io::Result<()> {
        self.leader()?.disable_group()
    }

    /// What has been counted.
    pub(super) fn read(&mut self) -> io::Result<Reading<N>> {
        let data = self.leader()?.read_group()?;
        let mut values = [0; N];
        for (value, counter) in values.iter_mut().zip(&self.counters) {
            *value = data.get(counter).ok_or(io::ErrorKind::InvalidData)?.value();
        }
        Ok(Reading {
            values,
            enabled: data.time_enabled().ok_or(io::ErrorKind::InvalidData)?,
            counted: data.time_running().ok_or(io::ErrorKind::InvalidData)?,
        })
    }

    fn leader(&mut self) -> io::Result<&mut Counter> {
        self.counters.first_mut().ok_or_else(|| io::ErrorKind::InvalidInput.into())
    }
}

impl<const N: usize> Reading<N> {
    /// How much of the time was really counted, in percent; a thread that did not run was counted as far as can be.
    pub(super) fn counted_percent(&self) -> u128 {
        (self.counted.as_nanos() * 100).checked_div(self.enabled.as_nanos()).unwrap_or(100)
    }
}

fn prepare(event: impl Event, tid: i32, scope: Scope) -> Builder<'static> {
    let mut builder = Builder::new(event);
    builder.observe_pid(tid).inherit(true).exclude_kernel(scope == Scope::User).read_format(
        ReadFormat::GROUP
            | ReadFormat::ID
            | ReadFormat::TOTAL_TIME_ENABLED
            | ReadFormat::TOTAL_TIME_RUNNING,
    );
    builder
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_share_that_was_counted_is_of_the_time_that_the_thread_ran() {
        let rows = [(0, 0, 100), (200, 200, 100), (200, 96, 48), (200, 0, 0), (1000, 989, 98)];
        for (enabled, counted, percent) in rows {
            let [enabled, counted] = [enabled, counted].map(Duration::from_nanos);
            let reading = Reading { values: [0], enabled, counted };
            assert_eq!(reading.counted_percent(), percent);
        }
    }
}
