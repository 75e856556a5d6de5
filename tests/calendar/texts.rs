//! Texts that are hard on whoever writes or reads calendars.

use proptest::prelude::*;

/// Pieces of which each is odd in its own way.
const ODD: &[&str] = &[
    "Siân Ŵyn, \"Librarian\"; BA",
    "O'Brien \\ Sons: a,b;c\\nd",
    "one line\r\nanother\nand\rone more",
    "x\r\nATTENDEE:mailto:eve@evil.example\r\nEND:VEVENT\n\rBEGIN:VALARM\"",
    "🏛️ 👩🏽‍🏫 📚 the reading room",
    "e\u{301}tude, Zoe\u{308}, a\u{303}\u{323}",
    "مكتبة الإسكندرية الجديدة",
    "ספריית העיר 12, גן",
    "\u{202e}drawkcab\u{202c} and \u{2066}isolated\u{2069}",
    "line\u{2028}separator\u{2029}paragraph",
    "bell\u{7} nul\u{0} escape\u{1b}[31m delete\u{7f} next\u{85}line",
    "tab\there, no\u{a0}break, thin\u{2009}space, zero\u{200b}width",
    "図書館での一日、たくさんの本と静かな時間",
    "  spaces before, behind  ",
    "^n ^' ^^ caret",
    "=1+1 %0D%0AX:1 &amp; <b>",
    "\u{1d4b3}\u{10ffff}\u{fffd}",
];

/// Each by itself, each long, and long words without a place to break.
pub fn odd() -> Vec<String> {
    let repeated = |text: &&str| text.chars().cycle().take(300).collect::<String>();
    let mut all: Vec<String> = ODD.iter().map(|text| (*text).to_owned()).collect();
    all.extend(ODD.iter().map(repeated));
    all.extend(["a", "é", "図", "🏛"].iter().map(|letter| letter.repeat(300)));
    all
}

/// Any text, with much of what is odd.
pub fn any() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        3 => prop::sample::select(ODD).prop_map(str::to_owned),
        2 => any_characters(),
        1 => "[a-z ,;:\\\\\"\r\n]{0,40}",
    ];
    prop::collection::vec(piece, 0..5).prop_map(|pieces| pieces.concat())
}

fn any_characters() -> impl Strategy<Value = String> {
    prop::collection::vec(prop::char::any(), 0..90).prop_map(|all| all.into_iter().collect())
}
