//! Sets of dates, one for each pair of person and host, as bits.

/// Rows of bits: bit d of row n says whether n is open on date d.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Dates {
    /// 64 dates to a word.
    words: usize,
    bits: Vec<u64>,
}

impl Dates {
    /// No rows yet, for so many dates.
    pub(super) fn new(dates: usize) -> Self {
        Self { words: dates.div_ceil(64).max(1), bits: Vec::new() }
    }

    pub(super) fn words(&self) -> usize {
        self.words
    }

    pub(super) fn push(&mut self, row: &[u64]) {
        self.bits.extend_from_slice(row);
    }

    pub(super) fn shrink_to_fit(&mut self) {
        self.bits.shrink_to_fit();
    }

    pub(super) fn row(&self, n: usize) -> &[u64] {
        &self.bits[n * self.words..(n + 1) * self.words]
    }

    #[inline]
    pub(super) fn has(&self, n: usize, date: usize) -> bool {
        self.bits[n * self.words + date / 64] >> (date % 64) & 1 == 1
    }

    pub(super) fn close(&mut self, n: usize, date: usize) {
        self.bits[n * self.words + date / 64] &= !(1 << (date % 64));
    }

    /// Leaves a row no date but one.
    pub(super) fn keep_only(&mut self, n: usize, date: usize) {
        for (w, word) in self.bits[n * self.words..(n + 1) * self.words].iter_mut().enumerate() {
            *word &= if w == date / 64 { 1 << (date % 64) } else { 0 };
        }
    }

    /// Leaves only what is open in the other set as well.
    pub(super) fn intersect(&mut self, other: &Dates) {
        for (word, theirs) in self.bits.iter_mut().zip(&other.bits) {
            *word &= theirs;
        }
    }

    /// The open dates of a row.
    pub(super) fn of(&self, n: usize) -> impl Iterator<Item = usize> + '_ {
        let words = self.row(n).iter().enumerate();
        words.flat_map(|(w, word)| {
            (0..64).filter(move |bit| word >> bit & 1 == 1).map(move |bit| 64 * w + bit)
        })
    }

    /// The dates on which any of some rows is open.
    pub(super) fn any(&self, rows: std::ops::Range<usize>) -> Vec<usize> {
        let mut all = vec![0; self.words];
        for n in rows {
            for (word, theirs) in all.iter_mut().zip(self.row(n)) {
                *word |= theirs;
            }
        }
        Dates { words: self.words, bits: all }.of(0).collect()
    }
}
