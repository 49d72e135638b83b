//! Control messages: the few that a datagram can carry here, read and written without a pointer.
//!
//! Only the first message is looked at. No socket asks for more than one kind: credentials on Unix
//! sockets, the local address on UDP, the notice in an error queue; and descriptors come uninvited.

use std::mem::offset_of;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::os::fd::{FromRawFd, OwnedFd};

use crate::Credentials;
use crate::zero_copy::{Released, SO_EE_CODE_ZEROCOPY_COPIED, SO_EE_ORIGIN_ZEROCOPY};

/// Where the payload of a control message begins.
const HEADER: usize = size_of::<libc::cmsghdr>();

/// Enough for the largest payload that is read or written, and too little for a second message, whose descriptors nobody would
/// close. Of a notice the kernel cuts off the address of who caused it, which is nobody.
const ROOM: usize = HEADER + size_of::<libc::in6_pktinfo>().next_multiple_of(size_of::<usize>());

/// A buffer of one control message.
#[repr(align(8))]
pub(crate) struct Control {
    bytes: [u8; ROOM],
    length: usize,
}

impl Control {
    pub(crate) fn empty() -> Self {
        Self { bytes: [0; ROOM], length: 0 }
    }

    /// The order to send from an address.
    pub(crate) fn from_address(from: IpAddr) -> Self {
        let mut control = Self::empty();
        match from {
            IpAddr::V4(v4) => {
                let mut payload = [0; size_of::<libc::in_pktinfo>()];
                let at = offset_of!(libc::in_pktinfo, ipi_spec_dst);
                payload[at..at + 4].copy_from_slice(&v4.octets());
                control.write(libc::IPPROTO_IP, libc::IP_PKTINFO, &payload);
            }
            IpAddr::V6(v6) => {
                let mut payload = [0; size_of::<libc::in6_pktinfo>()];
                let at = offset_of!(libc::in6_pktinfo, ipi6_addr);
                payload[at..at + 16].copy_from_slice(&v6.octets());
                control.write(libc::IPPROTO_IPV6, libc::IPV6_PKTINFO, &payload);
            }
        }
        control
    }

    /// All the room, for the kernel to write to.
    pub(crate) fn room(&mut self) -> &mut [u8] {
        &mut self.bytes
    }

    /// What was written, by us or by the kernel.
    pub(crate) fn written(&mut self) -> &mut [u8] {
        &mut self.bytes[..self.length]
    }

    /// Says how much the kernel has written.
    pub(crate) fn set_length(&mut self, length: usize) {
        self.length = length.min(ROOM);
    }

    /// The credentials of `SCM_CREDENTIALS`.
    pub(crate) fn credentials(&self) -> Option<Credentials> {
        let payload = self.payload(libc::SOL_SOCKET, libc::SCM_CREDENTIALS)?;
        let field = |offset: usize| word(payload, offset);
        Credentials::from_kernel(libc::ucred {
            pid: i32::from_ne_bytes(field(offset_of!(libc::ucred, pid))?),
            uid: u32::from_ne_bytes(field(offset_of!(libc::ucred, uid))?),
            gid: u32::from_ne_bytes(field(offset_of!(libc::ucred, gid))?),
        })
    }

    /// The address of `IP_PKTINFO` or `IPV6_PKTINFO`; none to answer from if it is of a group.
    pub(crate) fn local_address(&self) -> Option<IpAddr> {
        if let Some(payload) = self.payload(libc::IPPROTO_IP, libc::IP_PKTINFO) {
            let octets: [u8; 4] = word(payload, offset_of!(libc::in_pktinfo, ipi_spec_dst))?;
            return Some(IpAddr::V4(Ipv4Addr::from(octets)));
        }
        let payload = self.payload(libc::IPPROTO_IPV6, libc::IPV6_PKTINFO)?;
        let at = offset_of!(libc::in6_pktinfo, ipi6_addr);
        let octets: [u8; 16] = payload.get(at..at + 16)?.try_into().ok()?;
        let v6 = Ipv6Addr::from(octets);
        (!v6.is_multicast()).then_some(IpAddr::V6(v6))
    }

    /// The notice of a zero-copy send, `struct sock_extended_err`.
    pub(crate) fn released(&self) -> Option<Released> {
        type Notice = libc::sock_extended_err;
        // VM sockets have a level of their own, which libc lacks, and a type of it.
        const OF_VSOCK: (libc::c_int, libc::c_int) = (287, 1);
        let kinds = [
            (libc::IPPROTO_IP, libc::IP_RECVERR),
            (libc::IPPROTO_IPV6, libc::IPV6_RECVERR),
            OF_VSOCK,
        ];
        let payload = kinds.into_iter().find_map(|(level, kind)| self.payload(level, kind))?;
        let number = |offset: usize| word(payload, offset).map(u32::from_ne_bytes);
        if *payload.get(offset_of!(Notice, ee_origin))? != SO_EE_ORIGIN_ZEROCOPY {
            return None;
        }
        let (first, last) = (offset_of!(Notice, ee_info), offset_of!(Notice, ee_data));
        Some(Released {
            first: number(first)?,
            last: number(last)?,
            copied: *payload.get(offset_of!(Notice, ee_code))? == SO_EE_CODE_ZEROCOPY_COPIED,
        })
    }

    /// Closes the descriptors of `SCM_RIGHTS`, which the kernel has opened in this process.
    pub(crate) fn close_descriptors(&mut self) {
        let Some(payload) = self.payload(libc::SOL_SOCKET, libc::SCM_RIGHTS) else { return };
        for number in payload.chunks_exact(4) {
            let Ok(number) = number.try_into().map(i32::from_ne_bytes) else { continue };
            // SAFETY: the kernel has just opened this descriptor for us; nothing else knows it, and
            // the length is cleared below so that it is not closed twice.
            drop(unsafe { OwnedFd::from_raw_fd(number) });
        }
        self.length = 0;
    }

    fn write(&mut self, level: libc::c_int, kind: libc::c_int, payload: &[u8]) {
        let length = HEADER + payload.len();
        let mut field = |offset: usize, value: &[u8]| {
            self.bytes[offset..offset + value.len()].copy_from_slice(value);
        };
        field(offset_of!(libc::cmsghdr, cmsg_len), &length.to_ne_bytes());
        field(offset_of!(libc::cmsghdr, cmsg_level), &level.to_ne_bytes());
        field(offset_of!(libc::cmsghdr, cmsg_type), &kind.to_ne_bytes());
        field(HEADER, payload);
        self.length = length.next_multiple_of(size_of::<usize>());
    }

    /// The payload of the first message, if it is of this kind.
    fn payload(&self, level: libc::c_int, kind: libc::c_int) -> Option<&[u8]> {
        let written = &self.bytes[..self.length];
        let field = |offset: usize| word(written, offset).map(i32::from_ne_bytes);
        let is_wanted = field(offset_of!(libc::cmsghdr, cmsg_level))? == level
            && field(offset_of!(libc::cmsghdr, cmsg_type))? == kind;
        let at = offset_of!(libc::cmsghdr, cmsg_len);
        let length = written.get(at..at + size_of::<usize>())?.try_into().ok()?;
        let end = usize::from_ne_bytes(length).min(written.len());
        if is_wanted { written.get(HEADER..end) } else { None }
    }
}

fn word(bytes: &[u8], offset: usize) -> Option<[u8; 4]> {
    bytes.get(offset..offset + 4)?.try_into().ok()
}
