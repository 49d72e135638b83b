//! Region: memory that is shared with the kernel.
//!
//! It comes from `mmap`, not from a `Box`: the kernel writes to it while nobody here looks, which a box, the only owner
//! of what it points to, would not stand. Every access goes through a raw pointer.

use std::io;
use std::ptr::{NonNull, null_mut};
use std::slice;

use rustix::mm::{MapFlags, ProtFlags, mmap_anonymous, munmap};

/// The stride of blocks is a multiple of this, so that two of them never share a cache line.
const LINE: usize = 64;
/// The stride of blocks is no multiple of this: their beginnings, which are used most, would all compete for the same few
/// lines of the cache.
const WAY: usize = 4096;

/// Zeroed memory, aligned to a page and touched, so that a measured loop takes no page fault in it.
#[derive(Debug)]
pub(super) struct Region {
    start: NonNull<u8>,
    len: usize,
}

impl Region {
    /// Maps at least `len` bytes.
    pub(super) fn new(len: usize) -> io::Result<Self> {
        let len = len.max(1);
        let access = ProtFlags::READ | ProtFlags::WRITE;
        let flags = MapFlags::PRIVATE | MapFlags::POPULATE;
        // SAFETY: with a null address the kernel chooses a place where nothing else is mapped.
        let start = unsafe { mmap_anonymous(null_mut(), len, access, flags) }?;
        let start = NonNull::new(start.cast()).ok_or(io::ErrorKind::OutOfMemory)?;
        Ok(Self { start, len })
    }

    /// Where it begins.
    pub(super) fn start(&self) -> NonNull<u8> {
        self.start
    }
}

impl Drop for Region {
    fn drop(&mut self) {
        // SAFETY: this range was mapped by `new` and belongs to nobody else. Every reference into it borrows from its
        // owner, and the owner drops it only once the kernel has no operation that knows its address.
        let unmapped = unsafe { munmap(self.start.as_ptr().cast(), self.len) };
        debug_assert!(unmapped.is_ok(), "a whole mapping can be unmapped");
    }
}

/// A region cut into blocks of one size.
#[derive(Debug)]
pub(super) struct Blocks {
    region: Region,
    count: usize,
    size: usize,
    stride: usize,
}

impl Blocks {
    /// Maps `count` blocks of `size` bytes.
    pub(super) fn new(count: usize, size: usize) -> io::Result<Self> {
        let overflow = || io::Error::from(io::ErrorKind::OutOfMemory);
        let stride = size.max(1).checked_next_multiple_of(LINE).ok_or_else(overflow)?;
        let stride = if stride.is_multiple_of(WAY) { stride + LINE } else { stride };
        let len = stride.checked_mul(count).ok_or_else(overflow)?;
        Ok(Self { region: Region::new(len)?, count, size, stride })
    }

    pub(super) fn count(&self) -> usize {
        self.count
    }

    pub(super) fn size(&self) -> usize {
        self.size
    }

    /// Where a block begins; it has [`Self::size`] bytes.
    pub(super) fn address(&self, index: usize) -> Option<NonNull<u8>> {
        let within = index < self.count;
        // SAFETY: the region has `count` strides, so block `index` lies inside it.
        within.then(|| unsafe { self.region.start().add(index * self.stride) })
    }

    /// The first `len` bytes of a block, `None` if there is no such block or it is shorter.
    ///
    /// # Safety
    ///
    /// Nobody, the kernel included, writes to this block as long as the slice is borrowed.
    pub(super) unsafe fn bytes(&self, index: usize, len: usize) -> Option<&[u8]> {
        let start = self.address(index).filter(|_| len <= self.size)?;
        // SAFETY: these bytes are mapped and initialised, lie inside one block, and are not written to (the caller's
        // word); the mapping lives as long as the borrow of `self`.
        Some(unsafe { slice::from_raw_parts(start.as_ptr(), len) })
    }

    /// A whole block, to write to; `None` if there is no such block.
    ///
    /// # Safety
    ///
    /// Nobody, the kernel included, reads or writes this block as long as the slice is borrowed.
    pub(super) unsafe fn bytes_mut(&mut self, index: usize) -> Option<&mut [u8]> {
        let start = self.address(index)?;
        // SAFETY: these bytes are mapped and initialised and lie inside one block; nobody else touches them (the
        // caller's word), and the mapping lives as long as the exclusive borrow of `self`.
        Some(unsafe { slice::from_raw_parts_mut(start.as_ptr(), self.size) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_begin_on_lines_of_their_own_and_end_with_the_region() {
        let mut blocks = Blocks::new(3, 65).unwrap();
        let first = blocks.address(0).unwrap().as_ptr() as usize;
        let second = blocks.address(1).unwrap().as_ptr() as usize;
        assert_eq!((first % LINE, second - first), (0, 2 * LINE));
        assert_eq!(blocks.address(3), None);
        // SAFETY: nobody else knows these blocks.
        let last = unsafe { blocks.bytes_mut(2) }.unwrap();
        assert_eq!(last.len(), 65);
        last.fill(7);
        for (len, expected) in [(0, Some(0)), (65, Some(65)), (66, None)] {
            // SAFETY: as above.
            let bytes = unsafe { blocks.bytes(2, len) };
            assert_eq!(bytes.map(<[u8]>::len), expected);
        }
    }

    #[test]
    fn blocks_of_whole_pages_begin_at_different_places_of_a_page() {
        let blocks = Blocks::new(2, 2 * WAY).unwrap();
        let [first, second] = [0, 1].map(|index| blocks.address(index).unwrap().as_ptr() as usize);
        assert_eq!((second - first) % WAY, LINE);
    }

    #[test]
    fn what_no_machine_can_map_is_an_error() {
        for (count, size) in [(usize::MAX, 2), (1, usize::MAX), (1, usize::MAX / 2)] {
            assert!(Blocks::new(count, size).is_err());
        }
    }
}
