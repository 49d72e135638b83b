//! Allocation: recording happens inside the measured loop, where nothing may be allocated.

use sockscope_stats::Histogram;

#[test]
fn recording_allocates_nothing() {
    let mut histogram = Histogram::new();
    let allocations = allocation_counter::measure(|| {
        for ns in [0, 1, 3_741, 68_000, Histogram::MAX_NS, u64::MAX] {
            histogram.record(ns);
        }
    });
    assert_eq!(allocations.count_total, 0);
    assert_eq!(histogram.count(), 6);
}
