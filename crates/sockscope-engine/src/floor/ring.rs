//! Ring: one end of two rings in shared memory, one each way, each with one writer and one reader.
//!
//! A ring is a stream: what does not fit is taken in part, as a socket takes it. The memory says how many bytes were written
//! and how many were read, modulo 2^32; each of the two is changed by one end only. Everything in it is atomic, and nothing
//! that the other end could write there is taken for an index without a bound.

mod bytes;
mod sleep;

use std::cell::Cell;
use std::io;
use std::os::fd::OwnedFd;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use sockscope_sys::SharedMemory;

use super::{End, only};
use crate::wire::Wire;
use sleep::Bed;

/// Header words from one of our variables to the next: two cache lines, since processors fetch them in pairs.
const STRIDE: usize = 32;

/// The variables of one ring, in the header.
#[derive(Debug, Clone, Copy)]
enum Variable {
    /// Bytes written, changed by the writer.
    Written,
    /// Bytes read, changed by the reader.
    Read,
    /// Whether the reader sleeps.
    ReaderSleeps,
    /// Whether the writer sleeps.
    WriterSleeps,
    /// Whether the writer has gone.
    Gone,
}

/// How many there are.
const VARIABLES: usize = 5;

/// How many ends have taken the memory over, behind them: the first writes into the first ring and reads the second, the
/// other the other way round.
const ENDS: usize = VARIABLES * 2;

/// Bytes of a ring when so many are asked for: a power of two.
pub(super) fn capacity(asked: u32) -> usize {
    const LEAST: u32 = 4 << 10;
    const MOST: u32 = 1 << 30;
    asked.clamp(LEAST, MOST).next_power_of_two() as usize
}

/// One end. It sleeps, where it may wait, if `SLEEPS`; else it says that it would have to wait. Dropped, it tells the other.
#[derive(Debug)]
pub struct Ring<const SLEEPS: bool> {
    memory: SharedMemory,
    /// Which ring this end writes into; it reads from the other.
    out: usize,
    capacity: u32,
    /// What we have written, and what of it we know to have been read.
    written: Cell<u32>,
    read_by_peer: Cell<u32>,
    /// What we have read, and what we know to have been written.
    read: Cell<u32>,
    written_by_peer: Cell<u32>,
    nonblocking: Cell<bool>,
}

impl<const SLEEPS: bool> Ring<SLEEPS> {
    #[inline]
    fn variable(&self, ring: usize, variable: Variable) -> &AtomicU32 {
        &self.memory.header()[(ring * VARIABLES + variable as usize) * STRIDE]
    }

    /// The words of one ring.
    #[inline]
    fn words(&self, ring: usize) -> &[AtomicU64] {
        let (first, second) = self.memory.data().split_at(self.capacity as usize / 8);
        if ring == 0 { first } else { second }
    }

    /// Which ring this end reads from.
    #[inline]
    fn inn(&self) -> usize {
        1 - self.out
    }

    /// Room for what is to be written; looks again at what was read only if that is less than `wanted`.
    #[inline]
    fn room(&self, wanted: usize) -> io::Result<u32> {
        let room = |read: u32| self.capacity.checked_sub(self.written.get().wrapping_sub(read));
        let known = room(self.read_by_peer.get()).ok_or_else(broken)?;
        if known as usize >= wanted {
            return Ok(known);
        }
        let read = self.variable(self.out, Variable::Read).load(Ordering::Acquire);
        self.read_by_peer.set(read);
        room(read).ok_or_else(broken)
    }

    /// How much there is to read; looks again at what was written only if there is nothing.
    #[inline]
    fn available(&self) -> io::Result<u32> {
        let known = self.written_by_peer.get().wrapping_sub(self.read.get());
        if known > 0 {
            return Ok(known);
        }
        let written = self.variable(self.inn(), Variable::Written).load(Ordering::Acquire);
        self.written_by_peer.set(written);
        let available = written.wrapping_sub(self.read.get());
        if available <= self.capacity { Ok(available) } else { Err(broken()) }
    }

    #[inline]
    fn peer_is_gone(&self) -> bool {
        self.variable(self.inn(), Variable::Gone).load(Ordering::Acquire) != 0
    }

    /// Whether this end waits in the call.
    #[inline]
    fn may_sleep(&self) -> bool {
        SLEEPS && !self.nonblocking.get()
    }

    /// Where the reader or the writer of a ring sleeps.
    #[inline]
    fn bed(&self, ring: usize, whose: Variable) -> Bed<'_> {
        Bed(self.variable(ring, whose))
    }

    #[inline]
    fn write(&self, bytes: &[u8]) {
        let written = self.written.get();
        bytes::write(self.words(self.out), written, bytes);
        let written = written.wrapping_add(truncated(bytes.len()));
        self.written.set(written);
        self.variable(self.out, Variable::Written).store(written, Ordering::Release);
        if SLEEPS {
            self.bed(self.out, Variable::ReaderSleeps).wake();
        }
    }

    #[inline]
    fn read(&self, buffer: &mut [u8]) {
        let read = self.read.get();
        bytes::read(self.words(self.inn()), read, buffer);
        let read = read.wrapping_add(truncated(buffer.len()));
        self.read.set(read);
        self.variable(self.inn(), Variable::Read).store(read, Ordering::Release);
        if SLEEPS {
            self.bed(self.inn(), Variable::WriterSleeps).wake();
        }
    }
}

impl<const SLEEPS: bool> Wire for Ring<SLEEPS> {
    const ATTEMPT_IS_CALL: bool = false;

    #[inline]
    fn send(&self, bytes: &[u8]) -> io::Result<usize> {
        loop {
            let room = self.room(bytes.len())? as usize;
            if room > 0 {
                let count = bytes.len().min(room);
                self.write(&bytes[..count]);
                return Ok(count);
            }
            if self.peer_is_gone() {
                return Err(io::ErrorKind::BrokenPipe.into());
            }
            if !self.may_sleep() {
                return Err(io::ErrorKind::WouldBlock.into());
            }
            let full = || Ok(self.room(1)? == 0 && !self.peer_is_gone());
            self.bed(self.out, Variable::WriterSleeps).sleep_while(full)?;
        }
    }

    #[inline]
    fn receive(&self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let available = self.available()? as usize;
            if available > 0 {
                let count = buffer.len().min(available);
                self.read(&mut buffer[..count]);
                return Ok(count);
            }
            if self.peer_is_gone() {
                // What it wrote before it went is still to be read.
                return if self.available()? == 0 { Ok(0) } else { continue };
            }
            if !self.may_sleep() {
                return Err(io::ErrorKind::WouldBlock.into());
            }
            let empty = || Ok(self.available()? == 0 && !self.peer_is_gone());
            self.bed(self.inn(), Variable::ReaderSleeps).sleep_while(empty)?;
        }
    }

    fn set_nonblocking(&self, on: bool) -> io::Result<()> {
        self.nonblocking.set(on);
        Ok(())
    }

    fn has_messages(&self) -> bool {
        false
    }
}

impl<const SLEEPS: bool> End for Ring<SLEEPS> {
    fn new(descriptors: Vec<OwnedFd>) -> io::Result<Self> {
        let memory = SharedMemory::map(only(descriptors)?)?;
        let capacity = memory.data().len() / 2 * 8;
        let capacity = u32::try_from(capacity).ok().filter(|capacity| capacity.is_power_of_two());
        let capacity = capacity.ok_or_else(broken)?;
        let out = memory.header()[ENDS * STRIDE].fetch_add(1, Ordering::Relaxed) as usize;
        if out > 1 {
            return Err(broken());
        }
        Ok(Self {
            memory,
            out,
            capacity,
            written: Cell::new(0),
            read_by_peer: Cell::new(0),
            read: Cell::new(0),
            written_by_peer: Cell::new(0),
            nonblocking: Cell::new(false),
        })
    }

    fn buffers(&self) -> Option<(usize, usize)> {
        Some((self.capacity as usize, self.capacity as usize))
    }
}

impl<const SLEEPS: bool> Drop for Ring<SLEEPS> {
    fn drop(&mut self) {
        self.variable(self.out, Variable::Gone).store(1, Ordering::Release);
        self.bed(self.out, Variable::ReaderSleeps).wake();
        self.bed(self.inn(), Variable::WriterSleeps).wake();
    }
}

/// The other end wrote what no end writes.
#[cold]
fn broken() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "shared memory that makes no sense")
}

/// A length that is no more than the capacity of a ring.
#[expect(clippy::cast_possible_truncation, reason = "no ring is as large")]
fn truncated(length: usize) -> u32 {
    length as u32
}

#[cfg(test)]
mod tests;
