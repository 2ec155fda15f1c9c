//! The command line's reference: `docs/cli.md` is what `--help` says, verb by verb.
//!
//! After a change, `UPDATE_DOCS=1 cargo test --test help` writes it anew.

use clap::{Command, CommandFactory};
use mailproof::cli::Cli;

fn walk(command: &mut Command, path: &str, out: &mut String) {
    let depth = path.split(' ').count();
    let help = command.clone().term_width(100).color(clap::ColorChoice::Never).render_long_help().to_string();
    out.push_str(&format!("{} `{path}`\n\n```text\n{}\n```\n\n", "#".repeat(depth + 1), help.trim_end()));
    for sub in command.get_subcommands_mut().filter(|s| s.get_name() != "help") {
        let path = format!("{path} {}", sub.get_name());
        walk(sub, &path, out);
    }
}

fn check_prose(command: &Command, path: &str, wrong: &mut Vec<String>) {
    let first = command.get_about().map(|a| a.to_string()).unwrap_or_default();
    if first.is_empty() || first.ends_with('.') || first.chars().next().is_some_and(char::is_lowercase) {
        wrong.push(format!("{path}: `{first}` is no imperative line without a full stop"));
    }
    for argument in command.get_arguments().filter(|a| !matches!(a.get_id().as_str(), "help" | "version")) {
        if argument.get_help().is_none() {
            wrong.push(format!("{path}: `{}` is not explained", argument.get_id()));
        }
    }
    for sub in command.get_subcommands().filter(|s| s.get_name() != "help") {
        check_prose(sub, &format!("{path} {}", sub.get_name()), wrong);
    }
}

#[test]
fn the_reference_is_what_help_says() {
    let mut command = Cli::command();
    command.build();
    let mut text = String::from(
        "# Command line\n\nExit status, the same everywhere: 0 clean; 1 findings, a refusal, failed authentication or, with \
         `plan --exit-code`, pending changes; 2 usage or configuration; 3 DNS, network or provider unreachable; 4 partly applied; 130 interrupted.\n\n",
    );
    walk(&mut command, "mailproof", &mut text);
    let text = format!("{}\n", text.trim_end());
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/cli.md");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    let shown = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(shown == text, "docs/cli.md is not what --help says: UPDATE_DOCS=1 cargo test --test help");
}

#[test]
fn every_verb_and_flag_is_explained() {
    let mut command = Cli::command();
    command.build();
    let mut wrong = Vec::new();
    check_prose(&command, "mailproof", &mut wrong);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
