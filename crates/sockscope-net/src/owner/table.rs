//! Unix table: the sockets of this network namespace, as `/proc/net/unix` lists them.
//!
//! The table has no escapes: a NUL byte in an abstract name reads as `@`, and a name with a line end
//! spoils its own line. It is read as bytes, so that a name that is not text spoils nothing at all.

use std::fs;
use std::path::Path;

/// The kernel's `SS_CONNECTED`.
const CONNECTED: &str = "03";

/// A socket that has a name.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Named {
    /// The kernel's number of its type.
    pub(super) socket_type: u32,
    /// Whether it is one end of a connection, which has the name of the listener it came from.
    pub(super) connected: bool,
    pub(super) inode: u64,
    /// The path as it was bound, or `@` and the abstract name.
    pub(super) name: Vec<u8>,
}

/// All that can be read; nothing where `/proc` is not mounted.
pub(super) fn named_sockets() -> Vec<Named> {
    let table = fs::read(Path::new("/proc/net/unix")).unwrap_or_default();
    table.split(|byte| *byte == b'\n').filter_map(parse).collect()
}

/// Reads `SLOT: REFS PROTOCOL FLAGS TYPE STATE INODE NAME`; nothing without a name, as on the first line.
fn parse(line: &[u8]) -> Option<Named> {
    let mut columns = line.splitn(7, |byte| *byte == b' ').skip(4);
    let mut column = || str::from_utf8(columns.next()?).ok();
    let socket_type = u32::from_str_radix(column()?, 16).ok()?;
    let connected = column()? == CONNECTED;
    // The inode is padded to five places.
    let rest = columns.next()?.trim_ascii_start();
    let (inode, name) = rest.split_at(rest.iter().position(|byte| *byte == b' ')?);
    let inode = str::from_utf8(inode).ok()?.parse().ok()?;
    Some(Named { socket_type, connected, inode, name: name[1..].to_vec() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_read_byte_for_byte() {
        let named = |socket_type, connected, inode, name: &[u8]| {
            Some(Named { socket_type, connected, inode, name: name.to_vec() })
        };
        let rows: [(&[u8], Option<Named>); 7] = [
            (b"Num       RefCount Protocol Flags    Type St Inode Path", None),
            (b"00000000a1b2c3d4: 00000002 00000000 00000000 0002 01 21045", None),
            (b"0: 00000002 00000000 00010000 0001 01    12 /x", named(1, false, 12, b"/x")),
            (b"0: 00000003 00000000 00000000 0005 03 99999 @y@", named(5, true, 99_999, b"@y@")),
            (
                b"0: 00000002 00000000 00010000 0001 01 123456  a b",
                named(1, false, 123_456, b" a b"),
            ),
            (b"0: 00000002 00000000 00010000 0001 01 7 \xff", named(1, false, 7, b"\xff")),
            (b"the second line of a name", None),
        ];
        for (line, expected) in rows {
            assert_eq!(parse(line), expected, "{}", line.escape_ascii());
        }
    }
}
