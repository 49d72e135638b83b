//! Names as the kernel shows them.

use sockscope_net::{Endpoint, Kind, ObservedName};

#[test]
fn every_name_of_the_kernel_is_one_printable_word() {
    let mut padded = b"\0name".to_vec();
    padded.resize(108, 0);
    let full = [b'x'; 108];
    let full_text = "x".repeat(108);
    for (bytes, shown) in [
        (&b""[..], "(unnamed)"),
        (b"/run/x.sock\0", "/run/x.sock"),
        (b"x.sock", "x.sock"),
        (b"@x\0", "%40x"),
        (b"\0name", "@name"),
        (b"\0\0a\x1b\n", "@%00a%1B%0A"),
        (&padded, "abns:name"),
        (&full, &full_text),
    ] {
        assert_eq!(ObservedName::from_kernel(bytes).to_string(), shown);
    }
}

#[test]
fn an_observed_name_is_an_endpoint_only_if_it_can_be_written_down() {
    let mut padded = b"\0name".to_vec();
    padded.resize(108, 0);
    for (bytes, endpoint) in [
        (&b""[..], None),
        (&[b'x'; 108][..], None),
        (b"\0", None),
        (b"/x\0", Some("unix:/x")),
        (b"\0x\0", Some("unix:@x%00")),
        (&padded, Some("abns:name")),
    ] {
        let name = ObservedName::from_kernel(bytes);
        let printed = name.endpoint(Kind::Stream).map(|unix| Endpoint::Unix(unix).to_string());
        assert_eq!(printed.as_deref(), endpoint, "{name}");
    }
}
