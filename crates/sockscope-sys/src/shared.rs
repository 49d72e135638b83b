//! Shared memory: words that two processes read and write at the same time.
//!
//! Every access is atomic, so that there is no data race whatever the other process does, and the file is sealed against
//! shrinking, so that it cannot take the memory away under us (`SIGBUS`).

use std::ffi::c_void;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::ptr::{self, NonNull};
use std::sync::atomic::{AtomicU32, AtomicU64};

use rustix::fs::memfd_create;
use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, fcntl_get_seals, fstat, ftruncate};
use rustix::mm::{MapFlags, ProtFlags, mmap, munmap};

/// Bytes of the words that say what is in the others: a page.
const HEADER: usize = 4096;

/// A mapped piece of shared memory: a header of 32-bit words, and data in 64-bit words behind it.
#[derive(Debug)]
pub struct SharedMemory {
    base: NonNull<c_void>,
    /// Bytes in all, a multiple of 8 and no less than the header.
    length: usize,
}

// SAFETY: the memory belongs to nobody in particular and is only reached through atomics.
unsafe impl Send for SharedMemory {}
// SAFETY: the same.
unsafe impl Sync for SharedMemory {}

impl SharedMemory {
    /// `memfd_create`: a file in memory, all zero, with room for `data` bytes (rounded up to whole words) behind the header;
    /// its size is final.
    ///
    /// Manual: [memfd_create(2)](https://man7.org/linux/man-pages/man2/memfd_create.2.html).
    #[doc(alias = "memfd_create")]
    pub fn create(data: usize) -> io::Result<OwnedFd> {
        let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
        let file = memfd_create("sockscope", flags)?;
        ftruncate(&file, (HEADER + data.next_multiple_of(8)) as u64)?;
        fcntl_add_seals(&file, SealFlags::SHRINK | SealFlags::GROW | SealFlags::SEAL)?;
        Ok(file)
    }

    /// `mmap(…, MAP_SHARED | MAP_POPULATE, …)`: the memory behind a file of [`create`](Self::create), every page of it
    /// present. A file that could still shrink is refused.
    ///
    /// Manual: [mmap(2)](https://man7.org/linux/man-pages/man2/mmap.2.html).
    #[doc(alias = "mmap")]
    pub fn map(file: impl AsFd) -> io::Result<Self> {
        let refused = |why| Err(io::Error::new(io::ErrorKind::InvalidInput, why));
        if !fcntl_get_seals(&file)?.contains(SealFlags::SHRINK) {
            return refused("memory that could be taken away: it is not sealed");
        }
        let length = usize::try_from(fstat(&file)?.st_size).unwrap_or(0) & !7;
        if length < HEADER {
            return refused("memory without a header");
        }
        let access = ProtFlags::READ | ProtFlags::WRITE;
        let flags = MapFlags::SHARED | MapFlags::POPULATE;
        // SAFETY: the kernel chooses a place where nothing is, so no memory of ours is replaced.
        let base = unsafe { mmap(ptr::null_mut(), length, access, flags, file, 0) }?;
        match NonNull::new(base) {
            Some(base) => Ok(Self { base, length }),
            None => refused("memory at address 0"),
        }
    }

    /// The words of the header.
    #[inline]
    #[must_use]
    pub fn header(&self) -> &[AtomicU32] {
        let words = self.base.as_ptr().cast::<AtomicU32>();
        // SAFETY: the first page is mapped as long as we live, is aligned, was initialised by the kernel, and is only ever
        // used as these atomics, here and in whatever process shares it.
        unsafe { std::slice::from_raw_parts(words, HEADER / size_of::<AtomicU32>()) }
    }

    /// The words of data.
    #[inline]
    #[must_use]
    pub fn data(&self) -> &[AtomicU64] {
        let words = self.base.as_ptr().wrapping_byte_add(HEADER).cast::<AtomicU64>();
        // SAFETY: `length` bytes are mapped as long as we live, what lies behind the header is aligned, was initialised by
        // the kernel, and is only ever used as these atomics.
        unsafe {
            std::slice::from_raw_parts(words, (self.length - HEADER) / size_of::<AtomicU64>())
        }
    }
}

impl Drop for SharedMemory {
    fn drop(&mut self) {
        // SAFETY: this is the whole of our mapping, and no reference into it outlives us.
        let _ = unsafe { munmap(self.base.as_ptr(), self.length) };
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::Ordering::Relaxed;

    use super::*;

    #[test]
    fn what_one_writes_the_other_reads() {
        let file = SharedMemory::create(20).unwrap();
        let [one, other] = [(); 2].map(|()| SharedMemory::map(&file).unwrap());
        assert_eq!((one.header().len(), one.data().len()), (1024, 3), "whole words");
        one.header()[1023].store(7, Relaxed);
        one.data()[2].store(u64::MAX, Relaxed);
        assert_eq!(other.header()[1023].load(Relaxed), 7);
        assert_eq!(other.data()[2].load(Relaxed), u64::MAX);
        assert_eq!(other.data()[0].load(Relaxed), 0);
    }

    #[test]
    fn memory_that_could_be_taken_away_is_refused() {
        let file = SharedMemory::create(8).unwrap();
        assert!(ftruncate(&file, 0).is_err(), "its size is final");
        let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
        let unsealed = memfd_create("test", flags).unwrap();
        ftruncate(&unsealed, 8192).unwrap();
        assert!(SharedMemory::map(&unsealed).is_err());
        let short = memfd_create("test", flags).unwrap();
        fcntl_add_seals(&short, SealFlags::SHRINK).unwrap();
        assert!(SharedMemory::map(&short).is_err());
        assert!(SharedMemory::map(io::stdin()).is_err());
    }
}
