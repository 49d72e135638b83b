//! Meant: calls that cannot be meant are refused before anything is touched.

use sockscope_net::endpoint::UnixName;
use sockscope_net::{Endpoint, Kind};

use super::args::{Args, ServiceName};
use crate::fault::CliError;

/// Refuses what cannot be meant.
pub(super) fn check(args: &Args) -> Result<(), CliError> {
    schedule(args)?;
    if args.mode.is_some() {
        mode(&args.endpoints)?;
    }
    names(&args.endpoints)
}

/// The ticker speaks first, and a datagram socket does not know to whom.
pub(super) fn no_connections(endpoint: &Endpoint) -> CliError {
    let error = format!("the ticker needs connections, and {endpoint} has none");
    CliError::usage(error).hint("serve the ticker on tcp:, unix: or unixpacket:")
}

fn schedule(args: &Args) -> Result<(), CliError> {
    if args.service == ServiceName::Ticker {
        let datagrams = args.endpoints.iter().find(|at| at.kind() == Some(Kind::Datagram));
        return datagrams.map_or(Ok(()), |endpoint| Err(no_connections(endpoint)));
    }
    let name = args.service.name();
    for (option, given) in
        [("--interval", args.interval.is_some()), ("--count", args.count.is_some())]
    {
        if given {
            let error = format!("{option} is for the service ticker, and this is {name}");
            return Err(CliError::usage(error).hint("add --service ticker"));
        }
    }
    Ok(())
}

/// Rights that protect nothing must not look as if they did.
fn mode(endpoints: &[Endpoint]) -> Result<(), CliError> {
    let is_abstract = |at: &&Endpoint| matches!(at, Endpoint::Unix(unix) if !matches!(unix.name(), UnixName::Path(_)));
    if let Some(endpoint) = endpoints.iter().find(is_abstract) {
        let error = format!("--mode is for socket files, and {endpoint} has none");
        return Err(CliError::usage(error).hint("abstract names have no rights; use unix:PATH"));
    }
    if endpoints.iter().any(|at| matches!(at, Endpoint::Unix(_))) {
        return Ok(());
    }
    let error = "--mode is for socket files, and no endpoint here makes one";
    Err(CliError::usage(error).hint("leave --mode out, or serve on unix:PATH"))
}

fn names(endpoints: &[Endpoint]) -> Result<(), CliError> {
    for (index, endpoint) in endpoints.iter().enumerate() {
        if !is_chosen_by_kernel(endpoint) && endpoints[..index].contains(endpoint) {
            return Err(CliError::usage(format!("{endpoint} is named twice")));
        }
    }
    Ok(())
}

/// Whether the same words mean another address each time.
fn is_chosen_by_kernel(endpoint: &Endpoint) -> bool {
    match endpoint {
        Endpoint::Tcp(at) | Endpoint::Udp(at) | Endpoint::Mptcp(at) => at.port == 0,
        Endpoint::Vsock(at) => at.port == u32::MAX,
        Endpoint::Unix(_) | Endpoint::Fd(_) | Endpoint::SdListen(_) => false,
    }
}
