//! Templates of mails that an administrator has written. They are read and checked by `mail`; this only carries them.

use std::collections::BTreeMap;
use std::sync::Arc;

/// Texts by name (`cy/proposal`); those that are not here are built in. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct OwnTemplates(Arc<BTreeMap<String, String>>);

impl OwnTemplates {
    /// These texts.
    pub fn new(texts: BTreeMap<String, String>) -> Self {
        Self(Arc::new(texts))
    }

    /// The text of a template.
    pub fn find(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// The names, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// Whether two are clones of each other.
    pub fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}
