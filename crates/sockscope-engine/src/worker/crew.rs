//! Crew: the threads of one end, which begin together or not at all.
//!
//! A thread that was started waits for its share of the work, and ends without one when another could not be started: so
//! nobody waits at a meeting point for somebody who will never come, and the peer learns at once that nobody answers.

use std::sync::mpsc;
use std::{fs, io, thread};

use rustix::process::{Resource, getrlimit};

use crate::control::{Failure, Fault};

/// Does `lead` with the first share on this thread and `follow` with each of the others on a thread of its own, once all of
/// these are started.
pub(super) fn work<S: Default + Send, L, F: Send>(
    shares: Vec<S>,
    lead: impl FnOnce(S) -> L,
    follow: impl Fn(S) -> F + Sync,
) -> Result<(L, Vec<F>), Failure> {
    let threads = shares.len();
    let mut shares = shares.into_iter();
    let first = shares.next().unwrap_or_default();
    let follow = &follow;
    thread::scope(|scope| {
        let mut crew = Vec::with_capacity(threads);
        for number in 2..=threads {
            let (give, take) = mpsc::channel();
            let member = thread::Builder::new()
                .spawn_scoped(scope, move || take.recv().ok().map(follow))
                .map_err(|error| not_started(number, threads, &error))?;
            crew.push((give, member));
        }
        let given = crew.into_iter().zip(shares).map(|((give, member), share)| {
            // It waits for nothing else.
            let _ = give.send(share);
            member
        });
        let given: Vec<_> = given.collect();
        let led = lead(first);
        let followed = given.into_iter().filter_map(|member| match member.join() {
            Ok(followed) => followed,
            Err(panic) => std::panic::resume_unwind(panic),
        });
        let followed = followed.collect();
        Ok((led, followed))
    })
}

/// Says which limits there are: the kernel does not tell which one it was.
pub(super) fn not_started(number: usize, threads: usize, error: &io::Error) -> Failure {
    let limits = [
        (getrlimit(Resource::Nproc).current, "for this user (RLIMIT_NPROC, see `ulimit -u`)"),
        (pids_max(), "in this cgroup (pids.max)"),
        (number_in("/proc/sys/kernel/threads-max"), "on this machine (kernel.threads-max)"),
    ];
    let limits = limits.into_iter().filter_map(|(most, whose)| Some(format!("{} {whose}", most?)));
    let limits: Vec<_> = limits.collect();
    let text = format!(
        "start thread {number} of {threads}: {error}; the most processes and threads are {}; \
         fewer --connections need fewer threads, and --engine epoll one for all of them",
        if limits.is_empty() { "unknown".into() } else { limits.join(", ") }
    );
    Failure { fault: Fault::Environment, text }
}

/// The tightest limit of our cgroup and those above it, as far as they can be seen.
fn pids_max() -> Option<u64> {
    let groups = fs::read_to_string("/proc/self/cgroup").ok()?;
    let limits = groups.lines().filter_map(|line| {
        let (_, group) = line.split_once(':')?;
        let (controllers, path) = group.split_once(':')?;
        let mount = match controllers {
            "" => "/sys/fs/cgroup",
            "pids" => "/sys/fs/cgroup/pids",
            _ => return None,
        };
        let ends = path.match_indices('/').map(|(end, _)| end).chain([path.len()]);
        ends.filter_map(|end| number_in(&format!("{mount}{}/pids.max", &path[..end]))).min()
    });
    limits.min()
}

fn number_in(file: &str) -> Option<u64> {
    fs::read_to_string(file).ok()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_share_is_worked_on_by_a_thread_of_its_own() {
        let shares = (0..5).map(|number| vec![number]).collect();
        let on = |share: Vec<i32>| (share[0], thread::current().id());
        let (led, followed) = work(shares, on, on).unwrap();
        assert_eq!(led, (0, thread::current().id()));
        let mut all = followed;
        all.push(led);
        let mut numbers: Vec<_> = all.iter().map(|(number, _)| *number).collect();
        numbers.sort_unstable();
        assert_eq!(numbers, [0, 1, 2, 3, 4]);
        for (index, (_, thread)) in all.iter().enumerate() {
            assert!(all[..index].iter().all(|(_, other)| other != thread));
        }
    }

    #[test]
    fn without_any_share_the_first_still_leads() {
        let (led, followed) = work(Vec::<Vec<u8>>::new(), |share| share.len(), |_| ()).unwrap();
        assert_eq!((led, followed.len()), (0, 0));
    }

    #[test]
    fn a_thread_that_cannot_be_started_is_the_machines_doing_and_the_limits_are_named() {
        let error = io::Error::from_raw_os_error(11);
        let failure = not_started(8, 64, &error);
        assert_eq!(failure.fault, Fault::Environment);
        assert!(failure.text.starts_with("start thread 8 of 64: Resource temporarily unavailable"));
        assert!(failure.text.contains("kernel.threads-max") && failure.text.contains("--engine"));
    }
}
