//! Wake-up: what waking an idle CPU costs over one transport, next to its socket.
//!
//! It is a difference of means, and a mean is easily made by a few stalls of milliseconds. So
//! nothing is said of a wake-up that is more than the whole of a usual round trip, or whose views
//! have a mean far above their median.

use super::super::phrases;
use crate::model::{Cell, Decomposition, Part, Report, View};
use crate::units;

pub(super) struct WakeUp<'a> {
    pub(super) label: &'a str,
    pub(super) cost: &'a Decomposition,
    socket: Option<&'a Decomposition>,
}

impl<'a> WakeUp<'a> {
    /// Of the first label that has it resolved, positive, and not made by a few stalls.
    pub(super) fn find(report: &'a Report, labels: [&'a str; 2]) -> Option<Self> {
        let part = |label: &str, part: Part| {
            let mut parts = report.decomposition.iter();
            parts.find(|one| one.label() == label && one.part == part && one.resolved && one.ns > 0)
        };
        labels.into_iter().find_map(|label| {
            let cost = part(label, Part::WakeUp)?;
            let socket = part(label, Part::Socket);
            is_usual(report, cost).then_some(Self { label, cost, socket })
        })
    }

    /// The cost, and at least how many times the socket's it is; `None` when that is not clearly
    /// more.
    pub(super) fn sentence(&self) -> Option<String> {
        const WORTH_SAYING: f64 = 1.5;
        let socket = self.socket?;
        let times = self.cost.lo? as f64 / socket.hi? as f64;
        (times >= WORTH_SAYING).then(|| {
            format!(
                "Waking idle CPUs costs on average {}{} of a round trip over {}, \
                 at least {} times the socket itself ({}).",
                if self.is_rough() { "roughly " } else { "" },
                units::time(self.cost.ns as f64),
                phrases::name(self.label),
                units::times_at_least(times),
                units::time(socket.ns as f64)
            )
        })
    }

    /// Whether the interval is wider than the digits of the estimate suggest.
    fn is_rough(&self) -> bool {
        const SHARE: f64 = 0.2;
        let below = self.cost.ns.abs_diff(self.cost.lo.unwrap_or(0));
        let above = self.cost.hi.unwrap_or(i64::MAX).abs_diff(self.cost.ns);
        below.max(above) as f64 > SHARE * self.cost.ns as f64
    }
}

/// Whether a usual round trip can cost this much, too.
fn is_usual(report: &Report, cost: &Decomposition) -> bool {
    let rtt = |view: &View| {
        let same = |cell: &&Cell| {
            cell.label == cost.label()
                && cell.view == *view
                && cell.point().is_single()
                && cell.size == cost.size
        };
        report.originals().find(same)?.rtt_ns
    };
    let (Some(woken), Some(awake)) = (rtt(&View::CrossCore), rtt(&View::Spin)) else {
        return false;
    };
    let (Some(woken_p50), Some(_)) = (woken.p50, awake.p50) else {
        return false;
    };
    cost.ns.unsigned_abs() <= woken_p50 && !woken.few_dominate_mean() && !awake.few_dominate_mean()
}
