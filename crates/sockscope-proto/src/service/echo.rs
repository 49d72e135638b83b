//! `Echo`: what comes in goes out unchanged.
//!
//! The answer is always a range of the input, so an engine sends it from where it was received: no
//! byte is copied.

use std::fmt::Display;

use crate::machine::{Out, Service, Step, Time};

/// Sends bytes back unchanged, and messages as the messages they were.
#[derive(Debug, Clone, Copy, Default)]
pub struct Echo;

impl Service for Echo {
    #[inline]
    fn on_bytes(&mut self, input: &[u8], _now: Time, out: &mut Out<'_>) -> Step {
        out.echo(0..input.len());
        Step::read(input.len()).with_exchanges(1)
    }

    #[inline]
    fn on_message<P: Display>(
        &mut self,
        _peer: &P,
        input: &[u8],
        now: Time,
        out: &mut Out<'_>,
    ) -> Step {
        self.on_bytes(input, now, out)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Echo;
    use crate::machine::{Answer, Close, Out, Service, Time};
    use crate::service::script::{Heard, PEER, Script};

    proptest! {
        #[test]
        fn any_split_of_the_bytes_comes_back_as_the_whole(
            input: Vec<u8>, cuts: Vec<prop::sample::Index>,
        ) {
            let heard = Script::new(Echo).split(&input, &cuts).end();
            prop_assert_eq!(heard.bytes, input);
            prop_assert_eq!(heard.close, Some(Close::PeerEnded));
        }
    }

    #[test]
    fn the_answer_is_the_input_itself_not_a_copy() {
        let mut space = [0; Out::MIN_SPACE];
        let mut out = Out::new(&mut space);
        let step = Echo.on_bytes(b"abc", Time::ORIGIN, &mut out);
        assert_eq!((step.consumed, out.answer()), (3, Answer::Input(0..3)));
    }

    #[test]
    fn an_empty_message_is_answered_by_an_empty_message() {
        let mut space = [0; Out::MIN_SPACE];
        let mut out = Out::new(&mut space);
        let step = Echo.on_message(&PEER, b"", Time::ORIGIN, &mut out);
        assert_eq!((step.exchanges, out.answer()), (1, Answer::Input(0..0)));
    }

    #[test]
    fn messages_keep_their_boundaries() {
        let Heard { messages, .. } = Script::new(Echo).message(b"ab").message(b"c").heard();
        assert_eq!(messages, [Some(b"ab".to_vec()), Some(b"c".to_vec())]);
    }
}
