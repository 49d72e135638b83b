//! Endpoints, and the sockets behind them: listeners, connectors, connections and peers.
//!
//! One interface over stream, datagram and seqpacket sockets of every family. Nothing here prints,
//! exits or reads the environment; what the environment says (inherited sockets) is handed in.
//!
//! ```
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use sockscope_net::{BindOptions, Connector, Endpoint, Listener};
//!
//! let endpoint: Endpoint = "tcp:127.0.0.1:0".parse()?;
//! let listeners = Listener::bind(&endpoint, &BindOptions::default())?;
//! let client = Connector::new(listeners[0].local())?.connect(None)?;
//! let server = listeners[0].accept()?;
//!
//! server.send(b"hello")?;
//! let mut buffer = [0; 16];
//! let length = client.receive(&mut buffer)?;
//! assert_eq!(&buffer[..length], b"hello");
//! println!("served {}", server.peer());
//! # Ok(())
//! # }
//! ```

#![forbid(unsafe_code)]

mod address;
mod buffers;
mod conn;
mod connector;
pub mod endpoint;
pub mod errno;
mod listener;
mod mode;
mod names;
mod owner;
mod peer;
mod resolve;
mod shell;
mod socket_file;
mod transport;

pub use buffers::Buffers;
pub use conn::Conn;
pub use connector::{ConnectError, Connector, Dialer};
pub use endpoint::{Endpoint, Kind, ObservedName, ParseEndpointError};
pub use listener::{Activated, BindError, BindOptions, FileStep, Listener, Sender};
pub use mode::{Mode, ParseModeError};
pub use names::remember_own_names;
pub use owner::Owner;
pub use peer::{Peer, UnixPeer};
