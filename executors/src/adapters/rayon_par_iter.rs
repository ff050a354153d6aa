//! rayon's parallel iterators: `map` as rayon does it, chunks and stealing included.
//!
//! A map is one parallel iterator over its items, started in the pool so that the call returns at
//! once; `chunksize` is what rayon calls the least length of a piece. Everything else is as in
//! [`Rayon`].

use super::rayon::Rayon;
use crate::address::{BadOption, Options};
use crate::arguments::{only_workers, rejected};
use crate::registry::{Family, Native};
use poolproof_harness::{
    Capability, CellFuture, Config, Executor, Job, MapOptions, MapResults, OpenError, Payload, Profile, Refused,
    Shutdown, Spawn, Support, Task, buffered_map,
};
use rayon::iter::{IndexedParallelIterator, IntoParallelIterator, ParallelIterator};
use std::sync::{Arc, Mutex, PoisonError};

/// A rayon pool whose `map` is a parallel iterator.
#[derive(Debug)]
pub struct RayonParIter {
    pool: Rayon,
}

impl Executor for RayonParIter {
    type Future<T: Payload> = CellFuture<T>;

    fn profile(&self) -> Profile {
        profile()
    }

    fn submit<T: Task>(&self, task: T) -> Result<CellFuture<T::Output>, Refused> {
        let (job, future) = Job::with_future(task);
        self.pool.spawn(job)?;
        Ok(future)
    }

    fn map<T: Task>(
        &self,
        tasks: &mut dyn Iterator<Item = T>,
        options: MapOptions,
    ) -> Result<MapResults<T::Output>, Refused> {
        let least = options.chunksize.unwrap_or(1).max(1);
        let admitted = Arc::new(Mutex::new(Vec::new()));
        let collect = {
            let (admitted, in_flight) = (Arc::clone(&admitted), self.pool.in_flight());
            move |task: T| {
                let (job, future) = Job::with_future(task);
                let ticket = in_flight.admit()?;
                admitted.lock().unwrap_or_else(PoisonError::into_inner).push((ticket, job));
                Ok(future)
            }
        };
        let tasks: Vec<T> = tasks.collect();
        let results = buffered_map(collect, Box::new(tasks.into_iter()), MapOptions { buffersize: None, ..options })?;
        let jobs = std::mem::take(&mut *admitted.lock().unwrap_or_else(PoisonError::into_inner));
        self.pool.pool().spawn(move || {
            jobs.into_par_iter().with_min_len(least).for_each(|(ticket, job)| ticket.run(job));
        });
        Ok(results)
    }

    fn shutdown(&self, how: Shutdown) {
        self.pool.shutdown(how);
    }
}

fn profile() -> Profile {
    let mut profile = super::rayon::profile();
    profile.support.insert(Capability::Map, Support::Native);
    profile.support.insert(Capability::Chunksize, Support::Native);
    profile
}

/// `rayon-par-iter` in the registry.
#[derive(Debug)]
pub struct RayonParIterNative;

impl Native for RayonParIterNative {
    type Executor = RayonParIter;
    const NAME: &'static str = "rayon-par-iter";
    const FAMILY: Family = Family::Crate;
    const SUMMARY: &'static str = "rayon's pool with its parallel iterators as `map`";
    const VERSION: &'static str = env!("POOLPROOF_VERSION_RAYON");

    fn configure(_: &Options) -> Result<Self, BadOption> {
        Ok(Self)
    }

    fn profile(&self) -> Profile {
        profile()
    }

    fn open(&self, config: &Config) -> Result<Self::Executor, OpenError> {
        only_workers(config)?;
        let pool = Rayon::new(config.workers).map_err(|error| rejected(error.to_string()))?;
        Ok(RayonParIter { pool })
    }
}
