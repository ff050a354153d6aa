//! The process executor, from outside: real worker processes of this test program.

mod ahead;
mod crossing;
mod death;
mod life;
mod map;
mod setup;
mod support;
mod waiting;

/// What this program is when it is started as a worker; otherwise it passes at once.
#[test]
fn worker() {
    if std::env::var_os("POOLPROOF_PROCESS_WORKER").is_some() {
        // Its tasks panic on purpose; the tests look at what reaches the waiter.
        std::panic::set_hook(Box::new(|_| {}));
    }
    // Asked in every run, so that this program could be forked if it had one thread.
    crossing::tasks().serve_if_worker();
}
