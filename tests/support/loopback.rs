//! Loopback addresses of this process alone, for servers on the ports that mail and HTTPS stand on.

use std::net::{Ipv4Addr, TcpListener};

/// The `n`th address of this process: no other test run on the machine has it.
pub fn address(n: u8) -> Ipv4Addr {
    let pid = std::process::id();
    Ipv4Addr::new(127, 64 + (pid >> 8 & 0x3f) as u8, (pid & 0xff) as u8, n)
}

/// Whether servers can be started on ports below 1024; a line that says what is skipped if not.
pub fn can_serve() -> bool {
    let can = [25, 443].iter().all(|port| TcpListener::bind((address(250), *port)).is_ok());
    if !can {
        eprintln!("SKIPPED: ports 25 and 443 of loopback addresses need root");
    }
    can
}
