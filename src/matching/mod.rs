//! Round to schedule: problem, pricing, flow, search, certificate, explanations. A pure function.
