//! The services: what a server says on a connection, or to a datagram.
//!
//! A service value is a template: an engine clones it for every connection (and once for every
//! datagram socket), so a service owns nothing that its connections would share.

pub mod discard;
pub mod echo;
pub mod pong;
#[cfg(test)]
mod script;
pub mod ticker;
pub mod whoami;

pub use discard::Discard;
pub use echo::Echo;
pub use pong::Pong;
pub use ticker::Ticker;
pub use whoami::Whoami;
