//! Cost: what an exchange takes besides time, as the kernel and the processor count it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::names::names;

/// A number per exchange, for each end. Where one thread owns both ends, it is the client.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct PerOp {
    /// Of the client.
    pub client: Option<f64>,
    /// Of the server; `None` where it cannot be known.
    pub server: Option<f64>,
}

impl PerOp {
    /// Whether neither end is known.
    #[must_use]
    pub fn is_unknown(&self) -> bool {
        self.client.is_none() && self.server.is_none()
    }

    /// Both ends together; `None` where one is missing, unless one thread owns both.
    #[must_use]
    pub fn both(&self, one_thread: bool) -> Option<f64> {
        if one_thread { self.client } else { Some(self.client? + self.server?) }
    }
}

/// The sum at each end; unknown where a part is.
impl std::ops::Add for PerOp {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        let sum = |one: Option<f64>, other: Option<f64>| Some(one? + other?);
        Self { client: sum(self.client, other.client), server: sum(self.server, other.server) }
    }
}

/// What the kernel and the processor count of an exchange (`perf_event_open(2)`).
///
/// Counted in blocks of their own after the timed ones, because counters make every context switch
/// slower; the blocks do the same exchanges, and their times are not used.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Perf {
    /// In how many exchanges.
    pub exchanges: u64,
    /// What the kernel counts.
    pub software: SoftwarePerOp,
    /// What the processor counts; `None` where it cannot be had of any end.
    pub hardware: Option<HardwarePerOp>,
    /// What is missing, and why.
    pub not_available: Vec<NotAvailable>,
}

/// What the kernel counts, per exchange.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct SoftwarePerOp {
    /// Page faults that needed no disk.
    pub minor_faults_per_op: PerOp,
    /// Page faults that did.
    pub major_faults_per_op: PerOp,
    /// Context switches, voluntary or not. They check `switches_per_op`, which is of the timed blocks.
    pub context_switches_per_op: PerOp,
    /// Moves to another CPU.
    pub migrations_per_op: PerOp,
    /// Nanoseconds on a CPU, those that the counters cost included.
    pub task_clock_ns_per_op: PerOp,
    /// Whether page faults inside system calls are among them; `None` where none were counted.
    pub includes_kernel: Option<bool>,
}

/// What the processor counts, per exchange.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct HardwarePerOp {
    /// Clock cycles, at whatever frequency the processor ran.
    pub cycles_per_op: PerOp,
    /// Instructions that were completed.
    pub instructions_per_op: PerOp,
    /// Whether those of the kernel are among them: most of an exchange is the kernel's work.
    pub includes_kernel: bool,
}

names! {
    /// Counters that are had or missing together.
    pub enum Counters {
        /// Page faults and the task clock.
        Faults = "faults",
        /// Context switches and migrations.
        Switches = "switches",
        /// Cycles and instructions.
        Hardware = "hardware",
    }
}

names! {
    /// One end of the exchanges.
    pub enum End {
        /// The client; both ends where one thread owns both.
        Client = "client",
        /// The server.
        Server = "server",
    }
}

/// Counters that could not be had.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NotAvailable {
    /// Of which end.
    pub end: End,
    /// Which ones.
    pub counters: Counters,
    /// Why: "this virtual machine has no hardware counters (no PMU)".
    pub reason: String,
}
