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
use tracing::{debug, warn};

use super::Worker;
use super::door::Door;
use crate::serve::end::Told;
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
                    let answered = door.answer(message, &sender, &mut self.space, time, traffic);
                    if let Err(error) = answered {
                        let endpoint = &*self.shared.endpoints[door.endpoint];
                        door.tell_of_loss(endpoint, &sender, &error);
                    }
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
    ) -> io::Result<()> {
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
            Ok(_) | Err(_) => traffic.dropped += 1,
        }
        sent.map(|_| ())
    }

    /// Logs that an answer was not sent; once, where that may come to be everybody's concern.
    #[cold]
    fn tell_of_loss(&mut self, endpoint: &str, sender: &Sender, error: &io::Error) {
        debug!(peer = &*Seen(sender).to_string(), error = &*Told(error).to_string(), "answer lost");
        let is_full = error.kind() == io::ErrorKind::WouldBlock;
        if is_full && !self.is_network && !std::mem::replace(&mut self.deaf_client, true) {
            let peer = &*Seen(sender).to_string();
            warn!(
                endpoint,
                peer, "a client does not read its answers; others may lose theirs by it"
            );
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
