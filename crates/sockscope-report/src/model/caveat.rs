//! Caveat: why not to trust a number, as data.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::names::names;

names! {
    /// The kinds of caveats.
    pub enum CaveatCode {
        /// The user ended the run early.
        Interrupted = "interrupted",
        /// Blocks that were planned are missing.
        Partial = "partial",
        /// A cell could not be measured, or not completely.
        CellFailed = "cell-failed",
        /// A worker died and its block was measured again.
        Retried = "retried",
        /// Too few rounds for an interval.
        TooFewRounds = "too-few-rounds",
        /// The baseline was not measured twice, so the noise floor is unknown.
        NoTwin = "no-twin",
        /// The noise floor is above the margin.
        FloorTooHigh = "floor-too-high",
        /// The load of an open loop was not the one that was asked for.
        OpenInvalid = "open-invalid",
        /// Requests of an open loop left late, though not too late.
        OpenLate = "open-late",
        /// Requests of an open loop were never answered.
        Unanswered = "unanswered",
        /// The hypervisor gave our CPU time to others.
        Steal = "steal",
        /// The cgroup stopped us for using up its quota.
        Throttled = "throttled",
        /// Something else was running.
        Load = "load",
        /// The blocks or the samples of a cell fall into two groups.
        Bimodal = "bimodal",
        /// A cell became steadily slower or faster over the rounds.
        Drift = "drift",
        /// The CPU may change its frequency.
        FrequencyNotFixed = "frequency-not-fixed",
        /// The cgroup allows less CPU time than was measured with.
        CpuQuota = "cpu-quota",
        /// The two CPUs of a view are hardware threads of one core.
        Siblings = "siblings",
        /// A reading of the clock is a system call.
        SlowClock = "slow-clock",
        /// Timers may be later than usual.
        TimerSlack = "timer-slack",
        /// The machine is a virtual one.
        Virtualised = "virtualised",
        /// Messages were lost.
        Lost = "lost",
        /// The kernel copied what it was asked not to copy.
        Copied = "copied",
        /// The blocking engine has several connections, and a thread for each.
        ThreadPerConnection = "thread-per-connection",
        /// The compared sockets have different buffers.
        BuffersDiffer = "buffers-differ",
        /// Small TCP segments may be held back.
        NodelayOff = "nodelay-off",
        /// All rounds are of one run.
        SingleRun = "single-run",
        /// Too few runs to find a small difference between sides.
        FewRuns = "few-runs",
        /// The compared results are of different machines.
        HostsDiffer = "hosts-differ",
        /// The compared results are of different kernels.
        KernelsDiffer = "kernels-differ",
    }
}

/// Why not to trust a number, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Caveat {
    /// Its kind.
    pub code: CaveatCode,
    /// What was seen, in one sentence.
    pub text: String,
    /// What to do, in one sentence.
    pub advice: String,
    /// The ids of the cells that it is about; empty for all.
    #[serde(default)]
    pub cells: Vec<String>,
}
