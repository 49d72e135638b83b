//! Messages: how a worker answers the datagrams of a listener.
//!
//! Nothing here waits: a sender whose queue is full does not get its answer, as datagrams may be
//! lost anyway, and the loss is counted. On Unix sockets the kernel charges unread answers to the
//! send buffer of the server's one socket: a client that reads nothing can fill it, and until it
//! reads or ends the others' answers are lost, too. Who must not be held up by strangers serves a
//! seqpacket endpoint, where each connection has a buffer of its own.

use std::fmt::{self, Display};
use std::io;

use sockscope_net::Sender;
use sockscope_proto::machine::Answer;
use sockscope_proto::{Out, Service, Time};
use tracing::debug;

use super::Worker;
use super::door::Door;
use crate::serve::summary::Traffic;

/// How many messages are answered in a row before others get their turn.
const MESSAGES: usize = 64;

impl<S: Service + Clone> Worker<'_, S> {
    /// Answers a batch of messages; false when no more are waiting.
    pub(super) fn answer_messages(&mut self, index: usize, time: Time) -> bool {
        let Some(door) = self.doors.get_mut(index) else { return false };
        for _ in 0..MESSAGES {
            match door.listener.receive(&mut self.input) {
                Ok((length, sender)) => {
                    let Some(message) = self.input.get(..length) else { continue };
                    let traffic = &mut self.summary.traffic;
                    if door.is_network && self.shared.own.include(&sender.peer()) {
                        traffic.received += length as u64;
                        traffic.dropped += 1;
                        continue;
                    }
                    door.answer(message, &sender, &mut self.space, time, traffic);
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return false,
                // Too long for the buffer, or the error of an answer that went before: only that
                // one is lost.
                Err(_) => self.summary.traffic.dropped += 1,
            }
        }
        true
    }
}

impl<S: Service> Door<S> {
    fn answer(
        &mut self,
        message: &[u8],
        sender: &Sender,
        space: &mut [u8],
        time: Time,
        traffic: &mut Traffic,
    ) {
        traffic.received += message.len() as u64;
        let mut out = Out::new(space);
        let step = self.service.on_message(&Seen(sender), message, time, &mut out);
        let answer = match out.answer() {
            Answer::Nothing => None,
            Answer::Copied(length) => space.get(..length),
            Answer::Input(range) => message.get(range),
        };
        let sent = answer.map_or(Ok(0), |answer| self.listener.reply(answer, sender));
        match sent {
            Ok(sent) if step.exchanges > 0 => {
                traffic.sent += sent as u64;
                traffic.exchanges += u64::from(step.exchanges);
            }
            Ok(_) => traffic.dropped += 1,
            Err(error) => {
                traffic.dropped += 1;
                debug!(peer = %Seen(sender), %error, "answer lost");
            }
        }
    }
}

/// Who sent a message, looked up only if a service or a log line really prints it.
struct Seen<'a>(&'a Sender);

impl Display for Seen<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.peer().fmt(f)
    }
}
