//! Floors: measured by the same exchange as every transport, with their own limits.

use sockscope_engine::control::ServiceName;
use sockscope_engine::plan::{OwnTransport, Sweep, Target, Wish};
use sockscope_engine::run::CellResult;
use sockscope_engine::view::View;
use sockscope_engine::work::{Buffers, Work};

use crate::plans::{measure, wish};

/// Measures what there is of these floors in these views; how many cells there were.
fn check(floors: &[OwnTransport], views: &[View], work: Work) -> usize {
    let targets = floors.iter().copied().map(Target::Own).collect();
    let (plan, measurement) = measure(&Wish { sweep: Sweep::only(work), ..wish(targets, views) });
    for (cell, result) in plan.cells.iter().zip(&measurement.cells) {
        let what = format!("{:?} in {} of {}", cell.target, cell.view, cell.work.size);
        assert_eq!(result.failure, None, "{what}");
        assert_eq!(result.blocks.len(), 2, "{what}");
        for block in &result.blocks {
            assert!(block.exchanges > 0, "{what}");
            let both = cell.view != View::Solo;
            assert_eq!(block.server.is_some(), both, "a worker\'s usage can be read: {what}");
        }
    }
    plan.cells.iter().filter(|cell| !cell.twin).count()
}

const STREAMS: [OwnTransport; 4] =
    [OwnTransport::Socketpair, OwnTransport::Pipe, OwnTransport::ShmSpin, OwnTransport::ShmFutex];

#[test]
fn an_event_counter_is_measured_in_every_view_with_its_8_bytes() {
    let work = Work { size: 8, ..Work::default() };
    assert_eq!(check(&[OwnTransport::Eventfd], &View::OWN, work), 5);
}

#[test]
fn a_single_byte_and_a_message_larger_than_the_floor_holds_are_exchanged_whole() {
    let views = [View::Solo, View::SameCore, View::Spin];
    for size in [1, 65_537, 3 << 20] {
        let work = Work { size, ..Work::default() };
        // Of the rings, one does not sleep and the other does nothing else: each leaves out a view.
        assert_eq!(check(&STREAMS, &views, work), 10, "{size}");
    }
}

#[test]
fn ping_and_pong_go_over_floors_too() {
    let work = Work { service: ServiceName::Pong, ..Work::default() };
    assert_eq!(check(&STREAMS, &[View::Solo, View::SameCore], work), 7);
}

#[test]
fn the_buffers_asked_for_are_those_of_the_floor() {
    let granted = |transport, buffers| {
        let sweep = Sweep::only(Work { buffers, ..Work::default() });
        let wish = Wish { sweep, ..wish(vec![Target::Own(transport)], &[View::Solo]) };
        let CellResult { ready, .. } = measure(&wish).1.cells.remove(0);
        ready.unwrap().buffers
    };
    // A pipe has whole pages and a ring a power of two; a socket twice what was asked for.
    let rows = [
        (OwnTransport::Pipe, 65_536, 65_536),
        (OwnTransport::Pipe, 20_000, 32_768),
        (OwnTransport::ShmSpin, 20_000, 32_768),
        (OwnTransport::Socketpair, 20_000, 40_000),
    ];
    for (transport, asked, expected) in rows {
        assert_eq!(granted(transport, Buffers::Bytes(asked)), Some((expected, expected)));
    }
    assert_eq!(granted(OwnTransport::ShmSpin, Buffers::Default), Some((256 << 10, 256 << 10)));
}
