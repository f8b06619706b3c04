//! What a page says about what somebody has just tried. The only place with these words.

use std::fmt;

/// Something that is said above a form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// User name or password are wrong: nobody is told which, nor whether there is such an account.
    BadCredentials,
    /// What the identity provider sent is refused; the id under which the operator finds why.
    NotVouchedFor(String),
    /// The identity provider does not answer; the id under which the operator finds why.
    ProviderUnavailable(String),
    /// The code is wrong, or was used.
    BadCode,
    /// The password that was asked for once more is wrong.
    BadPassword,
    /// Too many failures; the seconds until one more attempt is looked at.
    TooMany(u64),
    /// More logins than can be done in time.
    Overloaded,
    /// Something here failed.
    Failed,
    /// The account or the user is on the block list.
    Blocked,
    /// The password is longer than any that is taken.
    PasswordTooLong,
    /// The user is locked after failed logins.
    Locked,
    /// The user or the account is disabled.
    Disabled,
    /// The account signs in through its identity provider only.
    SsoOnly,
    /// The user has as many sessions as the policy allows.
    TooManySessions,
    /// The password has expired.
    PasswordExpired,
    /// The password has to be changed.
    MustChangePassword,
    /// The new password breaks the policy; says how.
    NewPassword(String),
    /// The new password was written in two ways.
    NotTheSame,
    /// The form is not one that this browser was given, or too old.
    OldForm,
    /// Somebody else, or another tab, has changed it in the meantime.
    Changed,
    /// There is no such account id.
    NoAccountId,
    /// The session ended, or was ended.
    SignedOut,
    /// The password was changed.
    PasswordChanged,
    /// A session was ended.
    SessionEnded,
    /// So many sessions were ended.
    SessionsEnded(usize),
    /// The second factor is set up.
    SecondFactorOn,
    /// The second factor has to be shown, which is done on the login page alone.
    SecondFactor,
    /// The account asks for a second factor.
    SecondFactorRequired,
    /// The second factor is gone.
    SecondFactorOff,
}

impl Notice {
    /// The class of its colours.
    pub(crate) fn kind(&self) -> &'static str {
        if self.is_good() { "good" } else { "bad" }
    }

    /// What tells a screen reader: a failure at once, anything else when there is a pause.
    pub(crate) fn role(&self) -> &'static str {
        if self.is_good() { "status" } else { "alert" }
    }

    fn is_good(&self) -> bool {
        matches!(
            self,
            Self::SignedOut
                | Self::PasswordChanged
                | Self::SessionEnded
                | Self::SessionsEnded(_)
                | Self::SecondFactorOn
                | Self::SecondFactorOff
        )
    }
}

impl fmt::Display for Notice {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::TooMany(seconds) => {
                return write!(out, "There were too many failed attempts. Try again in {}.", Wait(*seconds));
            }
            Self::NotVouchedFor(id) => {
                return write!(
                    out,
                    "Your identity provider's answer was not accepted. Whoever runs this service finds out why under {id}."
                );
            }
            Self::ProviderUnavailable(id) => {
                return write!(
                    out,
                    "Your identity provider does not answer now. Try again later. Whoever runs this service finds out why under {id}."
                );
            }
            Self::NewPassword(violation) => {
                return write!(out, "The new password was not taken: {violation}.");
            }
            Self::SessionsEnded(0) => "There was no other session.",
            Self::SessionsEnded(1) => "One other session was ended.",
            Self::SessionsEnded(number) => return write!(out, "{number} other sessions were ended."),
            Self::BadCredentials => "User name or password are wrong, or may not be used.",
            Self::BadPassword => "This is not your password.",
            Self::BadCode => "This code is wrong, or was used already. Wait for the next one.",
            Self::Overloaded => "Too many people are signing in right now. Try again in a few seconds.",
            Self::Failed => "Something failed on our side. Try again later.",
            Self::Blocked => "This account or user may not sign in here.",
            Self::PasswordTooLong => "A password has at most 1024 bytes.",
            Self::Locked => "This user is locked after too many failed attempts.",
            Self::Disabled => "This user or account is disabled.",
            Self::SsoOnly => "This account signs in through its identity provider, not with a password.",
            Self::TooManySessions => {
                "This user has as many sessions as are allowed. End one, then sign in again."
            }
            Self::PasswordExpired => "Your password has expired. Choose a new one.",
            Self::MustChangePassword => "Your password has to be changed before you go on.",
            Self::NotTheSame => "The new password was not written the same way twice.",
            Self::OldForm => "This form was too old, or came from somewhere else. Try again.",
            Self::Changed => "This was changed in the meantime. This is how it is now.",
            Self::NoAccountId => "An account has 1 to 20 of the characters A-Z, a-z, 0-9 and _.",
            Self::SignedOut => "You are signed out.",
            Self::PasswordChanged => "Your password is changed. All of your other sessions were ended.",
            Self::SessionEnded => "The session was ended.",
            Self::SecondFactorOn => "The second step is set up. From now on you need a code to sign in.",
            Self::SecondFactor => "This user has a second step. Type its code as well.",
            Self::SecondFactorRequired => "Your organisation asks for a second step.",
            Self::SecondFactorOff => "The second step is switched off.",
        })
    }
}

/// A time to wait, in words.
struct Wait(u64);

impl fmt::Display for Wait {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            0 | 1 => out.write_str("a second"),
            seconds if seconds < 120 => write!(out, "{seconds} seconds"),
            seconds => write!(out, "{} minutes", seconds.div_ceil(60)),
        }
    }
}
