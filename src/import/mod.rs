//! Lists of libraries from CSV: pure functions from bytes to domain values and faults.
