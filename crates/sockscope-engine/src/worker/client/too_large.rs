//! Too large: why a message has no room on a kind that keeps messages whole.

use sockscope_net::{Conn, Kind};

use crate::control::{Failure, Fault};

/// What the kernel keeps of a Unix socket's send buffer for itself (`unix_dgram_sendmsg`).
const RESERVED: usize = 32;

/// Finds out, before anything is sent, whether a message of so many bytes has room; if it has not, that is nobody's fault.
pub(in crate::worker) fn check_room(conn: &Conn, len: usize) -> Result<(), Failure> {
    if conn.kind() == Kind::Stream {
        return Ok(());
    }
    let buffer = conn.buffers().map_or(usize::MAX, |granted| granted.send);
    match reason(conn.transport(), len, buffer) {
        None => Ok(()),
        Some(text) => Err(Failure { fault: Fault::Unavailable, text }),
    }
}

/// In words that follow "because".
fn reason(transport: &str, len: usize, send_buffer: usize) -> Option<String> {
    let over_udp = |most| {
        (len > most).then(|| {
            format!("a datagram of {len} bytes is larger than UDP carries: --size {most} at most")
        })
    };
    match transport {
        // Of 65535 bytes; IPv4's header is counted in, IPv6's is not.
        "udp" => over_udp(65_507),
        "udp6" => over_udp(65_527),
        _ if len > send_buffer.saturating_sub(RESERVED) => {
            // The kernel doubles what it is asked for.
            let needed = (len + RESERVED).div_ceil(2);
            Some(format!(
                "a message of {len} bytes is larger than the send buffer, {send_buffer} bytes, allows: --buffers {needed}, \
                 within net.core.wmem_max"
            ))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reason_says_what_there_is_room_for_and_what_would_give_more() {
        let buffer = "a message of 212961 bytes is larger than the send buffer, 212992 bytes, allows: --buffers 106497, \
                      within net.core.wmem_max";
        let rows = [
            ("udp", 65_507, 1, None),
            (
                "udp",
                65_508,
                1,
                Some("a datagram of 65508 bytes is larger than UDP carries: --size 65507 at most"),
            ),
            ("udp6", 65_527, 1, None),
            (
                "udp6",
                65_528,
                1,
                Some("a datagram of 65528 bytes is larger than UDP carries: --size 65527 at most"),
            ),
            ("unixgram", 212_960, 212_992, None),
            ("unixgram", 212_961, 212_992, Some(buffer)),
            ("unixpacket", 212_961, 212_992, Some(buffer)),
        ];
        for (transport, len, send_buffer, text) in rows {
            assert_eq!(reason(transport, len, send_buffer).as_deref(), text, "{transport} {len}");
        }
    }

    #[test]
    fn the_kernel_draws_the_line_where_the_reason_does() {
        for endpoint in
            ["unixgram:@sockscope-room-g", "unixpacket:@sockscope-room-p", "udp:127.0.0.1:0"]
        {
            let endpoint = format!(
                "{endpoint}{}",
                if endpoint.starts_with("udp") {
                    String::new()
                } else {
                    std::process::id().to_string()
                }
            );
            let endpoint = endpoint.parse().unwrap();
            let options = sockscope_net::BindOptions::default();
            let listener = sockscope_net::Listener::bind(&endpoint, &options).unwrap().remove(0);
            let connector = sockscope_net::Connector::new(listener.local()).unwrap();
            let conn = connector.connect(None).unwrap();
            let most = match conn.transport() {
                "udp" => 65_507,
                _ => conn.buffers().unwrap().send - RESERVED,
            };
            assert_eq!(check_room(&conn, most), Ok(()));
            assert_eq!(conn.send(&vec![0; most]).unwrap(), most);
            assert!(check_room(&conn, most + 1).is_err());
            let error = conn.send(&vec![0; most + 1]).unwrap_err();
            assert_eq!(error.raw_os_error(), Some(rustix::io::Errno::MSGSIZE.raw_os_error()));
        }
    }
}
