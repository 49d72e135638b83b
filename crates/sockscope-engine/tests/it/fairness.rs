//! Fairness: a connection with much to say does not keep the others of its thread waiting.

use sockscope_engine::engine::{Engine, Epoll, Terms};
use sockscope_engine::exchange::ExchangeError;
use sockscope_engine::side::{Ledger, Side};
use sockscope_engine::view::Wait;
use sockscope_net::{BindOptions, Conn, Connector, Endpoint, Listener};

/// Whose turn it was, in order.
#[derive(Debug, Default)]
struct Turns(Vec<usize>);

impl Ledger for Turns {
    fn is_done(&self) -> bool {
        false
    }
}

/// Takes whatever comes, and notes that it did.
#[derive(Debug)]
struct Listening {
    number: usize,
    is_over: bool,
}

impl Side for Listening {
    type Ledger = Turns;

    fn needs_clock(&self) -> bool {
        false
    }

    fn pending(&self) -> &[u8] {
        &[]
    }

    fn sent(&mut self, _count: usize) {}

    fn on_bytes(
        &mut self,
        input: &[u8],
        _now: u64,
        ledger: &mut Turns,
    ) -> Result<usize, ExchangeError> {
        ledger.0.push(self.number);
        Ok(input.len())
    }

    fn on_end(&mut self) -> Result<(), ExchangeError> {
        self.is_over = true;
        Ok(())
    }

    fn is_over(&self) -> bool {
        self.is_over
    }
}

/// The client and the server of so many connections that keep the boundaries of messages.
fn connected(count: usize) -> Vec<(Conn, Conn)> {
    let name = format!("seqpacket:@sockscope-fairness-{}", std::process::id());
    let endpoint = Endpoint::parse(name.as_ref()).unwrap();
    let listener = Listener::bind(&endpoint, &BindOptions::default()).unwrap().remove(0);
    listener.set_nonblocking(false).unwrap();
    let connect = || {
        let client = Connector::new(listener.local()).unwrap().connect(None).unwrap();
        (client, listener.accept().unwrap())
    };
    (0..count).map(|_| connect()).collect()
}

#[test]
fn connections_that_are_always_ready_take_turns() {
    const MESSAGES: usize = 100;
    /// What one turn may receive.
    const TURN: usize = 16;
    let (clients, servers): (Vec<_>, Vec<_>) = connected(3).into_iter().unzip();
    for client in clients {
        for _ in 0..MESSAGES {
            client.send(&[1; 8]).unwrap();
        }
        // Behind its messages is its end.
    }
    let sides = (0..).map(|number| Listening { number, is_over: false });
    let ends = servers.into_iter().zip(sides).collect();
    let terms = Terms { many_messages: true, scratch: 64, ..Terms::new(Wait::Block, 8) };
    let mut engine: Epoll<Conn, Listening> = Engine::new(ends, &terms).unwrap();
    let mut turns = Turns::default();
    engine.drive(&mut turns).unwrap();
    assert_eq!(turns.0.len(), 3 * MESSAGES);
    // Of any three turns in a row each has one, or two where an event comes together with what was left over.
    for (at, number) in turns.0.iter().enumerate() {
        let had = turns.0[..at].iter().filter(|one| *one == number).count();
        let least = (0..3).map(|one| turns.0[..at].iter().filter(|of| **of == one).count()).min();
        assert!(had <= least.unwrap() + 2 * TURN, "{number} had {had} turns, another {least:?}");
    }
}
