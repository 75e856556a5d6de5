//! Schedules as CSV and JSON: pure functions from domain values to bytes.
