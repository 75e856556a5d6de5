//! What happens later: outbox, runs; each a single step that tests can drive.
