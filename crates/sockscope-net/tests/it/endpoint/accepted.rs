//! What is read, and how it is printed.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;

use sockscope_net::endpoint::{Endpoint, UnixName};
use sockscope_net::{Kind, ParseEndpointError};

#[track_caller]
fn check(rows: &[(&str, &str)]) {
    for (text, printed) in rows {
        let endpoint: Result<Endpoint, ParseEndpointError> = text.parse();
        let endpoint = endpoint.unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(endpoint.to_string(), *printed, "the printed form of {text}");
        assert_eq!(printed.parse().as_ref(), Ok(&endpoint), "{printed} read again");
    }
}

#[test]
fn network_endpoints_are_host_and_port() {
    check(&[
        ("tcp:127.0.0.1:80", "tcp:127.0.0.1:80"),
        ("tcp://127.0.0.1:80", "tcp:127.0.0.1:80"),
        ("udp:127.0.0.1:53", "udp:127.0.0.1:53"),
        ("udp://localhost:53", "udp:localhost:53"),
        ("mptcp:[::1]:80", "mptcp:[::1]:80"),
        ("mptcp://[::1]:80", "mptcp:[::1]:80"),
        ("localhost:80", "tcp:localhost:80"),
        ("db-1.example_x.org:5432", "tcp:db-1.example_x.org:5432"),
        ("example.org.:80", "tcp:example.org.:80"),
        ("[::1]:80", "tcp:[::1]:80"),
        ("tcp:[::]:0", "tcp:[::]:0"),
        ("tcp:[0:0::0001]:65535", "tcp:[::1]:65535"),
        ("tcp:[::ffff:1.2.3.4]:80", "tcp:[::ffff:1.2.3.4]:80"),
        ("tcp:0.0.0.0:00080", "tcp:0.0.0.0:80"),
    ]);
}

#[test]
fn a_port_without_a_host_is_this_machine() {
    check(&[
        (":80", "tcp::80"),
        ("tcp::80", "tcp::80"),
        ("tcp://:80", "tcp::80"),
        ("udp::53", "udp::53"),
        ("mptcp::80", "mptcp::80"),
    ]);
}

#[test]
fn the_zone_of_an_ipv6_address_is_raw() {
    check(&[
        ("tcp:[fe80::1%eth0]:80", "tcp:[fe80::1%eth0]:80"),
        ("[fe80::1%2]:80", "tcp:[fe80::1%2]:80"),
        ("udp:[fe80::1%25]:80", "udp:[fe80::1%25]:80"),
        ("udp:[fe80::1%wlan0.2]:80", "udp:[fe80::1%wlan0.2]:80"),
    ]);
}

#[test]
fn unix_paths_are_read_with_and_without_a_scheme() {
    check(&[
        ("unix:/run/x.sock", "unix:/run/x.sock"),
        ("unix:x.sock", "unix:x.sock"),
        ("unix:./x.sock", "unix:./x.sock"),
        ("unix:../x.sock", "unix:../x.sock"),
        ("/run/x.sock", "unix:/run/x.sock"),
        ("./x.sock", "unix:./x.sock"),
        ("unix:///run/x.sock", "unix:/run/x.sock"),
        ("unixgram:/dev/log", "unixgram:/dev/log"),
        ("unixgram:///dev/log", "unixgram:/dev/log"),
        ("unixpacket:/run/p", "unixpacket:/run/p"),
        ("unixpacket:///run/p", "unixpacket:/run/p"),
        ("seqpacket:/run/p", "unixpacket:/run/p"),
        ("seqpacket:///run/p", "unixpacket:/run/p"),
        ("unix:a:b:80", "unix:a:b:80"),
        ("unix:/run/日本語-é.sock", "unix:/run/日本語-é.sock"),
        ("/a\"b'c\\d", "unix:/a\"b'c\\d"),
    ]);
}

#[test]
fn abstract_names_are_marked_by_an_at_sign() {
    check(&[
        ("unix:@name", "unix:@name"),
        ("@name", "unix:@name"),
        ("unix-abstract:name", "unix:@name"),
        ("unixgram:@name", "unixgram:@name"),
        ("unixpacket:@name", "unixpacket:@name"),
        ("seqpacket:@name", "unixpacket:@name"),
        ("unix:@a%00b", "unix:@a%00b"),
        ("unix:@%00", "unix:@%00"),
        ("unix-abstract:a%00", "unix:@a%00"),
        ("unix:@@name", "unix:@@name"),
        ("unix-abstract:@name", "unix:@@name"),
        ("unix:@//x", "unix:@//x"),
        ("abns:name", "abns:name"),
        ("abns@name", "abns:name"),
        ("abns:%00name", "abns:%00name"),
    ]);
}

#[test]
fn percent_escapes_exist_only_after_a_scheme_of_ours() {
    check(&[
        ("unix:/a%20b", "unix:/a%20b"),
        ("unix:/a b", "unix:/a%20b"),
        ("unix:/a%2fb", "unix:/a/b"),
        ("unixgram:a%25", "unixgram:a%25"),
        ("abns:a%2525", "abns:a%2525"),
        ("/a%20b", "unix:/a%2520b"),
        ("./a%zz", "unix:./a%25zz"),
        ("@a%00b", "unix:@a%2500b"),
        ("seqpacket:/a%20b", "unixpacket:/a%2520b"),
        ("abns@a%20b", "abns:a%2520b"),
    ]);
}

#[test]
fn an_escaped_byte_never_acts_as_syntax() {
    check(&[
        ("unix:%40x", "unix:%40x"),
        ("unixgram:%40", "unixgram:%40"),
        ("./@x", "unix:./@x"),
        ("unix:/%2Fx", "unix:/%2Fx"),
        ("unix:%2F%2Fx", "unix:/%2Fx"),
        ("unix:%2F/x", "unix:/%2Fx"),
        ("//x", "unix:/%2Fx"),
        ("///x", "unix:/%2F/x"),
        ("unix:////x", "unix:/%2Fx"),
        ("unix:@%40x", "unix:@@x"),
    ]);
}

#[test]
fn what_does_not_show_as_itself_is_printed_escaped() {
    check(&[
        ("/a\tb\x1b[31m\n\x7f", "unix:/a%09b%1B[31m%0A%7F"),
        ("/a\u{a0}b\u{2003}c\u{3000}", "unix:/a%C2%A0b%E2%80%83c%E3%80%80"),
        ("/\u{202e}\u{2066}\u{200f}\u{61c}", "unix:/%E2%80%AE%E2%81%A6%E2%80%8F%D8%9C"),
        ("/\u{200b}\u{feff}\u{ad}", "unix:/%E2%80%8B%EF%BB%BF%C2%AD"),
        ("/\u{2028}\u{e000}\u{85}", "unix:/%E2%80%A8%EE%80%80%C2%85"),
        ("/e\u{301}", "unix:/e\u{301}"),
    ]);
}

#[test]
fn bytes_that_are_no_utf8_are_printed_escaped() {
    let endpoint = Endpoint::parse(OsStr::from_bytes(b"/a\xff\xc3\xa9\xc3")).expect("an endpoint");
    assert_eq!(endpoint.to_string(), "unix:/a%FFé%C3");
    assert_eq!(endpoint.to_string().parse(), Ok(endpoint));
}

#[test]
fn vsock_machines_have_numbers_and_three_names() {
    check(&[
        ("vsock:any:1024", "vsock:any:1024"),
        ("vsock:local:1024", "vsock:local:1024"),
        ("vsock:host:1024", "vsock:host:1024"),
        ("vsock://host:1024", "vsock:host:1024"),
        ("vsock:2:1024", "vsock:host:1024"),
        ("vsock:1:1024", "vsock:local:1024"),
        ("vsock:4294967295:1024", "vsock:any:1024"),
        ("vsock:0:4294967295", "vsock:0:4294967295"),
        ("vsock:3:0", "vsock:3:0"),
    ]);
}

#[test]
fn inherited_sockets_have_a_number_or_a_name() {
    check(&[
        ("fd:3", "fd:3"),
        ("fd@3", "fd:3"),
        ("fd:2147483647", "fd:2147483647"),
        ("fd://", "sd-listen:*"),
        ("sd-listen:*", "sd-listen:*"),
        ("sd-listen:web.socket", "sd-listen:web.socket"),
    ]);
}

#[test]
fn a_known_scheme_always_wins() {
    let kinds = [
        ("fd:3", None),
        ("udp:localhost:53", Some(Kind::Datagram)),
        ("unix:80", Some(Kind::Stream)),
        ("unixpacket:80", Some(Kind::SeqPacket)),
        ("vsock:2:80", Some(Kind::Stream)),
    ];
    for (text, kind) in kinds {
        assert_eq!(text.parse::<Endpoint>().map(|endpoint| endpoint.kind()), Ok(kind), "{text}");
    }
    for text in ["tcp:80", "udp:53", "mptcp:80", "vsock:80"] {
        assert!(text.parse::<Endpoint>().is_err(), "{text}");
    }
}

#[test]
fn the_transport_is_told_from_the_address() {
    for (text, transport) in [
        ("tcp:127.0.0.1:80", "tcp"),
        ("tcp:localhost:80", "tcp"),
        (":80", "tcp"),
        ("tcp:[::1]:80", "tcp6"),
        ("udp::80", "udp"),
        ("udp:[::1]:80", "udp6"),
        ("mptcp:[::1]:80", "mptcp"),
        ("unix:x", "unix"),
        ("unix:@x", "unix-abstract"),
        ("abns:x", "unix-abstract"),
        ("unixgram:@x", "unixgram"),
        ("unixpacket:x", "unixpacket"),
        ("vsock:local:1", "vsock"),
    ] {
        let endpoint: Endpoint = text.parse().expect("an endpoint");
        assert_eq!(endpoint.transport(), transport, "{text}");
    }
}

#[test]
fn a_name_of_107_bytes_is_the_longest() {
    let name = "x".repeat(107);
    for text in [format!("unix:{name}"), format!("unixgram:@{name}"), format!("abns:{name}")] {
        assert_eq!(text.parse::<Endpoint>().expect("fits").to_string(), text);
    }
    // The limit counts bytes of the name, not of its spelling.
    let escaped = format!("unix:{}", "%20".repeat(107));
    let Ok(Endpoint::Unix(unix)) = escaped.parse() else { panic!("{escaped} is refused") };
    assert_eq!(unix.name(), &UnixName::path(vec![b' '; 107]));
}
