//! Exports: what spreadsheets and HdrHistogram tools rely on.

use sockscope_report::render::{csv, hlog};

use crate::fixture::{self, ARTICLE};

#[test]
fn csv_has_a_row_per_block_under_its_header() {
    let report = fixture::report(&ARTICLE);
    let text = csv(&report);
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 1 + 5 * 3 * 10, "five views, unix, tcp and its twin, ten rounds");
    assert_eq!(
        lines[0],
        "cell,replica,label,endpoint,transport,service,workload,client_engine,server_engine,view,\
         client_cpus,server_cpus,relation,wait,size,connections,depth,rate,buffers,nodelay,run,\
         round,mean_ns,p50_ns,p90_ns,p99_ns,max_ns,samples,cpu_ns_client,cpu_ns_server,\
         switches_voluntary,switches_involuntary,syscalls_client,syscalls_server,answers_server,\
         minor_faults_per_op_client,minor_faults_per_op_server,major_faults_per_op_client,\
         major_faults_per_op_server,migrations_per_op_client,migrations_per_op_server,\
         cycles_per_op_client,cycles_per_op_server,instructions_per_op_client,\
         instructions_per_op_server"
    );
    assert!(lines[1].starts_with("c0,A,unix,unix:somewhere,unix,echo,rr,blocking,blocking,solo,"));
    assert!(lines[21].starts_with("c2,A',tcp,"), "{}", lines[21]);
    let columns = lines[0].split(',').count();
    assert!(lines.iter().all(|line| line.split(',').count() == columns));
}

#[test]
fn csv_quotes_what_would_break_a_row_and_leaves_unknown_fields_empty() {
    let mut report = fixture::attached(["unix:/a,\"b\"\n.sock", "unix:ok.sock"]);
    report.cells[1].blocks.truncate(1);
    report.cells[1].blocks[0].p99 = None;
    report.cells.truncate(2);
    report.cells.remove(0);
    let text = csv(&report);
    assert_eq!(text.lines().count(), 2, "{text}");
    assert!(text.contains(r#","unix:/a,""b""\n.sock","#), "{text}");
    let row = text.lines().nth(1).unwrap();
    assert!(row.contains(",rr,blocking,,client-pinned,"), "no server engine: {row}");
}

#[test]
fn the_hlog_has_a_tagged_line_per_cell() {
    let text = hlog(&fixture::report(&ARTICLE[..2]));
    let tags: Vec<&str> =
        text.lines().filter_map(|line| line.strip_prefix("Tag=")?.split(',').next()).collect();
    assert_eq!(
        tags,
        [
            "unix/solo/64B",
            "tcp/solo/64B",
            "tcp/solo/64B/twin",
            "unix/same-core/64B",
            "tcp/same-core/64B",
            "tcp/same-core/64B/twin",
        ]
    );
    assert!(text.contains("#[StartTime: 1795338000.000 (seconds since epoch)]"), "{text}");
    assert!(text.lines().all(|line| !line.starts_with("Tag=") || line.contains(",HISTFAAA")));
}

#[test]
fn a_result_without_samples_has_no_lines() {
    let mut report = fixture::report(&ARTICLE[..1]);
    for cell in &mut report.cells {
        cell.histogram = None;
        cell.blocks.clear();
    }
    assert!(hlog(&report).lines().all(|line| line.starts_with('#')));
    assert_eq!(csv(&report), "");
}
