//! `map`: submits every item in chunks, and hands the results out in input order.

use super::combine::deadline_of;
use super::{Job, Pool, PoolFuture};
use poolproof_harness::{Fault, MapOptions, Outcome, Probe, Raised, Refused, Value};
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The items of a map, chunk by chunk.
pub(in crate::broken) struct Chunks {
    pub(in crate::broken) items: Box<dyn Iterator<Item = Probe> + Send>,
    pub(in crate::broken) size: usize,
}

impl Iterator for Chunks {
    type Item = Vec<Probe>;

    fn next(&mut self) -> Option<Vec<Probe>> {
        let chunk: Vec<_> = self.items.by_ref().take(self.size).collect();
        (!chunk.is_empty()).then_some(chunk)
    }
}

/// The results of a map.
pub(in crate::broken) struct Mapping {
    pub(in crate::broken) pool: Arc<Pool>,
    pub(in crate::broken) futures: VecDeque<Arc<PoolFuture>>,
    /// What is submitted only as results are read; without a buffer size, nothing.
    pub(in crate::broken) rest: Chunks,
    pub(in crate::broken) timeout: Option<Duration>,
    pub(in crate::broken) deadline: Option<Instant>,
    pub(in crate::broken) started: bool,
}

impl Pool {
    /// Submits the items of a map, at most `buffersize` ahead of the reader.
    pub(in crate::broken) fn map(
        self: &Arc<Self>,
        items: Box<dyn Iterator<Item = Probe> + Send>,
        options: MapOptions,
    ) -> Result<Mapping, Fault> {
        for (name, size) in [("chunksize", options.chunksize), ("buffersize", options.buffersize)] {
            if size == Some(0) {
                return Err(Fault::Raised(Raised::new("ValueError", format!("{name} must be at least 1"))));
            }
        }
        let size = if options.buffersize.is_some() { 1 } else { options.chunksize.unwrap_or(1) };
        let mut mapping = Mapping {
            pool: Arc::clone(self),
            futures: VecDeque::new(),
            rest: Chunks { items, size },
            timeout: options.timeout,
            deadline: deadline_of(options.timeout),
            started: false,
        };
        self.steps.begin_map(&mut mapping, options)?;
        Ok(mapping)
    }
}

impl Mapping {
    /// Submits what may be submitted at the call.
    pub(in crate::broken) fn begin(&mut self, options: MapOptions) -> Result<(), Fault> {
        let ahead = options.buffersize.unwrap_or(usize::MAX);
        while self.futures.len() < ahead {
            match self.submit_chunk() {
                Ok(true) => {}
                Ok(false) => break,
                Err(refused) => {
                    self.cancel_rest();
                    return Err(refused.into());
                }
            }
        }
        // A pool that is shut down refuses even a map of nothing.
        Ok(self.pool.steps.admit(&self.pool.lock())?)
    }

    /// Submits one chunk more; whether there was one.
    pub(in crate::broken) fn submit_chunk(&mut self) -> Result<bool, Refused> {
        let Some(chunk) = self.rest.next() else { return Ok(false) };
        let steps = &self.pool.steps;
        let job: Job = chunk.into_iter().map(|task| PoolFuture::new(steps, task)).collect();
        steps.enqueue(&self.pool, job.clone())?;
        self.futures.extend(job);
        Ok(true)
    }

    /// The next result, in input order.
    pub(in crate::broken) fn next(&mut self) -> Result<Option<Outcome<Value>>, Fault> {
        self.started = true;
        let Some(future) = self.futures.front() else { return Ok(None) };
        let steps = Arc::clone(&self.pool.steps);
        let left = self.deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
        match steps.result(future, left) {
            Ok(Ok(value)) => {
                self.futures.pop_front();
                steps.refill(self)?;
                Ok(Some(Ok(value)))
            }
            // After a failure or a time-out nobody reads on.
            Ok(Err(failure)) => {
                self.cancel_rest();
                Ok(Some(Err(failure)))
            }
            Err(timed_out) => {
                steps.map_timed_out(self);
                Err(timed_out.into())
            }
        }
    }

    /// Cancels what has not started, and ends the iteration.
    pub(in crate::broken) fn cancel_rest(&mut self) {
        for future in std::mem::take(&mut self.futures) {
            self.pool.steps.cancel(&future);
        }
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        let pool = Arc::clone(&self.pool);
        pool.steps.drop_map(self);
    }
}
