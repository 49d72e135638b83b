//! What holds for every endpoint, and for every text.

use std::ffi::OsStr;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::os::unix::ffi::OsStrExt as _;

use proptest::collection::vec;
use proptest::prelude::*;
use sockscope_net::Kind;
use sockscope_net::endpoint::{
    Endpoint, Host, HostName, HostPort, SdName, UnixEndpoint, UnixName, VsockEndpoint, Zone,
};

/// Bytes with a liking for those that are syntax somewhere.
fn byte() -> impl Strategy<Value = u8> {
    prop_oneof![any::<u8>(), prop::sample::select(&b"%@/:.[]0a2F \0\n\xff"[..])]
}

fn unix() -> impl Strategy<Value = Endpoint> {
    let kind = prop_oneof![Just(Kind::Stream), Just(Kind::Datagram), Just(Kind::SeqPacket)];
    let name = vec(byte(), 1..=107).prop_flat_map(|bytes| {
        prop_oneof![
            Just(UnixName::path(bytes.clone())),
            Just(UnixName::Abstract(bytes.clone())),
            Just(UnixName::Padded(bytes)),
        ]
    });
    (kind, name).prop_filter_map("a name that a socket can have", |(kind, name)| {
        UnixEndpoint::new(kind, name).ok().map(Endpoint::Unix)
    })
}

fn host() -> impl Strategy<Value = Host> {
    let name = "[a-z0-9_-]{1,20}(\\.[a-z][a-z0-9_-]{0,10}){0,3}\\.?";
    prop_oneof![
        Just(Host::Any),
        any::<u32>().prop_map(|bits| Host::V4(Ipv4Addr::from_bits(bits))),
        (any::<u128>(), prop::option::of("[a-z0-9.@-]{1,15}")).prop_map(|(bits, zone)| {
            Host::V6(Ipv6Addr::from_bits(bits), zone.and_then(|zone| Zone::new(&zone)))
        }),
        name.prop_filter_map("not a number", |name| HostName::new(&name).map(Host::Name)),
    ]
}

fn network() -> impl Strategy<Value = Endpoint> {
    let scheme = prop::sample::select(&[Endpoint::Tcp, Endpoint::Udp, Endpoint::Mptcp][..]);
    (host(), any::<u16>(), scheme)
        .prop_map(|(host, port, scheme): (_, _, fn(_) -> _)| scheme(HostPort { host, port }))
}

fn endpoint() -> impl Strategy<Value = Endpoint> {
    prop_oneof![
        unix(),
        network(),
        (any::<u32>(), any::<u32>())
            .prop_map(|(cid, port)| Endpoint::Vsock(VsockEndpoint { cid, port })),
        (0..=i32::MAX.unsigned_abs()).prop_map(Endpoint::Fd),
        "[!-9;-~]{1,255}"
            .prop_map(|name| Endpoint::SdListen(SdName::named(&name).unwrap_or(SdName::all()))),
    ]
}

proptest! {
    #[test]
    fn the_printed_form_reads_as_the_same_endpoint(endpoint in endpoint()) {
        let printed = endpoint.to_string();
        prop_assert_eq!(printed.parse(), Ok(endpoint), "{}", printed);
    }

    #[test]
    fn the_printed_form_is_one_word_without_control_characters(endpoint in endpoint()) {
        let printed = endpoint.to_string();
        prop_assert!(!printed.contains(|c: char| c.is_control() || c.is_whitespace()), "{printed}");
    }

    #[test]
    fn reading_any_bytes_ends_in_an_endpoint_or_a_place_at_fault(
        scheme in prop::sample::select(&[
            "", "tcp:", "udp://", "unix:", "unixgram:", "seqpacket:", "abns@", "abns:", "vsock:",
            "fd:", "sd-listen:", "[", "tcp:[", "unix-abstract:", "@", "unix:@", "/", "x:",
        ][..]),
        rest in vec(byte(), 0..130),
    ) {
        let text = [scheme.as_bytes(), &rest].concat();
        match Endpoint::parse(OsStr::from_bytes(&text)) {
            Ok(endpoint) => {
                prop_assert_eq!(endpoint.to_string().parse(), Ok(endpoint));
            }
            Err(error) => {
                prop_assert!(error.span().end <= text.len());
                prop_assert!(error.hint().is_some(), "{error}");
                let shown = error.to_string();
                prop_assert!(!shown.contains(char::is_control), "{shown:?}");
            }
        }
    }
}
