//! Exports: what spreadsheets and HdrHistogram tools rely on.

use sockscope_report::render::{csv, hlog};

use crate::fixture::loads::{self, ROUND_TRIP, Recipe};
use crate::fixture::{self, ARTICLE};

#[test]
fn csv_has_a_row_per_block_under_its_header() {
    let report = fixture::report(&ARTICLE);
    let text = csv(&report);
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 1 + 5 * 3 * 10, "five views, unix, tcp and its twin, ten rounds");
    assert_eq!(
        lines[0],
        "cell,replica,label,target,endpoint,transport,service,workload,client_engine,\
         server_engine,view,client_cpus,server_cpus,relation,wait,size,connections,depth,threads,\
         rate,buffers,nodelay,run,round,mean_ns,p50_ns,p90_ns,p99_ns,max_ns,samples,elapsed_ns,\
         bytes,lost,zero_copy_sends,zero_copy_told,zero_copy_copied,due,missed,cpu_ns_client,cpu_ns_server,\
         switches_voluntary,switches_involuntary,syscalls_client,syscalls_server,answers_server,\
         minor_faults_per_op_client,minor_faults_per_op_server,major_faults_per_op_client,\
         major_faults_per_op_server,migrations_per_op_client,migrations_per_op_server,\
         cycles_per_op_client,cycles_per_op_server,instructions_per_op_client,\
         instructions_per_op_server"
    );
    assert!(
        lines[1].starts_with("c0,A,unix,unix,unix:somewhere,unix,echo,rr,blocking,blocking,solo,")
    );
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

/// The named fields of the first row of a CSV.
fn fields(text: &str, names: &[&str]) -> Vec<String> {
    let mut lines = text.lines().map(|line| line.split(',').collect::<Vec<_>>());
    let (header, row) = (lines.next().expect("it is there"), lines.next().expect("it is there"));
    let place = |name: &str| header.iter().position(|column| *column == name).expect("it is there");
    names.iter().map(|name| row[place(name)].to_owned()).collect()
}

#[test]
fn csv_says_what_each_workload_counts_and_nothing_else() {
    let counts = ["samples", "elapsed_ns", "bytes", "lost", "due", "missed", "mean_ns", "p50_ns"];
    let udp = Recipe { label: "udp", target: "udp", ..ROUND_TRIP };
    let rows = [
        (vec![udp], "samples elapsed_ns lost mean_ns p50_ns"),
        (loads::stream(), "samples elapsed_ns bytes"),
        (loads::open(), "samples elapsed_ns due missed mean_ns p50_ns"),
        (loads::connect(), "samples elapsed_ns mean_ns p50_ns"),
    ];
    for (recipes, expected) in rows {
        let text = csv(&loads::report(&recipes));
        let known =
            counts.iter().zip(fields(&text, &counts)).filter(|(_, field)| !field.is_empty());
        let known: Vec<&str> = known.map(|(name, _)| *name).collect();
        assert_eq!(known.join(" "), expected);
        assert_eq!(fields(&text, &["workload", "elapsed_ns"]), [recipes[0].workload, "100000000"]);
    }
}

/// The tags of an interval log.
fn tags(text: &str) -> Vec<&str> {
    text.lines().filter_map(|line| line.strip_prefix("Tag=")?.split(',').next()).collect()
}

#[test]
fn tags_tell_every_cell_from_all_others() {
    let text = hlog(&loads::report(&loads::engines()));
    assert_eq!(
        tags(&text)[..3],
        [
            "blocking/same-core/64B/conns=1",
            "epoll/same-core/64B/conns=1",
            "blocking/same-core/64B/conns=1/twin"
        ]
    );
    for recipes in [loads::engines(), loads::open(), loads::sizes(), loads::nodelay()] {
        let text = hlog(&loads::report(&recipes));
        let (all, mut once) = (tags(&text), tags(&text));
        once.sort_unstable();
        once.dedup();
        assert_eq!((all.len(), once.len()), (recipes.len(), recipes.len()), "{all:?}");
        assert!(all.iter().all(|tag| !tag.contains(char::is_whitespace)), "{all:?}");
    }
}

#[test]
fn an_open_loop_has_its_service_times_and_lateness_under_tags_of_their_own() {
    let mut report = loads::report(&loads::open()[..1]);
    let samples = report.cells[0].histogram.clone();
    let open = report.cells[0].open.as_mut().unwrap();
    (open.service_histogram, open.lateness_histogram) = (samples.clone(), samples);
    let text = hlog(&report);
    assert_eq!(tags(&text), ["tcp/spin/64B", "tcp/spin/64B/service", "tcp/spin/64B/lateness"]);
}
