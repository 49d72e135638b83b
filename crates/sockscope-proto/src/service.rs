//! The services: pong, echo, ticker, discard, whoami.
