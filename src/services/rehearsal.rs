//! Transactions that are done, looked at, and not committed: what they would do is seen before it is done.

use super::AppError;
use crate::store::StoreError;
use crate::store::connection::IsConflict;

/// Why a transaction is not committed.
pub(super) enum Stop<T> {
    /// This was to be seen.
    Seen(T),
    /// It failed.
    Error(AppError),
}

impl<T> From<AppError> for Stop<T> {
    fn from(error: AppError) -> Self {
        Stop::Error(error)
    }
}

impl<T> From<StoreError> for Stop<T> {
    fn from(error: StoreError) -> Self {
        Stop::Error(error.into())
    }
}

impl<T> IsConflict for Stop<T> {
    fn is_conflict(&self) -> bool {
        match self {
            Stop::Seen(_) => false,
            Stop::Error(error) => error.is_conflict(),
        }
    }
}
