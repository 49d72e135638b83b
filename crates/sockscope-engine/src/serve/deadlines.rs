//! `Deadlines`: when which connection or listener of a worker is to be woken.
//!
//! An ordered set: each owner has at most one deadline here and takes it out itself, so nothing
//! stale is kept. A worker whose connections name no deadline never touches it, and then reads no
//! clock.

use std::collections::BTreeSet;

use rustix::event::Timespec;
use sockscope_proto::Time;

use super::token::Token;
use crate::clock::now_ns;

/// The deadlines of one worker.
#[derive(Debug, Default)]
pub(super) struct Deadlines {
    set: BTreeSet<(Time, Token)>,
}

impl Deadlines {
    /// Moves the deadline of `owner` from `old` to `new`.
    pub(super) fn change(&mut self, owner: Token, old: Option<Time>, new: Option<Time>) {
        if let Some(time) = old {
            self.set.remove(&(time, owner));
        }
        if let Some(time) = new {
            self.set.insert((time, owner));
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.set.is_empty()
    }

    /// How long a worker may sleep; `None` is without limit.
    pub(super) fn patience(&self) -> Option<Timespec> {
        let &(first, _) = self.set.first()?;
        Timespec::try_from(first - now()).ok()
    }

    /// Takes out the owners that were due at `time`, in the order of their deadlines.
    pub(super) fn take_due(&mut self, time: Time) -> BTreeSet<(Time, Token)> {
        if self.set.first().is_none_or(|&(first, _)| first > time) {
            return BTreeSet::new();
        }
        let after = Time::from_nanos(time.as_nanos().saturating_add(1));
        let later = self.set.split_off(&(after, Token::FIRST));
        std::mem::replace(&mut self.set, later)
    }
}

/// The monotonic clock, as machines are told it.
pub(super) fn now() -> Time {
    Time::from_nanos(now_ns())
}

#[cfg(test)]
mod tests {
    use sockscope_proto::Time;

    use super::{Deadlines, Token};

    #[test]
    fn owners_are_due_in_order_and_once() {
        let mut deadlines = Deadlines::default();
        let at = |ns| Some(Time::from_nanos(ns));
        for (slot, ns) in [(1, 30), (2, 10), (3, 20), (4, 10)] {
            deadlines.change(Token::Connection(slot), None, at(ns));
        }
        deadlines.change(Token::Connection(4), at(10), None);
        let due: Vec<_> = deadlines.take_due(Time::from_nanos(20)).into_iter().collect();
        assert_eq!(
            due.iter().map(|(_, token)| *token).collect::<Vec<_>>(),
            [Token::Connection(2), Token::Connection(3)]
        );
        assert!(!deadlines.is_empty());
        deadlines.change(Token::Connection(1), at(30), None);
        assert!(deadlines.is_empty() && deadlines.patience().is_none());
    }

    #[test]
    fn a_deadline_that_has_passed_leaves_no_patience() {
        let mut deadlines = Deadlines::default();
        deadlines.change(Token::Connection(0), None, Some(Time::ORIGIN));
        let patience = deadlines.patience().unwrap();
        assert_eq!((patience.tv_sec, patience.tv_nsec), (0, 0));
    }
}
