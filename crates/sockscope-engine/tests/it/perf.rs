//! Perf counters of this machine: what they count, and what is said where they may not.

use std::fs;
use std::hint::black_box;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Command, Stdio};
use std::sync::Barrier;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::thread::set_thread_res_uid;
use sockscope_engine::perf::{Counters, Counts};
use sockscope_engine::usage::{Meter, TaskId};

use crate::child::{child, in_child, is_child, not_here, skip};

/// What `work` comes to on this thread.
fn counted(work: impl FnOnce()) -> Counts {
    let mut counters = Counters::open(TaskId::this());
    counters.start();
    work();
    counters.stop()
}

fn sleep_five_times() {
    let (reader, _writer) = std::io::pipe().unwrap();
    for _ in 0..5 {
        let mut fds = [PollFd::new(&reader, PollFlags::IN)];
        poll(&mut fds, Some(&Timespec { tv_sec: 0, tv_nsec: 1_000_000 })).unwrap();
    }
}

fn paranoid() -> i32 {
    let level = fs::read_to_string("/proc/sys/kernel/perf_event_paranoid").unwrap();
    level.trim().parse().unwrap()
}

#[test]
fn fresh_memory_is_a_page_fault_for_each_page() {
    let counts = counted(|| {
        // So large that it is new from the kernel, and of huge pages there are many, too.
        black_box(vec![1_u8; 64 << 20]);
    });
    match counts.faults {
        Ok(faults) => {
            assert!(faults.minor >= 31, "{faults:?}");
            assert!(faults.task_clock_ns > 0, "{faults:?}");
        }
        Err(reason) => skip(&reason),
    }
}

#[test]
fn each_sleep_is_a_context_switch_and_proc_counts_the_same_ones() {
    let meter = Meter::new(TaskId::this()).unwrap();
    let before = meter.switches().unwrap();
    let counts = counted(sleep_five_times);
    let after = meter.switches().unwrap();
    let by_proc = after.0 + after.1 - before.0 - before.1;
    match counts.switches {
        Ok(switches) => {
            assert!((5..=by_proc).contains(&switches.context), "{switches:?} of {by_proc}");
            assert!(switches.migrations <= switches.context, "{switches:?}");
        }
        Err(reason) => skip(&reason),
    }
}

#[test]
fn nothing_is_counted_before_the_start() {
    let mut counters = Counters::open(TaskId::this());
    sleep_five_times();
    black_box(vec![1_u8; 64 << 20]);
    counters.start();
    let counts = counters.stop();
    assert!(counts.switches.is_err() || counts.switches.is_ok_and(|switches| switches.context < 5));
    assert!(counts.faults.is_err() || counts.faults.is_ok_and(|faults| faults.minor < 31));
}

#[test]
fn the_processor_counts_instructions_or_there_is_a_reason_why_not() {
    let counts = counted(|| {
        for i in 0..100_000 {
            black_box(i);
        }
    });
    match counts.hardware {
        Ok(hardware) => {
            assert!(hardware.instructions >= 100_000 && hardware.cycles > 0, "{hardware:?}");
        }
        Err(reason) => {
            assert!(!reason.is_empty());
            not_here(&reason);
        }
    }
}

#[test]
fn another_process_of_ours_is_counted_with_the_threads_that_it_has() {
    const NAME: &str = "perf::another_process_of_ours_is_counted_with_the_threads_that_it_has";
    if is_child(NAME) {
        return three_threads_touch_memory_when_told();
    }
    let mut child = child(NAME).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut said = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(said.any(|line| line.unwrap().ends_with("ready")), "the child did not get ready");
    let pid = i32::try_from(child.id()).unwrap();
    let mut counters = Counters::open(TaskId { pid, tid: pid });
    counters.start();
    child.stdin.take().unwrap().write_all(b"go\n").unwrap();
    assert!(said.any(|line| line.unwrap().ends_with("touched")), "the child did not go on");
    let counts = counters.stop();
    assert!(child.wait().unwrap().success());
    match counts.faults {
        Ok(faults) => assert!(faults.minor >= 3 * 31, "{faults:?}"),
        Err(reason) => skip(&reason),
    }
}

fn three_threads_touch_memory_when_told() {
    let told = Barrier::new(4);
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                told.wait();
                black_box(vec![1_u8; 64 << 20]);
            });
        }
        say("ready");
        std::io::stdin().read_line(&mut String::new()).unwrap();
        told.wait();
    });
    say("touched");
}

#[expect(clippy::print_stdout, reason = "the parent listens")]
fn say(word: &str) {
    println!("{word}");
}

#[test]
fn a_process_that_has_ended_is_refused_with_that_reason() {
    let mut child = Command::new("true").spawn().unwrap();
    let pid = i32::try_from(child.id()).unwrap();
    child.wait().unwrap();
    let counts = Counters::open(TaskId { pid, tid: pid }).stop();
    assert_eq!(counts.faults, Err("the process has ended".into()));
}

#[test]
fn an_unprivileged_user_gets_what_the_kernel_allows_and_reasons_for_the_rest() {
    if !rustix::process::geteuid().is_root() {
        return skip("needs root, to become somebody else");
    }
    in_child(
        "perf::an_unprivileged_user_gets_what_the_kernel_allows_and_reasons_for_the_rest",
        || {
            let nobody = rustix::process::Uid::from_raw(65534);
            set_thread_res_uid(nobody, nobody, nobody).unwrap();
            let own = counted(|| {
                sleep_five_times();
                black_box(vec![1_u8; 64 << 20]);
            });
            let level = paranoid();
            if level > 2 {
                let reason = format!(
                    "perf_event_paranoid is {level}: counting needs CAP_PERFMON, or at most 2"
                );
                assert_eq!(own.faults, Err(reason.clone()));
                assert_eq!(own.switches, Err(reason));
                return;
            }
            let faults = own.faults.unwrap();
            assert!(faults.minor >= 31 && faults.includes_kernel == (level < 2), "{faults:?}");
            match own.switches {
                Ok(switches) => assert!(level < 2 && switches.context >= 5, "{switches:?}"),
                // Without the kernel's part these would have read zero.
                Err(reason) => assert_eq!(
                    reason,
                    format!(
                        "perf_event_paranoid is {level}: counting in the kernel needs CAP_PERFMON, or at most 1"
                    )
                ),
            }
            let pid = rustix::process::getppid().unwrap().as_raw_nonzero().get();
            let foreign = Counters::open(TaskId { pid, tid: pid }).stop();
            assert_eq!(
                foreign.faults,
                Err("the process is another user's, or may not be traced".into())
            );
        },
    );
}
