//! The data path allocates nothing.

use std::thread;

use sockscope_engine::serve::{Options, Shutdown, serve};
use sockscope_net::{BindOptions, Conn, Connector, Endpoint, Listener};
use sockscope_proto::service::Echo;

/// How many allocations a server makes in its whole life, with one client that makes so many
/// exchanges.
fn allocations(endpoint: &str, exchanges: u32) -> u64 {
    let endpoint: Endpoint = endpoint.parse().expect("an endpoint");
    let listeners = Listener::bind(&endpoint, &BindOptions::default()).expect("bound");
    let connector = Connector::new(listeners[0].local()).expect("resolved");
    let shutdown = Shutdown::new().expect("a handle");
    let handle = shutdown.clone();
    let client = thread::spawn(move || {
        let conn: Conn = connector.connect(None).expect("connected");
        for _ in 0..exchanges {
            conn.send(b"a message of some bytes").expect("sent");
            assert_eq!(conn.receive(&mut [0; 64]).expect("received"), 23);
        }
        // The server has seen the end before it is asked to end itself.
        conn.shutdown_write().expect("shut down");
        assert_eq!(conn.receive(&mut [0; 64]).expect("received"), 0);
        handle.finish();
    });
    let counted = allocation_counter::measure(|| {
        serve(listeners, &Echo, &Options::default(), &shutdown).expect("served");
    });
    client.join().expect("no panic");
    counted.count_total
}

#[test]
fn a_thousand_exchanges_allocate_no_more_than_one() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("s");
    for endpoint in ["tcp:127.0.0.1:0", &format!("unix:{}", path.display())] {
        let once = allocations(endpoint, 1);
        assert_eq!(allocations(endpoint, 1001), once, "{endpoint}");
    }
}
