//! Tests of the program as a user runs it: real processes, real sockets.

#![expect(clippy::unwrap_used, reason = "a test ends where it cannot go on")]

mod article;
mod bench;
mod bench_cost;
mod bench_exports;
mod bench_signals;
mod bench_transports;
mod cli_errors;
mod cli_help;
mod cli_output;
mod compare;
mod doctor;
mod network;
mod ping_answers;
mod ping_interrupt;
mod ping_json;
mod ping_losses;
mod ping_scene;
mod ping_wrong;
mod running;
mod schema;
mod serve_activation;
mod serve_bind;
mod serve_end;
mod serve_limits;
mod serve_log;
mod serve_process;
mod skip;
