//! Ticks: a timer that now and then interrupts whatever system call its thread sleeps in.
//!
//! A limit for calls that nearly always end in time. With `SO_RCVTIMEO` the kernel sets a timer for every sleep and takes it
//! away again, which is 2 to 3 % of a round trip over loopback; here nothing is set but once.

use std::io;
use std::marker::PhantomData;
use std::mem::MaybeUninit;
use std::ptr;
use std::sync::Mutex;
use std::time::Duration;

/// The signal of a tick. The kernel ignores it by default, so that one more than is expected does no harm.
const SIGNAL: libc::c_int = libc::SIGURG;

/// A timer of the calling thread, which stays with it. Dropped, it is gone.
#[derive(Debug)]
pub struct Ticks {
    timer: libc::timer_t,
    /// Of one thread only.
    _thread: PhantomData<*const ()>,
}

impl Ticks {
    /// From now on, the calling thread is interrupted every `interval`: a system call that sleeps then ends with `EINTR`.
    /// A tick that comes while the thread does not sleep has no effect, but the next one has.
    ///
    /// This takes the signal `SIGURG` of the whole process, unless somebody else handles it: then it is an error.
    ///
    /// Manual: [timer_create(2)](https://man7.org/linux/man-pages/man2/timer_create.2.html),
    /// [signal(7)](https://man7.org/linux/man-pages/man7/signal.7.html).
    #[doc(alias = "timer_create")]
    pub fn every(interval: Duration) -> io::Result<Self> {
        handle_signal()?;
        let timer = create()?;
        let ticks = Self { timer, _thread: PhantomData };
        let time = libc::timespec {
            tv_sec: libc::time_t::try_from(interval.as_secs()).unwrap_or(libc::time_t::MAX),
            // A time of nothing would stop the timer.
            tv_nsec: libc::c_long::from(interval.subsec_nanos()).max(1),
        };
        let times = libc::itimerspec { it_interval: time, it_value: time };
        // SAFETY: the timer exists, `times` is valid for reads during the call, and the old times are not asked for.
        let status =
            unsafe { libc::timer_settime(ticks.timer, 0, &raw const times, ptr::null_mut()) };
        if status == 0 { Ok(ticks) } else { Err(io::Error::last_os_error()) }
    }
}

impl Drop for Ticks {
    fn drop(&mut self) {
        // SAFETY: the timer exists until here, and nobody else has its identifier.
        unsafe { libc::timer_delete(self.timer) };
    }
}

/// A timer, not yet set, that signals the calling thread.
fn create() -> io::Result<libc::timer_t> {
    // SAFETY: all-zero is a valid `sigevent`, whose fields are integers and a pointer that is not used.
    let mut event = unsafe { MaybeUninit::<libc::sigevent>::zeroed().assume_init() };
    event.sigev_notify = libc::SIGEV_THREAD_ID;
    event.sigev_signo = SIGNAL;
    event.sigev_notify_thread_id = rustix::thread::gettid().as_raw_nonzero().get();
    let mut timer: libc::timer_t = ptr::null_mut();
    // SAFETY: `event` is valid for reads and `timer` for writes, during the call.
    let status =
        unsafe { libc::timer_create(libc::CLOCK_MONOTONIC, &raw mut event, &raw mut timer) };
    if status == 0 { Ok(timer) } else { Err(io::Error::last_os_error()) }
}

/// What happens on a tick: nothing, but the call that slept has ended.
extern "C" fn on_tick(_: libc::c_int) {}

/// Puts [`on_tick`] in place, if it is not. Without `SA_RESTART`, so that the interrupted call is not made again.
fn handle_signal() -> io::Result<()> {
    /// Two threads must not look and then install at the same time.
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _guard = ONE_AT_A_TIME.lock();
    let ours = on_tick as extern "C" fn(libc::c_int) as libc::sighandler_t;
    let mut action = current_action()?;
    match action.sa_sigaction {
        present if present == ours => return Ok(()),
        libc::SIG_DFL | libc::SIG_IGN => {}
        _ => {
            let text = "SIGURG is handled by another part of this program";
            return Err(io::Error::new(io::ErrorKind::AlreadyExists, text));
        }
    }
    action.sa_sigaction = ours;
    action.sa_flags = 0;
    // SAFETY: `action` is valid for reads during the call; its handler is a function that does nothing, which is safe
    // whenever it is called.
    let status = unsafe { libc::sigaction(SIGNAL, &raw const action, ptr::null_mut()) };
    if status == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

fn current_action() -> io::Result<libc::sigaction> {
    let mut action = MaybeUninit::<libc::sigaction>::zeroed();
    // SAFETY: nothing is installed, and `action` is valid for writes during the call.
    let status = unsafe { libc::sigaction(SIGNAL, ptr::null(), action.as_mut_ptr()) };
    if status != 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: zeroed is a valid value of its integers and optional pointer, whatever part of it was written.
    Ok(unsafe { action.assume_init() })
}

#[cfg(test)]
mod tests {
    use std::io::Read;
    use std::os::unix::net::UnixStream;
    use std::thread;

    use super::*;

    #[test]
    fn a_call_that_sleeps_is_interrupted_again_and_again() {
        let _ticks = Ticks::every(Duration::from_millis(1)).unwrap();
        let (mut silent, _peer) = UnixStream::pair().unwrap();
        for _ in 0..3 {
            let error = silent.read(&mut [0]).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::Interrupted);
        }
    }

    #[test]
    fn each_thread_has_ticks_of_its_own() {
        let thread = || {
            let _ticks = Ticks::every(Duration::from_millis(1)).unwrap();
            let (mut silent, _peer) = UnixStream::pair().unwrap();
            silent.read(&mut [0]).unwrap_err().kind()
        };
        let both = [thread::spawn(thread), thread::spawn(thread)];
        assert_eq!(both.map(|thread| thread.join().unwrap()), [io::ErrorKind::Interrupted; 2]);
    }
}
