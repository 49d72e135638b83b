//! Where io_uring is refused: the reason is named.

use std::collections::BTreeMap;

use seccompiler::{BpfProgram, SeccompAction, SeccompFilter, TargetArch, apply_filter};
use sockscope_sys::uring::{Refused, probe};

use super::support::in_child;

/// Has every io_uring set-up of this process end with an error.
fn forbid(errno: i32) {
    let target = TargetArch::try_from(std::env::consts::ARCH).expect("a known machine");
    let filter = SeccompFilter::new(
        BTreeMap::from([(libc::SYS_io_uring_setup, Vec::new())]),
        SeccompAction::Allow,
        SeccompAction::Errno(errno.unsigned_abs()),
        target,
    );
    let program = BpfProgram::try_from(filter.expect("a filter")).expect("a program");
    apply_filter(&program).expect("applied");
}

#[test]
fn a_filter_that_forbids_is_named() {
    in_child("uring_refusal::a_filter_that_forbids_is_named", || {
        forbid(libc::EPERM);
        let refused = probe().expect_err("refused");
        // Where it is switched off for everybody besides, that is named instead.
        assert!(matches!(refused, Refused::Filtered | Refused::Disabled { value: 2 }), "{refused}");
        assert!(refused.hint().is_some());
    });
}

#[test]
fn a_filter_that_hides_is_not_taken_for_a_kernel_without_io_uring() {
    in_child(
        "uring_refusal::a_filter_that_hides_is_not_taken_for_a_kernel_without_io_uring",
        || {
            forbid(libc::ENOSYS);
            let refused = probe().expect_err("refused");
            // A kernel before 6.6 leaves it open.
            assert!(matches!(refused, Refused::Filtered | Refused::Forbidden(_)), "{refused}");
        },
    );
}

#[test]
fn a_probe_that_succeeds_says_what_there_is() {
    let Ok(features) = probe() else { return };
    assert!(["deferred", "cooperative"].contains(&features.task_run.to_string().as_str()));
}
