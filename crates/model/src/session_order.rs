//! The orders in which sessions are listed, and the words for them.

use std::fmt;

use serde::{Deserialize, Serialize};

/// In which order sessions are listed: by when they were opened, or used last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum SessionOrder {
    /// Those opened last first.
    #[default]
    Newest,
    /// Those opened first.
    Oldest,
    /// Those used last first. One that is used while pages are read moves before those that were read.
    RecentlyUsed,
    /// Those that were not used for longest first. One that is used while pages are read may come again.
    LongUnused,
}

impl SessionOrder {
    /// Every one of them.
    pub const ALL: [Self; 4] = [Self::Newest, Self::Oldest, Self::RecentlyUsed, Self::LongUnused];
}

impl fmt::Display for SessionOrder {
    /// The word that the administration API and the command line have for it.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(out)
    }
}
