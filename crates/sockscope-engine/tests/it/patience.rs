//! Patience: what every engine takes for a silence, and what ends a drive besides.

use std::rc::Rc;
use std::time::Duration;

use sockscope_engine::clock::now_ns;
use sockscope_engine::engine::{Blocking, Engine, Epoll, Terms, Uring};
use sockscope_engine::exchange::ExchangeError;
use sockscope_engine::side::{Datagrams, Rounds, Side};
use sockscope_engine::view::Wait;
use sockscope_engine::wire::{Calls, Counted};
use sockscope_engine::work::{EngineName, Work};
use sockscope_net::{BindOptions, Conn, Connector, Endpoint, Listener};

use crate::plans::engines;

/// A datagram socket that nobody reads, and a client of it.
fn mute() -> (Listener, Conn) {
    let endpoint = Endpoint::parse("udp:127.0.0.1:0".as_ref()).unwrap();
    let listener = Listener::bind(&endpoint, &BindOptions::default()).unwrap().remove(0);
    let client = Connector::new(listener.local()).unwrap().connect(None).unwrap();
    (listener, client)
}

/// Drives a side for a window that only a failure waits for.
fn drive<S: Side<Ledger = Rounds>, E: Engine<Counted<Conn>, S>>(
    client: Conn,
    side: S,
) -> Result<(), ExchangeError> {
    let terms = Terms {
        patience: Some(Duration::from_millis(300)),
        tick: Some(Duration::from_millis(10)),
        scratch: 65,
        many_messages: true,
        ..Terms::new(Wait::Block, 64)
    };
    let ends = vec![(Counted::new(client, &Rc::new(Calls::default())), side)];
    let mut engine = E::new(ends, &terms).unwrap();
    let mut rounds = Rounds::new();
    rounds.open_until(now_ns() + 20_000_000_000);
    engine.drive(&mut rounds)
}

#[test]
fn whoever_only_asks_again_and_again_is_not_answered() {
    for engine in engines() {
        let (_listener, client) = mute();
        let side = Datagrams::new(&Work::default(), 50_000_000).unwrap();
        let driven = match engine {
            EngineName::Blocking => drive::<_, Blocking<_, _>>(client, side),
            EngineName::Epoll => drive::<_, Epoll<_, _>>(client, side),
            EngineName::Uring => drive::<_, Uring<_, _>>(client, side),
            #[cfg(feature = "tokio")]
            EngineName::Tokio => drive::<_, sockscope_engine::engine::Tokio<_, _>>(client, side),
            other => panic!("{other} drives nothing"),
        };
        assert!(matches!(driven, Err(ExchangeError::Silent { .. })), "{engine}: {driven:?}");
    }
}

/// A side that cannot go on.
#[cfg(feature = "tokio")]
struct Broken;

#[cfg(feature = "tokio")]
impl Side for Broken {
    type Ledger = Rounds;

    fn needs_clock(&self) -> bool {
        false
    }

    fn on_start(&mut self, _now: u64, _ledger: &mut Rounds) {
        panic!("the side's own panic");
    }

    fn pending(&self) -> &[u8] {
        &[]
    }

    fn sent(&mut self, _count: usize) {}

    fn on_bytes(&mut self, _: &[u8], _now: u64, _: &mut Rounds) -> Result<usize, ExchangeError> {
        Ok(0)
    }

    fn on_end(&mut self) -> Result<(), ExchangeError> {
        Ok(())
    }

    fn is_over(&self) -> bool {
        false
    }
}

#[cfg(feature = "tokio")]
#[test]
#[should_panic(expected = "the side's own panic")]
fn a_side_that_panics_in_a_task_ends_the_drive_with_its_panic() {
    let (_listener, client) = mute();
    drive::<_, sockscope_engine::engine::Tokio<_, _>>(client, Broken).unwrap();
}
