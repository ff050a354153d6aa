//! The bare ring: two processes that copy bytes through shared memory and wait as ours do, and do nothing else.

use crate::measure::elapsed;
use poolproof_harness::search_longer as search;
use std::fs::File;
use std::os::fd::{AsRawFd, FromRawFd};
use std::process::{Child, Command};
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering, fence};
use std::time::Instant;

/// The bytes of one direction.
const AREA: usize = 8 << 20;
const HEADER: usize = 4096;

#[repr(C, align(128))]
struct Apart<T>(T);

/// One direction. All zeros is an empty one.
#[repr(C)]
struct Way {
    count: Apart<AtomicU32>,
    asleep: Apart<AtomicU32>,
    length: AtomicU64,
}

/// The shared memory, as one of the two sees it.
struct Memory {
    base: *mut u8,
}

impl Memory {
    fn of(file: &File) -> Self {
        // SAFETY: a new mapping at an address of the system's choice touches nothing that exists.
        #[allow(unsafe_code)]
        let base = unsafe {
            let access = libc::PROT_READ | libc::PROT_WRITE;
            libc::mmap(std::ptr::null_mut(), HEADER + 2 * AREA, access, libc::MAP_SHARED, file.as_raw_fd(), 0)
        };
        assert_ne!(base, libc::MAP_FAILED, "there is memory for a bare ring");
        Self { base: base.cast() }
    }

    fn way(&self, way: usize) -> &Way {
        // SAFETY: the header holds two of them, all zeros at first, and atomics may be shared.
        #[allow(unsafe_code)]
        unsafe {
            &*self.base.cast::<Way>().add(way)
        }
    }

    fn send(&self, way: usize, content: &[u8]) {
        let head = self.way(way);
        // SAFETY: the area is long enough, and the other side reads it after it was counted.
        #[allow(unsafe_code)]
        unsafe {
            self.base.add(HEADER + way * AREA).copy_from_nonoverlapping(content.as_ptr(), content.len());
        }
        head.length.store(content.len() as u64, Ordering::Relaxed);
        head.count.0.fetch_add(1, Ordering::Release);
        fence(Ordering::SeqCst);
        if head.asleep.0.load(Ordering::Relaxed) == 1 && head.asleep.0.swap(0, Ordering::Relaxed) == 1 {
            futex(&head.asleep.0, libc::FUTEX_WAKE, 1);
        }
    }

    fn receive(&self, way: usize, seen: u32, content: &mut Vec<u8>) {
        let head = self.way(way);
        let look = || (head.count.0.load(Ordering::Acquire) != seen).then_some(());
        while search(look).is_none() {
            head.asleep.0.swap(1, Ordering::Relaxed);
            fence(Ordering::SeqCst);
            if look().is_none() {
                futex(&head.asleep.0, libc::FUTEX_WAIT, 1);
            }
            head.asleep.0.swap(0, Ordering::Relaxed);
        }
        content.resize(head.length.load(Ordering::Relaxed) as usize, 0);
        // SAFETY: the other side writes there only after it was answered.
        #[allow(unsafe_code)]
        unsafe {
            content.as_mut_ptr().copy_from_nonoverlapping(self.base.add(HEADER + way * AREA), content.len());
        }
    }
}

fn futex(word: &AtomicU32, operation: libc::c_int, value: u32) {
    // SAFETY: the word outlives the call, and there is no limit.
    #[allow(unsafe_code)]
    unsafe {
        libc::syscall(libc::SYS_futex, word.as_ptr(), operation, value, std::ptr::null::<libc::timespec>());
    }
}

/// What the other process does: sends back what it gets, until it gets nothing.
pub(crate) fn pong(path: &str) {
    let file = File::options().read(true).write(true).open(path).expect("the memory of the process that started us");
    let (memory, mut content) = (Memory::of(&file), Vec::new());
    for seen in 0.. {
        memory.receive(0, seen, &mut content);
        memory.send(1, &content);
        if content.is_empty() {
            return;
        }
    }
}

/// A bare ring with its other process.
pub(crate) struct Bare {
    memory: Memory,
    child: Child,
    count: u32,
    content: Vec<u8>,
}

impl Bare {
    pub(crate) fn start() -> Self {
        // SAFETY: the name ends with a zero byte, and the descriptor is ours from then on.
        #[allow(unsafe_code)]
        let file = unsafe { File::from_raw_fd(libc::memfd_create(c"bare".as_ptr(), libc::MFD_CLOEXEC)) };
        file.set_len((HEADER + 2 * AREA) as u64).expect("there is memory for a bare ring");
        let path = format!("/proc/{}/fd/{}", std::process::id(), file.as_raw_fd());
        let program = std::env::current_exe().expect("Linux tells");
        let child = Command::new(program).args(["pong", &path]).spawn().expect("this program starts");
        let mut bare = Self { memory: Memory::of(&file), child, count: 0, content: Vec::new() };
        // When it has answered it has opened the file.
        bare.trips(64, 1);
        bare
    }

    fn trip(&mut self, content: &[u8]) {
        self.memory.send(0, content);
        self.memory.receive(1, self.count, &mut self.content);
        self.count += 1;
        assert_eq!(self.content.len(), content.len());
    }

    /// Round trips of so many bytes.
    pub(crate) fn trips(&mut self, bytes: usize, count: usize) -> Vec<u64> {
        let content = vec![7; bytes];
        (0..count)
            .map(|_| {
                let start = Instant::now();
                self.trip(&content);
                elapsed(start)
            })
            .collect()
    }
}

impl Drop for Bare {
    fn drop(&mut self) {
        self.trip(&[]);
        let _ = self.child.wait();
    }
}
