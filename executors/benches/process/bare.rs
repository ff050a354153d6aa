//! The bare ring: two processes that copy bytes through shared memory and wait as ours do, and do nothing else.

use crate::measure::elapsed;
use crate::tasks::{Content, Echo};
use poolproof_harness::{Failure, Outcome, Promise, Task, search_longer as search};
use std::fs::File;
use std::os::fd::{AsRawFd, FromRawFd};
use std::process::{Child, Command};
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering, fence};
use std::time::Instant;

/// The arguments of the other process: sends back, or runs.
pub(crate) const PONG: &str = "pong";
pub(crate) const PONG_TASKS: &str = "pong-tasks";

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
        // SAFETY: the area is long enough, and the other side reads it after it was counted.
        #[allow(unsafe_code)]
        unsafe {
            self.base.add(HEADER + way * AREA).copy_from_nonoverlapping(content.as_ptr(), content.len());
        }
        self.count(way, content.len());
    }

    /// Says that a message of that length is there.
    fn count(&self, way: usize, length: usize) {
        let head = self.way(way);
        head.length.store(length as u64, Ordering::Relaxed);
        head.count.0.fetch_add(1, Ordering::Release);
        fence(Ordering::SeqCst);
        if head.asleep.0.load(Ordering::Relaxed) == 1 && head.asleep.0.swap(0, Ordering::Relaxed) == 1 {
            futex(&head.asleep.0, libc::FUTEX_WAKE, 1);
        }
    }

    fn receive(&self, way: usize, seen: u32, content: &mut Vec<u8>) {
        let length = self.wait(way, seen);
        content.resize(length, 0);
        content.copy_from_slice(self.area(way, length));
    }

    /// The message, while the other side leaves it alone.
    fn area(&self, way: usize, length: usize) -> &[u8] {
        assert!(length <= AREA);
        // SAFETY: the area is that long, and the other side writes there only after it was answered.
        #[allow(unsafe_code)]
        unsafe {
            std::slice::from_raw_parts(self.base.add(HEADER + way * AREA), length)
        }
    }

    /// The room for a message.
    #[allow(clippy::mut_from_ref, reason = "the other side does not look before it is counted, and this side has one")]
    fn room(&self, way: usize) -> &mut [u8] {
        // SAFETY: the area is that long, and nobody else looks there before it was counted.
        #[allow(unsafe_code)]
        unsafe {
            std::slice::from_raw_parts_mut(self.base.add(HEADER + way * AREA), AREA)
        }
    }

    /// Waits for the next message; its length.
    fn wait(&self, way: usize, seen: u32) -> usize {
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
        head.length.load(Ordering::Relaxed) as usize
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

/// The same for tasks: rebuilds each where it lies, runs it, and writes its outcome where that will be read.
pub(crate) fn pong_tasks(path: &str) {
    let file = File::options().read(true).write(true).open(path).expect("the memory of the process that started us");
    let memory = Memory::of(&file);
    for seen in 0.. {
        let length = memory.wait(0, seen);
        if length == 0 {
            return memory.count(1, 0);
        }
        let task: Echo = postcard::from_bytes(memory.area(0, length)).expect("it was written just now");
        let outcome: Outcome<Content> = task.run().map_err(Failure::Raised);
        let written = postcard::to_slice(&outcome, memory.room(1)).expect("it fits").len();
        memory.count(1, written);
    }
}

/// What completes a future with a reply, its type forgotten.
pub(crate) type Receipt = Box<dyn FnOnce(&[u8])>;

/// A bare ring with its other process.
pub(crate) struct Bare {
    memory: Memory,
    child: Child,
    count: u32,
    content: Vec<u8>,
    request: Vec<u8>,
}

impl Bare {
    pub(crate) fn start(pong: &str) -> Self {
        // SAFETY: the name ends with a zero byte, and the descriptor is ours from then on.
        #[allow(unsafe_code)]
        let file = unsafe { File::from_raw_fd(libc::memfd_create(c"bare".as_ptr(), libc::MFD_CLOEXEC)) };
        file.set_len((HEADER + 2 * AREA) as u64).expect("there is memory for a bare ring");
        let path = format!("/proc/{}/fd/{}", std::process::id(), file.as_raw_fd());
        let program = std::env::current_exe().expect("Linux tells");
        let child = Command::new(program).args([pong, &path]).spawn().expect("this program starts");
        let mut bare = Self { memory: Memory::of(&file), child, count: 0, content: Vec::new(), request: Vec::new() };
        // When it has answered it has opened the file.
        if pong == PONG {
            bare.trips(64, 1);
        } else {
            drop(bare.run(Echo(vec![7; 64].into())));
        }
        bare
    }

    /// Runs a task there: it is serialised, has a future, and a receipt of no known type completes that with what is
    /// rebuilt from a copy of the reply.
    pub(crate) fn run(&mut self, task: Echo) -> Content {
        self.request.clear();
        let request = postcard::to_extend(&task, std::mem::take(&mut self.request)).expect("it fits");
        drop(task);
        let (promise, future) = Promise::pair();
        let receipt: Receipt = Box::new(move |reply| {
            promise.complete(postcard::from_bytes::<Outcome<Content>>(reply).expect("it was written just now"));
        });
        self.memory.send(0, &request);
        self.request = request;
        self.memory.receive(1, self.count, &mut self.content);
        self.count += 1;
        std::hint::black_box(receipt)(&self.content);
        future.join().expect("it cannot fail")
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
