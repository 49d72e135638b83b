//! Cost: what the engine counted of both ends becomes numbers per exchange, and reasons for what is missing.

use sockscope_engine::perf::{BlockCounts, Counts, Faults, Hardware, Switches};
use sockscope_report::model::{
    Counters, End, HardwarePerOp, NotAvailable, PerOp, Perf, SoftwarePerOp,
};

/// The counts of both ends.
pub(super) fn perf(counts: &BlockCounts) -> Perf {
    let both = Both {
        exchanges: counts.exchanges,
        client: &counts.client,
        server: counts.server.as_ref(),
    };
    let of_client = missing(&End::Client, both.client);
    let of_server = both.server.into_iter().flat_map(|counts| missing(&End::Server, counts));
    Perf {
        exchanges: counts.exchanges,
        software: both.software(),
        hardware: both.hardware(),
        not_available: of_client.into_iter().chain(of_server).collect(),
    }
}

struct Both<'a> {
    exchanges: u64,
    client: &'a Counts,
    server: Option<&'a Counts>,
}

impl Both<'_> {
    fn software(&self) -> SoftwarePerOp {
        let faults = |of: fn(&Faults) -> u64| self.per_op(|counts| Some(of(faults_of(counts)?)));
        let switches = |of: fn(&Switches) -> u64| {
            self.per_op(|counts| Some(of(counts.switches.as_ref().ok()?)))
        };
        SoftwarePerOp {
            minor_faults_per_op: faults(|faults| faults.minor),
            major_faults_per_op: faults(|faults| faults.major),
            task_clock_ns_per_op: faults(|faults| faults.task_clock_ns),
            context_switches_per_op: switches(|switches| switches.context),
            migrations_per_op: switches(|switches| switches.migrations),
            includes_kernel: self.all(|counts| Some(faults_of(counts)?.includes_kernel)),
        }
    }

    fn hardware(&self) -> Option<HardwarePerOp> {
        let per_op =
            |of: fn(&Hardware) -> u64| self.per_op(|counts| Some(of(hardware_of(counts)?)));
        Some(HardwarePerOp {
            // Nothing else stands for both ends: where one lacks the kernel's part, a sum would, too.
            includes_kernel: self.all(|counts| Some(hardware_of(counts)?.includes_kernel))?,
            cycles_per_op: per_op(|hardware| hardware.cycles),
            instructions_per_op: per_op(|hardware| hardware.instructions),
        })
    }

    fn per_op(&self, of: impl Fn(&Counts) -> Option<u64>) -> PerOp {
        let exchanges = self.exchanges as f64;
        let per_op = |counts| Some(of(counts)? as f64 / exchanges).filter(|_| self.exchanges > 0);
        PerOp { client: per_op(self.client), server: self.server.and_then(per_op) }
    }

    /// Whether it is so of every end of which it is known.
    fn all(&self, of: impl Fn(&Counts) -> Option<bool>) -> Option<bool> {
        [Some(self.client), self.server].into_iter().flatten().filter_map(of).reduce(|a, b| a && b)
    }
}

fn faults_of(counts: &Counts) -> Option<&Faults> {
    counts.faults.as_ref().ok()
}

fn hardware_of(counts: &Counts) -> Option<&Hardware> {
    counts.hardware.as_ref().ok()
}

fn missing(end: &End, counts: &Counts) -> Vec<NotAvailable> {
    let reasons = [
        (Counters::Faults, counts.faults.as_ref().err()),
        (Counters::Switches, counts.switches.as_ref().err()),
        (Counters::Hardware, counts.hardware.as_ref().err()),
    ];
    let missing = reasons.into_iter().filter_map(|(counters, reason)| {
        Some(NotAvailable { end: end.clone(), counters, reason: reason?.clone() })
    });
    missing.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(hardware: Result<Hardware, String>) -> Counts {
        Counts {
            faults: Ok(Faults { minor: 5, major: 0, task_clock_ns: 20_000, includes_kernel: true }),
            switches: Ok(Switches { context: 10, migrations: 0 }),
            hardware,
        }
    }

    #[test]
    fn counts_become_numbers_per_exchange_of_each_end() {
        let hardware = |includes_kernel| {
            Ok(Hardware { cycles: 40_000, instructions: 60_000, includes_kernel })
        };
        let client = counts(hardware(true));
        let server = Some(counts(hardware(false)));
        let perf = perf(&BlockCounts { exchanges: 10, client, server });
        let both = |number| PerOp { client: Some(number), server: Some(number) };
        assert_eq!(perf.software.minor_faults_per_op, both(0.5));
        assert_eq!(perf.software.context_switches_per_op, both(1.0));
        assert_eq!(perf.software.task_clock_ns_per_op, both(2_000.0));
        let hardware = perf.hardware.unwrap();
        assert_eq!((hardware.cycles_per_op, hardware.instructions_per_op), (both(4e3), both(6e3)));
        assert!(!hardware.includes_kernel, "the server's lack the kernel's part");
        assert_eq!(perf.not_available, []);
    }

    #[test]
    fn what_is_missing_has_its_end_and_reason_and_is_not_zero() {
        let client = counts(Err("no PMU".into()));
        let perf = perf(&BlockCounts { exchanges: 10, client, server: Some(Counts::none("gone")) });
        assert_eq!(perf.hardware, None);
        assert_eq!(perf.software.minor_faults_per_op, PerOp { client: Some(0.5), server: None });
        let said = |one: &NotAvailable| format!("{} {}: {}", one.end, one.counters, one.reason);
        assert_eq!(
            perf.not_available.iter().map(said).collect::<Vec<_>>(),
            [
                "client hardware: no PMU",
                "server faults: gone",
                "server switches: gone",
                "server hardware: gone"
            ]
        );
    }

    #[test]
    fn a_block_that_came_to_no_end_gives_no_number() {
        let client = counts(Err("no PMU".into()));
        let perf = perf(&BlockCounts { exchanges: 0, client, server: None });
        assert!(perf.software.minor_faults_per_op.is_unknown());
    }
}
