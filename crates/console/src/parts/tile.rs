//! A number that stands for itself.

/// A number with its name, and what it is made of.
pub(crate) struct Tile {
    pub(crate) name: &'static str,
    pub(crate) value: String,
    pub(crate) hint: String,
    pub(crate) link: Option<String>,
    /// The name by which its script asks for what it is now; None: it stays as it is.
    pub(crate) live: Option<&'static str>,
}
