//! Bare: the loop that ours is held against: write, read, one reading of the clock, and nothing else.
//!
//! No machine, no check, no count, no histogram: round trips go into an array and are sorted out afterwards, as in
//! `bench/c/pingpong.c`. What the driven loop costs above this one is what measuring costs. See `write(2)`, `read(2)`.

use std::os::fd::BorrowedFd;

use rustix::io::{self, Errno, read, write};
use sockscope_stats::Histogram;

use crate::clock::now_ns;
use crate::exchange::Window;

/// Round trips that are kept: more than any block of the self-check has.
const MOST: usize = 1 << 20;

/// Exchanges `size` bytes for `warm_up_ns`, then for `block_ns`, over a connected socket that blocks.
pub fn measure(
    fd: BorrowedFd<'_>,
    size: usize,
    (warm_up_ns, block_ns): (u64, u64),
) -> io::Result<(Window, Histogram)> {
    let mut buffer = vec![b'x'; size];
    // Written to, so that no page of it is missing later.
    let mut samples = vec![1_u32; MOST];
    let start = now_ns();
    while now_ns() - start < warm_up_ns {
        exchange(fd, &mut buffer)?;
    }
    let mut exchanges = 0;
    let start = now_ns();
    let mut last = start;
    while last - start < block_ns && exchanges < MOST {
        exchange(fd, &mut buffer)?;
        let now = now_ns();
        samples[exchanges] = u32::try_from(now - last).unwrap_or(u32::MAX);
        exchanges += 1;
        last = now;
    }
    let mut histogram = Histogram::new();
    for sample in &samples[..exchanges] {
        histogram.record(u64::from(*sample));
    }
    Ok((Window { elapsed_ns: last - start, exchanges: exchanges as u64, lost: 0 }, histogram))
}

/// Sends back every `size` bytes until the other end closes.
pub fn answer(fd: BorrowedFd<'_>, size: usize) -> io::Result<()> {
    let mut buffer = vec![0; size];
    while read_all(fd, &mut buffer)? {
        write_all(fd, &buffer)?;
    }
    Ok(())
}

#[inline]
fn exchange(fd: BorrowedFd<'_>, buffer: &mut [u8]) -> io::Result<()> {
    write_all(fd, buffer)?;
    if read_all(fd, buffer)? { Ok(()) } else { Err(Errno::CONNRESET) }
}

#[inline]
fn write_all(fd: BorrowedFd<'_>, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        let count = write(fd, bytes)?;
        bytes = &bytes[count..];
    }
    Ok(())
}

/// Whether the buffer was filled before the end.
#[inline]
fn read_all(fd: BorrowedFd<'_>, buffer: &mut [u8]) -> io::Result<bool> {
    let mut filled = 0;
    while filled < buffer.len() {
        match read(fd, &mut buffer[filled..])? {
            0 => return Ok(false),
            count => filled += count,
        }
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use std::os::fd::AsFd as _;
    use std::os::unix::net::UnixStream;
    use std::thread;

    use super::*;

    #[test]
    fn every_exchange_of_the_window_is_a_sample() {
        let (client, server) = UnixStream::pair().unwrap();
        let server = thread::spawn(move || answer(server.as_fd(), 64));
        let (window, histogram) = measure(client.as_fd(), 64, (0, 1_000_000)).unwrap();
        drop(client);
        assert_eq!(server.join().unwrap(), Ok(()));
        assert!(window.elapsed_ns >= 1_000_000);
        assert!(window.exchanges > 0);
        assert_eq!(histogram.count(), window.exchanges);
    }

    #[test]
    fn a_server_that_goes_is_an_error() {
        let (client, server) = UnixStream::pair().unwrap();
        drop(server);
        assert!(measure(client.as_fd(), 64, (0, 1_000_000)).is_err());
    }
}
