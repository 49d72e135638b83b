//! Floor: a block whose two ends have no address, so that the coordinator makes them.

use std::io;
use std::os::fd::OwnedFd;

use super::Attempt;
use crate::control::{BlockMessage, Failure, Fault, FloorEnd, Ready, Role};
use crate::floor::Floor;
use crate::launcher::Launcher;
use crate::run::member::{Member, Miss};

impl Attempt<'_> {
    /// Two workers, an end each.
    pub(super) fn measure_floor(
        &self,
        launcher: &mut impl Launcher,
        floor: Floor,
    ) -> Result<(BlockMessage, Ready), Miss> {
        let [client_end, server_end] = self.ends(floor)?;
        let (wait, cpus) = (&self.patience, &self.cell.placement);
        let mut server = Member::start(launcher, "server")?;
        let mut client = Member::start(launcher, "client")?;
        let task = server.hello(wait)?;
        client.hello(wait)?;
        let role = |end| Role::Floor { floor, end };
        server.plan(self.worker_plan(role(FloorEnd::Server), &cpus.server_cpus))?;
        server.hand_over(&server_end)?;
        client.plan(self.worker_plan(role(FloorEnd::Client(task)), &cpus.client_cpus))?;
        client.hand_over(&client_end)?;
        // What we keep open does not end.
        drop((client_end, server_end));
        server.ready(wait)?;
        // Not every floor tells its one end that the other was killed.
        client.watch(&server)?;
        self.finish_both(client, server)
    }

    /// One worker, both ends.
    pub(super) fn measure_solo_floor(
        &self,
        launcher: &mut impl Launcher,
        floor: Floor,
    ) -> Result<(BlockMessage, Ready), Miss> {
        let ends = self.ends(floor)?;
        let mut worker = Member::start(launcher, "solo")?;
        worker.hello(&self.patience)?;
        let role = Role::Floor { floor, end: FloorEnd::Both };
        worker.plan(self.worker_plan(role, &self.cell.placement.client_cpus))?;
        for end in &ends {
            worker.hand_over(end)?;
        }
        drop(ends);
        self.finish(&mut worker)
    }

    fn ends(&self, floor: Floor) -> Result<[Vec<OwnedFd>; 2], Failure> {
        floor.ends(self.cell.work.buffers.bytes()).map_err(|error| match (floor, error.kind()) {
            (Floor::Pipe, io::ErrorKind::PermissionDenied) => Failure {
                fault: Fault::Unavailable,
                text: "a pipe of so many bytes is more than fs.pipe-max-size allows".into(),
            },
            _ => Failure { fault: Fault::Environment, text: format!("make the two ends: {error}") },
        })
    }
}
