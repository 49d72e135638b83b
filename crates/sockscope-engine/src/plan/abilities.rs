//! Abilities: what this machine and this build can do at all, found out by trying.

mod engines;
mod transports;
mod zero_copy;

use sockscope_sys::uring;

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
}

impl Abilities {
    /// Tries them.
    #[must_use]
    pub fn probe() -> Self {
        let ring = uring::probe();
        Self {
            transports: transports::refused(),
            engines: engines::refused(&ring),
            datagram_servers: engines::without_datagram_servers(&ring),
            zero_copy: zero_copy::refused(),
        }
    }

    /// What keeps a target from being measured so, if anything does.
    pub(super) fn refusal(&self, target: &Target, work: &Work) -> Option<Unavailable> {
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
