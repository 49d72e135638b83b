//! Network listeners: ports, families, restarts.

use std::os::fd::{AsFd, AsRawFd as _};
use std::process;

use rustix::io::Errno;
use sockscope_net::{BindError, BindOptions, Endpoint, Listener, Peer};

use crate::support::{bind, connect, endpoint, is_available, pair, try_bind};

fn port(listener: &Listener) -> u16 {
    match listener.local() {
        Endpoint::Tcp(at) | Endpoint::Udp(at) | Endpoint::Mptcp(at) => at.port,
        other => panic!("{other} has no port"),
    }
}

#[test]
fn port_0_is_resolved_to_the_port_that_is_bound() {
    for text in ["tcp:127.0.0.1:0", "udp:127.0.0.1:0", "mptcp:127.0.0.1:0", "tcp::0", "udp::0"] {
        if !is_available(text) {
            continue;
        }
        let listener = bind(&endpoint(text));
        let port = port(&listener);
        assert_ne!(port, 0, "{text}");
        let printed = format!("{}{port}", text.trim_end_matches('0'));
        assert_eq!(listener.local().to_string(), printed);
    }
}

#[test]
fn a_name_is_bound_on_all_its_addresses_and_one_port() {
    for scheme in ["tcp", "udp"] {
        let listeners =
            Listener::bind(&endpoint(&format!("{scheme}:localhost:0")), &BindOptions::default())
                .expect("bound");
        let first = port(&listeners[0]);
        for listener in &listeners {
            assert_eq!(port(listener), first);
            connect(listener.local());
        }
    }
}

#[test]
fn a_port_without_a_host_is_served_to_both_families() {
    let listener = bind(&endpoint("tcp::0"));
    let port = port(&listener);
    let client = connect(&endpoint(&format!("tcp:127.0.0.1:{port}")));
    let server = listener.accept().expect("accepted");
    assert_eq!((client.transport(), server.transport()), ("tcp", "tcp"));
    let Peer::Network(address) = server.peer() else { panic!("no address") };
    assert!(address.is_ipv4(), "{address} is not shown wrapped in IPv6");
    if !is_available("tcp:[::1]:0") {
        return;
    }
    let client = connect(&endpoint(&format!("tcp:[::1]:{port}")));
    let server = listener.accept().expect("accepted");
    assert_eq!((client.transport(), server.transport()), ("tcp6", "tcp6"));
}

#[test]
fn the_two_wildcards_written_out_are_two_listeners_of_one_port() {
    let v4 = bind(&endpoint("tcp:0.0.0.0:0"));
    if is_available("tcp:[::]:0") {
        let v6 = bind(&endpoint(&format!("tcp:[::]:{}", port(&v4))));
        assert_eq!(port(&v6), port(&v4));
    }
}

#[test]
fn a_restart_binds_while_old_connections_are_in_time_wait() {
    // An address of its own, so that no other test gets the port in between.
    let listener = bind(&endpoint("tcp:127.90.0.1:0"));
    let address = listener.local().clone();
    let (client, server) = pair(&listener);
    // Who closes first gets TIME_WAIT.
    drop(server);
    assert_eq!(client.receive(&mut [0; 4]).expect("the end"), 0);
    drop((client, listener));
    bind(&address);
}

#[test]
fn a_second_server_on_a_port_is_refused_by_name() {
    for text in ["tcp:127.0.0.1:0", "udp:127.0.0.1:0", "mptcp:127.0.0.1:0"] {
        if !is_available(text) {
            continue;
        }
        let live = bind(&endpoint(text));
        let error = try_bind(live.local()).expect_err("refused");
        let BindError::InUse { owner: Some(owner), .. } = &error else { panic!("{error:?}") };
        assert_eq!(owner.pid.unsigned_abs(), process::id(), "{text}");
        let wildcard = endpoint(&text.replace("127.0.0.1:0", &format!(":{}", port(&live))));
        try_bind(&wildcard).expect_err("the wildcard is refused as well");
    }
}

#[test]
fn an_address_of_another_machine_is_refused_with_a_hint() {
    let error = try_bind(&endpoint("tcp:192.0.2.1:8080")).expect_err("refused");
    if error.errno() != Some(Errno::ADDRNOTAVAIL) {
        return crate::support::skip("192.0.2.1 is an address of this machine");
    }
    assert_eq!(error.to_string(), "cannot bind tcp:192.0.2.1:8080 at 192.0.2.1:8080");
    let hint = "no interface has that address (`ip address`); tcp::8080 serves on all";
    assert_eq!(error.hint().as_deref(), Some(hint));
}

#[test]
fn an_address_that_the_kernel_does_not_take_has_a_hint_of_its_own() {
    for (text, hint) in [
        ("tcp:[::ffff:127.0.0.1]:0", "write an IPv4 address as one: tcp:127.0.0.1:0"),
        (
            "udp:[fe80::1]:5",
            "a link-local address needs its interface (`ip address`): udp:[fe80::1%eth0]:5, say",
        ),
    ] {
        if is_available("tcp:[::1]:0") {
            let error = try_bind(&endpoint(text)).expect_err("refused");
            assert_eq!((error.errno(), error.hint().as_deref()), (Some(Errno::INVAL), Some(hint)));
        }
    }
    let error = try_bind(&endpoint("vsock:4000000000:99")).expect_err("nobody's number");
    let hint = error.hint().expect("always");
    if error.errno() == Some(Errno::ADDRNOTAVAIL) {
        assert_eq!(hint, "this machine is not known by that CID; vsock:any:99 serves on all");
    }
}

/// Makes a descriptor look as if it came from outside; its number.
fn handed_over(fd: &impl AsFd) -> i32 {
    rustix::io::fcntl_setfd(fd, rustix::io::FdFlags::empty()).expect("inheritable");
    fd.as_fd().as_raw_fd()
}

#[test]
fn a_descriptor_that_nobody_handed_over_is_refused() {
    let own = std::net::TcpListener::bind("127.0.0.1:0").expect("bound");
    let number = own.as_raw_fd();
    let activated =
        [sockscope_net::Activated { name: "web".into(), number: number.unsigned_abs() }];
    let options = BindOptions { activated: activated.into(), ..Default::default() };
    for text in [format!("fd:{number}"), "sd-listen:web".to_owned()] {
        let error = Listener::bind(&endpoint(&text), &options).expect_err("our own");
        assert_eq!(error.to_string(), format!("cannot serve on the inherited {text}"));
        let source = std::error::Error::source(&error).expect("a cause").to_string();
        assert_eq!(source, "nothing was handed over: that descriptor was opened here");
    }
}

#[test]
fn an_inherited_listener_is_served_under_its_number() {
    let inherited = std::net::TcpListener::bind("127.0.0.1:0").expect("bound");
    let listener = bind(&endpoint(&format!("fd:{}", handed_over(&inherited))));
    let address = inherited.local_addr().expect("bound");
    assert_eq!(listener.local().to_string(), format!("tcp:{address}"));
    drop(inherited);
    let (client, server) = pair(&listener);
    client.send(b"x").expect("sent");
    assert_eq!(server.receive(&mut [0; 4]).expect("received"), 1);
}

#[test]
fn an_inherited_socket_file_outlives_its_listener() {
    let directory = crate::support::directory();
    let path = directory.path().join("s");
    let inherited = std::os::unix::net::UnixListener::bind(&path).expect("bound");
    drop(bind(&endpoint(&format!("fd:{}", handed_over(&inherited)))));
    assert!(path.exists());
}

#[test]
fn what_cannot_be_served_is_not_adopted() {
    let file = tempfile::tempfile().expect("a file");
    let (end, _other) = std::os::unix::net::UnixStream::pair().expect("a pair");
    for (number, what) in [(handed_over(&file), "a file"), (handed_over(&end), "not listening")] {
        let error = try_bind(&endpoint(&format!("fd:{number}"))).expect_err(what);
        assert!(matches!(error, BindError::Inherited { .. }), "{what}: {error}");
    }
    let error = try_bind(&endpoint("fd:2147483647")).expect_err("no such descriptor");
    assert_eq!(error.errno(), Some(Errno::BADF));
}

#[test]
fn activated_sockets_are_found_by_name() {
    let sockets: Vec<_> =
        (0..3).map(|_| std::net::TcpListener::bind("127.0.0.1:0").expect("bound")).collect();
    let activated = ["web", "admin", "web"].iter().zip(&sockets).map(|(name, socket)| {
        let number = handed_over(socket).unsigned_abs();
        sockscope_net::Activated { name: (*name).to_owned(), number }
    });
    let options = BindOptions { activated: activated.collect(), ..Default::default() };
    for (text, count) in [("sd-listen:web", 2), ("sd-listen:admin", 1), ("sd-listen:*", 3)] {
        let listeners = Listener::bind(&endpoint(text), &options).expect("adopted");
        assert_eq!(listeners.len(), count, "{text}");
    }
    let error = Listener::bind(&endpoint("sd-listen:other"), &options).expect_err("none");
    let source = std::error::Error::source(&error).expect("a cause").to_string();
    assert_eq!(source, "no such socket was passed; passed: [web, admin, web]");
}

#[test]
fn vsock_is_bound_where_there_is_vsock() {
    // Port -1 lets the kernel choose, as port 0 does elsewhere.
    let any = "vsock:any:4294967295";
    if !is_available(any) {
        return;
    }
    let listener = bind(&endpoint(any));
    assert_eq!(listener.transport(), "vsock");
    let Endpoint::Vsock(local) = listener.local() else { panic!("not vsock") };
    assert_ne!(local.port, u32::MAX);
    let error = try_bind(listener.local()).expect_err("taken");
    assert!(matches!(error, BindError::InUse { .. }), "{error}");
}
