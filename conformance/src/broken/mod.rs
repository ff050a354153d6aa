//! Broken executors: correct ones with one seeded defect each.
