//! nginx with HTTPS on port 443 of a loopback address.

use std::net::{Ipv4Addr, TcpStream};
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::support::authority::Credentials;
use crate::support::daemon::Daemon;
use crate::support::find;

/// A virtual host: its name, its certificate, and what stands between the braces of its `server`.
pub struct Site<'a> {
    pub name: &'a str,
    pub credentials: &'a Credentials,
    pub body: String,
}

/// A running nginx.
pub struct Nginx {
    daemon: Daemon,
    dir: TempDir,
}

impl Nginx {
    /// Starts one with these sites. `None` if it is not installed.
    pub fn start(address: Ipv4Addr, sites: &[Site<'_>]) -> Option<Nginx> {
        let nginx = find("nginx")?;
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().display();
        let mut config = format!(
            "daemon off; master_process off; pid {path}/nginx.pid; error_log {path}/error.log;\nevents {{ }}\nhttp {{\n\
             access_log off; server_names_hash_bucket_size 128;\n"
        );
        for temp in ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"] {
            config.push_str(&format!("{temp}_temp_path {path}/{temp};\n"));
        }
        for site in sites {
            config.push_str(&format!(
                "server {{ listen {address}:443 ssl; server_name {}; ssl_certificate {}; ssl_certificate_key {};\n{} }}\n",
                site.name,
                site.credentials.chain.display(),
                site.credentials.key.display(),
                site.body
            ));
        }
        config.push('}');
        let file = dir.path().join("nginx.conf");
        std::fs::write(&file, config).unwrap();
        let mut daemon = Daemon::start(
            Command::new(nginx)
                .arg("-c")
                .arg(&file)
                .arg("-p")
                .arg(dir.path())
                .stdin(Stdio::null())
                .stderr(Stdio::inherit()),
        );
        daemon.wait_until("nginx", || TcpStream::connect((address, 443)).is_ok());
        Some(Nginx { daemon, dir })
    }
}
