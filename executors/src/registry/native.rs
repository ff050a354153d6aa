//! What a native executor tells the registry about itself.

use crate::address::{Address, BadOption, Options};
use crate::registry::RegistryError;
use poolproof_harness::{Config, Contender, Executor, NativeContender, NativeSubject, OpenError, Profile, Subject};

/// Where an executor comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// It is one of ours.
    Reference,
    /// It is a crate.
    Crate,
}

impl Family {
    /// The word used in catalogues.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Reference => "reference",
            Self::Crate => "crate",
        }
    }
}

/// An option that an address may carry: its key, and what it means.
pub type OptionHelp = (&'static str, &'static str);

/// A native executor that can be asked for by name: one way to open it serves checks, which see it
/// erased, and benchmarks, which see its own type.
pub trait Native: Send + Sync + Sized + 'static {
    /// What it opens.
    type Executor: Executor;
    /// The name in its address.
    const NAME: &'static str;
    /// Where it comes from.
    const FAMILY: Family;
    /// One line for the catalogue.
    const SUMMARY: &'static str;
    /// The version of the code under test.
    const VERSION: &'static str;
    /// The options its address may carry.
    const OPTIONS: &'static [OptionHelp] = &[];

    /// Reads the options; only keys named in [`Native::OPTIONS`] occur.
    ///
    /// # Errors
    ///
    /// [`BadOption`] for a value that makes no sense.
    fn configure(options: &Options) -> Result<Self, BadOption>;

    /// The profile it declares.
    fn profile(&self) -> Profile;

    /// Opens a fresh executor.
    ///
    /// # Errors
    ///
    /// [`OpenError`] if it cannot be set up or rejects its arguments.
    fn open(&self, config: &Config) -> Result<Self::Executor, OpenError>;
}

/// A crate that can be measured and not checked: it has nothing like `submit`.
pub trait BenchOnly: 'static {
    /// The name in its address.
    const NAME: &'static str;
    /// One line for the catalogue.
    const SUMMARY: &'static str;
    /// The version of the code under test.
    const VERSION: &'static str;
    /// What it lacks, to follow "it".
    const LACKS: &'static str;

    /// The contender.
    fn contender() -> Box<dyn Contender>;
}

/// One row of the table: a [`Native`] without its type.
pub(super) struct Row {
    pub(super) name: &'static str,
    pub(super) family: Family,
    pub(super) summary: &'static str,
    pub(super) version: &'static str,
    pub(super) options: &'static [OptionHelp],
    pub(super) subject: fn(&Address) -> Result<Box<dyn Subject>, RegistryError>,
    pub(super) contender: fn(&Address) -> Result<Box<dyn Contender>, RegistryError>,
}

impl Row {
    pub(super) const fn of<N: Native>() -> Self {
        Self {
            name: N::NAME,
            family: N::FAMILY,
            summary: N::SUMMARY,
            version: N::VERSION,
            options: N::OPTIONS,
            subject: subject::<N>,
            contender: contender::<N>,
        }
    }
}

/// For the only such crate.
#[cfg(feature = "chili")]
impl Row {
    pub(super) const fn only_benched<B: BenchOnly>() -> Self {
        Self {
            name: B::NAME,
            family: Family::Crate,
            summary: B::SUMMARY,
            version: B::VERSION,
            options: &[],
            subject: no_subject::<B>,
            contender: |_| Ok(B::contender()),
        }
    }
}

#[cfg(feature = "chili")]
fn no_subject<B: BenchOnly>(_: &Address) -> Result<Box<dyn Subject>, RegistryError> {
    Err(RegistryError::BenchOnly { name: B::NAME, lacks: B::LACKS })
}

fn subject<N: Native>(address: &Address) -> Result<Box<dyn Subject>, RegistryError> {
    let native = N::configure(address.options()).map_err(|bad| bad.at(address))?;
    let profile = native.profile();
    let open = move |config: &Config| native.open(config);
    Ok(Box::new(NativeSubject::new(address.as_str(), N::VERSION, profile, open)))
}

fn contender<N: Native>(address: &Address) -> Result<Box<dyn Contender>, RegistryError> {
    let native = N::configure(address.options()).map_err(|bad| bad.at(address))?;
    Ok(Box::new(NativeContender::new(address.as_str(), move |config: &Config| native.open(config))))
}
