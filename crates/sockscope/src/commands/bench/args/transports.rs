//! Transports: one name of the list, or the word for all of them.

use sockscope_engine::plan::OwnTransport;

/// What one word of `--transport` means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Transports {
    /// This one.
    One(OwnTransport),
    /// All, floors included.
    All,
}

impl Transports {
    /// The word that means all of them.
    const ALL: &str = "all";

    /// Reads a word.
    pub(crate) fn parse(word: &str) -> Result<Self, String> {
        if word == Self::ALL {
            return Ok(Self::All);
        }
        OwnTransport::parse(word).map(Self::One).map_err(|error| format!("{error}, and all"))
    }
}

/// The transports of a list, in its order; `all` stands for those that are not named beside it, TCP first.
pub(crate) fn listed(words: &[Transports]) -> Vec<OwnTransport> {
    let named: Vec<_> = words
        .iter()
        .filter_map(|word| match word {
            Transports::One(transport) => Some(*transport),
            Transports::All => None,
        })
        .collect();
    let tcp_first = |transport: &OwnTransport| *transport != OwnTransport::Tcp;
    let mut rest = OwnTransport::ALL.to_vec();
    rest.sort_by_key(tcp_first);
    rest.retain(|transport| !named.contains(transport));
    // Said twice, it has been said.
    words
        .iter()
        .flat_map(|word| match word {
            Transports::One(transport) => vec![*transport],
            Transports::All => std::mem::take(&mut rest),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_stands_for_every_transport_that_is_not_named_beside_it() {
        let one = Transports::One;
        let all = listed(&[Transports::All]);
        assert_eq!((all.len(), all[0]), (OwnTransport::ALL.len(), OwnTransport::Tcp));
        let unix_first = listed(&[one(OwnTransport::Unix), Transports::All]);
        assert_eq!(unix_first[..2], [OwnTransport::Unix, OwnTransport::Tcp]);
        assert_eq!(unix_first.len(), OwnTransport::ALL.len());
        let pipe_last = listed(&[Transports::All, one(OwnTransport::Pipe), Transports::All]);
        assert_eq!(pipe_last.last(), Some(&OwnTransport::Pipe));
        assert_eq!(pipe_last.len(), OwnTransport::ALL.len());
        let two = [OwnTransport::Udp, OwnTransport::Tcp];
        assert_eq!(listed(&two.map(one)), two);
    }

    #[test]
    fn a_word_that_is_neither_is_refused_with_what_there_is() {
        let error = Transports::parse("smoke").unwrap_err();
        assert!(
            error.contains("unix-abstract") && error.ends_with("shm-futex, and all"),
            "{error}"
        );
    }
}
