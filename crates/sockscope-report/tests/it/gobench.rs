//! Gobench: what `benchstat` relies on.

use sockscope_report::model::View;
use sockscope_report::render::gobench;

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
