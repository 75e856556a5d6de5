//! What the checker finds: one [`Breach`] is one line for people and one stable code for programs.

use std::fmt;

use chrono::NaiveDate;

use super::rules::Rule;

/// Which demand of the format is broken. The names are stable; `docs/files.md` lists them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Code {
    /// A rule of the table that says who may go where.
    Rule(Rule),
    /// The audit file does not list this placement as feasible.
    NotFeasible,
    /// A person has more than one placement.
    OnePlacement,
    /// More visitors at a library on a date than it hosts.
    HostFull,
    /// More visitors at a library in the round than its limit.
    HostLimit,
    /// More staff of a library away on a date than it releases.
    Cover,
    /// Visitors and leavers of a library-day differ by more than the rules allow.
    Balance,
    /// The rings are not the ones demanded.
    Ring,
    /// The schedule is of another round.
    RoundSha256,
    /// Something names a person, library or date that is not in the round.
    UnknownId,
    /// Somebody is neither placed nor unplaced, or both.
    EveryoneOnce,
    /// A list is not sorted, or repeats an element.
    Order,
    /// A score is not what the formulas give.
    Score,
    /// A lock is not in the schedule.
    Lock,
    /// The reason why somebody is unplaced is wrong.
    Reason,
    /// The number of libraries considered is wrong.
    HostsConsidered,
    /// The counts of what excluded libraries are wrong.
    Excluded,
    /// The change that would place somebody is malformed.
    Change,
    /// A waiver is unknown, repeated or needless.
    Waiver,
    /// The counts of outcomes are wrong.
    Outcomes,
    /// The value is not the sum over the placements.
    Value,
    /// The bound lies below the value or above what the prices prove.
    Bound,
    /// The prices prove another bound.
    BoundPrices,
    /// The gap is not the formula's.
    Gap,
    /// `optimal` does not say whether value = bound.
    Optimal,
    /// `proof` does not say whether the prices alone prove the bound.
    Proof,
    /// A price that must not be.
    Price,
}

impl Code {
    const OF_SCHEDULES: [Code; 26] = [
        Code::NotFeasible,
        Code::OnePlacement,
        Code::HostFull,
        Code::HostLimit,
        Code::Cover,
        Code::Balance,
        Code::Ring,
        Code::RoundSha256,
        Code::UnknownId,
        Code::EveryoneOnce,
        Code::Order,
        Code::Score,
        Code::Lock,
        Code::Reason,
        Code::HostsConsidered,
        Code::Excluded,
        Code::Change,
        Code::Waiver,
        Code::Outcomes,
        Code::Value,
        Code::Bound,
        Code::BoundPrices,
        Code::Gap,
        Code::Optimal,
        Code::Proof,
        Code::Price,
    ];

    /// Every code, for documentation.
    pub fn all() -> impl Iterator<Item = Code> {
        Rule::ALL.into_iter().map(Code::Rule).chain(Self::OF_SCHEDULES)
    }

    /// The name that programs know.
    pub const fn as_str(self) -> &'static str {
        match self {
            Code::Rule(rule) => rule.as_str(),
            Code::NotFeasible => "not_feasible",
            Code::OnePlacement => "one_placement",
            Code::HostFull => "host_full",
            Code::HostLimit => "host_limit",
            Code::Cover => "cover",
            Code::Balance => "balance",
            Code::Ring => "ring",
            Code::RoundSha256 => "round_sha256",
            Code::UnknownId => "unknown_id",
            Code::EveryoneOnce => "everyone_once",
            Code::Order => "order",
            Code::Score => "score",
            Code::Lock => "lock",
            Code::Reason => "reason",
            Code::HostsConsidered => "hosts_considered",
            Code::Excluded => "excluded",
            Code::Change => "change",
            Code::Waiver => "waiver",
            Code::Outcomes => "outcomes",
            Code::Value => "value",
            Code::Bound => "bound",
            Code::BoundPrices => "bound_prices",
            Code::Gap => "gap",
            Code::Optimal => "optimal",
            Code::Proof => "proof",
            Code::Price => "price",
        }
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What a breach is about, by ids, as far as it is about one person, library or date.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct About {
    /// Whose placement.
    pub staff: Option<String>,
    /// The host; where people together are too many or too few, the library where they are.
    pub library: Option<String>,
    /// The date.
    pub date: Option<NaiveDate>,
}

/// One thing that is wrong with a schedule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Breach {
    /// Which demand is broken.
    pub code: Code,
    /// Where: of rules of the table, locks, capacities and balance; else empty.
    pub about: About,
    /// Who, where, when, what stands there and what should.
    pub words: String,
}

impl fmt::Display for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.words)
    }
}

/// Ids and reasons come from files: a line break in one must not make two lines.
fn one_line(words: &str) -> String {
    let mut line = String::new();
    for c in words.chars() {
        if c.is_control() { line.extend(c.escape_default()) } else { line.push(c) }
    }
    line
}

/// Collects breaches and notes while a schedule is checked.
#[derive(Debug, Default)]
pub(super) struct Findings {
    pub(super) breaches: Vec<Breach>,
    pub(super) notes: Vec<String>,
}

impl Findings {
    pub(super) fn breach(&mut self, code: Code, words: impl AsRef<str>) {
        self.breach_about(code, About::default(), words);
    }

    pub(super) fn breach_about(&mut self, code: Code, about: About, words: impl AsRef<str>) {
        self.breaches.push(Breach { code, about, words: one_line(words.as_ref()) });
    }

    pub(super) fn note(&mut self, words: impl AsRef<str>) {
        self.notes.push(one_line(words.as_ref()));
    }
}
