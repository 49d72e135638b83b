//! The errors that socket calls return on Linux. A test asks the C library whether the names are
//! right.

use rustix::io::Errno;

use super::Description;

/// One error.
pub(super) struct Row {
    pub(super) errno: Errno,
    pub(super) description: Description,
}

const fn row(errno: Errno, name: &'static str, meaning: &'static str, advice: &'static str) -> Row {
    Row { errno, description: Description { name, meaning, advice } }
}

#[rustfmt::skip]
pub(super) static ROWS: &[Row] = &[
    row(Errno::ACCESS, "EACCES", "a permission is missing",
        "look at the rights on the way with `namei -l PATH`; ports below 1024 want root"),
    row(Errno::ADDRINUSE, "EADDRINUSE", "the address is taken",
        "stop who has it (`ss -lnp`) or choose another"),
    row(Errno::ADDRNOTAVAIL, "EADDRNOTAVAIL", "this machine has no such address, or no free port",
        "compare with `ip address`; wait for ports in TIME_WAIT"),
    row(Errno::AFNOSUPPORT, "EAFNOSUPPORT", "this kernel or sandbox lacks the address family",
        "choose another kind of endpoint, or load the module"),
    row(Errno::AGAIN, "EAGAIN", "nothing is ready: no data, no room, or a full backlog",
        "try again later; look whether the server still accepts"),
    row(Errno::ALREADY, "EALREADY", "an earlier connect is still under way",
        "wait for it to end"),
    row(Errno::BADF, "EBADF", "there is no such descriptor",
        "check the number after fd:"),
    row(Errno::CONNABORTED, "ECONNABORTED", "the connection ended before it was accepted",
        "nothing to do: go on with the next one"),
    row(Errno::CONNREFUSED, "ECONNREFUSED", "nothing is listening there",
        "start the server, or check the address"),
    row(Errno::CONNRESET, "ECONNRESET", "the other end closed without reading everything",
        "look into the log of the other end: it crashed, or did not like what it got"),
    row(Errno::DESTADDRREQ, "EDESTADDRREQ", "there is no address to send to",
        "the sender must bind an address of its own to get an answer"),
    row(Errno::HOSTDOWN, "EHOSTDOWN", "the machine does not answer",
        "check that it is running"),
    row(Errno::HOSTUNREACH, "EHOSTUNREACH", "no way to that machine, or a packet filter says so",
        "check `ip route get ADDRESS`, then the firewall of the server"),
    row(Errno::INPROGRESS, "EINPROGRESS", "the connection is under way",
        "wait until the socket is writable"),
    row(Errno::INTR, "EINTR", "a signal came in between",
        "repeat the call"),
    row(Errno::INVAL, "EINVAL", "the kernel does not accept the address or the option",
        "a link-local IPv6 address needs its interface: [fe80::1%eth0]:PORT"),
    row(Errno::IO, "EIO", "a device failed",
        "look into the kernel log with `dmesg`"),
    row(Errno::ISCONN, "EISCONN", "the socket is connected already",
        "use a new socket"),
    row(Errno::ISDIR, "EISDIR", "that is a directory",
        "add the name of the socket file"),
    row(Errno::LOOP, "ELOOP", "the symbolic links on the way go round in a circle",
        "follow them with `namei -l PATH`"),
    row(Errno::MFILE, "EMFILE", "this process has no descriptor left",
        "raise its limit: `ulimit -n`"),
    row(Errno::MSGSIZE, "EMSGSIZE", "the message is too long for the socket or the buffer",
        "send shorter messages, or use a stream"),
    row(Errno::NAMETOOLONG, "ENAMETOOLONG", "the path is too long",
        "use a relative path or a shorter directory"),
    row(Errno::NETDOWN, "ENETDOWN", "the network interface is down",
        "bring it up: `ip link set dev NAME up`"),
    row(Errno::NETRESET, "ENETRESET", "the network broke the connection",
        "connect again"),
    row(Errno::NETUNREACH, "ENETUNREACH", "there is no route to that network",
        "check `ip route get ADDRESS`"),
    row(Errno::NFILE, "ENFILE", "the whole machine has no descriptor left",
        "raise fs.file-max, or find who leaks: `sysctl fs.file-nr`"),
    row(Errno::NOBUFS, "ENOBUFS", "the kernel has no buffer left for it",
        "send more slowly, or raise net.core.wmem_max"),
    row(Errno::NODEV, "ENODEV", "there is no such network interface",
        "compare with `ip link`"),
    row(Errno::NOENT, "ENOENT", "there is no such file",
        "start the server, or check the path"),
    row(Errno::NOLCK, "ENOLCK", "the file system has no lock left, or has no locks",
        "use a directory on a local file system, such as /run"),
    row(Errno::NOMEM, "ENOMEM", "the machine is out of memory",
        "free some, or look at net.ipv4.tcp_mem"),
    row(Errno::NOPROTOOPT, "ENOPROTOOPT", "this kind of socket does not have the option",
        "choose another kind of endpoint"),
    row(Errno::NOSPC, "ENOSPC", "no room for the file, or no automatic name left",
        "free space in the directory's file system"),
    row(Errno::NOTCONN, "ENOTCONN", "the socket is not connected, or no more",
        "connect again"),
    row(Errno::NOTDIR, "ENOTDIR", "a part of the path is a file and no directory",
        "follow the path with `namei -l PATH`"),
    row(Errno::NOTSOCK, "ENOTSOCK", "that is not a socket",
        "check the descriptor or the path"),
    row(Errno::NXIO, "ENXIO", "there is nothing behind the file",
        "sockets are connected to, not opened"),
    row(Errno::OPNOTSUPP, "EOPNOTSUPP", "this kind of socket cannot do that",
        "choose another kind of endpoint"),
    row(Errno::PERM, "EPERM", "a rule forbids it: a sandbox, a packet filter, or a peer that \
        listens to another",
        "look at the rules: `nft list ruleset`, the unit file, the container's profile"),
    row(Errno::PIPE, "EPIPE", "the other end has closed",
        "look into the log of the other end"),
    row(Errno::PROTO, "EPROTO", "the protocol failed",
        "connect again"),
    row(Errno::PROTONOSUPPORT, "EPROTONOSUPPORT", "this kernel lacks the protocol",
        "choose another kind of endpoint, or load the module"),
    row(Errno::PROTOTYPE, "EPROTOTYPE", "a socket of another type is there",
        "try unix:, unixgram: or unixpacket: with the same path"),
    row(Errno::ROFS, "EROFS", "the file system is read-only",
        "use a directory that can be written to, such as /run"),
    row(Errno::SHUTDOWN, "ESHUTDOWN", "that direction of the socket is closed",
        "connect again"),
    row(Errno::SOCKTNOSUPPORT, "ESOCKTNOSUPPORT", "the address family lacks the type of socket",
        "choose another kind of endpoint"),
    row(Errno::TIMEDOUT, "ETIMEDOUT", "there was no answer in time",
        "check the address and the firewall; see whether the server still accepts"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::errno::describe;

    #[test]
    fn every_name_is_that_of_the_c_library() {
        for row in ROWS {
            let known = nix::errno::Errno::from_raw(row.errno.raw_os_error());
            assert_eq!(row.description.name, format!("{known:?}"));
        }
    }

    #[test]
    fn every_error_is_described_once_and_as_a_part_of_a_sentence() {
        for row in ROWS {
            assert_eq!(describe(row.errno), &row.description);
            for text in [row.description.meaning, row.description.advice] {
                assert!(!text.is_empty() && !text.ends_with('.'), "{text}");
                assert!(!text.contains("  "), "{text}");
            }
        }
    }

    #[test]
    fn a_description_is_name_meaning_and_next_step() {
        let text = describe(Errno::CONNREFUSED).to_string();
        let expected =
            "ECONNREFUSED: nothing is listening there; start the server, or check the address";
        assert_eq!(text, expected);
        assert_eq!(describe(Errno::XFULL).name, "EUNKNOWN");
    }
}
