//! Names: users and groups as NSS knows them, remembered for a minute.
//!
//! A look-up opens files or asks a daemon. A server does that while its clients wait, and cannot do it
//! at all when its descriptors have run out. So what is known is not asked for again, and where it
//! cannot be asked for it counts for longer. What is not known costs one look-up in the event loop.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, PoisonError};
use std::time::{Duration, Instant};

use nix::unistd::{Gid, Group, Uid, User, getegid, geteuid};

/// How long a name counts: users are renamed, and made, while a server runs.
const LIFETIME: Duration = Duration::from_mins(1);

/// More users than that are forgotten: their number is up to whoever connects.
const REMEMBERED_MAX: usize = 1024;

static NAMES: LazyLock<Mutex<Names>> = LazyLock::new(Mutex::default);

/// Who has a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Id {
    User(u32),
    Group(u32),
}

/// What is known: a name, or that there is none, and when that was asked for.
#[derive(Debug, Default)]
struct Names(HashMap<Id, (Option<String>, Instant)>);

/// Looks up the names of this process's own user and group, which are then known even when it has no
/// descriptor left. For a server, before it serves: most of its clients are of its own user.
pub fn remember_own_names() {
    user(geteuid().as_raw());
    group(getegid().as_raw());
}

/// The name of a user; `None` without one, or when it cannot be looked up.
pub(crate) fn user(uid: u32) -> Option<String> {
    let look_up = || User::from_uid(Uid::from_raw(uid)).map(|user| user.map(|user| user.name));
    remembered(&NAMES, Id::User(uid), Instant::now(), look_up)
}

/// The name of a group; `None` without one, or when it cannot be looked up.
pub(crate) fn group(gid: u32) -> Option<String> {
    let look_up = || Group::from_gid(Gid::from_raw(gid)).map(|group| group.map(|group| group.name));
    remembered(&NAMES, Id::Group(gid), Instant::now(), look_up)
}

/// A name that is fresh enough, or else a new one, or else an old one.
fn remembered<E>(
    names: &Mutex<Names>,
    id: Id,
    now: Instant,
    look_up: impl FnOnce() -> Result<Option<String>, E>,
) -> Option<String> {
    let lock = || names.lock().unwrap_or_else(PoisonError::into_inner);
    let known = lock().0.get(&id).cloned();
    match known {
        Some((name, asked)) if now.saturating_duration_since(asked) < LIFETIME => name,
        // Without the lock: a look-up may take its time, and other threads need not wait for it.
        known => match look_up() {
            Ok(name) => {
                lock().keep(id, name.clone(), now);
                name
            }
            Err(_) => known.and_then(|(name, _)| name),
        },
    }
}

impl Names {
    fn keep(&mut self, id: Id, name: Option<String>, now: Instant) {
        if self.0.len() >= REMEMBERED_MAX && !self.0.contains_key(&id) {
            self.0.clear();
        }
        self.0.insert(id, (name, now));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_counts_for_a_minute_and_for_longer_where_it_cannot_be_asked_for() {
        let (names, id, start) = (Mutex::default(), Id::User(1), Instant::now());
        let at = |seconds, answer: Result<Option<&str>, ()>| {
            let now = start + Duration::from_secs(seconds);
            remembered(&names, id, now, || answer.map(|name| name.map(str::to_owned)))
        };
        assert_eq!(at(0, Err(())), None);
        assert_eq!(at(0, Ok(Some("old"))).as_deref(), Some("old"), "a failure is not remembered");
        assert_eq!(at(59, Ok(Some("new"))).as_deref(), Some("old"));
        assert_eq!(at(60, Err(())).as_deref(), Some("old"));
        assert_eq!(at(60, Ok(Some("new"))).as_deref(), Some("new"));
        assert_eq!(at(120, Ok(None)), None);
        assert_eq!(at(121, Ok(Some("none, still"))), None);
    }

    #[test]
    fn a_user_and_a_group_of_one_number_are_two() {
        let names = Mutex::default();
        let now = Instant::now();
        for (id, name) in [(Id::User(7), "alice"), (Id::Group(7), "staff")] {
            assert_eq!(
                remembered(&names, id, now, || Ok::<_, ()>(Some(name.to_owned()))).as_deref(),
                Some(name)
            );
        }
    }

    #[test]
    fn no_more_are_remembered_than_there_is_room_for() {
        let names = Mutex::default();
        for uid in 0..5000 {
            remembered(&names, Id::User(uid), Instant::now(), || Ok::<_, ()>(Some("x".to_owned())));
        }
        assert!(names.lock().expect("unharmed").0.len() <= REMEMBERED_MAX);
    }
}
