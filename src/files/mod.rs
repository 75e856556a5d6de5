//! Round, schedule and audit files, version 1: reading with all faults at once, canonical writing, hash.
