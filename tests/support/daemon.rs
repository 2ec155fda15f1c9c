//! A child process that lives as long as its handle.

use std::net::{TcpListener, UdpSocket};
use std::process::{Child, Command};
use std::time::{Duration, Instant};

/// A running server; killed by its process id when dropped.
pub struct Daemon {
    child: Child,
}

impl Daemon {
    /// Starts it.
    pub fn start(command: &mut Command) -> Daemon {
        Daemon { child: command.spawn().unwrap_or_else(|e| panic!("{command:?}: {e}")) }
    }

    /// Waits until `ready` says yes; fails the test when the process dies or 20 s have gone.
    pub fn wait_until(&mut self, what: &str, mut ready: impl FnMut() -> bool) {
        let start = Instant::now();
        while !ready() {
            if let Some(status) = self.child.try_wait().unwrap() {
                panic!("{what} ended at once: {status}");
            }
            assert!(start.elapsed() < Duration::from_secs(20), "{what} does not answer");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Stops it now, as a crash would.
    pub fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A port that is free for UDP and TCP at this moment.
pub fn free_port() -> u16 {
    loop {
        let tcp = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = tcp.local_addr().unwrap().port();
        if UdpSocket::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}
