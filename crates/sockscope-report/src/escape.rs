//! Escaping: text from outside, made harmless for a terminal.
