//! Units: every number that a person reads.
