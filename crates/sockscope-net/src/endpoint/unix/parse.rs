//! Reading Unix names: the spellings of a path or an abstract name.

use std::path::Path;

use super::{Escaped, EscapedPath, Kind, NAME_MAX, UnixEndpoint, UnixName, UnixNameError, scheme};
use crate::endpoint::error::{ParseEndpointError, Problem};
use crate::endpoint::escape;
use crate::endpoint::part::Part;

/// Whether a spelling has percent escapes. Those of other programs have none.
#[derive(Clone, Copy)]
pub(in crate::endpoint) enum Escapes {
    Percent,
    None,
}

/// Reads what follows a scheme: a path, a path after an empty authority, or `@` and a name.
pub(in crate::endpoint) fn named(
    kind: Kind,
    escapes: Escapes,
    part: Part<'_>,
) -> Result<UnixEndpoint, ParseEndpointError> {
    if let Some(name) = part.strip_prefix("@") {
        return checked(name, kind, UnixName::Abstract(escapes.decode(name)?));
    }
    let path = match part.strip_prefix("//") {
        Some(path) if path.bytes().starts_with(b"/") => path,
        Some(_) => return Err(two_slashes(part)),
        None => part,
    };
    checked(path, kind, UnixName::path(escapes.decode(path)?))
}

/// Reads a whole text that begins like a path, or with `@`: raw bytes, and no other syntax.
pub(in crate::endpoint) fn bare(text: Part<'_>) -> Result<UnixEndpoint, ParseEndpointError> {
    match text.strip_prefix("@") {
        Some(name) => checked(name, Kind::Stream, UnixName::Abstract(name.bytes().to_vec())),
        None => checked(text, Kind::Stream, UnixName::path(text.bytes().to_vec())),
    }
}

/// Reads what follows `unix-abstract:`.
pub(in crate::endpoint) fn abstract_name(
    part: Part<'_>,
) -> Result<UnixEndpoint, ParseEndpointError> {
    checked(part, Kind::Stream, UnixName::Abstract(Escapes::Percent.decode(part)?))
}

/// Reads what follows `abns:` or `abns@`.
pub(in crate::endpoint) fn padded(
    escapes: Escapes,
    part: Part<'_>,
) -> Result<UnixEndpoint, ParseEndpointError> {
    checked(part, Kind::Stream, UnixName::Padded(escapes.decode(part)?))
}

impl Escapes {
    fn decode(self, part: Part<'_>) -> Result<Vec<u8>, ParseEndpointError> {
        match self {
            Self::None => Ok(part.bytes().to_vec()),
            Self::Percent => escape::decode(part.bytes()).map_err(|at| {
                let hint = part.range(at..at + 1).replaced("%25");
                part.range(at..at + 3).fail(Problem::BadEscape).with_hint(hint)
            }),
        }
    }
}

fn two_slashes(part: Part<'_>) -> ParseEndpointError {
    let slashes = part.range(0..2);
    let hint =
        format!("{} (absolute) or {} (relative)", slashes.replaced("/"), slashes.replaced(""));
    slashes.fail(Problem::TwoSlashes).with_hint(hint)
}

fn checked(part: Part<'_>, kind: Kind, name: UnixName) -> Result<UnixEndpoint, ParseEndpointError> {
    match name.check(kind) {
        Ok(()) => Ok(UnixEndpoint { kind, name }),
        Err(error) => {
            let hint = hint(part, kind, &name, &error);
            Err(part.fail(Problem::Name(error)).with_hint(hint))
        }
    }
}

/// What to type instead of a name that no socket can have.
fn hint(part: Part<'_>, kind: Kind, name: &UnixName, error: &UnixNameError) -> String {
    let scheme = scheme(kind);
    match (error, name) {
        (UnixNameError::Empty, UnixName::Path(_)) => part.replaced("PATH"),
        (UnixNameError::Empty, _) => part.replaced("NAME"),
        (UnixNameError::TooLong { .. }, UnixName::Path(path)) => {
            shorter(scheme, path).unwrap_or_else(|| format!("a path of {NAME_MAX} bytes or less"))
        }
        (UnixNameError::NulInPath, _) => match name.bytes().split(|&byte| byte == 0).next() {
            None | Some([]) => format!("{scheme}:@{}", Escaped(&name.bytes()[1..])),
            Some(before) => format!("{scheme}:{}", Escaped(before)),
        },
        (UnixNameError::NulBeforePadding, _) => {
            let end = name.bytes().iter().rposition(|&byte| byte != 0).map_or(0, |at| at + 1);
            format!("abns:{}", Escaped(&name.bytes()[..end]))
        }
        (UnixNameError::TooLong { .. } | UnixNameError::PaddedKind, _) => {
            format!("a name of {NAME_MAX} bytes or less")
        }
    }
}

/// The way around the limit: from inside the directory, its path does not count.
fn shorter(scheme: &str, path: &Path) -> Option<String> {
    let name = Path::new(".").join(path.file_name()?);
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty())?;
    let fits = name.as_os_str().len() <= NAME_MAX;
    let (name, directory) = (EscapedPath(&name), EscapedPath(directory));
    fits.then(|| format!("{scheme}:{name} from inside {directory}"))
}
