//! Descriptors: open files that go over the control channel to a worker, with `SCM_RIGHTS`.
//!
//! They travel with a byte of their own, which is received on its own: a plain read of a message never swallows them.

use std::io::{self, IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, OwnedFd};

use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags, recvmsg, sendmsg,
};

/// No worker gets more.
const MOST: usize = 4;

/// What carries them, since nothing at all carries nothing.
const MARK: u8 = b'D';

/// Sends descriptors; the receiver gets its own.
pub fn send(channel: impl AsFd, descriptors: &[OwnedFd]) -> io::Result<()> {
    let descriptors: Vec<_> = descriptors.iter().map(AsFd::as_fd).collect();
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MOST))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    let fits = descriptors.len() <= MOST;
    if !fits || !control.push(SendAncillaryMessage::ScmRights(&descriptors)) {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "too many descriptors"));
    }
    sendmsg(channel, &[IoSlice::new(&[MARK])], &mut control, SendFlags::NOSIGNAL)?;
    Ok(())
}

/// Receives the descriptors that were sent, waiting for them.
pub fn receive(channel: impl AsFd) -> io::Result<Vec<OwnedFd>> {
    let mut mark = [0];
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MOST))];
    let mut control = RecvAncillaryBuffer::new(&mut space);
    let flags = RecvFlags::CMSG_CLOEXEC;
    let received = recvmsg(channel, &mut [IoSliceMut::new(&mut mark)], &mut control, flags)?;
    if received.bytes == 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    let rights = control.drain().filter_map(|message| match message {
        RecvAncillaryMessage::ScmRights(rights) => Some(rights),
        _ => None,
    });
    Ok(rights.flatten().collect())
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::os::unix::net::UnixStream;

    use super::*;

    #[test]
    fn a_descriptor_arrives_between_messages_and_is_open() {
        let (mut ours, mut theirs) = UnixStream::pair().unwrap();
        let (mut end, other) = UnixStream::pair().unwrap();
        ours.write_all(b"before").unwrap();
        send(&ours, &[other.into()]).unwrap();
        ours.write_all(b"after").unwrap();
        let mut text = [0; 6];
        theirs.read_exact(&mut text).unwrap();
        let mut received = receive(&theirs).unwrap();
        theirs.read_exact(&mut text[..5]).unwrap();
        assert_eq!((&text[..5], received.len()), (&b"after"[..], 1));
        UnixStream::from(received.remove(0)).write_all(b"x").unwrap();
        end.read_exact(&mut text[..1]).unwrap();
    }

    #[test]
    fn a_coordinator_that_has_gone_sends_none() {
        let (ours, theirs) = UnixStream::pair().unwrap();
        drop(ours);
        assert_eq!(receive(&theirs).unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
    }

    #[test]
    fn more_than_any_worker_gets_are_refused() {
        let (ours, _theirs) = UnixStream::pair().unwrap();
        let five: Vec<_> = (0..5).map(|_| io::pipe().unwrap().0.into()).collect();
        assert!(send(&ours, &five).is_err());
    }
}
