//! What is said on the page to which somebody comes who has done something. The address has a word for it, and no text.

use crate::parts::address;
use crate::request::Request;
use crate::said::Said;

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Done {
    Made,
    Changed,
    /// Everything was as it was wanted.
    Same,
    Deleted,
    Disabled,
    Enabled,
    Unlocked,
    PasswordSet,
    FactorReset,
    SessionsEnded,
    OverlapEnded,
    RoleTaken,
    Revoked,
    PutBack,
    Reloaded,
    InForce,
    Retired,
    NextKeyMade,
    ClientSecretSet,
    KeyRenewed,
    TakenOver,
    PreviousKeyForgotten,
}

impl Done {
    const ALL: [Self; 22] = [
        Self::Made,
        Self::Changed,
        Self::Same,
        Self::Deleted,
        Self::Disabled,
        Self::Enabled,
        Self::Unlocked,
        Self::PasswordSet,
        Self::FactorReset,
        Self::SessionsEnded,
        Self::OverlapEnded,
        Self::RoleTaken,
        Self::Revoked,
        Self::PutBack,
        Self::Reloaded,
        Self::InForce,
        Self::Retired,
        Self::NextKeyMade,
        Self::ClientSecretSet,
        Self::KeyRenewed,
        Self::TakenOver,
        Self::PreviousKeyForgotten,
    ];

    /// As addresses have it.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Made => "made",
            Self::Changed => "changed",
            Self::Same => "same",
            Self::Deleted => "deleted",
            Self::Disabled => "disabled",
            Self::Enabled => "enabled",
            Self::Unlocked => "unlocked",
            Self::PasswordSet => "password-set",
            Self::FactorReset => "factor-reset",
            Self::SessionsEnded => "sessions-ended",
            Self::OverlapEnded => "overlap-ended",
            Self::RoleTaken => "role-taken",
            Self::Revoked => "revoked",
            Self::PutBack => "put-back",
            Self::Reloaded => "reloaded",
            Self::InForce => "in-force",
            Self::Retired => "retired",
            Self::NextKeyMade => "next-key-made",
            Self::ClientSecretSet => "client-secret-set",
            Self::KeyRenewed => "key-renewed",
            Self::TakenOver => "taken-over",
            Self::PreviousKeyForgotten => "previous-key-forgotten",
        }
    }

    const fn words(self) -> &'static str {
        match self {
            Self::Made => "Made.",
            Self::Changed => "Saved.",
            Self::Same => "Nothing was different: it was so already.",
            Self::Deleted => "Deleted.",
            Self::Disabled => "Disabled. All its sessions have ended, if there were any.",
            Self::Enabled => "Enabled.",
            Self::Unlocked => "Unlocked. Failed logins so far are forgotten.",
            Self::PasswordSet => {
                "The password is set. All sessions of its user have ended, if there were any."
            }
            Self::FactorReset => "The second factor is taken away.",
            Self::SessionsEnded => "All its sessions have ended, if there were any.",
            Self::OverlapEnded => "The secrets of before work no more.",
            Self::RoleTaken => "The role is taken away.",
            Self::Revoked => "Revoked: it is refused from now on.",
            Self::PutBack => "Put back to what it was at first.",
            Self::Reloaded => "The master keys were read again.",
            Self::InForce => "In force from now on.",
            Self::Retired => "Retired.",
            Self::NextKeyMade => "The next key is made: it signs in an hour.",
            Self::ClientSecretSet => "Set. A test says whether the provider takes it.",
            Self::KeyRenewed => "The key is another. Give the identity provider the metadata anew.",
            Self::TakenOver => "What the identity provider says is taken over.",
            Self::PreviousKeyForgotten => "The key before the present one is forgotten.",
        }
    }

    pub(super) fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|done| done.word() == word)
    }

    /// The address of a page that says so.
    pub(crate) fn at(self, page: &str) -> String {
        address(page, [("done", self.word())])
    }

    /// What a page says of what was done before it.
    pub(crate) fn said(request: &Request) -> Option<Said> {
        Self::of(&request.asked("done")?).map(|done| Said::good(done.words()))
    }
}
