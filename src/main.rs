//! The binary `library-swap`; everything is in the library's `cli`.

fn main() {}
