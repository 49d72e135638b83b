//! The workloads: what a measuring client does.
