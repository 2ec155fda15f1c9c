//! A server's configuration for people: the files and the steps, or what would change.

use std::fmt::Write as _;
use std::path::Path;

use console::Style;
use similar::TextDiff;

use crate::report::harmless::harmless;
use crate::server::install::{Installation, What};
use crate::server::manifest::KeyForm;
use crate::server::render::Rendered;
use crate::words::wrap::wrap;

const WIDTH: usize = 80;

/// Every file in full, then the steps in their order.
pub fn rendered(all: &Rendered) -> String {
    let mut out = format!("{} on {}, {}\n", all.title, all.host, all.system);
    for file in &all.files {
        let owner = format!("{}:{} {}", file.owner, file.group, file.mode);
        let _ = write!(out, "\n{}\n{}", rule(&format!("{}  {owner}", file.path)), file.text);
    }
    let _ = write!(out, "\n{}\n{}", rule("steps"), steps(all));
    out
}

/// What is to be done, as commands to copy, each group under its reason.
fn steps(all: &Rendered) -> String {
    let mut out = String::new();
    let mut step = |why: &str, commands: &[String]| {
        for line in wrap(why, WIDTH - 2) {
            let _ = writeln!(out, "# {line}");
        }
        for command in commands {
            let _ = writeln!(out, "{command}");
        }
        out.push('\n');
    };
    if !all.packages.is_empty() {
        step("The packages", &[format!("apt-get install {}", all.packages.join(" "))]);
    }
    for folder in &all.folders {
        let made = format!("install -d -o {} -g {} -m {} {}", folder.owner, folder.group, folder.mode, folder.path);
        step(&sentence(&folder.why), &[made]);
    }
    let keys: Vec<String> = all
        .keys
        .iter()
        .map(|k| {
            let source = k.source.display();
            let install = format!("install -o {} -g {} -m {}", k.owner, k.group, k.mode);
            let half = |public| format!("openssl pkey -in {source}{public} -outform DER | tail -c 32");
            match k.form {
                KeyForm::Pem => format!("{install} {source} {}", k.path),
                KeyForm::Base64 => {
                    format!("{{ {}; {}; }} | base64 -w0 | {install} /dev/stdin {}", half(""), half(" -pubout"), k.path)
                }
            }
        })
        .collect();
    if !keys.is_empty() {
        step("The private keys, which nobody but the signer may read", &keys);
    }
    if !all.files.is_empty() {
        let more = if all.parameters.is_empty() { "" } else { ", and sets in Postfix's files what follows" };
        step(&format!("The files above. With --install mailproof makes folders, keys and files itself{more}"), &[]);
    }
    for parameter in &all.parameters {
        step(&sentence(&parameter.why), &[format!("postconf -e '{} = {}'", parameter.name, parameter.value)]);
    }
    for service in &all.services {
        let entry: Vec<&str> = service.entry.split_whitespace().collect();
        step(&sentence(&service.why), &[format!("postconf -M {}='{}'", service.name, entry.join(" "))]);
    }
    if !all.tests.is_empty() {
        step("See that the files can be read", &all.tests);
    }
    for one in &all.steps {
        step(&sentence(&one.why), std::slice::from_ref(&one.run));
    }
    // Sentences, not commands: they stand as comments, so that nobody pastes them into a shell.
    for line in &all.by_hand {
        step(&format!("By hand: {line}"), &[]);
    }
    let restart: Vec<String> = all.restart.iter().map(|s| format!("systemctl restart {s}")).collect();
    if !restart.is_empty() {
        step(restart_why(&all.restart), &restart);
    }
    out
}

/// Why in this order, where there is an order.
fn restart_why(services: &[String]) -> &'static str {
    match services.len() {
        1 => "Restart it: nothing is restarted for you",
        _ => "Restart in this order, so that each finds the ones that it asks; nothing is restarted for you",
    }
}

/// The differences, file by file, as a patch; private keys by name alone.
pub fn differences(all: &Installation) -> String {
    let mut out = String::new();
    for change in &all.changes {
        let (owner, group) = &change.owner;
        let word = if change.exists { "changed" } else { "new" };
        let _ = writeln!(out, "{}", rule(&format!("{}  {word}  {owner}:{group} {}", change.path, change.mode)));
        match &change.what {
            What::Folder => out.push_str("(a folder)\n"),
            What::Key(_) => out.push_str("(a private key, not shown)\n"),
            What::Text { old, new } if old == new => out.push_str("(owner or mode)\n"),
            What::Text { old, new } => {
                let diff = TextDiff::from_lines(old, new);
                for line in diff.unified_diff().context_radius(2).to_string().lines() {
                    let line = harmless(line);
                    let style = match line.as_bytes().first() {
                        Some(b'+') => Style::new().green(),
                        Some(b'-') => Style::new().red(),
                        Some(b'@') => Style::new().dim(),
                        _ => Style::new(),
                    };
                    let _ = writeln!(out, "{}", style.apply_to(line));
                }
            }
        }
        out.push('\n');
    }
    out
}

/// What was written, and what is left to the person.
pub fn written(all: &Installation, backup: Option<&Path>, rendered: &Rendered) -> String {
    let count = all.changes.len();
    let mut out = format!("{count} {} written\n", if count == 1 { "entry" } else { "entries" });
    if let Some(backup) = backup {
        let _ = writeln!(out, "what was there before is in {}", backup.display());
    }
    out.push_str("\nNothing was restarted. See that it can be read, then restart in this order:\n");
    for command in rendered.tests.iter().chain(rendered.steps.iter().map(|s| &s.run)) {
        let _ = writeln!(out, "  {command}");
    }
    for service in &rendered.restart {
        let _ = writeln!(out, "  systemctl restart {service}");
    }
    for line in &rendered.by_hand {
        for (i, part) in wrap(&format!("By hand: {line}"), WIDTH - 2).iter().enumerate() {
            let _ = writeln!(out, "{}{part}", if i == 0 { "" } else { "  " });
        }
    }
    out.push_str("Then prove it: mailproof config check, mailproof test --receiving HOST\n");
    out
}

fn rule(text: &str) -> String {
    let line = format!("--- {text} ");
    let missing = WIDTH.saturating_sub(line.chars().count());
    format!("{line}{}", "-".repeat(missing))
}

fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or(String::new(), |c| c.to_uppercase().collect::<String>() + chars.as_str())
}
