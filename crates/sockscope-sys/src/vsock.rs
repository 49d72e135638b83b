//! VM socket addresses: `sockaddr_vm`, usable with rustix's generic socket calls.

use std::mem::offset_of;

use rustix::net::addr::{SocketAddrArg, SocketAddrLen, SocketAddrOpaque};
use rustix::net::{AddressFamily, SocketAddrAny};

use crate::address;

/// The address of a VM socket: a context id (the machine) and a port.
///
/// Manual: [vsock(7)](https://man7.org/linux/man-pages/man7/vsock.7.html).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[doc(alias = "sockaddr_vm")]
pub struct VsockAddress {
    /// Context id: which machine.
    pub cid: u32,
    /// Port on that machine.
    pub port: u32,
}

impl VsockAddress {
    /// Any context id of this machine; binding only.
    #[doc(alias = "VMADDR_CID_ANY")]
    pub const CID_ANY: u32 = libc::VMADDR_CID_ANY;
    /// This machine itself (loopback).
    #[doc(alias = "VMADDR_CID_LOCAL")]
    pub const CID_LOCAL: u32 = libc::VMADDR_CID_LOCAL;
    /// The host of this virtual machine.
    #[doc(alias = "VMADDR_CID_HOST")]
    pub const CID_HOST: u32 = libc::VMADDR_CID_HOST;

    /// Reads an address from the kernel; `None` if it is of another family.
    #[must_use]
    pub fn from_any(any: &SocketAddrAny) -> Option<Self> {
        if any.address_family() != AddressFamily::VSOCK {
            return None;
        }
        let field = |offset: usize| {
            let bytes = address::bytes(any).get(offset..offset + 4)?;
            Some(u32::from_ne_bytes(bytes.try_into().ok()?))
        };
        Some(Self {
            cid: field(offset_of!(libc::sockaddr_vm, svm_cid))?,
            port: field(offset_of!(libc::sockaddr_vm, svm_port))?,
        })
    }
}

// SAFETY: `f` gets a pointer to a fully initialised `sockaddr_vm` that outlives the call, and its
// exact size.
unsafe impl SocketAddrArg for VsockAddress {
    unsafe fn with_sockaddr<R>(
        &self,
        f: impl FnOnce(*const SocketAddrOpaque, SocketAddrLen) -> R,
    ) -> R {
        // SAFETY: all-zero is a valid value of a struct of integers.
        let mut raw: libc::sockaddr_vm = unsafe { std::mem::zeroed() };
        raw.svm_family = libc::AF_VSOCK as libc::sa_family_t;
        raw.svm_cid = self.cid;
        raw.svm_port = self.port;
        f((&raw const raw).cast(), size_of::<libc::sockaddr_vm>() as SocketAddrLen)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_survives_the_way_through_the_kernel_form() {
        let address = VsockAddress { cid: VsockAddress::CID_HOST, port: 0xdead_beef };
        assert_eq!(VsockAddress::from_any(&address.as_any()), Some(address));
    }
}
