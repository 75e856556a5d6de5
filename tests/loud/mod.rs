//! Says on the terminal what a test leaves out, past the test runner, which hides what passing tests print.

use std::collections::BTreeSet;
use std::io::Write;
use std::sync::Mutex;

/// Says what is skipped and why, once in a run of a test file.
macro_rules! skip {
    ($($words:tt)+) => {
        $crate::loud::say(&format!($($words)+))
    };
}

static SAID: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

pub fn say(words: &str) {
    if SAID.lock().expect("a list").insert(words.to_owned()) {
        writeln!(std::io::stderr(), "SKIPPED: {words}").expect("standard error");
    }
}
