//! `Unsent`: what a peer that reads slowly has not taken yet.
//!
//! It exists only while there is something in it, so an idle connection costs no buffer. While it
//! exists its connection is not read, so it holds at most one answer and the rest of one read.

/// An answer that the socket has not taken, and input that came after it.
#[derive(Debug)]
pub(super) struct Unsent {
    answer: Box<[u8]>,
    sent: usize,
    input: Box<[u8]>,
}

impl Unsent {
    /// Keeps the rest of an answer (or a whole message) that the socket did not take.
    pub(super) fn new(answer: &[u8]) -> Self {
        Self { answer: answer.into(), sent: 0, input: Box::default() }
    }

    /// Keeps input that the service has not consumed, to be given to it once the answer has been
    /// sent.
    pub(super) fn keep_input(&mut self, input: &[u8]) {
        self.input = input.into();
    }

    /// What is still to be sent.
    pub(super) fn rest(&self) -> &[u8] {
        &self.answer[self.sent..]
    }

    /// The socket took `sent` bytes more; true when that was all.
    pub(super) fn advance(&mut self, sent: usize) -> bool {
        self.sent = self.answer.len().min(self.sent + sent);
        self.sent == self.answer.len()
    }

    /// The input that was kept.
    pub(super) fn into_input(self) -> Box<[u8]> {
        self.input
    }
}

#[cfg(test)]
mod tests {
    use super::Unsent;

    #[test]
    fn an_answer_leaves_piece_by_piece_and_then_its_input_is_back() {
        let mut unsent = Unsent::new(b"answer");
        unsent.keep_input(b"input");
        assert!(!unsent.advance(2));
        assert_eq!(unsent.rest(), b"swer");
        assert!(unsent.advance(4));
        assert_eq!(&*unsent.into_input(), b"input");
    }

    #[test]
    fn an_empty_message_is_sent_by_being_taken_once() {
        let mut unsent = Unsent::new(b"");
        assert!(unsent.advance(0));
    }
}
