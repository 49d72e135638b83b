//! `Whoami`: tells who the server sees at the other end.
//!
//! On connections one line, said when the connection opens, and then an orderly close, so that a
//! plain `nc` or `cat` returns. On datagram sockets one line for each message. What the peer sends
//! is not looked at, but for one thing: a message that is itself such a line about a network peer is
//! not answered. It comes from another whoami, which would be answered by the answer, and so on.

use core::net::SocketAddr;
use std::fmt::{self, Display, Write};

use crate::machine::{Close, Out, Service, Step, Time};

/// Says who the peer is.
#[derive(Debug, Clone, Copy, Default)]
pub struct Whoami;

impl Service for Whoami {
    fn on_open<P: Display>(&mut self, peer: &P, _now: Time, out: &mut Out<'_>) -> Step {
        Step::close(0, Close::Done).with_exchanges(u32::from(tell(peer, out)))
    }

    fn on_bytes(&mut self, input: &[u8], _now: Time, _out: &mut Out<'_>) -> Step {
        Step::read(input.len())
    }

    fn on_message<P: Display>(
        &mut self,
        peer: &P,
        input: &[u8],
        _now: Time,
        out: &mut Out<'_>,
    ) -> Step {
        if is_answer(input) {
            return Step::read(input.len());
        }
        Step::read(input.len()).with_exchanges(u32::from(tell(peer, out)))
    }
}

/// Writes the line; false when the space was too short for it, and then it is cut.
fn tell<P: Display>(peer: &P, out: &mut Out<'_>) -> bool {
    writeln!(Line(out), "{peer}").is_ok()
}

/// Whether a message is what a whoami says of a network peer. Of others it says more, but those
/// cannot claim to be somebody else.
fn is_answer(message: &[u8]) -> bool {
    let line = message.strip_suffix(b"\n").and_then(|line| str::from_utf8(line).ok());
    line.is_some_and(|line| line.parse::<SocketAddr>().is_ok())
}

/// An answer that can be formatted into, without a string in between.
struct Line<'line, 'space>(&'line mut Out<'space>);

impl Write for Line<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        if self.0.copy(text.as_bytes()) { Ok(()) } else { Err(fmt::Error) }
    }
}

#[cfg(test)]
mod tests {
    use super::Whoami;
    use crate::machine::{Answer, Close, Out, Service, Time};
    use crate::service::script::Script;

    #[test]
    fn a_connection_hears_one_line_and_is_closed() {
        let heard = Script::new(Whoami).open().heard();
        assert_eq!(heard.bytes, b"uid 1000 (alice)\n");
        assert_eq!((heard.exchanges, heard.close), (1, Some(Close::Done)));
    }

    #[test]
    fn every_message_is_answered_by_the_line() {
        let heard = Script::new(Whoami).message(b"?").message(b"").heard();
        let line = Some(b"uid 1000 (alice)\n".to_vec());
        assert_eq!((heard.messages, heard.exchanges), (vec![line.clone(), line], 2));
    }

    #[test]
    fn the_answer_of_another_whoami_is_not_answered() {
        for (message, answered) in [
            (&b"127.0.0.1:40312\n"[..], false),
            (b"[fe80::1%2]:53\n", false),
            (b"127.0.0.1:40312", true),
            (b"127.0.0.1\n", true),
            (b"\n", true),
            (b"\xff\n", true),
        ] {
            let heard = Script::new(Whoami).message(message).heard();
            assert_eq!(heard.exchanges == 1, answered, "{message:?}");
            assert_eq!(heard.messages[0].is_some(), answered, "{message:?}");
        }
    }

    #[test]
    fn a_line_that_does_not_fit_is_cut_and_counts_as_no_exchange() {
        let mut space = [0; Out::MIN_SPACE];
        let mut out = Out::new(&mut space);
        let step = Whoami.on_open(&"x".repeat(Out::MIN_SPACE), Time::ORIGIN, &mut out);
        assert_eq!((step.exchanges, out.answer()), (0, Answer::Copied(Out::MIN_SPACE)));
    }
}
