//! Abilities: what this machine and this build can do at all, found out by trying.

mod engines;
mod transports;
mod zero_copy;

use super::{OwnTransport, Target, Unavailable};
use crate::work::{EngineName, Load, Work};

/// What cannot be had here, with the reason.
#[derive(Debug, Clone, Default)]
pub struct Abilities {
    /// Transports that cannot be had.
    pub transports: Vec<(OwnTransport, String)>,
    /// Engines that cannot be had.
    pub engines: Vec<(EngineName, String)>,
    /// Engines whose server cannot answer datagrams, although the engine can be had, with the reason.
    pub datagram_servers: Vec<(EngineName, String)>,
    /// Transports that are measured, but not with zero-copy sends.
    pub zero_copy: Vec<(OwnTransport, String)>,
    /// How many messages a Unix datagram socket holds, where that is known.
    pub unix_datagrams: Option<u32>,
}

impl Abilities {
    /// Tries them.
    #[must_use]
    pub fn probe() -> Self {
        Self {
            transports: transports::refused(),
            engines: engines::refused(),
            datagram_servers: engines::without_datagram_servers(),
            zero_copy: zero_copy::refused(),
            unix_datagrams: unix_datagrams(),
        }
    }

    /// What keeps a target from being measured so, if anything does.
    pub(super) fn refusal(&self, target: &Target, work: &Work) -> Option<Unavailable> {
        if let Some(refusal) = self.refuses_depth(target, work) {
            return Some(refusal);
        }
        let mut engines = vec![work.engines.client];
        if let Target::Own(transport) = target {
            if let Some(reason) = self.refuses_transport(*transport) {
                let target = Some(target.clone());
                return Some(Unavailable {
                    target,
                    reason: reason.into(),
                    ..Unavailable::default()
                });
            }
            if let Load::Stream { zero_copy: true } = work.load
                && let Some((_, reason)) = self.zero_copy.iter().find(|(one, _)| one == transport)
            {
                let (target, reason) = (Some(target.clone()), reason.clone());
                return Some(Unavailable { target, reason, ..Unavailable::default() });
            }
            engines.push(work.engines.server);
            let mut servers = self.datagram_servers.iter();
            let refused = servers.find(|(engine, _)| *engine == work.engines.server);
            if let (true, Some((engine, reason))) = (target.may_lose(), refused) {
                let (target, engine) = (Some(target.clone()), Some(*engine));
                let reason = reason.clone();
                return Some(Unavailable { target, engine, reason, ..Unavailable::default() });
            }
        }
        let refused = |engine: EngineName| {
            let reason = self.refuses_engine(engine)?.into();
            Some(Unavailable { engine: Some(engine), reason, ..Unavailable::default() })
        };
        engines.into_iter().find_map(refused)
    }

    /// Why so many requests cannot be in flight, if they cannot.
    fn refuses_depth(&self, target: &Target, work: &Work) -> Option<Unavailable> {
        let Target::Own(transport) = target else { return None };
        let room = self.unix_datagrams?;
        let waits = work.engines.server == EngineName::Blocking;
        // In an open loop the depth is only a limit, and what is lost is counted.
        let waits = waits || matches!(work.load, Load::Open { .. });
        if !(transport.is_datagram() && transport.is_unix()) || waits || work.depth <= room {
            return None;
        }
        let reason = format!(
            "a Unix datagram socket holds {room} messages (net.unix.max_dgram_qlen): with {} in flight, a server that waits \
             for none of its clients would lose answers",
            work.depth
        );
        let (target, engine) = (Some(target.clone()), Some(work.engines.server));
        Some(Unavailable { target, engine, reason, ..Unavailable::default() })
    }

    /// Why this transport cannot be had, if it cannot.
    #[must_use]
    pub fn refuses_transport(&self, transport: OwnTransport) -> Option<&str> {
        let mut refused = self.transports.iter();
        refused.find(|(refused, _)| *refused == transport).map(|(_, reason)| reason.as_str())
    }

    /// Why this engine cannot be had, if it cannot.
    #[must_use]
    pub fn refuses_engine(&self, engine: EngineName) -> Option<&str> {
        let mut refused = self.engines.iter();
        refused.find(|(refused, _)| *refused == engine).map(|(_, reason)| reason.as_str())
    }
}

/// How many messages wait in a Unix datagram socket before its senders have to. See unix(7).
fn unix_datagrams() -> Option<u32> {
    let text = std::fs::read_to_string("/proc/sys/net/unix/max_dgram_qlen").ok()?;
    text.trim().parse().ok()
}
