//! Addresses of subjects: `BODY?key=value&key=value`.
//!
//! A body that names its kind before a colon (`python:MODULE:FACTORY`, `driver:COMMAND`) may
//! contain anything, also question marks: its options begin at the last `?` that is followed by
//! nothing but `key=value` pairs.

use crate::registry::RegistryError;
use std::fmt;

/// The address of a subject, taken apart.
///
/// ```
/// use poolproof_executors::address::Address;
/// let address = Address::parse("thread?queue=8&full=refuse")?;
/// assert_eq!(address.body(), "thread");
/// assert_eq!(address.options().get("queue"), Some("8"));
/// # Ok::<(), poolproof_executors::registry::RegistryError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    text: String,
    body: String,
    options: Options,
}

impl Address {
    /// Takes `text` apart.
    ///
    /// # Errors
    ///
    /// [`RegistryError::BadAddress`] if it is empty, if what follows the `?` is not a list of
    /// options, or if an option is given twice.
    pub fn parse(text: &str) -> Result<Self, RegistryError> {
        let bad = |reason: &str| RegistryError::BadAddress { address: text.to_owned(), reason: reason.to_owned() };
        let (body, options) = match text.rsplit_once('?') {
            None => (text, Options::default()),
            Some((body, tail)) => match Options::parse(tail) {
                Some(options) => (body, options),
                None if text.contains(':') => (text, Options::default()),
                None => return Err(bad("after `?` come options, `key=value`, joined by `&`")),
            },
        };
        if body.is_empty() {
            return Err(bad("it names no executor; write for example `thread` or `thread?queue=8`"));
        }
        if body.contains('?') && !body.contains(':') {
            return Err(bad("it has more than one `?`; join options by `&`"));
        }
        if let Some(key) = options.repeated() {
            return Err(bad(&format!("the option `{key}` is given twice")));
        }
        Ok(Self { text: text.to_owned(), body: body.to_owned(), options })
    }

    /// The address as the user wrote it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// What stands before the options.
    #[must_use]
    pub fn body(&self) -> &str {
        &self.body
    }

    /// The options.
    #[must_use]
    pub fn options(&self) -> &Options {
        &self.options
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// The options of an address, in the order in which they were written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options(Vec<(String, String)>);

/// The value of an option is not one that the executor knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadOption {
    /// The option.
    pub key: String,
    /// What is wrong, and what to write.
    pub reason: String,
}

impl BadOption {
    /// The value of `key` is wrong, because of `reason`.
    pub fn new(key: impl Into<String>, reason: impl Into<String>) -> Self {
        Self { key: key.into(), reason: reason.into() }
    }

    /// The error for the address that the option belongs to.
    #[must_use]
    pub fn at(self, address: &Address) -> RegistryError {
        RegistryError::BadOption { address: address.to_string(), key: self.key, reason: self.reason }
    }
}

impl Options {
    /// `None` if `text` is not a list of `key=value` pairs.
    fn parse(text: &str) -> Option<Self> {
        let pair = |part: &str| {
            let (key, value) = part.split_once('=')?;
            let plain = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-';
            (!key.is_empty() && key.chars().all(plain)).then(|| (key.to_owned(), value.to_owned()))
        };
        text.split('&').map(pair).collect::<Option<Vec<_>>>().map(Self)
    }

    fn repeated(&self) -> Option<&str> {
        let mut keys = self.keys();
        keys.find(|key| self.0.iter().filter(|(other, _)| other == key).count() > 1)
    }

    /// The names of the options.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(key, _)| key.as_str())
    }

    /// The value of `key`.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == key).map(|(_, value)| value.as_str())
    }

    /// The value of `key` as a number that is at least 1.
    ///
    /// # Errors
    ///
    /// [`BadOption`] if it is not.
    pub fn positive(&self, key: &str) -> Result<Option<usize>, BadOption> {
        let Some(value) = self.get(key) else { return Ok(None) };
        match value.parse() {
            Ok(number) if number > 0 => Ok(Some(number)),
            _ => Err(BadOption::new(key, format!("`{value}` is not a whole number of at least 1"))),
        }
    }

    /// The value of `key`, which must be one of `words`.
    ///
    /// # Errors
    ///
    /// [`BadOption`] if it is not.
    pub fn one_of<'a>(&self, key: &str, words: &[&'a str]) -> Result<Option<&'a str>, BadOption> {
        let Some(value) = self.get(key) else { return Ok(None) };
        match words.iter().find(|word| **word == value) {
            Some(word) => Ok(Some(word)),
            None => Err(BadOption::new(key, format!("`{value}` is none of: {}", words.join(", ")))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str) -> (String, Vec<(String, String)>) {
        let address = Address::parse(text).unwrap();
        (address.body, address.options.0)
    }

    fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|&(key, value)| (key.to_owned(), value.to_owned())).collect()
    }

    fn reason(text: &str) -> String {
        match Address::parse(text).unwrap_err() {
            RegistryError::BadAddress { address, reason } => {
                assert_eq!(address, text);
                reason
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_name_with_and_without_options() {
        assert_eq!(parts("thread"), ("thread".into(), vec![]));
        assert_eq!(parts("process?start=fork"), ("process".into(), pairs(&[("start", "fork")])));
        assert_eq!(parts("gil?a=1&b-2=x=y"), ("gil".into(), pairs(&[("a", "1"), ("b-2", "x=y")])));
        assert_eq!(parts("thread?queue="), ("thread".into(), pairs(&[("queue", "")])));
    }

    #[test]
    fn the_body_of_another_language_may_contain_anything() {
        assert_eq!(parts("python@/usr/bin/python3:a.b:C"), ("python@/usr/bin/python3:a.b:C".into(), vec![]));
        assert_eq!(parts("driver:./d --what? yes"), ("driver:./d --what? yes".into(), vec![]));
        assert_eq!(parts("driver:./d ?x?workers=2"), ("driver:./d ?x".into(), pairs(&[("workers", "2")])));
        assert_eq!(parts("driver:./d ?A=1"), ("driver:./d ?A=1".into(), vec![]));
    }

    #[test]
    fn bad_addresses_are_named_with_the_reason() {
        assert!(reason("").contains("names no executor"));
        assert!(reason("?queue=1").contains("names no executor"));
        assert!(reason("thread?").contains("key=value"));
        assert!(reason("thread?queue").contains("key=value"));
        assert!(reason("thread?=3").contains("key=value"));
        assert!(reason("thread?queue=1&").contains("key=value"));
        assert!(reason("thread?queue=1?full=block").contains("more than one"));
        assert!(reason("thread?queue=1&queue=2").contains("`queue` is given twice"));
    }

    #[test]
    fn bad_values_are_named_with_the_option() {
        let options = Options::parse("queue=0&n=-1&word=maybe&big=99999999999999999999999").unwrap();
        for key in ["queue", "n", "word", "big"] {
            assert_eq!(options.positive(key).unwrap_err().key, key);
        }
        assert_eq!(options.positive("absent"), Ok(None));
        let bad = options.one_of("word", &["yes", "no"]).unwrap_err();
        assert_eq!(bad.reason, "`maybe` is none of: yes, no");
        assert_eq!(options.one_of("word", &["yes", "maybe"]), Ok(Some("maybe")));
    }
}
