//! Endpoints, and the sockets behind them: listeners, connectors, connections and peers.
//!
//! One interface over stream, datagram and seqpacket sockets of every family. Nothing here prints,
//! exits or reads the environment; what the environment says (inherited sockets) is handed in.

#![forbid(unsafe_code)]

mod address;
mod conn;
mod connector;
pub mod endpoint;
pub mod errno;
mod listener;
mod mode;
mod owner;
mod peer;
mod resolve;
mod shell;
mod socket_file;
mod transport;

pub use conn::{Buffers, Conn};
pub use connector::{ConnectError, Connector};
pub use endpoint::{Endpoint, Kind, ObservedName, ParseEndpointError};
pub use listener::{Activated, BindError, BindOptions, FileStep, Listener, Sender};
pub use mode::{Mode, ParseModeError};
pub use owner::Owner;
pub use peer::{Peer, UnixPeer};
