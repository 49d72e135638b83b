//! View: a named placement and wait, the answer to "measured how?".

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::topology::{Relation, Topology};

/// What an end does while there is nothing to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Wait {
    /// Sleeps in the kernel until there is.
    Block,
    /// Asks again, without sleeping.
    Spin,
}

impl Wait {
    /// The name used in results.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Block => "block",
            Self::Spin => "spin",
        }
    }
}

/// The CPUs of the two ends of a cell; an empty list is an end that is not pinned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placement {
    /// Where the client runs.
    pub client_cpus: Vec<u32>,
    /// Where the server runs.
    pub server_cpus: Vec<u32>,
    /// How near they are.
    pub relation: Relation,
}

/// The named views.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum View {
    /// One thread owns both ends: the bare path through the kernel's sockets, with no switch in it.
    Solo,
    /// Two processes on one CPU, blocking: the socket and a context switch per message.
    SameCore,
    /// Two CPUs that never sleep: the socket and the way of the data between two caches.
    Spin,
    /// Two CPUs, blocking: each message wakes an idle CPU.
    CrossCore,
    /// Not pinned, blocking: what a benchmark measures that does not ask where it runs.
    Free,
    /// The client on one CPU, the server wherever it is: for servers that we did not start.
    ClientPinned,
}

impl View {
    /// The views of servers that sockscope starts itself, in the order of the report.
    pub const OWN: [Self; 5] =
        [Self::Solo, Self::SameCore, Self::Spin, Self::CrossCore, Self::Free];
    /// The views of servers that are already running.
    pub const RUNNING: [Self; 2] = [Self::ClientPinned, Self::Free];

    /// The name used on the command line and in results.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Solo => "solo",
            Self::SameCore => "same-core",
            Self::Spin => "spin",
            Self::CrossCore => "cross-core",
            Self::Free => "free",
            Self::ClientPinned => "client-pinned",
        }
    }

    /// How both ends wait.
    #[must_use]
    pub const fn wait(self) -> Wait {
        match self {
            Self::Solo | Self::Spin => Wait::Spin,
            Self::SameCore | Self::CrossCore | Self::Free | Self::ClientPinned => Wait::Block,
        }
    }

    /// Where both ends run on this machine, or why this view cannot be had here.
    pub fn place(self, topology: &Topology) -> Result<Placement, String> {
        let quiet = topology.quiet_cpu().ok_or("no CPU is allowed to this process")?;
        match self {
            Self::Solo => Ok(placed(&[quiet], &[quiet], Relation::SameThread)),
            Self::SameCore => Ok(placed(&[quiet], &[quiet], Relation::SameCpu)),
            Self::Spin | Self::CrossCore => {
                let (first, second, relation) =
                    topology.pair().ok_or("only one CPU is allowed to this process")?;
                Ok(placed(&[second], &[first], relation))
            }
            Self::Free => Ok(placed(&[], &[], Relation::Free)),
            Self::ClientPinned => Ok(placed(&[quiet], &[], Relation::Free)),
        }
    }
}

impl fmt::Display for View {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for View {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let views = [Self::OWN.as_slice(), &[Self::ClientPinned]].concat();
        let names: Vec<_> = views.iter().map(|view| view.name()).collect();
        views
            .iter()
            .find(|view| view.name() == name)
            .copied()
            .ok_or_else(|| format!("no view is called {name:?}; there are {}", names.join(", ")))
    }
}

fn placed(client: &[u32], server: &[u32], relation: Relation) -> Placement {
    Placement { client_cpus: client.into(), server_cpus: server.into(), relation }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::topology::Cpu;

    fn topology(ids: &[u32]) -> Topology {
        let cpu =
            |id: &u32| Cpu { id: *id, siblings: vec![*id], llc: ids.into(), node: ids.into() };
        Topology::of(ids.iter().map(cpu).collect())
    }

    #[test]
    fn two_cpus_give_every_view_its_placement() {
        let machine = topology(&[0, 1]);
        let rows = [
            (View::Solo, vec![1], vec![1], Relation::SameThread),
            (View::SameCore, vec![1], vec![1], Relation::SameCpu),
            (View::Spin, vec![1], vec![0], Relation::SameLlc),
            (View::CrossCore, vec![1], vec![0], Relation::SameLlc),
            (View::Free, vec![], vec![], Relation::Free),
            (View::ClientPinned, vec![1], vec![], Relation::Free),
        ];
        for (view, client_cpus, server_cpus, relation) in rows {
            assert_eq!(
                view.place(&machine),
                Ok(Placement { client_cpus, server_cpus, relation }),
                "{view}"
            );
        }
    }

    #[test]
    fn one_cpu_has_no_view_of_two_and_says_so() {
        let machine = topology(&[3]);
        for view in [View::Spin, View::CrossCore] {
            assert_eq!(view.place(&machine), Err("only one CPU is allowed to this process".into()));
        }
        assert!(View::SameCore.place(&machine).is_ok());
    }

    #[test]
    fn names_round_trip() {
        for view in View::OWN.into_iter().chain(View::RUNNING) {
            assert_eq!(view.name().parse(), Ok(view));
        }
        assert!("samecore".parse::<View>().unwrap_err().contains("same-core"));
    }
}
