//! `Discard`: reads and drops; the engine's counters are its whole answer.

use std::fmt::Display;

use crate::machine::{Out, Service, Step, Time};

/// Takes everything and says nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Discard;

impl Service for Discard {
    fn on_bytes(&mut self, input: &[u8], _now: Time, _out: &mut Out<'_>) -> Step {
        Step::read(input.len())
    }

    fn on_message<P: Display>(
        &mut self,
        _peer: &P,
        input: &[u8],
        _now: Time,
        _out: &mut Out<'_>,
    ) -> Step {
        Step::read(input.len()).with_exchanges(1)
    }
}

#[cfg(test)]
mod tests {
    use super::Discard;
    use crate::machine::Close;
    use crate::service::script::Script;

    #[test]
    fn bytes_are_taken_and_never_answered() {
        let heard = Script::new(Discard).bytes(b"ping\n").bytes(&[0xff; 5000]).end();
        assert_eq!((heard.bytes.as_slice(), heard.exchanges), (&b""[..], 0));
        assert_eq!(heard.close, Some(Close::PeerEnded));
    }

    #[test]
    fn a_message_is_taken_whole_and_counted() {
        let heard = Script::new(Discard).message(b"abc").message(b"").heard();
        assert_eq!((heard.messages, heard.exchanges), (vec![None, None], 2));
    }
}
