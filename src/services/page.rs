//! Pages of long lists, by key: a page begins after the last id of the one before, so that rows that come or go in
//! between never shift the rest.

use crate::domain::fault::Rule;

/// How many items a page holds unless told otherwise.
pub const DEFAULT_LIMIT: u32 = 50;
/// How many items a page holds at most.
pub const MOST: u32 = 200;

/// Which part of a list is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page<I> {
    /// After which id it begins; none for the first page.
    pub after: Option<I>,
    limit: u32,
}

impl<I> Default for Page<I> {
    fn default() -> Self {
        Self { after: None, limit: DEFAULT_LIMIT }
    }
}

impl<I: Copy> Page<I> {
    /// The page after an id, with at most `limit` items.
    ///
    /// # Errors
    /// The rule for `limit`: 1 to 200.
    pub fn new(after: Option<I>, limit: u32) -> Result<Self, Rule> {
        if (1..=MOST).contains(&limit) {
            Ok(Self { after, limit })
        } else {
            Err(Rule::new(format!("must be a whole number from 1 to {MOST}")))
        }
    }

    /// The next page, after the last id of this one.
    pub fn next(self, last: I) -> Self {
        Self { after: Some(last), ..self }
    }

    /// How many rows to ask the database for: one more than fits, which tells whether another page follows.
    pub fn fetch(&self) -> i64 {
        i64::from(self.limit) + 1
    }

    /// Cuts the rows that were fetched to the page.
    pub fn cut<T>(&self, mut rows: Vec<T>, id_of: impl Fn(&T) -> I) -> Paged<T, I> {
        let most = usize::try_from(self.limit).unwrap_or(usize::MAX);
        let more = rows.len() > most;
        rows.truncate(most);
        let next = if more { rows.last().map(id_of) } else { None };
        Paged { items: rows, next }
    }
}

/// A part of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paged<T, I> {
    /// The items, in the order of their ids.
    pub items: Vec<T>,
    /// After which id the next page begins; absent on the last one.
    pub next: Option<I>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_page_names_no_next_one() {
        let page = Page::new(None, 2).expect("a page");
        assert_eq!(page.fetch(), 3);
        assert_eq!(page.cut(vec![1, 2, 3], |n| *n), Paged { items: vec![1, 2], next: Some(2) });
        assert_eq!(page.cut(vec![1, 2], |n| *n), Paged { items: vec![1, 2], next: None });
    }

    #[test]
    fn a_page_has_1_to_200_items() {
        assert!(Page::<u8>::new(None, 0).is_err());
        assert!(Page::<u8>::new(None, 201).is_err());
        assert_eq!(Page::<u8>::default(), Page::new(None, 50).expect("a page"));
    }
}
