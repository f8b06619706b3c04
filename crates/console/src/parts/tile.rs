//! A number that stands for itself.

/// A number with its name, and what it is made of.
pub(crate) struct Tile {
    pub(crate) name: &'static str,
    pub(crate) value: String,
    pub(crate) hint: String,
    pub(crate) link: Option<String>,
}
