//! Who may use a route: what the engine decides, written down for whoever looks for a gap.

/// Who may use a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// Anybody: the way in, and what pages load.
    Anybody,
    /// Any administrator, also one who has to set up a second factor first: it is about their own affairs alone.
    Oneself,
    /// Any administrator.
    EveryAdministrator,
    /// Whoever may read what is of the installation.
    ReadsInstallation,
    /// Whoever may change that.
    WritesInstallation,
    /// Whoever may read the account that is named.
    Reads,
    /// Whoever may change it.
    Writes,
    /// Whoever may change some account.
    WritesSome,
}
