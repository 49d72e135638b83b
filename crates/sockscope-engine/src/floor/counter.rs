//! Counter: one end of two event counters, one each way, of 8 bytes each.
//!
//! What is written is added to the counter and what is read takes all of it away, so one message is on its way at a time. A
//! counter of 0 has nothing to read: a message of the number n is carried as n + 1.

use std::io;
use std::os::fd::OwnedFd;

use rustix::io::{ioctl_fionbio, read, write};

use super::{End, both};
use crate::wire::Wire;

/// Bytes of a message.
const LENGTH: usize = size_of::<u64>();

/// Set by an end that has gone: an event counter has no end of its own. No message is so large.
const GONE: u64 = 1 << 63;

/// Where to read from and where to write to. Dropped, it tells the other end.
#[derive(Debug)]
pub struct Counter {
    input: OwnedFd,
    output: OwnedFd,
}

impl Wire for Counter {
    #[inline]
    fn send(&self, bytes: &[u8]) -> io::Result<usize> {
        let value = bytes.try_into().map(u64::from_le_bytes).ok();
        let value = value.and_then(|value| value.checked_add(1)).filter(|value| *value < GONE);
        let Some(value) = value else {
            let text = "an event counter carries a number of 8 bytes, below 2^63 - 1";
            return Err(io::Error::new(io::ErrorKind::InvalidInput, text));
        };
        Ok(write(&self.output, &value.to_ne_bytes())?)
    }

    #[inline]
    fn receive(&self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut value = [0; LENGTH];
        read(&self.input, &mut value)?;
        let value = u64::from_ne_bytes(value);
        if value >= GONE {
            return Ok(0);
        }
        let Some(message) = buffer.first_chunk_mut() else {
            return Err(rustix::io::Errno::MSGSIZE.into());
        };
        *message = (value - 1).to_le_bytes();
        Ok(LENGTH)
    }

    fn set_nonblocking(&self, on: bool) -> io::Result<()> {
        // Both ends share each counter, and with it whether it blocks; both ask for the same.
        ioctl_fionbio(&self.input, on)?;
        Ok(ioctl_fionbio(&self.output, on)?)
    }

    fn has_messages(&self) -> bool {
        true
    }
}

impl End for Counter {
    fn new(descriptors: Vec<OwnedFd>) -> io::Result<Self> {
        both(descriptors).map(|(input, output)| Self { input, output })
    }

    fn buffers(&self) -> Option<(usize, usize)> {
        None
    }
}

impl Drop for Counter {
    fn drop(&mut self) {
        // There is always room: what is not read yet is far less.
        let _ = write(&self.output, &GONE.to_ne_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::super::Floor;
    use super::*;

    fn ends() -> [Counter; 2] {
        Floor::Eventfd.ends(None).unwrap().map(|end| Counter::new(end).unwrap())
    }

    #[test]
    fn a_number_comes_out_as_it_went_in_and_0_is_one() {
        let [client, server] = ends();
        let mut buffer = [0; 9];
        for number in [0, 1, 255, GONE - 2] {
            assert_eq!(client.send(&number.to_le_bytes()).unwrap(), 8);
            assert_eq!(server.receive(&mut buffer).unwrap(), 8);
            assert_eq!(buffer[..8], number.to_le_bytes());
        }
    }

    #[test]
    fn what_is_no_such_number_is_refused() {
        let [client, _server] = ends();
        for bytes in [&[0; 7][..], &[0; 9], &[0xff; 8], &(GONE - 1).to_le_bytes()] {
            assert_eq!(client.send(bytes).unwrap_err().kind(), io::ErrorKind::InvalidInput);
        }
    }

    #[test]
    fn an_end_that_has_gone_is_the_end() {
        let [client, server] = ends();
        client.send(&1_u64.to_le_bytes()).unwrap();
        drop(client);
        assert_eq!(server.receive(&mut [0; 8]).unwrap(), 0);
    }

    #[test]
    fn nothing_to_read_would_block() {
        let [_client, server] = ends();
        server.set_nonblocking(true).unwrap();
        let error = server.receive(&mut [0; 8]).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::WouldBlock);
    }
}
