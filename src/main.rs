//! The binary `library-swap`; everything is in the library's `cli`.

use std::process::ExitCode;

fn main() -> ExitCode {
    library_swap::cli::run()
}
