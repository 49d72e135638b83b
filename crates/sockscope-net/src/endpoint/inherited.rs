//! Inherited sockets: by descriptor number, or by the name that systemd gave.

use std::fmt;

use super::Endpoint;
use super::error::{ParseEndpointError, Problem};
use super::part::Part;
use super::vsock::decimal;

/// Which socket-activated descriptors: one name (`LISTEN_FDNAMES`) or all of them.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SdName(Option<String>);

impl SdName {
    /// Every descriptor that was passed.
    #[must_use]
    pub fn all() -> Self {
        Self(None)
    }

    /// The descriptors of one name, if systemd allows that name: 1 to 255 printable ASCII
    /// characters without a colon.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        let fits = (1..=255).contains(&name.len()) && name != "*";
        let plain = |b: u8| b.is_ascii_graphic() && b != b':';
        (fits && name.bytes().all(plain)).then(|| Self(Some(name.to_owned())))
    }

    /// Whether a descriptor of this name is meant.
    #[must_use]
    pub fn matches(&self, name: &str) -> bool {
        self.0.as_deref().is_none_or(|wanted| wanted == name)
    }

    pub(super) fn parse(part: Part<'_>) -> Result<Self, ParseEndpointError> {
        match part.ascii()? {
            "*" => Ok(Self::all()),
            "" => Err(part.fail(Problem::Empty).with_hint("sd-listen:*")),
            name => Self::named(name)
                .ok_or_else(|| part.fail(Problem::BadSdName).with_hint("sd-listen:*")),
        }
    }
}

impl fmt::Display for SdName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_deref().unwrap_or("*"))
    }
}

/// Reads what follows `fd:` or `fd@`.
pub(super) fn descriptor(part: Part<'_>) -> Result<Endpoint, ParseEndpointError> {
    if let Some(rest) = part.strip_prefix("//") {
        return match rest.ascii()? {
            "" => Ok(Endpoint::SdListen(SdName::all())),
            number => Err(part.fail(Problem::BadDescriptor).with_hint(format!("fd:{number}"))),
        };
    }
    let number = decimal(part.ascii()?).filter(|&number| i32::try_from(number).is_ok());
    number.map(Endpoint::Fd).ok_or_else(|| part.fail(Problem::BadDescriptor).with_hint("fd:3"))
}
