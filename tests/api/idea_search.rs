//! Searching ideas: both databases find what a naive search finds, and nothing in a search is an operator.

use library_swap::domain::party::Party;
use serde_json::json;

use crate::day::agreed;
use crate::support::for_each_service;

const EVENING: &str = "2027-03-01T17:30:00Z";

const IDEAS: &[&str] = &[
    "New books on a trolley at the door",
    "Evening hours: two evenings a week, 17-20",
    "Llyfrau newydd wrth y drws, a thŷ agored",
    "CAFÉ in the foyer – naïve, but it works",
    "A 3D printer & laser-cutter (free)",
    "Straße: ask Jürgen about 'quiet' hours",
    "NEAR the desk OR not? AND why",
    "a b c d e f short words",
    "Don’t shush; it’s fine",
    "كتاب جديد عند الباب كل يوم",
    "図書館 の 本 を 貸す 日",
    "\u{39F}\u{3B4}\u{3CC}\u{3C2} means street here",
];

const SEARCHES: &[&str] = &[
    "evening",
    "EVENINGS",
    "hours evening",
    "even",
    "vening",
    "trolley door",
    "door trolley books",
    "tŷ",
    "ty",
    "T\u{302}",
    "drws",
    "llyfr",
    "cafe",
    "Café",
    "naive",
    "3d",
    "d",
    "laser",
    "cutter free",
    "strasse",
    "STRASSE",
    "jurgen",
    "quiet",
    "near",
    "NEAR",
    "not",
    "or and",
    "a",
    "b c",
    "dont",
    "don t",
    "don't",
    "17",
    "20",
    "كتاب",
    "図書館",
    "οδος",
    "ΟΔΌΣ",
    "shelves",
    "words:short",
    "words",
    "rowid:1",
    "near*",
    "\"evening hours\"",
    "hours \" OR \"a",
    "(free)",
    "free)",
    "-free",
    "!free",
    "free & 3d",
    "free | desk",
    "free <-> 3d",
    "3d:*",
    "a'b",
    "'",
    "''a",
    "\\",
    "a\\",
    "NEAR(desk, 2)",
    "^new",
    "{a b}:c",
    "+free",
    "ab",
    "zzz",
    "%",
    "_",
    "*",
    "new%",
    "\u{1F4DA} books",
];

/// Letters and digits in small letters, without the marks that occur above.
fn naive_words(text: &str) -> Vec<String> {
    let mut plain = String::new();
    for c in text.to_lowercase().chars() {
        match c {
            '\u{302}' => {}
            'ŷ' => plain.push('y'),
            'é' => plain.push('e'),
            'ï' => plain.push('i'),
            'ü' => plain.push('u'),
            'ß' => plain.push_str("ss"),
            'ό' => plain.push('ο'),
            'ς' => plain.push('σ'),
            _ => plain.push(c),
        }
    }
    plain.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02x}")).collect()
}

#[test]
fn both_databases_find_what_a_naive_search_finds() {
    for_each_service(|service| {
        let case = agreed(service);
        service.set_clock(EVENING);
        let participant = case.holder(Party::Participant);
        let (mut hits, mut misses) = (0, 0);
        for text in IDEAS {
            let idea = json!({ "text": text, "topics": ["shelves"], "shown_as": "nobody" });
            participant.post(&case.of("/idea"), &idea).expect(200);
            let mut there = naive_words(text);
            there.push("shelves".to_owned());
            for search in SEARCHES {
                let asked = naive_words(search);
                let reply = participant.get(&format!("/v1/ideas?q={}", encoded(search)));
                if asked.is_empty() {
                    assert_eq!((reply.status, reply.pointers()), (422, vec!["?q".to_owned()]), "{search}");
                    assert!(reply.text().contains("a letter or a digit"), "{}", reply.text());
                    continue;
                }
                let found = reply.expect(200)["data"].as_array().map(Vec::len);
                let expected = asked.iter().all(|word| there.iter().any(|known| known.starts_with(word)));
                assert_eq!(found, Some(usize::from(expected)), "{search:?} in {text:?}");
                *(if expected { &mut hits } else { &mut misses }) += 1;
            }
        }
        assert!(hits > 60 && misses > 300, "{hits} {misses}");
    });
}

#[test]
fn searches_that_are_too_long_are_refused_and_long_words_are_searched_by_their_beginning() {
    for_each_service(|service| {
        let case = agreed(service);
        service.set_clock(EVENING);
        let participant = case.holder(Party::Participant);
        let long = "ŵ".repeat(990);
        let idea = json!({ "text": long, "topics": ["shelves"], "shown_as": "nobody" });
        participant.post(&case.of("/idea"), &idea).expect(200);
        for (search, found) in [("w".repeat(150), 1), (long, 1), ("w".repeat(99) + "x", 0)] {
            let list = participant.get(&format!("/v1/ideas?q={}", encoded(&search))).expect(200);
            assert_eq!(list["data"].as_array().map(Vec::len), Some(found), "{search}");
        }
        let many = participant.get(&format!("/v1/ideas?q={}", "a+".repeat(21)));
        assert_eq!((many.status, many.pointers()), (422, vec!["?q".to_owned()]));
        let faults = participant.get("/v1/ideas.csv?q=%22&topic=A%20b&bom=yes").pointers();
        assert_eq!(faults, ["?topic", "?q", "?bom"]);
    });
}
