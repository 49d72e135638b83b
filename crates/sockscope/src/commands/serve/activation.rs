//! Activation: the sockets that systemd, or another program that speaks its protocol, hands over.
//!
//! [sd_listen_fds(3)](https://man7.org/linux/man-pages/man3/sd_listen_fds.3.html): `LISTEN_PID` says
//! to which process, `LISTEN_FDS` how many there are, from descriptor 3 on, and `LISTEN_FDNAMES`
//! what they are called.

use std::env::var_os;
use std::process;

use sockscope_net::Activated;

use crate::fault::CliError;

/// The first descriptor of the protocol.
const FIRST: u32 = 3;

/// Why what the environment says of sockets cannot be used.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
enum ActivationError {
    /// A variable should be a number.
    #[error("{variable} is {value:?}, which is not a number of the kind")]
    NotANumber { variable: &'static str, value: String },
    /// Somebody else was to have the sockets, and has left the variables to us.
    #[error("the sockets of LISTEN_FDS are for process {meant}, and this is process {me}")]
    NotForUs { meant: u32, me: u32 },
}

/// The sockets that were handed over to this process; none if nothing is said of any.
pub(super) fn handed_over() -> Result<Vec<Activated>, CliError> {
    let [pid, count, names] = ["LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"]
        .map(|name| var_os(name).map(|value| value.to_string_lossy().into_owned()));
    read(pid.as_deref(), count.as_deref(), names.as_deref(), process::id()).map_err(|error| {
        let hint = match error {
            ActivationError::NotANumber { .. } => "systemd-socket-activate sets it right",
            ActivationError::NotForUs { .. } => "start the server by `exec`, to be that process",
        };
        CliError::environment(error).hint(hint)
    })
}

fn read(
    pid: Option<&str>,
    count: Option<&str>,
    names: Option<&str>,
    me: u32,
) -> Result<Vec<Activated>, ActivationError> {
    let (Some(pid), Some(count)) = (pid, count) else { return Ok(Vec::new()) };
    let meant: u32 = number("LISTEN_PID", pid)?;
    if meant != me {
        return Err(ActivationError::NotForUs { meant, me });
    }
    let count: u16 = number("LISTEN_FDS", count)?;
    let names = names.filter(|names| !names.is_empty());
    let mut names = names.into_iter().flat_map(|names| names.split(':'));
    let socket = |place: u16| {
        let name = names.next().unwrap_or("unknown").to_owned();
        Activated { name, number: FIRST + u32::from(place) }
    };
    Ok((0..count).map(socket).collect())
}

fn number<N: std::str::FromStr>(variable: &'static str, value: &str) -> Result<N, ActivationError> {
    let not_a_number = |_| ActivationError::NotANumber { variable, value: value.to_owned() };
    value.parse().map_err(not_a_number)
}

#[cfg(test)]
mod tests {
    use super::{ActivationError, read};

    #[test]
    fn sockets_are_numbered_from_3_and_named_as_far_as_there_are_names() {
        for (count, names, expected) in [
            ("0", None, &[][..]),
            ("1", None, &[("unknown", 3)]),
            ("1", Some(""), &[("unknown", 3)]),
            ("2", Some("web:admin"), &[("web", 3), ("admin", 4)]),
            ("2", Some("web"), &[("web", 3), ("unknown", 4)]),
            ("1", Some("web:admin"), &[("web", 3)]),
        ] {
            let sockets = read(Some("7"), Some(count), names, 7).unwrap();
            let sockets: Vec<_> =
                sockets.iter().map(|socket| (socket.name.as_str(), socket.number)).collect();
            assert_eq!(sockets, expected, "{count} {names:?}");
        }
    }

    #[test]
    fn without_the_variables_nothing_was_handed_over() {
        assert_eq!(read(None, None, None, 7), Ok(vec![]));
        assert_eq!(read(Some("7"), None, None, 7), Ok(vec![]));
        assert_eq!(read(None, Some("1"), None, 7), Ok(vec![]));
    }

    #[test]
    fn what_is_for_another_process_or_no_number_is_refused() {
        let other = Err(ActivationError::NotForUs { meant: 8, me: 7 });
        assert_eq!(read(Some("8"), Some("1"), None, 7), other);
        for (pid, count) in [("x", "1"), ("7", "x"), ("7", "-1"), ("7", "70000"), ("", "1")] {
            let error = read(Some(pid), Some(count), None, 7).unwrap_err();
            assert!(matches!(error, ActivationError::NotANumber { .. }), "{pid} {count}: {error}");
        }
    }
}
