//! The audit's chain of hashes: an entry's place in it. How a hash is made: `files/trail.rs`; told in docs/audit.md.

use std::fmt;
use std::str::FromStr;

use super::fault::Rule;

/// A place in the chain. The last one is the chain's head: whoever has noted it elsewhere can tell later whether
/// everything up to it is still what it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// From 1 on, without gaps.
    pub position: i64,
    /// SHA-256 in lower-case hexadecimal, over the hash before it and the entry.
    pub hash: String,
}

impl Link {
    /// What the first entry is chained to.
    pub fn start() -> Self {
        Self { position: 0, hash: "0".repeat(64) }
    }
}

impl fmt::Display for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.position, self.hash)
    }
}

impl FromStr for Link {
    type Err = Rule;

    fn from_str(text: &str) -> Result<Self, Rule> {
        let parts = text.split_once(':');
        let parsed = parts.and_then(|(position, hash)| Some((position.parse::<i64>().ok()?, hash)));
        let is_hash = |hash: &str| {
            hash.len() == 64 && hash.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
        };
        match parsed {
            Some((position, hash)) if position > 0 && is_hash(hash) => {
                Ok(Self { position, hash: hash.to_owned() })
            }
            Some(_) | None => Err(Rule::of(
                "must be a position and a hash as `audit verify` prints them, like 57:3fa9… with 64 digits",
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_read_as_it_is_written_and_nothing_else_is() {
        let head = Link { position: 57, hash: "0a".repeat(32) };
        assert_eq!(head.to_string().parse(), Ok(head));
        for wrong in [
            "",
            "57",
            "57:",
            ":0a",
            "57:0a",
            &format!("0:{}", "0a".repeat(32)),
            &format!("57:{}", "0A".repeat(32)),
        ] {
            assert!(wrong.parse::<Link>().is_err(), "{wrong}");
        }
    }
}
