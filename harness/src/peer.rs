//! Who is at the other end of a socket.

use std::os::fd::AsRawFd;
use std::os::unix::net::UnixStream;

/// Whether the process at the other end runs as this user.
#[must_use]
pub fn peer_is_me(stream: &UnixStream) -> bool {
    let mut peer = libc::ucred { pid: 0, uid: 0, gid: 0 };
    let mut length = libc::socklen_t::try_from(size_of::<libc::ucred>()).unwrap_or(0);
    // SAFETY: the descriptor is open, `peer` and `length` are valid for writes of that size.
    #[allow(unsafe_code)]
    let (status, me) = unsafe {
        let status = libc::getsockopt(
            stream.as_raw_fd(),
            libc::SOL_SOCKET,
            libc::SO_PEERCRED,
            (&raw mut peer).cast(),
            &raw mut length,
        );
        (status, libc::geteuid())
    };
    status == 0 && peer.uid == me
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::Permissions;
    use std::os::unix::fs::{MetadataExt, PermissionsExt};
    use std::os::unix::net::UnixListener;
    use std::thread;

    #[test]
    fn a_peer_of_another_user_is_known() {
        let directory = tempfile::tempdir().expect("there is room");
        let path = directory.path().join("gates");
        let listener = UnixListener::bind(&path).expect("it can listen");
        let connect = |user: Option<libc::uid_t>| {
            let path = path.clone();
            // The system keeps the user of each thread; only the C library changes them all together.
            let connecting = thread::spawn(move || {
                let stream = UnixStream::connect(&path).expect("it listens");
                let Some(user) = user else { return Some(stream) };
                // SAFETY: the call changes nothing but the user of this thread, which ends soon.
                #[allow(unsafe_code)]
                let changed = unsafe { libc::syscall(libc::SYS_setresuid, -1, user, -1) };
                (changed == 0).then(|| UnixStream::connect(&path).expect("it listens"))
            });
            let kept = connecting.join().expect("it connects");
            (listener.accept().expect("somebody connects").0, kept)
        };
        let (mine, _kept) = connect(None);
        assert!(peer_is_me(&mine));
        std::fs::set_permissions(directory.path(), Permissions::from_mode(0o755)).expect("it is ours");
        std::fs::set_permissions(&path, Permissions::from_mode(0o777)).expect("it is ours");
        let me = std::fs::metadata(directory.path()).expect("it is there").uid();
        let (_first, kept) = connect(Some(if me == 65_534 { 65_533 } else { 65_534 }));
        if kept.is_none() {
            println!("SKIPPED: only root can be another user for a while");
            return;
        }
        assert!(!peer_is_me(&listener.accept().expect("somebody connects").0));
    }
}
