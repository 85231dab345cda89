//! The program `csu`.

use std::process::ExitCode;

fn main() -> ExitCode {
    csu::cli::main()
}
