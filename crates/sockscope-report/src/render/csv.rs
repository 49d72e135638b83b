//! CSV: a row per block, with everything that tells its cell from others.
//!
//! RFC 4180 with a header, UTF-8. What is not known is an empty field, and so is a percentile that
//! the samples of the block do not support.

use csv::{Terminator, WriterBuilder};
use serde::Serialize;

use crate::escape::escape;
use crate::model::{Block, Cell, Report};

/// One row. The fields are the columns, in their order.
#[derive(Debug, Serialize)]
struct Row<'a> {
    cell: &'a str,
    replica: &'a str,
    label: String,
    target: String,
    endpoint: String,
    transport: &'a str,
    service: &'a str,
    workload: &'a str,
    client_engine: &'a str,
    server_engine: Option<&'a str>,
    view: &'a str,
    client_cpus: String,
    server_cpus: String,
    relation: &'a str,
    wait: &'a str,
    size: u64,
    connections: u32,
    depth: u32,
    threads: u32,
    rate: Option<f64>,
    buffers: &'a str,
    nodelay: Option<bool>,
    run: u32,
    round: u32,
    mean_ns: Option<u64>,
    p50_ns: Option<u64>,
    p90_ns: Option<u64>,
    p99_ns: Option<u64>,
    max_ns: Option<u64>,
    samples: u64,
    elapsed_ns: Option<u64>,
    bytes: Option<u64>,
    lost: Option<u64>,
    zero_copy_sends: Option<u64>,
    zero_copy_told: Option<u64>,
    zero_copy_copied: Option<u64>,
    due: Option<u64>,
    missed: Option<u64>,
    cpu_ns_client: Option<u64>,
    cpu_ns_server: Option<u64>,
    switches_voluntary: Option<u64>,
    switches_involuntary: Option<u64>,
    syscalls_client: Option<u64>,
    syscalls_server: Option<u64>,
    answers_server: Option<u64>,
    minor_faults_per_op_client: Option<f64>,
    minor_faults_per_op_server: Option<f64>,
    major_faults_per_op_client: Option<f64>,
    major_faults_per_op_server: Option<f64>,
    migrations_per_op_client: Option<f64>,
    migrations_per_op_server: Option<f64>,
    cycles_per_op_client: Option<f64>,
    cycles_per_op_server: Option<f64>,
    instructions_per_op_client: Option<f64>,
    instructions_per_op_server: Option<f64>,
}

/// Every block of every cell, the twins' among them (`replica` says which they are).
#[must_use]
pub fn csv(report: &Report) -> String {
    let mut writer =
        WriterBuilder::new().terminator(Terminator::Any(b'\n')).from_writer(Vec::new());
    for cell in &report.cells {
        for block in &cell.blocks {
            let written = writer.serialize(row(cell, block));
            written.unwrap_or_else(|_| unreachable!("a row is flat, and a Vec takes all"));
        }
    }
    let bytes = writer.into_inner().unwrap_or_else(|_| unreachable!("a Vec takes all"));
    String::from_utf8(bytes).unwrap_or_else(|_| unreachable!("the fields are text"))
}

fn row<'a>(cell: &'a Cell, block: &Block) -> Row<'a> {
    // Counted once for the cell, and so the same in each of its rows.
    let software = cell.perf.as_ref().map(|perf| perf.software).unwrap_or_default();
    let hardware = cell.perf.as_ref().and_then(|perf| perf.hardware).unwrap_or_default();
    Row {
        cell: &cell.id,
        replica: cell.replica.as_str(),
        label: escape(&cell.label),
        target: escape(cell.target()),
        endpoint: escape(&cell.endpoint),
        transport: &cell.transport,
        service: &cell.service,
        workload: &cell.workload,
        client_engine: &cell.client_engine,
        server_engine: cell.server_engine.as_deref(),
        view: cell.view.as_str(),
        client_cpus: cpus(&cell.placement.client_cpus),
        server_cpus: cpus(&cell.placement.server_cpus),
        relation: cell.placement.relation.as_str(),
        wait: cell.wait.as_str(),
        size: cell.size,
        connections: cell.connections,
        depth: cell.depth,
        threads: cell.threads,
        rate: cell.rate,
        buffers: &cell.buffers,
        nodelay: cell.nodelay,
        run: block.run,
        round: block.round,
        mean_ns: block.mean,
        p50_ns: block.p50,
        p90_ns: block.p90,
        p99_ns: block.p99,
        max_ns: block.max,
        samples: block.samples,
        elapsed_ns: block.elapsed,
        bytes: block.bytes,
        lost: block.lost,
        zero_copy_sends: block.zero_copy_sends,
        zero_copy_told: block.zero_copy_told,
        zero_copy_copied: block.zero_copy_copied,
        due: block.due,
        missed: block.missed,
        cpu_ns_client: block.cpu_ns_client,
        cpu_ns_server: block.cpu_ns_server,
        switches_voluntary: block.switches_voluntary,
        switches_involuntary: block.switches_involuntary,
        syscalls_client: block.syscalls_client,
        syscalls_server: block.syscalls_server,
        answers_server: block.answers_server,
        minor_faults_per_op_client: software.minor_faults_per_op.client,
        minor_faults_per_op_server: software.minor_faults_per_op.server,
        major_faults_per_op_client: software.major_faults_per_op.client,
        major_faults_per_op_server: software.major_faults_per_op.server,
        migrations_per_op_client: software.migrations_per_op.client,
        migrations_per_op_server: software.migrations_per_op.server,
        cycles_per_op_client: hardware.cycles_per_op.client,
        cycles_per_op_server: hardware.cycles_per_op.server,
        instructions_per_op_client: hardware.instructions_per_op.client,
        instructions_per_op_server: hardware.instructions_per_op.server,
    }
}

/// The CPUs in one field, as the kernel lists them but without ranges: `0 4`.
fn cpus(cpus: &[u32]) -> String {
    cpus.iter().map(u32::to_string).collect::<Vec<_>>().join(" ")
}
