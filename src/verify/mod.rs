//! The independent checker of schedules: shares nothing with the solver but the file types.
