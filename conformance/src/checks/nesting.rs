//! Decides NEST: tasks that use their own executor.
