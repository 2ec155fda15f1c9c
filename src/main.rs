//! The `mailproof` binary: run, and the exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    mailproof::commands::main(std::env::args_os())
}
