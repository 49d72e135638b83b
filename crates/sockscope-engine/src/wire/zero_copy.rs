//! Zero-copy: a wire that asks the kernel not to copy what it sends, and knows when memory is given back.
//!
//! The kernel goes on looking at what was sent until it says that it does no longer. So whoever sends here has
//! [`TURNS`](ZeroCopy::TURNS) pieces of memory that take turns, and a send waits while the memory whose turn comes next has
//! not been given back.

use std::cell::{Cell, RefCell};
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::{Arc, Mutex, PoisonError};

use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use rustix::net::sockopt;
use sockscope_net::Conn;
use sockscope_sys::{Released, allow_zero_copy, released, send_zero_copy};

use super::Wire;
use crate::control::ZeroCopied;

/// Sends, of which each is lent memory until it is given back: numbered as the kernel does, modulo 2^32.
#[derive(Debug, Default)]
struct Lent {
    /// The number of the next send.
    next: u32,
    /// The first that was not given back.
    oldest: u32,
    /// Those behind it that were, a bit each: notices need not come in order.
    returned: u64,
}

impl Lent {
    /// How many may still be looked at.
    #[inline]
    fn count(&self) -> u32 {
        self.next.wrapping_sub(self.oldest)
    }

    #[inline]
    fn lend(&mut self) {
        self.next = self.next.wrapping_add(1);
    }

    /// What a notice gives back; a notice of what was never lent gives nothing.
    fn give_back(&mut self, notice: Released) -> u32 {
        let from = notice.first.wrapping_sub(self.oldest);
        let count = notice.last.wrapping_sub(notice.first).wrapping_add(1);
        if count > self.count() || from > self.count() - count {
            return 0;
        }
        for number in from..from + count {
            self.returned |= 1 << number;
        }
        let whole = self.returned.trailing_ones();
        self.returned = self.returned.checked_shr(whole).unwrap_or(0);
        self.oldest = self.oldest.wrapping_add(whole);
        count
    }
}

/// A connected socket that sends without a copy.
#[derive(Debug)]
pub struct ZeroCopy {
    conn: Conn,
    lent: RefCell<Lent>,
    sleeps: Cell<bool>,
    copied: Cell<ZeroCopied>,
    /// Where it says at its end what came of its sends.
    total: Arc<Mutex<ZeroCopied>>,
}

impl ZeroCopy {
    /// How many sends may be lent before the next one.
    const LENT_MAX: u32 = 14;

    /// How many pieces of memory take turns: those that are lent, that of the next send, and that behind it, which is written
    /// as soon as the next was sent. A send takes a piece of memory or a part of one, never more.
    pub const TURNS: usize = Self::LENT_MAX as usize + 2;

    /// Asks for zero-copy sends; an error where the socket has none.
    pub fn new(conn: Conn, total: &Arc<Mutex<ZeroCopied>>) -> io::Result<Self> {
        allow_zero_copy(&conn)?;
        Ok(Self {
            conn,
            lent: RefCell::default(),
            sleeps: Cell::new(true),
            copied: Cell::default(),
            total: Arc::clone(total),
        })
    }

    /// Reads all notices that there are; whether one gave something back.
    fn read_notices(&self) -> io::Result<bool> {
        let (mut lent, mut copied) = (self.lent.borrow_mut(), self.copied.get());
        let before = copied.told;
        while let Some(notice) = released(&self.conn)? {
            let count = u64::from(lent.give_back(notice));
            copied.told += count;
            copied.copied += if notice.copied { count } else { 0 };
        }
        self.copied.set(copied);
        Ok(copied.told > before)
    }

    /// Waits until something is given back, or says that it would have to.
    #[cold]
    fn wait_for_notices(&self) -> io::Result<()> {
        while !self.read_notices()? {
            if !self.sleeps.get() {
                return Err(io::ErrorKind::WouldBlock.into());
            }
            // Errors are always waited for, and notices are among them.
            let mut fds = [PollFd::new(&self.conn, PollFlags::empty())];
            poll(&mut fds, None)?;
            if self.read_notices()? {
                break;
            }
            // An error of the connection looks the same; taken, it is not met again.
            sockopt::socket_error(&self.conn)??;
            if fds[0].revents().intersects(PollFlags::HUP | PollFlags::NVAL) {
                return Err(io::ErrorKind::BrokenPipe.into());
            }
        }
        Ok(())
    }
}

impl Wire for ZeroCopy {
    /// Notices are read by calls of their own.
    const ATTEMPT_IS_CALL: bool = false;

    #[inline]
    fn send(&self, bytes: &[u8]) -> io::Result<usize> {
        loop {
            while self.lent.borrow().count() > Self::LENT_MAX {
                self.wait_for_notices()?;
            }
            match send_zero_copy(&self.conn, bytes) {
                Ok(count) => {
                    self.lent.borrow_mut().lend();
                    let copied = self.copied.get();
                    self.copied.set(ZeroCopied { sends: copied.sends + 1, ..copied });
                    return Ok(count);
                }
                Err(error) if is_full(&error) && self.lent.borrow().count() > 0 => {
                    self.wait_for_notices()?;
                }
                Err(error) => return Err(error),
            }
        }
    }

    #[inline]
    fn receive(&self, buffer: &mut [u8]) -> io::Result<usize> {
        self.conn.receive(buffer)
    }

    fn set_nonblocking(&self, on: bool) -> io::Result<()> {
        self.sleeps.set(!on);
        self.conn.set_nonblocking(on)
    }

    fn has_messages(&self) -> bool {
        Wire::has_messages(&self.conn)
    }
}

impl AsFd for ZeroCopy {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.conn.as_fd()
    }
}

impl Drop for ZeroCopy {
    fn drop(&mut self) {
        // Sends that nothing was told of are counted as such.
        let _ = self.read_notices();
        *self.total.lock().unwrap_or_else(PoisonError::into_inner) += self.copied.get();
    }
}

/// Whether the kernel has no room for one more notice (`net.core.optmem_max`).
fn is_full(error: &io::Error) -> bool {
    Errno::from_io_error(error) == Some(Errno::NOBUFS)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn notice(first: u32, last: u32) -> Released {
        Released { first, last, copied: true }
    }

    fn lent(from: u32, count: u32) -> Lent {
        Lent { next: from.wrapping_add(count), oldest: from, returned: 0 }
    }

    #[test]
    fn what_is_given_back_in_any_order_counts_from_the_oldest_on() {
        for from in [0, 7, u32::MAX - 1, u32::MAX - 9] {
            let mut lent = lent(from, 10);
            let at = |number: u32| from.wrapping_add(number);
            assert_eq!((lent.give_back(notice(at(2), at(3))), lent.count()), (2, 10), "{from}");
            assert_eq!((lent.give_back(notice(at(0), at(0))), lent.count()), (1, 9), "{from}");
            assert_eq!((lent.give_back(notice(at(1), at(1))), lent.count()), (1, 6), "{from}");
            assert_eq!((lent.give_back(notice(at(4), at(9))), lent.count()), (6, 0), "{from}");
            lent.lend();
            assert_eq!((lent.give_back(notice(at(10), at(10))), lent.count()), (1, 0), "{from}");
        }
    }

    #[test]
    fn a_notice_of_what_was_not_lent_gives_nothing_back() {
        let mut lent = lent(5, 3);
        for (first, last) in [(4, 4), (4, 5), (7, 8), (8, 8), (6, 5), (0, u32::MAX)] {
            assert_eq!(lent.give_back(notice(first, last)), 0, "{first}-{last}");
            assert_eq!(lent.count(), 3, "{first}-{last}");
        }
    }
}
