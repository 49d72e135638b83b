//! Kernel address bytes: reading the name in a `sockaddr_un` without trusting it.
//!
//! rustix's own conversion asserts that a path ends with NUL inside `sun_path`. A peer that binds to
//! a path of exactly 108 bytes makes the kernel return an address of 111 bytes, and the assertion
//! would let that peer bring down a server. Here every length is taken as it comes.

use std::mem::offset_of;

use rustix::net::{AddressFamily, SocketAddrAny};

/// The bytes of a Unix address after its family: empty for an unnamed socket, a leading NUL for an
/// abstract name, else a path with or without its terminator. `None` for other address families.
#[must_use]
#[doc(alias = "sun_path")]
pub fn unix_name(address: &SocketAddrAny) -> Option<&[u8]> {
    if address.address_family() != AddressFamily::UNIX {
        return None;
    }
    bytes(address).get(offset_of!(libc::sockaddr_un, sun_path)..)
}

/// All the bytes of an address, its family first.
pub(crate) fn bytes(address: &SocketAddrAny) -> &[u8] {
    let length = address.addr_len() as usize;
    // SAFETY: `SocketAddrAny` guarantees that the first `addr_len` bytes behind `as_ptr` are
    // initialised, and the borrow keeps them in place and unchanged.
    unsafe { std::slice::from_raw_parts(address.as_ptr().cast(), length) }
}
