//! Fitness: from where on a fact about the machine speaks against a measurement.
//!
//! The one place for these limits: caveats ask here about a result, `doctor` about a machine. `None`
//! is "unknown", which is never counted as bad.

use super::Host;

/// A share of stolen CPU time above this moves the 99th percentile of a block.
pub(crate) const STEAL_MAX: f64 = 0.005;

/// A load above this share of the CPUs is half of a machine of two.
const LOAD_MAX: f64 = 0.25;

/// A clock that is read in the process itself takes a quarter of this; a system call twice as much.
const CLOCK_COST_MAX_NS: f64 = 100.0;

/// The kernel's own choice for every process.
const TIMER_SLACK_MAX_NS: u64 = 50_000;

impl Host {
    /// Whether something else was running when the load was read.
    pub(crate) fn is_busy(&self) -> Option<bool> {
        let [one_minute, ..] = self.load_average?;
        let cpus = self.cpus_online?.max(1);
        Some(one_minute > f64::from(cpus) * LOAD_MAX)
    }

    /// Whether the governor keeps the frequency.
    pub(crate) fn frequency_is_fixed(&self) -> Option<bool> {
        self.governor.as_deref().map(|governor| governor == "performance")
    }

    /// Whether there is a hypervisor below us.
    pub(crate) fn is_virtual(&self) -> Option<bool> {
        self.virtualisation.as_deref().map(|kind| kind != "none")
    }

    /// The CPUs' worth of time that the cgroup allows; infinite without a quota.
    pub(crate) fn quota_cpus(&self) -> Option<f64> {
        let mut words = self.cgroup_cpu_max.as_deref()?.split_whitespace();
        let quota = match words.next()? {
            "max" => return Some(f64::INFINITY),
            quota => quota.parse::<f64>().ok()?,
        };
        let period = words.next()?.parse::<f64>().ok().filter(|period| *period > 0.0)?;
        Some(quota / period)
    }

    /// Whether a reading of the clock leaves the process for the kernel.
    pub(crate) fn clock_is_slow(&self) -> Option<bool> {
        self.clock.cost_ns.map(|cost| cost > CLOCK_COST_MAX_NS)
    }

    /// Whether our timers may be later than those of other processes.
    pub(crate) fn timers_are_late(&self) -> Option<bool> {
        self.timer_slack_ns.map(|slack| slack > TIMER_SLACK_MAX_NS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quota_is_read_as_the_kernel_writes_it() {
        let rows = [
            ("max 100000", Some(f64::INFINITY)),
            ("max", Some(f64::INFINITY)),
            ("150000 100000", Some(1.5)),
            ("50000 0", None),
            ("50000", None),
            ("x 100000", None),
            ("", None),
        ];
        for (text, expected) in rows {
            let host = Host { cgroup_cpu_max: Some(text.to_owned()), ..Host::default() };
            assert_eq!(host.quota_cpus(), expected, "{text:?}");
        }
    }
}
