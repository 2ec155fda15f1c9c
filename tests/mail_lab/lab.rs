//! The machines and what is done with them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

/// The key of the lab's PowerDNS.
pub const API_KEY: &str = "lab-key-52c1";
/// The resolver of all machines.
pub const RESOLVER: &str = "203.0.113.54";
/// The password of the mailbox.
pub const MAILBOX: &str = "lab-mail-81d0";

/// The lab, up. It ends with the process: nothing is left to be cleaned but a folder.
pub struct Lab {
    dir: tempfile::TempDir,
    children: Vec<Child>,
}

/// What a command printed.
pub struct Said {
    /// Its exit status.
    pub code: Option<i32>,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

impl Lab {
    /// Namespaces, network, name servers and two Postfix without authentication.
    pub fn start() -> Lab {
        assert!(std::env::var_os("MAILPROOF_LAB").is_some(), "stories run inside the lab alone");
        let dir = tempfile::tempdir().unwrap();
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/mail_lab/machines.sh");
        let log = fs::File::create(dir.path().join("machines.log")).unwrap();
        let child = Command::new("bash")
            .arg(script)
            .arg(dir.path())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .status()
            .unwrap();
        assert!(child.success(), "{}", fs::read_to_string(dir.path().join("machines.log")).unwrap());
        fs::create_dir(dir.path().join("home")).unwrap();
        Lab { dir, children: Vec::new() }
    }

    /// The folder of the person: answers, profile, keys.
    pub fn home(&self) -> PathBuf {
        self.dir.path().join("home")
    }

    /// A command on a machine, its folder the person's.
    pub fn on(&self, machine: &str) -> Command {
        let pid = fs::read_to_string(self.dir.path().join(format!("{machine}.pid"))).unwrap();
        let mut command = Command::new("nsenter");
        command.args(["-t", pid.trim(), "-n", "-m", "-u", "env", "-C"]).arg(self.home());
        command
            .env("PDNS_API_KEY", API_KEY)
            .env("MAILPROOF_IMAP_PASSWORD", MAILBOX)
            .env("MAILPROOF_SMTP_PASSWORD", MAILBOX)
            .env("NO_COLOR", "1")
            .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
        command
    }

    /// Runs a shell script on a machine; it must succeed.
    pub fn sh(&self, machine: &str, script: &str) -> String {
        let out = self.on(machine).args(["sh", "-ec", script]).stdin(Stdio::null()).output().unwrap();
        let said = said(&out);
        assert!(out.status.success(), "{machine}: {script}\n{}{}", said.out, said.err);
        said.out
    }

    /// Runs mailproof on a machine.
    pub fn mailproof(&self, machine: &str, args: &[&str]) -> Said {
        let mut command = self.on(machine);
        command.arg(env!("CARGO_BIN_EXE_mailproof")).args(args).stdin(Stdio::null());
        said(&command.output().unwrap())
    }

    /// The same; it must succeed.
    pub fn mailproof_ok(&self, machine: &str, args: &[&str]) -> Said {
        let said = self.mailproof(machine, args);
        assert_eq!(said.code, Some(0), "mailproof {args:?}\n{}{}", said.out, said.err);
        said
    }

    /// The wizard with `answers`: makes keys and profile, publishes at the lab's PowerDNS.
    pub fn setup(&self, answers: &str) -> Said {
        fs::write(self.home().join("answers.yaml"), answers).unwrap();
        self.mailproof_ok("sender", &["setup", "--answers", "answers.yaml"])
    }

    /// Writes what `config render` says on a machine.
    pub fn install(&self, machine: &str, side: &str, host: &str, more: &[&str]) -> Said {
        let args = ["config", "render", "--side", side, "--host", host, "--resolver", RESOLVER, "--install", "--yes"];
        self.mailproof_ok(machine, &[&args[..], more].concat())
    }

    /// Starts, or starts again, the milters of a machine whose configuration is there.
    pub fn restart_milters(&self, machine: &str) {
        self.stop_milters(machine);
        self.sh(
            machine,
            "for conf in /etc/opendkim.conf /etc/opendkim-ed25519.conf; do
                 [ -e $conf ] && opendkim -x $conf >/dev/null 2>&1
             done
             [ -e /etc/opendmarc.conf ] && opendmarc >/dev/null 2>&1
             for _ in $(seq 100); do
                 { [ ! -e /etc/opendmarc.conf ] || [ -s /run/opendmarc/opendmarc.pid ]; } && break
                 sleep 0.05
             done
             true",
        );
    }

    /// Stops the milters of a machine, by the ids in their own files.
    pub fn stop_milters(&self, machine: &str) {
        self.sh(
            machine,
            "for file in /run/opendkim/*.pid /run/opendmarc/*.pid; do
                 [ -s $file ] && kill -9 $(cat $file) 2>/dev/null
                 rm -f $file
             done
             rm -f /var/spool/postfix/open*/*.sock
             true",
        );
    }

    /// Starts Rspamd on a machine whose configuration is there, and waits until it listens.
    pub fn start_rspamd(&self, machine: &str) {
        // Rspamd compiles the 9,628 rules of its public suffix list when it first starts, for 96 s on two busy processors,
        // and keeps them in /var, which is new in each lab: so the list is cut to the two of its rules that the names here
        // are under.
        let suffixes = self.dir.path().join("suffixes");
        fs::write(&suffixes, "com\norg\n").unwrap();
        self.sh(
            machine,
            &format!(
                "mount --bind {} /usr/share/rspamd/effective_tld_names.dat
                 for folder in /run/rspamd /var/lib/rspamd /var/log/rspamd; do
                     mkdir -p $folder; chown _rspamd:_rspamd $folder
                 done
                 rspamadm configtest 2>&1 | grep -q '^syntax OK'
                 rspamd -u _rspamd -g _rspamd >/dev/null 2>&1",
                suffixes.display()
            ),
        );
        self.wait(machine, "ss -Hltn | grep -q '127.0.0.1:11332 '");
    }

    /// Puts Debian's Exim onto a machine, unpacked at `packages`, as its installation would; `domains` are its own.
    pub fn unpack_exim(&self, machine: &str, packages: &Path, domains: &str) {
        self.sh(
            machine,
            &format!(
                "mount -t overlay overlay -o lowerdir={p}/usr:/usr /usr
                 mkdir -p /etc/exim4 /var/vmail/inbox
                 cp -a {p}/etc/exim4/. /etc/exim4/
                 echo 'Debian-exim:x:991:991::/var/spool/exim4:/usr/sbin/nologin' >>/etc/passwd
                 echo 'Debian-exim:x:991:' >>/etc/group
                 echo 'bob:x:5000:5000::/var/vmail:/bin/sh' >>/etc/passwd
                 echo 'bob:x:5000:' >>/etc/group
                 touch /etc/aliases /etc/email-addresses
                 ln -s inbox /var/vmail/Maildir
                 chown 5000:5000 /var/vmail /var/vmail/inbox
                 for folder in spool/exim4 log/exim4 lib/exim4; do
                     mkdir -p /var/$folder; chown Debian-exim:Debian-exim /var/$folder
                 done
                 cat >/etc/exim4/update-exim4.conf.conf <<X
dc_eximconfig_configtype='internet'
dc_other_hostnames='{domains}'
dc_local_interfaces='0.0.0.0'
dc_minimaldns='false'
dc_use_split_config='false'
dc_mailname_in_oh='true'
dc_localdelivery='maildir_home'
CFILEMODE='644'
X",
                p = packages.display()
            ),
        );
    }

    /// Starts Exim on a machine whose configuration is there, and waits until it listens.
    pub fn start_exim(&self, machine: &str) {
        self.sh(machine, "update-exim4.conf && exim4 -bV >/dev/null && exim4 -bd -q5s >/dev/null 2>&1");
        self.wait(machine, "ss -Hltn | grep -q ':25 '");
    }

    /// Starts Postfix on the machines, side by side, and waits until it listens.
    pub fn start_postfix(&mut self, machines: &[&str]) {
        for machine in machines {
            let mut command = self.on(machine);
            command.args(["sh", "-c", "/usr/lib/postfix/configure-instance.sh -; exec postfix start"]);
            self.children.push(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap());
        }
        for mut child in self.children.drain(..) {
            child.wait().unwrap();
        }
        for machine in machines {
            self.wait(machine, "ss -Hltn | grep -q ':25 '");
        }
    }

    /// Reloads Postfix after a change of its files, and waits until the new ones are in force.
    pub fn reload_postfix(&self, machine: &str) {
        self.sh(machine, "postfix reload 2>/dev/null; sleep 0.3");
    }

    /// Dovecot with IMAP over TLS on the receiver's port 993, over the mailbox that Postfix delivers to.
    pub fn start_dovecot(&self) {
        self.sh(
            "receiver",
            &format!(
                "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 \
                   -subj /CN=mx.example.com -addext subjectAltName=DNS:mx.example.com \
                   -addext basicConstraints=critical,CA:FALSE -keyout /etc/dovecot/lab.key -out /etc/dovecot/lab.crt 2>/dev/null
                 cp /etc/dovecot/lab.crt mx.crt
                 cat >/etc/dovecot/lab.conf <<X
protocols = imap
base_dir = /run/dovecot
log_path = /var/log/dovecot.log
ssl = required
ssl_cert = </etc/dovecot/lab.crt
ssl_key = </etc/dovecot/lab.key
mail_location = maildir:/var/vmail/inbox
first_valid_uid = 5000
mail_uid = 5000
mail_gid = 5000
passdb {{
  driver = static
  args = password={MAILBOX}
}}
userdb {{
  driver = static
  args = uid=5000 gid=5000 home=/var/vmail
}}
service auth {{
  unix_listener /var/spool/postfix/private/auth {{
    mode = 0660
    user = postfix
    group = postfix
  }}
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = 0
  }}
}}
X
                 dovecot -c /etc/dovecot/lab.conf >/dev/null 2>&1"
            ),
        );
        self.wait("receiver", "ss -Hltn | grep -q ':993 '");
    }

    /// Submission at the receiver for whoever logs in, as an administrator has it beside what is rendered. Dovecot must run.
    pub fn start_submission(&self) {
        self.sh(
            "receiver",
            "postconf -e 'smtpd_tls_cert_file = /etc/dovecot/lab.crt' 'smtpd_tls_key_file = /etc/dovecot/lab.key' \\
               'smtpd_tls_security_level = may' 'smtpd_sasl_type = dovecot' 'smtpd_sasl_path = private/auth'
             postconf -M submission/inet='submission inet n - y - - smtpd -o smtpd_sasl_auth_enable=yes -o smtpd_client_restrictions=permit_sasl_authenticated,reject'
             postfix reload 2>/dev/null",
        );
        self.wait("receiver", "ss -Hltn | grep -q ':587 '");
    }

    /// Adds records to the zone, as the person pastes them.
    pub fn publish(&self, zone: &str, lines: &str) {
        let file = self.home().join("records.zone");
        fs::write(&file, lines).unwrap();
        let names = self.dir.path().join("names");
        self.sh(
            "dns",
            &format!(
                "cd {d}
                 while read -r name ttl class type value; do
                     name=${{name%.}}
                     [ -n \"$name\" ] && pdnsutil --config-dir={d} add-record {zone} ${{name%.{zone}}} $type $ttl \"$value\" >/dev/null
                 done <{f}",
                d = names.display(),
                f = file.display()
            ),
        );
    }

    /// Waits until a shell command succeeds on a machine.
    pub fn wait(&self, machine: &str, command: &str) {
        let start = Instant::now();
        while !self.on(machine).args(["sh", "-c", command]).output().unwrap().status.success() {
            assert!(start.elapsed() < Duration::from_secs(30), "{machine}: never: {command}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// A message from a machine as swaks sends it; gives the transcript.
    pub fn swaks(&self, machine: &str, args: &[&str]) -> String {
        said(&self.on(machine).arg("swaks").args(args).stdin(Stdio::null()).output().unwrap()).out
    }

    /// Mail in the name of the sender's domain from a machine that may not send it, with `fields` of its own.
    pub fn spoof(&self, fields: &[&str]) -> String {
        let mut args = vec!["--server", "198.51.100.20", "--from", "alice@example.com", "--to", "bob@example.com"];
        fields.iter().for_each(|field| args.extend(["--add-header", field]));
        self.swaks("attacker", &args)
    }

    /// What the receiver's mailbox has with `mark` in it.
    pub fn delivered(&self, mark: &str) -> Option<String> {
        let script =
            format!("grep -rl '{mark}' /var/vmail/inbox/new /var/vmail/inbox/cur 2>/dev/null | head -1 | xargs -r cat");
        let text = self.sh("receiver", &script);
        (!text.is_empty()).then_some(text)
    }
}

fn said(out: &Output) -> Said {
    Said {
        code: out.status.code(),
        out: String::from_utf8_lossy(&out.stdout).into_owned(),
        err: String::from_utf8_lossy(&out.stderr).into_owned(),
    }
}
