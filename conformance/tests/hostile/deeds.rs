//! What hostile pools do.
#![allow(unsafe_code)]

use std::fs::File;
use std::io::Write;
use std::os::unix::net::UnixListener;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};
use std::thread;

/// Waits for what never comes.
fn for_ever() {
    let (mutex, never) = (Mutex::new(()), Condvar::new());
    let mut guard = mutex.lock().unwrap_or_else(PoisonError::into_inner);
    loop {
        guard = never.wait(guard).unwrap_or_else(PoisonError::into_inner);
    }
}

fn forked() -> bool {
    // SAFETY: the child does nothing but system calls.
    let pid = unsafe { libc::fork() };
    assert!(pid >= 0, "the machine can start one more process");
    pid == 0
}

fn pause() -> ! {
    loop {
        // SAFETY: pause takes nothing.
        unsafe {
            libc::pause();
        }
    }
}

pub(super) fn nothing() {}

#[inline(never)]
pub(super) fn deadlock() {
    static LOCK: Mutex<()> = Mutex::new(());
    let _held = LOCK.lock().unwrap_or_else(PoisonError::into_inner);
    let _again = LOCK.lock().unwrap_or_else(PoisonError::into_inner);
}

pub(super) fn livelock() {
    static TURN: AtomicI64 = AtomicI64::new(0);
    let polite = |mine: i64| {
        loop {
            // Each gives way to the other.
            TURN.store(1 - mine, Ordering::SeqCst);
            thread::yield_now();
        }
    };
    thread::spawn(move || polite(0));
    polite(1);
}

pub(super) fn abort() {
    std::process::abort();
}

pub(super) fn segfault() {
    // SAFETY: none: the fault is the purpose. The address is not null, which the compiler would see.
    unsafe {
        std::ptr::write_volatile(std::hint::black_box(8 as *mut u8), 1);
    }
}

#[allow(unconditional_recursion, reason = "the overflow is the purpose")]
pub(super) fn overflow() {
    #[inline(never)]
    fn deeper(level: u64) -> u64 {
        let room = std::hint::black_box([level; 512]);
        deeper(level + 1) + room[7]
    }
    std::hint::black_box(deeper(0));
}

pub(super) fn exit() {
    std::process::exit(0);
}

pub(super) fn become_another() {
    use std::os::unix::process::CommandExt;
    panic!("{}", Command::new("true").exec());
}

/// A daemon in a session of its own, without a parent.
pub(super) fn double_fork() {
    if forked() {
        // SAFETY: system calls only, in a process that does nothing else.
        unsafe {
            libc::setsid();
            if libc::fork() == 0 {
                pause();
            }
            libc::_exit(0);
        }
    }
    // SAFETY: waits for the process in the middle, as daemons' parents do.
    unsafe {
        libc::wait(std::ptr::null_mut());
    }
}

pub(super) fn double_fork_and_hang() {
    double_fork();
    for_ever();
}

pub(super) fn stop_itself() {
    // SAFETY: stops this process.
    unsafe {
        libc::raise(libc::SIGSTOP);
    }
    for_ever();
}

pub(super) fn flood_for_ever() {
    loop {
        flood();
    }
}

/// A hundred times what a pipe holds, on both streams, with control sequences in it.
pub(super) fn flood() {
    let line = [b"\x1b[2J\x1b]0;owned\x07".as_slice(), &[b'x'; 65_000], b"\n"].concat();
    for _ in 0..50 {
        let _ = std::io::stdout().write_all(&line);
        let _ = std::io::stderr().write_all(&line);
    }
}

/// What the child of a check would say of a check that went well.
const FORGED: &[u8] = b"{\"verdict\":[\"conforms\",null]}\n{\"end\":true}\n";

pub(super) fn print_a_verdict_and_hang() {
    let _ = std::io::stdout().write_all(FORGED);
    let _ = std::io::stderr().write_all(FORGED);
    for_ever();
}

/// Takes the first descriptor behind the standard ones for its own.
pub(super) fn forge_a_report() {
    // SAFETY: writes bytes that are there to a descriptor that is open.
    unsafe {
        libc::write(3, FORGED.as_ptr().cast(), FORGED.len());
    }
    for_ever();
}

/// Goes on in two processes, once.
pub(super) fn return_twice() {
    static COPY: AtomicBool = AtomicBool::new(false);
    if !COPY.load(Ordering::Relaxed) && forked() {
        COPY.store(true, Ordering::Relaxed);
    }
}

pub(super) fn close_everything() {
    // SAFETY: none: closing what others use is the purpose.
    unsafe {
        libc::syscall(libc::SYS_close_range, 0, u32::MAX, 0);
    }
}

pub(super) fn change_directory() {
    std::env::set_current_dir("/proc").expect("there is such a directory");
}

pub(super) fn ignore_signals_and_hang() {
    for signal in [libc::SIGTERM, libc::SIGINT, libc::SIGHUP, libc::SIGQUIT] {
        // SAFETY: ignoring a signal runs no code.
        unsafe {
            libc::signal(signal, libc::SIG_IGN);
        }
    }
    for_ever();
}

pub(super) fn block_signals_and_hang() {
    // SAFETY: the set is written before it is read.
    unsafe {
        let mut all: libc::sigset_t = std::mem::zeroed();
        libc::sigfillset(&raw mut all);
        libc::pthread_sigmask(libc::SIG_BLOCK, &raw const all, std::ptr::null_mut());
    }
    for_ever();
}

pub(super) fn eat_memory() {
    loop {
        // Page by page it would take a busy machine longer than the subject has.
        let (protection, kind) =
            (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_POPULATE);
        // SAFETY: new memory at an address that the system chooses; nobody uses it.
        if unsafe { libc::mmap(std::ptr::null_mut(), 1 << 26, protection, kind, -1, 0) } == libc::MAP_FAILED {
            pause();
        }
    }
}

/// More processes than are allowed, each in a session of its own; bounded, in case nobody counts.
pub(super) fn fork_burst() {
    for _ in 0..400 {
        if forked() {
            // SAFETY: system calls only.
            unsafe {
                libc::setsid();
            }
            pause();
        }
    }
    for_ever();
}

pub(super) fn leak_thread() {
    thread::Builder::new().name("leaked".into()).spawn(for_ever).expect("the machine can start one more thread");
}

pub(super) fn leak_process() {
    let child = Command::new("sleep").arg("1000").stdin(Stdio::null()).spawn();
    std::mem::forget(child.expect("there is such a program"));
}

pub(super) fn leak_zombie() {
    let child = Command::new("true").stdin(Stdio::null()).spawn();
    std::mem::forget(child.expect("there is such a program"));
}

pub(super) fn leak_descriptor() {
    std::mem::forget(File::open("/dev/zero").expect("there is such a file"));
}

pub(super) fn leak_temporary_file() {
    let path = std::env::temp_dir().join(format!("leaked-{}", fastrand::u64(..)));
    std::fs::write(path, "x").expect("the directory can be written");
}

pub(super) fn leak_socket() {
    let path = std::env::temp_dir().join(format!("socket-{}", fastrand::u64(..)));
    std::mem::forget(UnixListener::bind(&path).expect("the directory can be written"));
    std::fs::remove_file(path).expect("it is there");
}

pub(super) fn leak_shared_memory() {
    let name = std::ffi::CString::new(format!("/poolproof-leak-{}", fastrand::u64(..))).expect("it has no zero");
    // SAFETY: the name is a C string, the mapping is never used.
    unsafe {
        let file = libc::shm_open(name.as_ptr(), libc::O_CREAT | libc::O_RDWR, 0o600);
        libc::ftruncate(file, 4096);
        libc::mmap(std::ptr::null_mut(), 4096, libc::PROT_READ, libc::MAP_SHARED, file, 0);
        libc::close(file);
        // The test cleans up after the leak: only the mapping stays.
        libc::shm_unlink(name.as_ptr());
    }
}

static TABLE: Mutex<u32> = Mutex::new(0);

/// The second time, the lock is poisoned, and whoever takes it for granted panics.
pub(super) fn poison() {
    *TABLE.lock().unwrap() += 1;
    let _ = thread::spawn(|| {
        let _held = TABLE.lock();
        panic!("poisons the table");
    })
    .join();
    drop(TABLE.lock().unwrap());
}

pub(super) fn panic() {
    panic!("on purpose");
}

/// Panics with another of itself when dropped, for ever.
struct Hydra;
impl Drop for Hydra {
    fn drop(&mut self) {
        std::panic::panic_any(Self);
    }
}

pub(super) fn panic_in_a_payload() {
    let Err(payload) = std::panic::catch_unwind(|| std::panic::panic_any(Hydra));
    drop(payload);
}

/// A helper whose pipe is filled and never read.
#[allow(clippy::zombie_processes, reason = "it is never got that far")]
pub(super) fn never_read() {
    let helper = Command::new("sleep").arg("1000").stdin(Stdio::piped()).spawn();
    let mut helper = helper.expect("there is such a program");
    let mut pipe = helper.stdin.take().expect("it is piped");
    pipe.write_all(&vec![0; 1 << 22]).expect("it is never read");
}

pub(super) fn kill_its_parent() {
    // SAFETY: sends a signal.
    unsafe {
        libc::kill(libc::getppid(), libc::SIGKILL);
    }
    for_ever();
}

pub(super) fn kill_its_group() {
    // SAFETY: sends a signal.
    unsafe {
        libc::kill(0, libc::SIGKILL);
    }
}

/// How far this process's wall clock is from the system's, in seconds.
static JUMP: AtomicI64 = AtomicI64::new(0);

/// An hour forward, and two back the next time.
pub(super) fn jump_the_clock() {
    let jump = if JUMP.load(Ordering::Relaxed) > 0 { -3600 } else { 3600 };
    JUMP.store(jump, Ordering::Relaxed);
}

/// The clocks of this program, the standard library's included.
///
/// # Safety
///
/// As for the system's function of this name.
#[unsafe(no_mangle)]
#[allow(unreachable_pub, reason = "the symbol is public, whatever the module")]
pub unsafe extern "C" fn clock_gettime(clock: libc::clockid_t, time: *mut libc::timespec) -> libc::c_int {
    // SAFETY: the caller passes a valid place.
    unsafe {
        let status = libc::syscall(libc::SYS_clock_gettime, clock, time);
        if status == 0 && clock == libc::CLOCK_REALTIME {
            (*time).tv_sec += JUMP.load(Ordering::Relaxed);
        }
        libc::c_int::try_from(status).unwrap_or(-1)
    }
}
