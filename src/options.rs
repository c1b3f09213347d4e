//! Options of connectors and formats: strings by name, as in Flink SQL's `WITH`.

use std::collections::BTreeMap;

use crate::error::{Error, Result};

/// Options by name. Values may hold secrets: no message prints a value without [`Options::is_secret`].
#[derive(Clone, Default)]
pub struct Options(BTreeMap<String, String>);

impl std::fmt::Debug for Options {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let shown = self.0.iter().map(|(k, v)| (k, if Options::is_secret(k) { "******" } else { v.as_str() }));
        f.debug_map().entries(shown).finish()
    }
}

impl Options {
    pub fn new(entries: impl IntoIterator<Item = (String, String)>) -> Self {
        Options(entries.into_iter().collect())
    }

    /// Whether the value of that option must never be printed.
    pub fn is_secret(key: &str) -> bool {
        let key = key.to_ascii_lowercase();
        ["password", "secret", "token", "jaas", "key.pem", "credential"].iter().any(|word| key.contains(word))
    }

    pub fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key).map(String::as_str)
    }

    pub fn require(&self, key: &str) -> Result<&str> {
        self.get(key).ok_or_else(|| Error::config(format!("the option '{key}' is missing")))
    }

    /// The option parsed, `default` where it is absent; the error names the option and the value.
    pub fn parse<T: std::str::FromStr>(&self, key: &str, default: T) -> Result<T> {
        match self.get(key) {
            None => Ok(default),
            Some(text) => text.trim().parse().map_err(|_| {
                Error::config(format!(
                    "the option '{key}' is '{text}', which is not a {}",
                    std::any::type_name::<T>().rsplit("::").next().unwrap_or("valid value")
                ))
            }),
        }
    }

    /// All options under `prefix.`, without the prefix.
    pub fn under<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.0.iter().filter_map(move |(key, value)| {
            key.strip_prefix(prefix).and_then(|rest| rest.strip_prefix('.')).map(|rest| (rest, value.as_str()))
        })
    }

    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(key, value)| (key.as_str(), value.as_str()))
    }
}

#[cfg(test)]
pub(crate) mod testing {
    use super::Options;

    pub(crate) fn options(entries: &[(&str, &str)]) -> Options {
        Options::new(entries.iter().map(|(key, value)| (key.to_string(), value.to_string())))
    }
}
