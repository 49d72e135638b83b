//! Trend: whether a series of rounds drifts.
