//! `Summary`: what a server has done, counted by each worker for itself and added up at the end.

use std::ops::AddAssign;

use sockscope_proto::Close;

use super::end::End;

/// What a server has done from its start to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Summary {
    /// Connections that were accepted and served.
    pub connections: u64,
    /// Connections that ended by an error: a reset, a broken pipe.
    pub failed: u64,
    /// Connections that were closed because of a byte that the service does not know.
    pub refused: u64,
    /// Connections that were cut off when the grace of a shutdown was over.
    pub cut: u64,
    /// How often accepting was paused because no descriptor was free.
    pub pauses: u64,
    /// Bytes and messages in and out, of connections and datagrams together.
    pub traffic: Traffic,
}

/// Bytes in and out, and what they amounted to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Traffic {
    /// Bytes received.
    pub received: u64,
    /// Bytes sent.
    pub sent: u64,
    /// Complete exchanges, as the service counts them.
    pub exchanges: u64,
    /// Messages that were not answered as their sender hoped: not understood, cut off by the
    /// buffer, without an address to answer to, or the sender's queue was full.
    pub dropped: u64,
}

impl Summary {
    /// Counts the end of a connection and what went over it.
    pub(super) fn ended(&mut self, end: &End, traffic: Traffic) {
        self.traffic += traffic;
        match end {
            End::Failed(_) | End::Stuck => self.failed += 1,
            End::Service(Close::BadByte { .. }) => self.refused += 1,
            End::Cut => self.cut += 1,
            End::Service(_) | End::PeerGone | End::Finished => {}
        }
    }
}

impl AddAssign for Summary {
    fn add_assign(&mut self, other: Self) {
        self.connections += other.connections;
        self.failed += other.failed;
        self.refused += other.refused;
        self.cut += other.cut;
        self.pauses += other.pauses;
        self.traffic += other.traffic;
    }
}

impl AddAssign for Traffic {
    fn add_assign(&mut self, other: Self) {
        self.received += other.received;
        self.sent += other.sent;
        self.exchanges += other.exchanges;
        self.dropped += other.dropped;
    }
}
