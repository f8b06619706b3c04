//! Why something ended or was refused, in a few words.

use vestibule_model::{AuditReason, EndReason, Refusal};

/// The reason of an entry of the audit.
pub(crate) const fn of_entry(reason: AuditReason) -> &'static str {
    match reason {
        AuditReason::Ended(reason) => ended(reason),
        AuditReason::Refused(reason) => refused(reason),
    }
}

/// Why a session ended.
pub(crate) const fn ended(reason: EndReason) -> &'static str {
    match reason {
        EndReason::LoggedOut => "logged out",
        EndReason::Replaced => "replaced by a later login",
        EndReason::Expired => "unused for too long",
        EndReason::AbsoluteEnd => "reached its latest end",
        EndReason::CredentialsChanged => "credentials changed",
        EndReason::PasswordChanged => "password changed by its user",
        EndReason::PasswordSet => "password set by somebody else",
        EndReason::PasswordExpired => "password expired",
        EndReason::MustChangePassword => "a new password was asked for",
        EndReason::UserDisabled => "user disabled",
        EndReason::UserDeleted => "user deleted",
        EndReason::AccountDisabled => "account disabled",
        EndReason::AccountDeleted => "account deleted",
        EndReason::SsoOnly => "only single sign-on is allowed",
        EndReason::BotFeatureOff => "bots were switched off",
        EndReason::ApplicationRefused => "key, client or token not allowed any more",
        EndReason::ConnectionRefused => "connection disabled or deleted",
        EndReason::LoggedOutAtProvider => "logged out at the identity provider",
        EndReason::EndedByOwner => "ended by its user",
        EndReason::EndedByAdministrator => "ended by an administrator",
        EndReason::TokenReused => "a code or refresh token was used twice",
    }
}

/// Why something was refused.
pub(crate) const fn refused(reason: Refusal) -> &'static str {
    match reason {
        Refusal::UnknownAccount => "no such account",
        Refusal::UnknownUser => "no such user",
        Refusal::WrongPassword => "wrong password",
        Refusal::WrongKey => "wrong values of the key or client",
        Refusal::KeyNotAllowed => "key not allowed for this",
        Refusal::WrongApplicationToken => "wrong application token",
        Refusal::Locked => "user locked",
        Refusal::Disabled => "account or user disabled",
        Refusal::PasswordExpired => "password expired",
        Refusal::MustChangePassword => "password has to be changed first",
        Refusal::SsoOnly => "only single sign-on is allowed",
        Refusal::BotFeatureOff => "bots are switched off",
        Refusal::TooManySessions => "too many sessions",
        Refusal::Blocked => "on the block list",
        Refusal::TooManyFailures => "too many failures from the address",
        Refusal::Overloaded => "too many logins were waiting",
        Refusal::AssertionRefused => "the identity provider’s answer is refused",
        Refusal::AlreadyUsed => "used before",
        Refusal::SecondFactorNeeded => "second factor not shown",
        Refusal::SecondFactorNotSet => "second factor not set up",
        Refusal::WrongOneTimeCode => "wrong code of the second factor",
        Refusal::NoConnection => "no connection takes it",
        Refusal::ProviderFailed => "the identity provider failed",
        Refusal::Stale => "the user was changed in the same moment",
        Refusal::PasswordPolicy => "the new password breaks the policy",
        Refusal::NoSession => "no such session",
        Refusal::MayNotStay => "the user may not stay",
        Refusal::NotProved => "not proved who they are",
        Refusal::NotAllowed => "not allowed by their role",
        Refusal::WrongCode => "wrong authorization code",
        Refusal::TokenReused => "a code or refresh token was used twice",
        Refusal::WrongScope => "a scope that the client does not have",
    }
}
