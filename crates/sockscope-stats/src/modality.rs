//! Modality: whether samples or blocks fall into two groups.
