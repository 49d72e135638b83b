//! Text: an examination in 80 columns, and commands that a shell takes as they stand.

use snapbox::{assert_data_eq, file};
use sockscope_report::doctor::facts::{IoUring, Refused};
use sockscope_report::doctor::model::SCHEMA;
use sockscope_report::doctor::{DoctorReport, Facts, findings};
use sockscope_report::model::IdleState;
use sockscope_report::render::{Style, doctor_json, doctor_text};
use unicode_width::UnicodeWidthStr as _;

use super::{fit, quota};

pub(super) fn report(facts: Facts) -> DoctorReport {
    DoctorReport {
        schema: SCHEMA.to_owned(),
        sockscope: "0.1.0".to_owned(),
        created: None,
        findings: findings(&facts),
        facts,
        self_check: None,
    }
}

/// A notebook as it comes: it saves power, and Docker has set up its packet filter.
fn notebook() -> Facts {
    let mut facts = fit();
    let host = &mut facts.host;
    host.governor = Some("powersave".to_owned());
    host.frequency_driver = Some("intel_pstate".to_owned());
    host.cpu_model = Some("13th Gen Intel(R) Core(TM) i7-1360P".to_owned());
    host.turbo = Some(true);
    host.smt = Some(true);
    host.load_average = Some([2.31, 1.80, 1.11]);
    let state = |(index, (name, exit_latency_us)): (u32, (&str, u64))| IdleState {
        index,
        name: name.to_owned(),
        exit_latency_us,
        disabled: false,
    };
    let states = [("POLL", 0), ("C1_ACPI", 1), ("C2_ACPI", 127), ("C3_ACPI", 1_048)];
    host.idle_states = Some((0..).zip(states).map(state).collect());
    let mitigated = [("spectre_v1", "Mitigation: x"), ("spectre_v2", "Mitigation: Enhanced IBRS")];
    host.mitigations =
        Some(mitigated.map(|(name, state)| (name.to_owned(), state.to_owned())).into());
    facts.network.conntrack = Some([214, 262_144]);
    let (transport, reason) = ("vsock".to_owned(), "there is no loopback".to_owned());
    facts.network.refused = Some(vec![Refused { transport, reason }]);
    facts.permissions.perf_event_paranoid = Some(4);
    facts
}

/// A runner in a container of a virtual machine, with half a CPU and no io_uring.
fn runner() -> Facts {
    let mut facts = fit();
    quota(&mut facts, "50000 100000", "/sys/fs/cgroup/cpu.max");
    let host = &mut facts.host;
    host.virtualisation = Some("Amazon EC2".to_owned());
    host.container = Some("docker".to_owned());
    host.hostname = Some("6b1f0c2a9d1e".to_owned());
    (host.governor, host.turbo, host.idle_states) = (None, None, None);
    host.seccomp_filter = Some(true);
    facts.permissions.io_uring = Some(IoUring::Filtered);
    facts.permissions.io_uring_reason = Some("a seccomp filter forbids io_uring".to_owned());
    facts.permissions.descriptors = Some([1_024, 1_024]);
    facts.permissions.hardware_counters = Some(vec![]);
    facts.busy.as_mut().expect("a fit machine knows it").steal_share = Some(0.1);
    facts
}

#[test]
fn a_notebook_as_it_comes() {
    let text = doctor_text(&report(notebook()), false, &Style::plain());
    assert_data_eq!(text, file!["../snapshots/doctor-notebook.txt"].raw());
}

#[test]
fn a_runner_of_a_service() {
    let text = doctor_text(&report(runner()), false, &Style::plain());
    assert_data_eq!(text, file!["../snapshots/doctor-runner.txt"].raw());
}

#[test]
fn a_fit_machine_with_every_reason() {
    let text = doctor_text(&report(fit()), true, &Style::plain());
    assert_data_eq!(text, file!["../snapshots/doctor-verbose.txt"].raw());
}

#[test]
fn no_line_is_wider_than_a_terminal_and_nothing_from_outside_acts_on_it() {
    let mut hostile = runner();
    hostile.host.governor = Some(format!("\x1b[31m{}", "wide ".repeat(40)));
    hostile.host.container = Some("\u{202e}x".to_owned());
    for facts in [notebook(), runner(), fit(), hostile, Facts::default()] {
        for verbose in [false, true] {
            let text = doctor_text(&report(facts.clone()), verbose, &Style::plain());
            for line in text.lines() {
                assert!(line.width() <= 80, "{line}");
                assert!(!line.contains(char::is_control) && !line.contains('\u{202e}'), "{line:?}");
            }
        }
    }
}

#[test]
#[expect(clippy::disallowed_types, reason = "only a shell tells what a shell understands")]
fn a_shell_understands_every_command_as_it_is_printed() {
    let mut understood = 0;
    for facts in [notebook(), runner()] {
        let report = report(facts);
        let text = doctor_text(&report, false, &Style::plain());
        for command in report.findings.iter().filter_map(|finding| finding.command.as_deref()) {
            // What is printed are the words of the command, with a line end at most after a pipe.
            let printed: String = text
                .lines()
                .filter(|line| line.starts_with("        "))
                .fold(String::new(), |all, line| {
                    all + line.trim_start() + if line.ends_with('|') { " " } else { "\n" }
                });
            assert!(printed.contains(&format!("{command}\n")), "{command}\n{printed}");
            let check = std::process::Command::new("sh").args(["-n", "-c", command]).status();
            assert!(check.is_ok_and(|status| status.success()), "{command}");
            understood += 1;
        }
    }
    assert!(understood >= 8, "{understood}");
}

#[test]
fn an_examination_comes_back_as_it_was_saved() {
    let report = report(notebook());
    let read: DoctorReport =
        serde_json::from_str(&doctor_json(&report)).expect("it reads what it wrote");
    assert_eq!(read, report);
}
