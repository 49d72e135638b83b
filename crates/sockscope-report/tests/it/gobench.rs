//! Gobench: what `benchstat` relies on.

use sockscope_report::model::View;
use sockscope_report::render::gobench;

use crate::fixture::loads;
use crate::fixture::{self, ARTICLE};

fn benchmark_lines(text: &str) -> Vec<&str> {
    text.lines().filter(|line| line.starts_with("Benchmark")).collect()
}

#[test]
fn every_block_of_every_cell_but_the_twins_has_a_line() {
    let report = fixture::report(&ARTICLE);
    assert_eq!(benchmark_lines(&gobench(&report)).len(), 5 * 2 * 10);
}

#[test]
fn a_line_is_a_name_a_count_and_pairs_of_value_and_unit() {
    for line in benchmark_lines(&gobench(&fixture::report(&ARTICLE))) {
        let fields: Vec<&str> = line.split_whitespace().collect();
        assert!(fields[0].ends_with("-2"), "{line}");
        let numbers = [fields[1], fields[2], fields[4], fields[6]];
        assert!(numbers.iter().all(|value| value.parse::<u64>().is_ok()), "{line}");
        assert_eq!((fields[3], fields[5], fields[7]), ("ns/op", "p50-ns", "p99-ns"), "{line}");
    }
}

#[test]
fn the_number_of_cpus_follows_the_name_unless_it_is_one() {
    for (cpus, name) in [
        (Some(vec![3]), "BenchmarkSocket/unix/view=solo"),
        (Some(vec![0, 1, 4]), "BenchmarkSocket/unix/view=solo-3"),
        (None, "BenchmarkSocket/unix/view=solo"),
    ] {
        let mut report = fixture::report(&ARTICLE[..1]);
        report.host.cpus_allowed = cpus;
        let text = gobench(&report);
        assert!(text.contains(&format!("\n{name}  ")), "{text}");
    }
}

#[test]
fn a_name_is_one_word_whatever_the_endpoint() {
    let report = fixture::attached(["unix:/my files/a\tb\n.sock", "unix:ok.sock"]);
    let text = gobench(&report);
    assert!(
        text.contains("BenchmarkSocket/unix:/my_files/a\\tb\\n.sock/view=client-pinned-2  "),
        "{text}"
    );
}

#[test]
fn sizes_are_in_the_name_only_when_they_differ() {
    let mut report = fixture::measured(&[(View::Solo, 3_000, 4_000, 0.01)], 6);
    assert!(!gobench(&report).contains("size="));
    report.cells[1].size = 4_096;
    let text = gobench(&report);
    assert!(
        text.contains("/view=solo/size=64-2") && text.contains("/view=solo/size=4096-2"),
        "{text}"
    );
}

#[test]
fn every_factor_that_differs_is_in_the_name_and_no_other() {
    let rows = [
        (loads::sizes(), "BenchmarkSocket/tcp/view=same-core/size=64-2  "),
        (loads::engines(), "BenchmarkSocket/unix/view=same-core/conns=8/engine=epoll-2  "),
        (
            loads::transports_and_engines(),
            "BenchmarkSocket/unix/view=same-core/engine=blocking-to-epoll-2  ",
        ),
        (loads::nodelay(), "BenchmarkSocket/tcp/view=same-core/nodelay=off-2  "),
        (loads::stream(), "BenchmarkSocket/unix/view=cross-core/workload=stream/size=4096-2  "),
        (loads::connect(), "BenchmarkSocket/unix/view=same-core/workload=connect-2  "),
        (loads::open(), "BenchmarkSocket/unix/view=spin/workload=open/rate=10000-2  "),
    ];
    for (recipes, expected) in rows {
        let text = gobench(&loads::report(&recipes));
        assert!(text.contains(&format!("\n{expected}")), "{expected}: {text}");
        let cells = recipes.iter().filter(|recipe| !recipe.twin).count();
        assert_eq!(benchmark_lines(&text).len(), cells * 10);
    }
}

#[test]
fn what_a_line_says_is_what_its_workload_is_about() {
    /// Values and units of the first line that has this in its name; the first has no unit.
    fn line(recipes: &[loads::Recipe], name: &str) -> (Vec<f64>, String) {
        let text = gobench(&loads::report(recipes));
        let lines = benchmark_lines(&text);
        let line = lines.iter().find(|line| line.contains(name)).unwrap();
        let fields: Vec<&str> = line.split_whitespace().skip(1).collect();
        let (values, units): (Vec<&str>, Vec<&str>) =
            fields.iter().partition(|field| field.parse::<f64>().is_ok());
        (values.iter().map(|value| value.parse().unwrap()).collect(), units.join(" "))
    }
    /// What all blocks take, in nanoseconds.
    const BLOCK: f64 = 1e8;
    let (values, units) = line(&loads::engines(), "conns=8/engine=blocking");
    assert_eq!(units, "ns/op p50-ns p99-ns");
    assert!((values[0] * values[1] / BLOCK - 1.0).abs() < 0.001, "operations overlap: {values:?}");
    let (values, units) = line(&loads::connect(), "unix");
    assert_eq!(units, "ns/op p50-ns p99-ns");
    assert!((values[0] * values[1] / BLOCK - 1.0).abs() < 0.001, "{values:?}");
    let (values, units) = line(&loads::stream(), "unix");
    assert_eq!(units, "ns/op MB/s");
    assert!((values[0] * values[1] / BLOCK - 1.0).abs() < 0.001, "{values:?}");
    assert!((4_096.0 / values[1] * 1e3 / values[2] - 1.0).abs() < 0.001, "{values:?}");
    let (values, units) = line(&loads::open(), "unix");
    assert_eq!(units, "ns/op p50-ns p99-ns");
    assert!((values[0] - 100.0).abs() < 1e-9, "1000 a second for 100 ms");
    assert!((4_000.0..4_200.0).contains(&values[1]), "a latency, not the gap: {values:?}");
}
