//! How single values are read.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use serde::de::{Deserialize, Deserializer, Error};

/// A value that is written as text.
#[derive(Clone, Debug)]
pub(crate) struct Parsed<T>(pub(crate) T);

impl<'de, T> Deserialize<'de> for Parsed<T>
where
    T: FromStr,
    T::Err: fmt::Display,
{
    fn deserialize<D: Deserializer<'de>>(value: D) -> Result<Self, D::Error> {
        String::deserialize(value)?.parse().map(Self).map_err(Error::custom)
    }
}

/// A text; the empty one stands for "none".
pub(super) fn optional<'de, D, T>(value: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: FromStr,
    T::Err: fmt::Display,
{
    let text = String::deserialize(value)?;
    if text.is_empty() { Ok(None) } else { text.parse().map(Some).map_err(Error::custom) }
}

/// A time in milliseconds.
pub(super) fn milliseconds<'de, D: Deserializer<'de>>(value: D) -> Result<Duration, D::Error> {
    u64::deserialize(value).map(Duration::from_millis)
}

/// A folder, which has a name.
pub(super) fn folder<'de, D: Deserializer<'de>>(value: D) -> Result<PathBuf, D::Error> {
    let text = String::deserialize(value)?;
    if text.trim().is_empty() {
        return Err(Error::custom("this is empty: write the name of a folder"));
    }
    if text.trim() != text {
        return Err(Error::custom("there are blanks around the name of the folder"));
    }
    Ok(PathBuf::from(text))
}
