//! Between runs: how often runs of one server read "different", and how often a slower one is found.
//!
//! A run is ten blocks, all of them shifted by what the run as a whole differs from others: normal,
//! 1 %.

use rand_pcg::Pcg64Mcg;
use sockscope_stats::Verdict;
use sockscope_stats::between_runs::{
    Change, SINGLE_RUN_MIN_EFFECT, change, change_of_single_runs, holm, level,
};
use sockscope_stats::comparison::DEFAULT_MARGIN;

use crate::noise::{Shape, normal, run, seeded};

const TRIES: usize = 2_000;
const BETWEEN_RUNS: f64 = 0.01;

/// The blocks of one run; without a shape they do not scatter.
fn blocks(rng: &mut Pcg64Mcg, shape: Option<Shape>, ns: f64) -> Vec<f64> {
    let ns = ns * (BETWEEN_RUNS * normal(rng)).exp();
    match shape {
        Some(shape) => {
            let [blocks] = run(rng, shape, [ns], 10);
            blocks
        }
        None => vec![ns],
    }
}

/// The comparison of one cell whose later side takes `slowdown` times as long.
fn compared(rng: &mut Pcg64Mcg, shape: Option<Shape>, runs: usize, slowdown: f64) -> Change {
    let [before, after] = [5_000.0, 5_000.0 * slowdown].map(|ns| -> Vec<f64> {
        (0..runs).map(|_| level(&blocks(rng, shape, ns)).unwrap()).collect()
    });
    change(&before, &after, &[]).unwrap()
}

/// The verdicts on cells that were looked at together.
fn verdicts(changes: &[Change], floor: f64) -> Vec<Verdict> {
    let p: Vec<f64> = changes.iter().map(|change| change.certainty.unwrap().p).collect();
    changes.iter().zip(holm(&p)).map(|(change, p)| change.verdict(Some(p), floor)).collect()
}

/// The share of tries in which `seen` is true of the verdicts on cells with these slowdowns.
fn share(
    shape: Option<Shape>,
    runs: usize,
    slowdowns: &[f64],
    seen: impl Fn(&[Verdict]) -> bool,
) -> f64 {
    let mut rng = seeded(2_026);
    let hits = (0..TRIES).filter(|_| {
        let changes: Vec<Change> =
            slowdowns.iter().map(|slowdown| compared(&mut rng, shape, runs, *slowdown)).collect();
        seen(&verdicts(&changes, DEFAULT_MARGIN))
    });
    hits.count() as f64 / TRIES as f64
}

fn different(verdicts: &[Verdict]) -> bool {
    verdicts.iter().any(|verdict| matches!(verdict, Verdict::Faster | Verdict::Slower))
}

#[test]
fn runs_of_the_same_server_are_rarely_called_different() {
    let single = Shape::ALL.map(|shape| (shape, 1));
    for (shape, cells) in single.into_iter().chain([(Shape::Normal, 5), (Shape::Skewed, 5)]) {
        let rate = share(Some(shape), 3, &vec![1.0; cells], different);
        eprintln!("{shape:?}, 3 + 3 runs, {cells} cells: a false alarm in {:.2} %", rate * 100.0);
        assert!(rate <= 0.05, "{shape:?}, {cells} cells: {rate}");
    }
}

#[test]
fn a_slowdown_of_five_percent_is_found_where_runs_differ_by_one() {
    let first: fn(&[Verdict]) -> bool = |verdicts| verdicts[0] == Verdict::Slower;
    let any: fn(&[Verdict]) -> bool = |verdicts| verdicts.contains(&Verdict::Slower);
    let one_of_five = [1.05, 1.0, 1.0, 1.0, 1.0];
    let rows = [
        ("3 + 3 runs, one cell", share(None, 3, &[1.05], first), 0.95),
        ("3 + 3 runs, all of five cells slower", share(None, 3, &[1.05; 5], any), 0.95),
        ("3 + 3 runs, one of two cells slower", share(None, 3, &[1.05, 1.0], first), 0.93),
        ("3 + 3 runs, one of five cells slower", share(None, 3, &one_of_five, first), 0.75),
        ("5 + 5 runs, one of five cells slower", share(None, 5, &one_of_five, first), 0.95),
    ];
    for (case, found, least) in rows {
        eprintln!("{case}: found in {:.2} %", found * 100.0);
        assert!(found >= least, "{case}: {found}");
    }
}

/// What pooling assumes, and what it costs where it is wrong: one side does not scatter at all.
#[test]
fn one_side_that_does_not_scatter_costs_a_known_amount() {
    let mut rng = seeded(3);
    let alarms = (0..TRIES).filter(|_| {
        let after: Vec<f64> = (0..3).map(|_| 5_000.0 * (0.03 * normal(&mut rng)).exp()).collect();
        different(&verdicts(&[change(&[5_000.0; 3], &after, &[]).unwrap()], DEFAULT_MARGIN))
    });
    let rate = alarms.count() as f64 / TRIES as f64;
    eprintln!("one side without noise, the other with 3 %: a false alarm in {:.2} %", rate * 100.0);
    assert!(rate <= 0.11, "{rate}");
}

#[test]
fn single_runs_of_the_same_server_are_rarely_called_different() {
    for shape in Shape::ALL {
        let mut rng = seeded(5);
        let alarms = (0..TRIES).filter(|_| {
            let [before, after] = [(); 2].map(|()| blocks(&mut rng, Some(shape), 5_000.0));
            let change = change_of_single_runs(&before, &after, SINGLE_RUN_MIN_EFFECT).unwrap();
            different(&verdicts(&[change], SINGLE_RUN_MIN_EFFECT))
        });
        let rate = alarms.count() as f64 / TRIES as f64;
        eprintln!("{shape:?}, 1 + 1 run: a false alarm in {:.2} %", rate * 100.0);
        assert!(rate <= 0.05, "{shape:?}: {rate}");
    }
}
