//! Engines that this machine and this build can give, found out by trying.

use std::error::Error;

use sockscope_sys::uring::{Features, Refused};

use crate::work::EngineName;

/// What became of the attempt to make a ring.
type Ring = Result<Features, Refused>;

/// Those that cannot be had, with the reason.
pub(super) fn refused(ring: &Ring) -> Vec<(EngineName, String)> {
    let refusal = |engine| match engine {
        EngineName::Bare | EngineName::Blocking | EngineName::Epoll => None,
        EngineName::Uring => ring.as_ref().err().map(reason),
        EngineName::Tokio => {
            cfg!(not(feature = "tokio")).then(|| "this build has no tokio (cargo feature)".into())
        }
    };
    EngineName::ALL.into_iter().filter_map(|engine| Some((engine, refusal(engine)?))).collect()
}

/// Those that can be had, but not to answer datagrams, with the reason.
pub(super) fn without_datagram_servers(ring: &Ring) -> Vec<(EngineName, String)> {
    let lacks = ring.as_ref().is_ok_and(|features| !features.answers);
    let refused = Refused::Lacks { what: "send to an address", since: "6.1" };
    lacks.then(|| (EngineName::Uring, reason(&refused))).into_iter().collect()
}

/// The reason, in words that follow "because", and what would remove it.
fn reason(refused: &Refused) -> String {
    let cause = refused.source().map_or_else(String::new, |cause| format!(" ({cause})"));
    let hint = refused.hint().map_or_else(String::new, |hint| format!(": {hint}"));
    format!("{refused}{cause}{hint}")
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    #[test]
    fn a_refusal_of_io_uring_names_its_cause_and_what_would_remove_it() {
        let rows = [
            (Refused::Absent, "this kernel has no io_uring"),
            (
                Refused::Disabled { value: 2 },
                "io_uring is switched off, kernel.io_uring_disabled = 2: sysctl kernel.io_uring_disabled=0",
            ),
            (
                Refused::Forbidden(io::Error::from_raw_os_error(1)),
                "io_uring is not permitted here (Operation not permitted (os error 1))",
            ),
        ];
        for (refused, text) in rows {
            assert_eq!(reason(&refused), text);
        }
    }
}
