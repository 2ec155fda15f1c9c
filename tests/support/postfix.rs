//! Postfix, receiving on port 25 of loopback addresses.

use std::net::{Ipv4Addr, TcpStream};
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::support::authority::Credentials;
use crate::support::daemon::Daemon;
use crate::support::find;

/// A host: its address, the name that it gives itself, and its certificate if it offers STARTTLS.
pub struct Host<'a> {
    pub address: Ipv4Addr,
    pub name: &'a str,
    pub credentials: Option<&'a Credentials>,
}

/// A running Postfix; one process tree for all hosts.
pub struct Postfix {
    daemon: Daemon,
    dir: TempDir,
}

impl Postfix {
    /// Starts one that answers for these hosts. `None` if it is not installed.
    pub fn start(hosts: &[Host<'_>]) -> Option<Postfix> {
        find("postfix")?;
        let master = ["/usr/lib/postfix/sbin/master", "/usr/libexec/postfix/master"]
            .into_iter()
            .find(|p| std::path::Path::new(p).exists())?;
        let dir = tempfile::tempdir().unwrap();
        std::fs::set_permissions(dir.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
        let path = dir.path().display().to_string();
        for sub in ["queue", "data", "conf"] {
            std::fs::create_dir(dir.path().join(sub)).unwrap();
        }
        for sub in [
            "private", "public", "pid", "incoming", "active", "deferred", "maildrop", "hold", "corrupt", "defer",
            "bounce", "flush", "saved", "trace",
        ] {
            std::fs::create_dir(dir.path().join("queue").join(sub)).unwrap();
        }
        let status = Command::new("chown")
            .args(["-R", "postfix"])
            .arg(dir.path().join("queue"))
            .arg(dir.path().join("data"))
            .status()
            .unwrap();
        assert!(status.success(), "Postfix's folders are made");
        // The queue itself belongs to root.
        Command::new("chown")
            .arg("root")
            .arg(dir.path().join("queue"))
            .arg(dir.path().join("queue/pid"))
            .status()
            .unwrap();
        let main = format!(
            "compatibility_level = 3.6\nqueue_directory = {path}/queue\ndata_directory = {path}/data\n\
             mydestination =\nlocal_recipient_maps =\nmaillog_file = {path}/queue/log\nmaillog_file_prefixes = {path}\n\
             smtpd_tls_loglevel = 0\nsmtpd_peername_lookup = no\ninet_protocols = ipv4\n"
        );
        std::fs::write(dir.path().join("conf/main.cf"), main).unwrap();
        let mut services = String::new();
        for host in hosts {
            let tls = match host.credentials {
                Some(credentials) => format!(
                    "-o smtpd_tls_security_level=may -o smtpd_tls_chain_files={},{}",
                    credentials.key.display(),
                    credentials.chain.display()
                ),
                None => "-o smtpd_tls_security_level=none".into(),
            };
            services.push_str(&format!("{}:25 inet n - n - - smtpd -o myhostname={} {tls}\n", host.address, host.name));
        }
        services.push_str(
            "anvil unix - - n - 1 anvil\ntlsmgr unix - - n 1000? 1 tlsmgr\nrewrite unix - - n - - trivial-rewrite\n\
             cleanup unix n - n - 0 cleanup\nproxymap unix - - n - - proxymap\npostlog unix-dgram n - n - 1 postlogd\n\
             scache unix - - n - 1 scache\nverify unix - - n - 1 verify\nbounce unix - - n - 0 bounce\n",
        );
        std::fs::write(dir.path().join("conf/master.cf"), services).unwrap();
        let mut daemon = Daemon::start(
            Command::new(master)
                .arg("-d")
                .arg("-c")
                .arg(dir.path().join("conf"))
                .env("MAIL_CONFIG", dir.path().join("conf"))
                .stdin(Stdio::null()),
        );
        for host in hosts {
            daemon.wait_until("Postfix", || TcpStream::connect((host.address, 25)).is_ok());
        }
        Some(Postfix { daemon, dir })
    }

    /// What it wrote to its log.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.dir.path().join("queue/log")).unwrap_or_default()
    }
}
