//! Tests of a server of datagrams whose answers find no room.

use std::cell::{Cell, RefCell};

use sockscope_proto::service::Echo;

use super::*;
use crate::exchange::{Blocking, Spinning};

/// One request, then a goodbye; what is sent fails so often, for that reason.
struct Full {
    error: io::ErrorKind,
    failures: Cell<u32>,
    requests: RefCell<Vec<&'static [u8]>>,
    sent: RefCell<Vec<Vec<u8>>>,
}

impl Full {
    fn new(error: io::ErrorKind, failures: u32) -> Self {
        let requests = RefCell::new(vec![b"".as_slice(), b"request".as_slice()]);
        Self { error, failures: Cell::new(failures), requests, sent: RefCell::default() }
    }

    /// What is sent until the client has said goodbye, and how often it was asked whether it is over.
    fn serve<A: Waiting>(&self, is_over: bool) -> (Vec<Vec<u8>>, u32) {
        let mut asked = 0;
        let buffers = (&mut [0; 8][..], &mut [0; 64][..]);
        let answers = answer_messages::<_, A>(self, &mut Echo, buffers, 1, || {
            asked += 1;
            is_over
        });
        assert_eq!(answers.unwrap(), 1);
        (self.sent.take(), asked)
    }
}

impl Wire for Full {
    fn send(&self, bytes: &[u8]) -> io::Result<usize> {
        if let Some(left) = self.failures.get().checked_sub(1) {
            self.failures.set(left);
            return Err(self.error.into());
        }
        self.sent.borrow_mut().push(bytes.to_vec());
        Ok(bytes.len())
    }

    fn receive(&self, buffer: &mut [u8]) -> io::Result<usize> {
        let request = self.requests.borrow_mut().pop().unwrap_or_default();
        buffer[..request.len()].copy_from_slice(request);
        Ok(request.len())
    }

    fn set_nonblocking(&self, _on: bool) -> io::Result<()> {
        Ok(())
    }

    fn has_messages(&self) -> bool {
        true
    }
}

#[test]
fn an_answer_is_sent_again_when_a_tick_has_interrupted_it_or_there_was_no_room() {
    let sleeping = Full::new(io::ErrorKind::Interrupted, 3).serve::<Blocking>(false);
    assert_eq!(sleeping, (vec![b"request".to_vec()], 3), "each tick is a look");
    let spinning = Full::new(io::ErrorKind::WouldBlock, 3 * LOOK_AFTER).serve::<Spinning>(false);
    assert_eq!(spinning, (vec![b"request".to_vec()], 3));
}

#[test]
fn an_answer_that_finds_no_room_does_not_outlive_its_coordinator() {
    let sleeping = Full::new(io::ErrorKind::Interrupted, u32::MAX).serve::<Blocking>(true);
    assert_eq!(sleeping, (vec![], 1));
    let spinning = Full::new(io::ErrorKind::WouldBlock, u32::MAX).serve::<Spinning>(true);
    assert_eq!(spinning, (vec![], 1));
}

#[test]
fn an_answer_to_one_who_has_gone_is_lost() {
    let gone = Full::new(io::ErrorKind::ConnectionRefused, 1).serve::<Blocking>(false);
    assert_eq!(gone, (vec![], 0));
}
