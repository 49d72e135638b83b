//! What is refused: each with the part at fault, its place, and what to type instead.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;

use sockscope_net::Endpoint;

/// Rows of a text, the message without its beginning, and the hint.
#[track_caller]
fn check(rows: &[(&str, &str, &str)]) {
    for (text, message, hint) in rows {
        let error = text.parse::<Endpoint>().expect_err(text);
        let full = format!("cannot read \"{text}\" as an endpoint: {message}");
        assert_eq!(error.to_string(), full, "the message for {text}");
        assert_eq!(error.hint().as_deref(), Some(*hint), "the hint for {text}");
        // A hint without a word to fill in must itself be an endpoint.
        let is_whole = !hint.contains([' ', 'P', 'N']) && !hint.contains("CID");
        assert!(!is_whole || hint.parse::<Endpoint>().is_ok(), "{hint} can be typed");
    }
}

#[test]
fn a_network_endpoint_needs_a_host_and_a_port() {
    check(&[
        ("tcp:80", "no port: \"80\" at byte 5", "tcp:localhost:80"),
        ("udp:53", "no port: \"53\" at byte 5", "udp:localhost:53"),
        ("tcp://80", "no port: \"80\" at byte 7", "tcp://localhost:80"),
        ("tcp:", "no port, at byte 5", "tcp:localhost:PORT"),
        ("mptcp:localhost", "no port: \"localhost\" at byte 7", "mptcp:localhost:PORT"),
        ("tcp:localhost:", "no port, at byte 15", "tcp:localhost:PORT"),
        ("localhost:", "no port, at byte 11", "localhost:PORT"),
        ("tcp:[::1]", "no port, at byte 10", "tcp:[::1]:PORT"),
        (":", "no port, at byte 2", ":PORT"),
    ]);
}

#[test]
fn a_port_is_a_number_and_the_end() {
    let not_a_port = "not a port number (0 to 65535)";
    check(&[
        ("tcp:h:65536", &format!("{not_a_port}: \"65536\" at byte 7"), "tcp:h:8080"),
        ("tcp:h:http", &format!("{not_a_port}: \"http\" at byte 7"), "tcp:h:8080"),
        ("tcp:h:+80", &format!("{not_a_port}: \"+80\" at byte 7"), "tcp:h:8080"),
        ("tcp:h:-1", &format!("{not_a_port}: \"-1\" at byte 7"), "tcp:h:8080"),
        ("tcp://h:80/", "something follows the port: \"/\" at byte 11", "tcp://h:80"),
        ("h:80?a=b", "unknown scheme: \"h\" at byte 1", OTHER_SCHEME),
        ("tcp:[::1]:80/a", "something follows the port: \"/a\" at byte 13", "tcp:[::1]:80"),
    ]);
}

const OTHER_SCHEME: &str = "HOST:PORT with a number, or one of the schemes tcp, udp, mptcp, unix, \
    unixgram, unixpacket, seqpacket, unix-abstract, abns, vsock, fd, sd-listen";

#[test]
fn an_ipv6_address_needs_brackets() {
    let brackets = "an IPv6 address needs brackets";
    check(&[
        ("tcp:::1:80", &format!("{brackets}: \"::1:80\" at byte 5"), "tcp:[::1]:80"),
        ("::1:80", brackets, "[::1]:80"),
        ("::1", brackets, "[::1]:PORT"),
        ("fe80::a", brackets, "[fe80::a]:PORT"),
        ("fe80::a:80", brackets, "[fe80::a]:80"),
        (
            "tcp:fe80::1%eth0:80",
            &format!("{brackets}: \"fe80::1%eth0:80\" at byte 5"),
            "tcp:[fe80::1%eth0]:80",
        ),
        ("udp:a:b:80", &format!("{brackets}: \"a:b:80\" at byte 5"), "udp:[::1]:PORT"),
        ("tcp:[::1", "the bracket is not closed: \"[::1\" at byte 5", "tcp:[::1]:PORT"),
        ("tcp:[::g]:80", "not an IPv6 address: \"::g\" at byte 6", "tcp:[::1]:80"),
        ("tcp:[127.0.0.1]:80", "not an IPv6 address: \"127.0.0.1\" at byte 6", "tcp:[::1]:80"),
        ("tcp:[]:80", "not an IPv6 address, at byte 6", "tcp:[::1]:80"),
    ]);
}

#[test]
fn network_endpoints_have_no_percent_escapes() {
    let zone = "the zone of an IPv6 address is written raw, without percent escapes";
    let host = "percent escapes have no meaning in a host";
    check(&[
        (
            "tcp:[fe80::1%25eth0]:80",
            &format!("{zone}: \"25eth0\" at byte 14"),
            "tcp:[fe80::1%eth0]:80",
        ),
        ("tcp:a%2eb:80", &format!("{host}: \"%2e\" at byte 6"), "tcp:a:80"),
        (
            "tcp:[fe80::1%]:80",
            "not an interface name or index, at byte 14",
            "tcp:[fe80::1%eth0]:80",
        ),
        (
            "tcp:[fe80::1%a/b]:80",
            "not an interface name or index: \"a/b\" at byte 14",
            "tcp:[fe80::1%eth0]:80",
        ),
        (
            "vsock:%32:80",
            "not a context id (a number, any, local or host): \"%32\" at byte 7",
            "vsock:host:80",
        ),
    ]);
}

#[test]
fn a_host_is_a_name_or_an_address() {
    let name = "not a host name";
    let ascii = "only printable ASCII can stand here";
    check(&[
        ("tcp:*:80", &format!("{name}: \"*\" at byte 5"), "tcp::80"),
        ("tcp:a..b:80", &format!("{name}: \"a..b\" at byte 5"), "tcp:localhost:80"),
        ("tcp:u@h:80", &format!("{name}: \"u@h\" at byte 5"), "tcp:localhost:80"),
        ("tcp:1.2.3:80", "not an IPv4 address: \"1.2.3\" at byte 5", "tcp:127.0.0.1:80"),
        ("tcp:256.0.0.1:80", "not an IPv4 address: \"256.0.0.1\" at byte 5", "tcp:127.0.0.1:80"),
        ("tcp:a b:80", &format!("{ascii}: \" \" at byte 6"), "tcp:ab:80"),
        (
            "tcp:bücher:80",
            &format!("{ascii}: \"ü\" at byte 6"),
            "the ASCII form of the name (xn--…)",
        ),
    ]);
}

#[test]
fn a_word_alone_is_no_endpoint() {
    let message = "neither a scheme, nor HOST:PORT, nor a path with a slash in front";
    check(&[
        ("mysql.sock", message, "unix:mysql.sock"),
        ("run/a b", message, "unix:run/a%20b"),
        ("run/x:80", message, "unix:run/x:80"),
        ("../x", message, "unix:../x"),
        ("x%20", message, "unix:x%2520"),
        ("8080", "no port", "localhost:8080"),
        ("localhost", "no port", "localhost:PORT"),
        ("10.0.0.1", "no port", "10.0.0.1:PORT"),
        ("tcp", message, "tcp:localhost:PORT"),
        ("sd-listen", message, "sd-listen:*"),
        ("", "it is empty", "tcp:localhost:PORT or unix:PATH"),
    ]);
}

#[test]
fn only_known_schemes_are_read() {
    check(&[
        ("http://localhost:80/x", "unknown scheme: \"http\" at byte 1", "tcp:localhost:80"),
        ("ipc://x", "unknown scheme: \"ipc\" at byte 1", "tcp:HOST:PORT or unix:PATH"),
        ("foo:bar", "unknown scheme: \"foo\" at byte 1", OTHER_SCHEME),
        ("TCP:h:80", "schemes are written in lower case: \"TCP\" at byte 1", "tcp:h:80"),
        ("Unix:80", "schemes are written in lower case: \"Unix\" at byte 1", "unix:80"),
    ]);
}

#[test]
fn two_slashes_are_ambiguous() {
    let message = "two slashes make the path ambiguous: \"//\"";
    check(&[
        (
            "unix://tmp/x",
            &format!("{message} at byte 6"),
            "unix:/tmp/x (absolute) or unix:tmp/x (relative)",
        ),
        (
            "unixgram://x",
            &format!("{message} at byte 10"),
            "unixgram:/x (absolute) or unixgram:x (relative)",
        ),
    ]);
}

#[test]
fn a_bad_escape_is_an_error() {
    check(&[
        ("unix:/a%zzb", "bad percent escape: \"%zz\" at byte 8", "unix:/a%25zzb"),
        ("unix:/a%2", "bad percent escape: \"%2\" at byte 8", "unix:/a%252"),
        ("unix:@100%", "bad percent escape: \"%\" at byte 10", "unix:@100%25"),
        ("abns:%+1", "bad percent escape: \"%+1\" at byte 6", "abns:%25+1"),
        ("unix-abstract:%g0", "bad percent escape: \"%g0\" at byte 15", "unix-abstract:%25g0"),
    ]);
}

#[test]
fn empty_names_are_refused() {
    check(&[
        ("unix:", "the name is empty, at byte 6", "unix:PATH"),
        ("unixgram:", "the name is empty, at byte 10", "unixgram:PATH"),
        ("unix:@", "the name is empty, at byte 7", "unix:@NAME"),
        ("@", "the name is empty, at byte 2", "@NAME"),
        ("unix-abstract:", "the name is empty, at byte 15", "unix-abstract:NAME"),
        ("abns:", "the name is empty, at byte 6", "abns:NAME"),
        ("sd-listen:", "it is empty, at byte 11", "sd-listen:*"),
    ]);
}

#[test]
fn a_path_has_no_nul_byte_and_a_padded_name_does_not_end_with_one() {
    let path = "a path cannot contain a NUL byte";
    check(&[
        ("unix:%00x", &format!("{path}: \"%00x\" at byte 6"), "unix:@x"),
        ("unix:a%00b", &format!("{path}: \"a%00b\" at byte 6"), "unix:a"),
        (
            "abns:a%00%00",
            "a padded name cannot end with a NUL byte: \"a%00%00\" at byte 6",
            "abns:a",
        ),
    ]);
}

#[test]
fn names_over_107_bytes_are_refused_with_their_length() {
    let long = "x".repeat(108);
    let message = "the name has 108 bytes, a Unix address holds 107";
    let directory = format!("/{}", "d".repeat(105));
    check(&[
        (
            &format!("unix:{directory}/x"),
            &format!("{message}: \"{directory}/x\" at byte 6"),
            &format!("unix:./x from inside {directory}"),
        ),
        (&long.replacen('x', "/", 1), message, "a path of 107 bytes or less"),
        (
            &format!("unix:@{long}"),
            &format!("{message}: \"{long}\" at byte 7"),
            "a name of 107 bytes or less",
        ),
    ]);
}

#[test]
fn vsock_and_inherited_sockets_have_numbers_in_range() {
    let port = "not a vsock port number (0 to 4294967295)";
    let cid = "not a context id (a number, any, local or host)";
    let number = "not a descriptor number (0 to 2147483647)";
    check(&[
        ("vsock:80", "no port: \"80\" at byte 7", "vsock:80:PORT"),
        ("vsock:", "no port, at byte 7", "vsock:CID:PORT"),
        ("vsock:guest:80", &format!("{cid}: \"guest\" at byte 7"), "vsock:host:80"),
        ("vsock:4294967296:80", &format!("{cid}: \"4294967296\" at byte 7"), "vsock:host:80"),
        ("vsock:2:-1", &format!("{port}: \"-1\" at byte 9"), "vsock:2:1024"),
        ("vsock:2:", &format!("{port}, at byte 9"), "vsock:2:1024"),
        ("fd:x", &format!("{number}: \"x\" at byte 4"), "fd:3"),
        ("fd:", &format!("{number}, at byte 4"), "fd:3"),
        ("fd:2147483648", &format!("{number}: \"2147483648\" at byte 4"), "fd:3"),
        ("fd://7", &format!("{number}: \"//7\" at byte 4"), "fd:7"),
        ("fd@-1", &format!("{number}: \"-1\" at byte 4"), "fd:3"),
        (
            "sd-listen:a:b",
            "not the name of a systemd socket descriptor: \"a:b\" at byte 11",
            "sd-listen:*",
        ),
    ]);
}

#[test]
fn a_message_never_repeats_control_bytes() {
    let error = Endpoint::parse(OsStr::from_bytes(b"tcp:\x1b[2J\xff:80")).expect_err("refused");
    assert_eq!(
        error.to_string(),
        "cannot read \"tcp:%1B[2J%FF:80\" as an endpoint: only printable ASCII can stand here: \
         \"%1B\" at byte 5",
    );
    assert_eq!(error.span(), 4..5);
}
