//! Headless Chromium, driven over its debugging pipe.

use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use base64::Engine as _;
use serde_json::{Value, json};

use super::daemon::Daemon;

/// A browser with one page.
pub struct Browser {
    _process: Daemon,
    to: File,
    from: Receiver<Value>,
    session: String,
    next: u64,
    /// Every event so far: requests, console messages, exceptions.
    pub events: Vec<Value>,
    _folder: tempfile::TempDir,
}

impl Browser {
    /// Starts one; `None`, said aloud, where it is not installed.
    pub fn start() -> Option<Browser> {
        let program = super::find("chromium")?;
        let folder = tempfile::tempdir().unwrap();
        let (input, output) = (folder.path().join("in"), folder.path().join("out"));
        for pipe in [&input, &output] {
            assert!(Command::new("mkfifo").arg(pipe).status().unwrap().success());
        }
        // The debugging pipe is file 3 for commands and file 4 for answers.
        let script = "exec \"$0\" --headless --no-sandbox --disable-gpu --no-first-run --disable-background-networking \
                      --disable-component-update --disable-sync --disable-dev-shm-usage --hide-scrollbars \
                      --user-data-dir=\"$1/profile\" --remote-debugging-pipe about:blank 3<\"$1/in\" 4>\"$1/out\"";
        let mut command = Command::new("sh");
        command.args(["-c", script]).arg(program).arg(folder.path());
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let process = Daemon::start(&mut command);
        let to = OpenOptions::new().write(true).open(&input).unwrap();
        let answers = File::open(&output).unwrap();
        let (sender, from) = channel();
        std::thread::spawn(move || {
            let mut reader = BufReader::new(answers);
            let mut message = Vec::new();
            while matches!(reader.read_until(0, &mut message), Ok(1..)) {
                message.pop();
                let Ok(value) = serde_json::from_slice(&message) else { break };
                if sender.send(value).is_err() {
                    break;
                }
                message.clear();
            }
        });
        let mut browser = Browser {
            _process: process,
            to,
            from,
            session: String::new(),
            next: 0,
            events: Vec::new(),
            _folder: folder,
        };
        let target = browser.call("Target.createTarget", json!({"url": "about:blank"}));
        let attached = browser.call("Target.attachToTarget", json!({"targetId": target["targetId"], "flatten": true}));
        browser.session = attached["sessionId"].as_str().unwrap().to_string();
        for domain in ["Page", "Runtime", "Log", "Network"] {
            browser.call(&format!("{domain}.enable"), json!({}));
        }
        Some(browser)
    }

    /// One command, and its result.
    pub fn call(&mut self, method: &str, params: Value) -> Value {
        self.next += 1;
        let mut command = json!({"id": self.next, "method": method, "params": params});
        if !self.session.is_empty() {
            command["sessionId"] = json!(self.session);
        }
        self.to.write_all(format!("{command}\0").as_bytes()).unwrap();
        let end = Instant::now() + Duration::from_secs(60);
        loop {
            let left = end.saturating_duration_since(Instant::now());
            let value =
                self.from.recv_timeout(left).unwrap_or_else(|_| panic!("{method}: the browser does not answer"));
            if value["id"] == self.next {
                assert!(value["error"].is_null(), "{method}: {}", value["error"]);
                return value["result"].clone();
            }
            self.events.push(value);
        }
    }

    /// Opens the file and waits until its script has run.
    pub fn open(&mut self, path: &Path) {
        self.call("Page.navigate", json!({"url": format!("file://{}", path.display())}));
        let end = Instant::now() + Duration::from_secs(30);
        while self.eval("(document.documentElement && document.documentElement.dataset.ready) || ''") != "yes" {
            assert!(Instant::now() < end, "the page's script does not finish: {:?}", self.complaints());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// The value of an expression.
    pub fn eval(&mut self, expression: &str) -> Value {
        let result = self.call("Runtime.evaluate", json!({"expression": expression, "returnByValue": true}));
        assert!(result["exceptionDetails"].is_null(), "{expression}: {}", result["exceptionDetails"]);
        result["result"]["value"].clone()
    }

    /// The window's size in pixels.
    pub fn size(&mut self, width: u32, height: u32) {
        let metrics = json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600});
        self.call("Emulation.setDeviceMetricsOverride", metrics);
    }

    /// What the system prefers, `light` or `dark`, and the medium, `screen` or `print`.
    pub fn media(&mut self, scheme: &str, medium: &str) {
        let features = json!([{"name": "prefers-color-scheme", "value": scheme}]);
        self.call("Emulation.setEmulatedMedia", json!({"media": medium, "features": features}));
    }

    /// The window as PNG.
    pub fn screenshot(&mut self) -> Vec<u8> {
        let shot = self.call("Page.captureScreenshot", json!({"format": "png"}));
        base64::engine::general_purpose::STANDARD.decode(shot["data"].as_str().unwrap()).unwrap()
    }

    /// Errors and warnings of the page, and every request but for the page itself.
    pub fn complaints(&self) -> Vec<String> {
        self.events
            .iter()
            .filter(|e| match e["method"].as_str().unwrap_or_default() {
                "Runtime.exceptionThrown" | "Log.entryAdded" | "Runtime.consoleAPICalled" => true,
                "Network.requestWillBeSent" => {
                    let url = e["params"]["request"]["url"].as_str().unwrap_or_default();
                    let page = url.starts_with("file://") && e["params"]["type"] == "Document";
                    !(page || url.starts_with("data:,"))
                }
                _ => false,
            })
            .map(ToString::to_string)
            .collect()
    }
}
