//! Window: one exchange after another until the time is over.

use sockscope_stats::Histogram;

use crate::clock::now_ns;

/// What a window of exchanges took.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// From the first exchange's start to the last one's end; to that of the time they had, where the last was lost.
    pub elapsed_ns: u64,
    /// Exchanges in that time, each complete.
    pub exchanges: u64,
    /// Those that were lost, which are not among the others.
    pub lost: u64,
}

/// How an exchange that did not fail can have ended.
pub trait Outcome {
    /// Whether it is complete; else its request or its answer was lost.
    fn is_answered(&self) -> bool;
}

/// Where nothing can be lost.
impl Outcome for () {
    #[inline]
    fn is_answered(&self) -> bool {
        true
    }
}

/// Repeats `exchange` for `duration_ns`, recording each round trip that is complete.
#[inline]
pub fn run_for<O: Outcome, E>(
    duration_ns: u64,
    histogram: &mut Histogram,
    mut exchange: impl FnMut() -> Result<O, E>,
) -> Result<Window, E> {
    let start = now_ns();
    let mut last = start;
    let (mut exchanges, mut lost) = (0, 0);
    loop {
        let outcome = exchange()?;
        let now = now_ns();
        if outcome.is_answered() {
            histogram.record(now - last);
            exchanges += 1;
        } else {
            lost += 1;
        }
        last = now;
        let elapsed_ns = now - start;
        if elapsed_ns >= duration_ns {
            // A loss is waited for much longer than an answer: beyond the time there was nothing else to measure.
            let elapsed_ns = if outcome.is_answered() { elapsed_ns } else { duration_ns };
            return Ok(Window { elapsed_ns, exchanges, lost });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::{Delivery, ExchangeError};

    #[test]
    fn a_loss_at_the_end_does_not_make_the_window_longer_and_an_answer_does() {
        for (delivery, answered, lost) in [(Delivery::Answered, 1, 0), (Delivery::Lost, 0, 1)] {
            let mut histogram = Histogram::new();
            let exchange = || {
                let begun = now_ns();
                while now_ns() == begun {}
                Ok::<_, ExchangeError>(delivery)
            };
            let window = run_for(1, &mut histogram, exchange).unwrap();
            assert_eq!((window.exchanges, window.lost), (answered, lost));
            assert_eq!(window.elapsed_ns == 1, lost == 1, "{window:?}");
        }
    }
}
