//! Writes `docs/notices/<language>.md`: each notice as it is read. `LIBRARY_SWAP_WRITE_DOCS=1` stores it.

use std::fmt::Write;

use library_swap::domain::language::Language;
use library_swap::domain::letter::NoticeKind;
use library_swap::mail::samples;

use super::{parsed, plain, rendered};

/// The subject as it travelled, decoded, and the plain text of every usual sample, each text once.
fn notices(language: Language) -> String {
    let mut text = format!(
        "# Notices in {}\n\nEach mail as it is read: subject and plain text; the HTML says the same. Written by `tests/mail.rs` \
         from letters about\ninvented people; do not edit it, but run `LIBRARY_SWAP_WRITE_DOCS=1 cargo test --test mail`. What \
         goes when to whom:\n[mail.md](../mail.md).\n",
        language.name()
    );
    if !language.is_reviewed() {
        text.push_str("\n**Not yet reviewed by a native reader.** Corrections are welcome: the words are in `src/mail/templates/");
        write!(text, "{language}` and\n`src/words`.\n").expect("a string");
    }
    for kind in NoticeKind::ALL {
        writeln!(text, "\n## `{kind}`").expect("a string");
        for sample in
            samples(*kind, language).iter().filter(|sample| !sample.what.starts_with("with the least"))
        {
            let mail = rendered(&sample.letter);
            let message = parsed(&mail);
            let subject = message.subject().expect("a subject").to_owned();
            assert_eq!(subject, mail.subject, "{kind}");
            let what =
                if sample.what == "as usual" { String::new() } else { format!(" – {}", sample.what) };
            write!(
                text,
                "\n### To the {}{what}\n\n```text\nSubject: {subject}\n\n{}\n```\n",
                sample.letter.party,
                plain(&message).trim_end()
            )
            .expect("a string");
        }
    }
    text
}

#[test]
fn the_documentation_shows_every_notice_in_every_language() {
    for language in Language::ALL {
        let path = format!("{}/docs/notices/{language}.md", env!("CARGO_MANIFEST_DIR"));
        let text = notices(*language);
        if std::env::var("LIBRARY_SWAP_WRITE_DOCS").is_ok_and(|value| value == "1") {
            std::fs::create_dir_all(std::path::Path::new(&path).parent().expect("a folder"))
                .expect("a folder");
            std::fs::write(&path, &text).expect("it is written");
        }
        let stored = std::fs::read_to_string(&path).unwrap_or_default();
        if let Some((n, (was, is))) = stored
            .lines()
            .chain([""])
            .zip(text.lines().chain([""]))
            .enumerate()
            .find(|(_, (was, is))| was != is)
        {
            panic!(
                "docs/notices/{language}.md is stale from line {} on (`{was}` is `{is}` now): run \
                 `LIBRARY_SWAP_WRITE_DOCS=1 cargo test --test mail` and look at what changed",
                n + 1
            );
        }
        assert!(stored == text, "docs/notices/{language}.md is stale");
    }
}
