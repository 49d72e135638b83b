//! Advice: what is said where the rounds do not tell.

use sockscope_report::Report;
use sockscope_report::model::CellError;

use super::short;
use crate::fixture::{self, ARTICLE};

#[test]
fn what_is_missing_decides_the_advice() {
    type Disturb = fn(&mut Report);
    let rows: [(&str, Disturb); 6] = [
        ("Run at least 6 rounds (--rounds 6)", |report| report.plan.rounds = 3),
        ("Let all 10 rounds run to the end", |report| report.plan.rounds = 10),
        ("Mend the cause of the failure", |report| {
            report.plan.rounds = 10;
            report.cells[1].error = Some(CellError::default());
        }),
        ("Mend the cause of the failure", |report| {
            report.cells[2].error = Some(CellError::default()); // the twin
        }),
        ("Measure again with the A-A twin", |report| {
            for one in &mut report.comparisons {
                (one.lo, one.hi, one.noise_floor) = (Some(0.9), Some(1.4), None);
            }
        }),
        ("Run more rounds (--rounds 60)", |report| {
            report.plan.rounds = 30;
            for one in &mut report.comparisons {
                (one.lo, one.hi, one.noise_floor) = (Some(0.9), Some(1.4), Some(0.01));
            }
        }),
    ];
    for (advice, disturb) in rows {
        let mut report = fixture::analysed(&ARTICLE[1..2], 3);
        disturb(&mut report);
        let text = short(&report);
        assert!(text.contains(&format!("share a core. {advice}")), "{advice}: {text}");
    }
}
