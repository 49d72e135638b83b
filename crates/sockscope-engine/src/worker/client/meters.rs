//! Meters: what both ends of a block use, read outside its window.

use std::io;

use crate::control::{Failure, Fault};
use crate::usage::{Meter, TaskId, Usage};
use crate::worker::failure;

/// The meters of both ends; the server's where its process is known and may be read.
#[derive(Debug)]
pub(in crate::worker) struct Meters {
    client: Meter,
    server: Option<Meter>,
}

impl Meters {
    /// Meters of this thread and of the server's task.
    pub(in crate::worker) fn new(server: Option<TaskId>) -> Result<Self, Failure> {
        let client = Meter::new(TaskId::this())
            .map_err(|error| failure(Fault::Environment, "read our own usage", &error))?;
        Ok(Self { client, server: server.and_then(|task| Meter::new(task).ok()) })
    }

    /// Before the window: the switches, which take long to read, then the clocks, the client's last.
    pub(super) fn start(&self) -> io::Result<Readings> {
        let switches = self.switches()?;
        let server = self.server.as_ref().map(Meter::cpu_ns).transpose()?;
        Ok(Readings::new((self.client.cpu_ns()?, server), switches))
    }

    /// After the window: the other way round.
    pub(super) fn end(&self) -> io::Result<Readings> {
        let client = self.client.cpu_ns()?;
        let server = self.server.as_ref().map(Meter::cpu_ns).transpose()?;
        Ok(Readings::new((client, server), self.switches()?))
    }

    fn switches(&self) -> io::Result<(Switches, Option<Switches>)> {
        Ok((self.client.switches()?, self.server.as_ref().map(Meter::switches).transpose()?))
    }
}

/// Voluntary and involuntary.
type Switches = (u64, u64);

/// What both ends have used at one end of the window.
#[derive(Debug, Clone, Copy)]
pub(super) struct Readings {
    client: Usage,
    server: Option<Usage>,
}

impl Readings {
    fn new(cpu_ns: (u64, Option<u64>), switches: (Switches, Option<Switches>)) -> Self {
        let usage = |cpu_ns, (voluntary, involuntary)| Usage { cpu_ns, voluntary, involuntary };
        let server = cpu_ns.1.zip(switches.1).map(|(cpu_ns, switches)| usage(cpu_ns, switches));
        Self { client: usage(cpu_ns.0, switches.0), server }
    }

    /// What was used since. A process that used nothing at all did not serve us: whoever called listen(2) may have
    /// handed the connection to another.
    pub(super) fn since(self, before: Self) -> (Usage, Option<Usage>) {
        let server = self.server.zip(before.server).map(|(after, before)| after.since(before));
        (
            self.client.since(before.client),
            server.filter(|used| used.cpu_ns > 0 || used.voluntary > 0),
        )
    }
}
