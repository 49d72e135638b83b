//! Snapshots: whole texts, compared exactly with committed files.

use sockscope_report::render::{self, Style};

use crate::fixture::{self, ARTICLE};

#[test]
fn show() {
    for report in [
        fixture::report(&ARTICLE),
        fixture::one_cpu(),
        fixture::attached(["tcp:127.0.0.1:8080", "unix:jinsu.sock"]),
    ] {
        println!("{}\n==================", render::text(&report, &Style::plain()));
    }
    println!("{}", render::plan_text(&fixture::report(&ARTICLE).plan, 1234, &[]));
    println!("{}", render::gobench(&fixture::report(&ARTICLE)));
}
