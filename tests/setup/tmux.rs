//! tmux as a terminal: 24 lines high, and what scrolled away is in its history.

use std::process::{Command, Output};
use std::sync::atomic::{AtomicUsize, Ordering};

use tempfile::TempDir;

use crate::support::find;
use crate::terminal::{Person, Screen, Start, Terminal};

/// Lines of the screen, as most terminals begin.
const LINES: u16 = 24;

/// A server of tmux with one pane, ended when dropped.
pub struct Tmux {
    socket: String,
    folder: TempDir,
    plain: bool,
}

impl Tmux {
    /// `None` where tmux is not installed.
    pub fn start(start: &Start<'_>) -> Option<Person<Tmux>> {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        find("tmux")?;
        let folder = tempfile::tempdir().unwrap();
        let configuration = folder.path().join("tmux.conf");
        std::fs::write(
            &configuration,
            "set -g remain-on-exit on\nset -g remain-on-exit-format ''\nset -g status off\n",
        )
        .unwrap();
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let tmux = Tmux { socket: format!("mailproof-{}-{count}", std::process::id()), folder, plain: start.plain() };
        let command = start.command(LINES);
        let (lines, columns) = (LINES.to_string(), start.columns.to_string());
        let mut session = Command::new("tmux");
        session.args(["-L", &tmux.socket, "-f"]).arg(&configuration);
        session.args(["new-session", "-d", "-x", &columns, "-y", &lines, "-c"]).arg(start.folder).arg("--").arg("env");
        for (name, _) in command.get_envs().filter(|(_, value)| value.is_none()) {
            session.arg("-u").arg(name);
        }
        for (name, value) in command.get_envs().filter_map(|(name, value)| Some((name, value?))) {
            session.arg(format!("{}={}", name.to_str().unwrap(), value.to_str().unwrap()));
        }
        // tmux does not always come to know the status: the shell keeps it.
        let status = tmux.folder.path().join("status");
        session.args(["/bin/sh", "-c", "\"$@\"; echo $? >$0.new; mv $0.new $0"]).arg(&status);
        session.arg(command.get_program()).args(command.get_args());
        let started = session.env("LC_ALL", "C.UTF-8").output().unwrap();
        assert!(started.status.success(), "{}", String::from_utf8_lossy(&started.stderr));
        Some(Person::at(tmux))
    }

    fn run(&self, args: &[&str]) -> Output {
        Command::new("tmux").args(["-L", &self.socket]).args(args).output().unwrap()
    }

    fn asked(&self, what: &str) -> String {
        String::from_utf8_lossy(&self.run(&["display-message", "-p", what]).stdout).trim_end().to_string()
    }

    /// The 24 lines that are seen now.
    pub fn window(&self) -> String {
        String::from_utf8_lossy(&self.run(&["capture-pane", "-p"]).stdout).trim_end().to_string()
    }
}

impl Terminal for Tmux {
    fn screen(&self) -> Screen {
        let place = self.asked("#{history_size} #{cursor_y} #{cursor_x} #{cursor_flag}");
        let numbers: Vec<usize> = place.split(' ').map(|n| n.parse().unwrap()).collect();
        let text = String::from_utf8_lossy(&self.run(&["capture-pane", "-p", "-S", "-"]).stdout).to_string();
        Screen::of(&text, numbers[0] + numbers[1], numbers[2], numbers[3] == 0)
    }

    fn types(&self, keys: &str) {
        let octets: Vec<String> = keys.bytes().map(|b| format!("{b:02x}")).collect();
        let mut args = vec!["send-keys", "-H"];
        args.extend(octets.iter().map(String::as_str));
        assert!(self.run(&args).status.success());
    }

    fn device(&self) -> Option<String> {
        Some(self.asked("#{pane_tty}"))
    }

    fn plain(&self) -> bool {
        self.plain
    }

    fn ended(&self) -> Option<i32> {
        // Dead it is when all that was said is on the screen.
        let status = std::fs::read_to_string(self.folder.path().join("status")).ok()?;
        (self.asked("#{pane_dead}") == "1").then(|| status.trim().parse().unwrap())
    }
}

impl Drop for Tmux {
    fn drop(&mut self) {
        self.run(&["kill-server"]);
    }
}
