//! Pipes: one end of two pipes, one each way.

use std::io;
use std::os::fd::OwnedFd;

use rustix::io::{ioctl_fionbio, read, write};
use rustix::pipe::fcntl_getpipe_size;

use super::{End, both};
use crate::wire::Wire;

/// Where to read from and where to write to.
#[derive(Debug)]
pub struct Pipes {
    input: OwnedFd,
    output: OwnedFd,
}

impl Wire for Pipes {
    #[inline]
    fn send(&self, bytes: &[u8]) -> io::Result<usize> {
        Ok(write(&self.output, bytes)?)
    }

    #[inline]
    fn receive(&self, buffer: &mut [u8]) -> io::Result<usize> {
        Ok(read(&self.input, buffer)?)
    }

    fn set_nonblocking(&self, on: bool) -> io::Result<()> {
        ioctl_fionbio(&self.input, on)?;
        Ok(ioctl_fionbio(&self.output, on)?)
    }

    fn has_messages(&self) -> bool {
        false
    }
}

impl End for Pipes {
    fn new(descriptors: Vec<OwnedFd>) -> io::Result<Self> {
        both(descriptors).map(|(input, output)| Self { input, output })
    }

    fn buffers(&self) -> Option<(usize, usize)> {
        Some((fcntl_getpipe_size(&self.output).ok()?, fcntl_getpipe_size(&self.input).ok()?))
    }
}
