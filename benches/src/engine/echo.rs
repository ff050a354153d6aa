//! The server at the other end of the socket workload: it sends each byte back after a latency.
//!
//! One thread serves all connections from one poll loop, so that it takes as little as possible
//! of the machine that is being measured.

use poolproof_harness::now_ns;
use std::collections::VecDeque;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::os::fd::{AsFd, AsRawFd};
use std::os::unix::net::UnixStream;
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// An echo server on the loopback interface; it ends when it is dropped.
#[derive(Debug)]
pub struct EchoServer {
    port: u16,
    stop: Option<UnixStream>,
    thread: Option<JoinHandle<()>>,
}

impl EchoServer {
    /// Starts a server that waits for `latency` before it sends a byte back.
    ///
    /// # Errors
    ///
    /// If the loopback interface offers no port, or no thread can be started.
    pub fn start(latency: Duration) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        listener.set_nonblocking(true)?;
        let port = listener.local_addr()?.port();
        let (stop, stopped) = UnixStream::pair()?;
        let latency = u64::try_from(latency.as_nanos()).unwrap_or(u64::MAX);
        let serve = move || serve(&listener, &stopped, latency);
        let thread = thread::Builder::new().name("echo-server".into()).spawn(serve)?;
        Ok(Self { port, stop: Some(stop), thread: Some(thread) })
    }

    /// Where it listens.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }
}

impl Drop for EchoServer {
    fn drop(&mut self) {
        // Closing our end wakes the loop, which then ends.
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

struct Connection {
    stream: TcpStream,
    /// When each byte that was received is due to go back.
    due: VecDeque<(u64, u8)>,
}

fn serve(listener: &TcpListener, stopped: &UnixStream, latency: u64) {
    finest_timers();
    let mut connections: Vec<Connection> = Vec::new();
    loop {
        let next = connections.iter().filter_map(|connection| connection.due.front()).map(|&(at, _)| at).min();
        let mut watched = vec![readable(stopped), readable(listener)];
        watched.extend(connections.iter().map(|connection| readable(&connection.stream)));
        wait(&mut watched, next);
        if watched[0].revents != 0 {
            return;
        }
        let mut ready = watched[2..].iter().map(|watch| watch.revents != 0);
        connections.retain_mut(|connection| {
            let ready = ready.next().unwrap_or(false);
            (!ready || take_in(connection, latency)) && send_due(connection)
        });
        while let Ok((stream, _)) = listener.accept() {
            if stream.set_nonblocking(true).is_ok() && stream.set_nodelay(true).is_ok() {
                connections.push(Connection { stream, due: VecDeque::new() });
            }
        }
    }
}

/// Receives what is there; `false` when the client is gone.
fn take_in(connection: &mut Connection, latency: u64) -> bool {
    let mut bytes = [0; 256];
    match connection.stream.read(&mut bytes) {
        Ok(0) => false,
        Ok(count) => {
            let due = now_ns().saturating_add(latency);
            connection.due.extend(bytes[..count].iter().map(|&byte| (due, byte)));
            true
        }
        Err(error) => matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted),
    }
}

/// Sends what is due; `false` when the client is gone.
fn send_due(connection: &mut Connection) -> bool {
    while let Some(&(at, byte)) = connection.due.front() {
        if at > now_ns() {
            break;
        }
        match connection.stream.write(&[byte]) {
            Ok(_) => drop(connection.due.pop_front()),
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => break,
            Err(_) => return false,
        }
    }
    true
}

fn readable(descriptor: &impl AsFd) -> libc::pollfd {
    libc::pollfd { fd: descriptor.as_fd().as_raw_fd(), events: libc::POLLIN, revents: 0 }
}

/// Waits until something is readable, or until `next` on the monotonic clock.
fn wait(watched: &mut [libc::pollfd], next: Option<u64>) {
    let timeout = next.map(|at| {
        let left = at.saturating_sub(now_ns());
        let part = |number: u64| libc::c_long::try_from(number).unwrap_or(libc::c_long::MAX);
        libc::timespec { tv_sec: part(left / 1_000_000_000), tv_nsec: part(left % 1_000_000_000) }
    });
    let limit = timeout.as_ref().map_or(std::ptr::null(), std::ptr::from_ref);
    let count = libc::nfds_t::try_from(watched.len()).unwrap_or(0);
    // SAFETY: `watched` holds `count` valid entries, `limit` is null or points to `timeout`, and
    // no signal mask is passed.
    #[allow(unsafe_code)]
    unsafe {
        libc::ppoll(watched.as_mut_ptr(), count, limit, std::ptr::null());
    }
}

/// Asks for this thread's timers to be exact to a nanosecond instead of 50 us.
fn finest_timers() {
    // SAFETY: the call takes numbers and touches no memory; failing leaves the default.
    #[allow(unsafe_code)]
    unsafe {
        libc::prctl(libc::PR_SET_TIMERSLACK, 1_u64);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use poolproof_harness::{Task, Work, Workload};

    #[test]
    fn bytes_come_back_after_the_latency_and_connections_are_served_together() {
        let latency = Duration::from_millis(5);
        let server = EchoServer::start(latency).expect("the loopback interface works");
        let connect = || TcpStream::connect((Ipv4Addr::LOCALHOST, server.port())).expect("it listens");
        let mut clients: Vec<TcpStream> = (0..8).map(|_| connect()).collect();
        let start = now_ns();
        for (byte, client) in (0..8).zip(&mut clients) {
            client.write_all(&[byte, byte + 100]).expect("it is connected");
        }
        // A server of one connection at a time would never answer the last before the first left.
        for (byte, client) in (0..8).zip(&mut clients).rev() {
            let mut back = [0; 2];
            client.read_exact(&mut back).expect("it answers");
            assert_eq!(back, [byte, byte + 100]);
        }
        assert!(Duration::from_nanos(now_ns() - start) >= latency);
    }

    #[test]
    fn the_socket_workload_is_served() {
        let server = EchoServer::start(Duration::ZERO).expect("the loopback interface works");
        let work = Work { number: 3, workload: Workload::Socket(2), turns: 0, port: server.port() };
        assert_eq!(work.run(), Ok(Work::answer(3)));
    }

    #[test]
    fn a_dropped_server_is_gone() {
        let server = EchoServer::start(Duration::ZERO).expect("the loopback interface works");
        let port = server.port();
        drop(server);
        let work = Work { number: 1, workload: Workload::Socket(1), turns: 0, port };
        assert!(work.run().is_err());
    }
}
