//! The audit trail: how an entry is written as JSON and hashed, one entry a line (NDJSON), and the check of the chain.
//!
//! Written for whoever re-computes it (docs/audit.md): `hash = SHA-256(hash before ‖ entry)`, both as UTF-8 text, the
//! hash in lower-case hexadecimal, the entry as JSON by RFC 8785. Knows entries as JSON only, so that one with an
//! action or role of another version of this program still proves.

use std::fmt;

use chrono::{DateTime, Duration, Utc};
use serde_json::{Value, json};

use super::canonical::{sha256_hex, to_rfc8785};
use crate::domain::trail::Link;

/// The member of a line that holds the entry's place in the chain; all others are the entry.
const CHAIN: &str = "chain";

/// The link of an entry that comes after another one.
pub fn next(before: &Link, entry: &Value) -> Link {
    let hash = sha256_hex(format!("{}{}", before.hash, to_rfc8785(entry)).as_bytes());
    Link { position: before.position + 1, hash }
}

/// An entry with its place in the chain as one line, which ends with a line feed.
pub fn to_line(entry: &Value, link: &Link) -> String {
    let mut line = entry.clone();
    line[CHAIN] = json!({ "position": link.position, "hash": link.hash });
    format!("{line}\n")
}

/// What [`to_line`] wrote.
///
/// # Errors
/// Why it is no such line, in words. It has to be written as [`to_line`] writes it: of repeated members, programs do not
/// agree which one counts.
pub fn read_line(line: &str) -> Result<(Value, Link), String> {
    let mut entry: Value = serde_json::from_str(line).map_err(|error| format!("is no JSON: {error}"))?;
    let chain = entry.as_object_mut().and_then(|members| members.shift_remove(CHAIN));
    let link = chain.as_ref().and_then(|chain| {
        let hash = chain.get("hash")?.as_str()?.to_owned();
        Some(Link { position: chain.get("position")?.as_i64()?, hash })
    });
    match link {
        Some(link) if to_line(&entry, &link).trim_end_matches('\n') == line => Ok((entry, link)),
        Some(_) => {
            Err("is written otherwise than the service writes it: maybe a member stands there twice"
                .to_owned())
        }
        None => Err("has no member `chain` with position and hash".to_owned()),
    }
}

/// Where a chain breaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// The position that does not hold.
    pub position: i64,
    /// The entry that was found there; none where there is none.
    pub entry: Option<String>,
    /// What is wrong with it.
    pub words: String,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.entry {
            Some(entry) => write!(f, "position {} (entry {entry}): {}", self.position, self.words),
            None => write!(f, "position {}: {}", self.position, self.words),
        }
    }
}

/// How long before the newest entry before it an entry may be dated without a word: transactions take seconds.
const LATE: Duration = Duration::hours(1);
/// Late entries that are named at most.
const MOST_LATE: usize = 100;

/// Goes along a chain from its beginning and stops at the first entry that does not hold.
#[derive(Debug)]
pub struct Check {
    head: Link,
    noted: Option<Link>,
    newest: DateTime<Utc>,
    late: Vec<String>,
}

/// A chain that holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Whole {
    /// Its head; position 0 where nothing is chained.
    pub head: Link,
    /// Entries dated more than an hour before one that was chained earlier, as one that somebody put in later would be: to be
    /// looked at, in words.
    pub late: Vec<String>,
}

impl Check {
    /// With a head that was noted outside before, where there is one.
    pub fn new(noted: Option<Link>) -> Self {
        Self { head: Link::start(), noted, newest: DateTime::<Utc>::MIN_UTC, late: Vec::new() }
    }

    /// Takes the next entry; none where its place is there and it is not.
    ///
    /// # Errors
    /// Where it does not hold.
    pub fn add(&mut self, id: &str, entry: Option<&Value>, link: Link) -> Result<(), Broken> {
        let expected = self.head.position + 1;
        let broken = |position, entry: Option<&str>, words: String| {
            Err(Broken { position, entry: entry.map(str::to_owned), words })
        };
        if link.position > expected {
            let words = format!("is missing: after {} comes {}", self.head.position, link.position);
            return broken(expected, None, words);
        }
        if link.position < expected {
            let words = format!("stands after position {}: entries were moved or put in", self.head.position);
            return broken(link.position, Some(id), words);
        }
        let Some(entry) = entry else {
            return broken(expected, Some(id), "the entry is gone".to_owned());
        };
        if next(&self.head, entry) != link {
            let words = "the hash does not follow from the one before and this entry: it was changed, or another one \
                         stood here";
            return broken(expected, Some(id), words.to_owned());
        }
        if let Some(noted) =
            self.noted.as_ref().filter(|noted| noted.position == expected && noted.hash != link.hash)
        {
            let words = format!("the hash noted for it is {}: the chain was written anew", noted.hash);
            return broken(expected, Some(id), words);
        }
        let at = entry.get("at").and_then(Value::as_str).and_then(|at| at.parse::<DateTime<Utc>>().ok());
        if let Some(at) = at {
            if self.newest.signed_duration_since(at) > LATE && self.late.len() < MOST_LATE {
                self.late.push(format!(
                    "position {expected} (entry {id}): is of {at}, and {} came before it",
                    self.newest
                ));
            }
            self.newest = self.newest.max(at);
        }
        self.head = link;
        Ok(())
    }

    /// The whole, once every entry has been taken.
    ///
    /// # Errors
    /// Where the chain ends before the head that was noted.
    pub fn end(self) -> Result<Whole, Broken> {
        match self.noted {
            Some(noted) if noted.position > self.head.position => Err(Broken {
                position: self.head.position + 1,
                entry: None,
                words: format!(
                    "is missing: the chain ends at {}, and its head was at {} before: the last entries were cut off",
                    self.head.position, noted.position
                ),
            }),
            Some(_) | None => Ok(Whole { head: self.head, late: self.late }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(n: u32) -> Value {
        json!({ "id": format!("e{n}"), "details": { "b": 1, "a": [0.5, "é"] } })
    }

    /// A chain of five, with each entry's id.
    fn chain() -> Vec<(Value, Link)> {
        let mut head = Link::start();
        (1..=5)
            .map(|n| {
                head = next(&head, &entry(n));
                (entry(n), head.clone())
            })
            .collect()
    }

    fn check(chain: &[(Value, Link)], noted: Option<Link>) -> Result<Link, Broken> {
        let mut check = Check::new(noted);
        for (entry, link) in chain {
            check.add(entry["id"].as_str().expect("an id"), Some(entry), link.clone())?;
        }
        Ok(check.end()?.head)
    }

    /// The first position that does not hold, and the entry there.
    fn broken(chain: &[(Value, Link)]) -> (i64, Option<String>) {
        let broken = check(chain, None).expect_err("broken");
        (broken.position, broken.entry)
    }

    #[test]
    fn the_hash_is_what_the_text_says() {
        // printf '%064d{"details":{"a":[0.5,"é"],"b":1},"id":"e1"}' 0 | sha256sum
        assert_eq!(chain()[0].1.hash, "9db5d75316182e9402dcc0991cb7a7f498eea4efc03e4801231f9aee7800060a");
    }

    #[test]
    fn a_whole_chain_proves_and_a_line_is_read_as_it_was_written() {
        let chain = chain();
        let head = chain[4].1.clone();
        assert_eq!(check(&chain, None), Ok(head.clone()));
        assert_eq!(check(&chain, Some(head.clone())), Ok(head.clone()));
        assert_eq!(check(&chain, Some(chain[2].1.clone())), Ok(head), "a head of before is still in it");
        for (entry, link) in chain {
            assert_eq!(read_line(to_line(&entry, &link).trim_end()), Ok((entry, link)));
        }
    }

    #[test]
    fn the_first_entry_that_was_touched_is_named() {
        let named = |position: i64| (position, Some(format!("e{position}")));
        let mut changed = chain();
        changed[2].0["details"]["b"] = json!(2);
        assert_eq!(broken(&changed), named(3));
        let mut removed = chain();
        removed.remove(2);
        assert_eq!(broken(&removed), (3, None));
        let mut closed = removed.clone();
        for (n, (_, link)) in (1..).zip(&mut closed) {
            link.position = n;
        }
        assert_eq!(broken(&closed), (3, Some("e4".to_owned())), "the gap was closed");
        let mut swapped = chain();
        swapped.swap(1, 2);
        assert_eq!(broken(&swapped), (2, None));
        let mut moved = chain();
        let (second, third) = (moved[1].0.clone(), moved[2].0.clone());
        (moved[1].0, moved[2].0) = (third, second);
        assert_eq!(broken(&moved), (2, Some("e3".to_owned())));
        let mut inserted = chain();
        inserted.insert(2, (entry(9), next(&inserted[1].1, &entry(9))));
        assert_eq!(broken(&inserted), (3, Some("e3".to_owned())), "two at one position");
    }

    #[test]
    fn a_tail_that_was_cut_off_or_written_anew_is_seen_by_a_head_that_was_noted() {
        let (mut cut, head) = (chain(), chain()[4].1.clone());
        cut.truncate(3);
        assert!(check(&cut, None).is_ok(), "the rest is a chain of its own");
        assert_eq!(check(&cut, Some(head.clone())).expect_err("cut off").position, 4);
        let forged = next(&cut[2].1, &entry(9));
        cut.push((entry(9), forged.clone()));
        let last = next(&forged, &entry(5));
        cut.push((entry(5), last));
        assert!(check(&cut, None).is_ok());
        assert_eq!(check(&cut, Some(head)).expect_err("written anew").position, 5);
    }

    #[test]
    fn an_entry_that_was_put_in_late_is_told() {
        let mut check = Check::new(None);
        let mut head = Link::start();
        for (n, at) in
            ["2027-01-04T09:00:00Z", "2027-01-04T08:30:00Z", "2027-01-01T00:00:00Z"].iter().enumerate()
        {
            let entry = json!({ "id": format!("e{n}"), "at": at });
            head = next(&head, &entry);
            check.add(&format!("e{n}"), Some(&entry), head.clone()).expect("holds");
        }
        let late = check.end().expect("whole").late;
        assert_eq!(late.len(), 1, "{late:?}");
        assert!(late[0].starts_with("position 3 (entry e2)"), "{late:?}");
    }

    #[test]
    fn what_is_no_line_is_refused_with_the_reason() {
        for wrong in ["", "{", "[]", "{}", "{\"chain\":{}}", "{\"chain\":{\"position\":1}}", "{\"id\":1}"] {
            assert!(read_line(wrong).is_err(), "{wrong}");
        }
        let (entry, link) = &chain()[0];
        let line = to_line(entry, link);
        assert!(read_line(&line.trim_end().replacen('{', "{\"id\":\"e0\",", 1)).is_err(), "a member twice");
    }
}
