//! Abilities: what this machine and this build can do at all, found out by trying.

mod transports;

use super::{OwnTransport, Target, Unavailable};
use crate::work::{EngineName, Load, Work};

/// What cannot be had here, with the reason.
#[derive(Debug, Clone, Default)]
pub struct Abilities {
    /// Transports that cannot be had.
    pub transports: Vec<(OwnTransport, String)>,
    /// Engines that cannot be had.
    pub engines: Vec<(EngineName, String)>,
}

impl Abilities {
    /// Tries them.
    #[must_use]
    pub fn probe() -> Self {
        let absent = "it is not in this build".to_owned();
        let mut engines = vec![(EngineName::Uring, absent.clone())];
        if cfg!(not(feature = "tokio")) {
            engines.push((EngineName::Tokio, "this build has no tokio (cargo feature)".into()));
        }
        Self { transports: transports::refused(), engines }
    }

    /// What keeps a target from being measured so, if anything does.
    pub(super) fn refusal(&self, target: &Target, work: &Work) -> Option<Unavailable> {
        if let Some(absent) = absent(target, work) {
            return Some(absent);
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
            engines.push(work.engines.server);
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

/// What this build does not do, whatever moves the bytes.
fn absent(target: &Target, work: &Work) -> Option<Unavailable> {
    let floor = matches!(target, Target::Own(transport) if transport.is_floor());
    if floor && let Load::Stream { .. } = work.load {
        let reason = "a stream over it is not in this build".into();
        let target = Some(target.clone());
        return Some(Unavailable { target, reason, ..Unavailable::default() });
    }
    let engines = [work.engines.client, work.engines.server];
    let blocking = engines.iter().all(|engine| *engine == EngineName::Blocking);
    if target.may_lose() && work.load == Load::RoundTrip && !(blocking && work.is_single()) {
        let reason = "with datagrams, only one connection of the blocking engine is in this build";
        let target = Some(target.clone());
        return Some(Unavailable { target, reason: reason.into(), ..Unavailable::default() });
    }
    None
}
