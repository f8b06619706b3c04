//! Policies of an account: what a password must be, when failures lock, how long sessions live.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::Millis;

/// What a new password must satisfy, and how long it lasts. Checked when a password is set, never at login.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PasswordPolicy {
    /// The shortest allowed, in characters.
    #[cfg_attr(feature = "openapi", schema(maximum = 128))]
    pub min_length: u16,
    /// The longest allowed run of neighbours such as `abc`, `321`; 0: any.
    #[cfg_attr(feature = "openapi", schema(maximum = 65535))]
    pub max_sequence: u16,
    /// The longest allowed run of one character; 0: any.
    #[cfg_attr(feature = "openapi", schema(maximum = 65535))]
    pub max_repeat: u16,
    /// Whether a letter is required.
    pub require_letter: bool,
    /// Whether a digit is required.
    pub require_digit: bool,
    /// Whether a character that is neither letter nor digit is required.
    pub require_special: bool,
    /// How many earlier passwords, the present one included, may not be used again; 0: any may.
    #[cfg_attr(feature = "openapi", schema(maximum = 50))]
    pub history: u16,
    /// After how many days a password expires; 0: never.
    #[cfg_attr(feature = "openapi", schema(maximum = 65535))]
    pub expiry_days: u16,
    /// How hard it has to be to guess, 0 to 4: 1 is beyond a thousand guesses, 2 beyond a million, 3 beyond a hundred
    /// millions, 4 beyond ten thousand millions. Names of the user and the account count for nothing; 0: anything goes.
    #[cfg_attr(feature = "openapi", schema(maximum = 4))]
    pub min_strength: u8,
}

impl Default for PasswordPolicy {
    fn default() -> Self {
        Self {
            min_length: 8,
            max_sequence: 0,
            max_repeat: 0,
            require_letter: true,
            require_digit: true,
            require_special: false,
            history: 0,
            expiry_days: 0,
            min_strength: 0,
        }
    }
}

/// Whether somebody who shows a password needs a second factor besides.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum SecondFactorPolicy {
    /// Each decides.
    #[default]
    Optional,
    /// Who has none sets one up before anything else.
    Required,
}

impl FromStr for SecondFactorPolicy {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "optional" => Ok(Self::Optional),
            "required" => Ok(Self::Required),
            other => Err(format!("there is no \"{other}\": write \"optional\" or \"required\"")),
        }
    }
}

/// A rule that a new password breaks. The message names the rule and never the password.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PasswordViolation {
    /// Fewer characters than `min_length`.
    #[error("the password must have at least {0} characters")]
    TooShort(u16),
    /// More bytes than any password may have.
    #[error("the password must have at most {0} bytes")]
    TooLong(usize),
    /// A run of neighbours longer than `max_sequence`.
    #[error("the password must not contain more than {0} sequential characters")]
    Sequence(u16),
    /// A run of one character longer than `max_repeat`.
    #[error("the password must not repeat a character more than {0} times in a row")]
    Repeat(u16),
    /// No letter.
    #[error("the password must contain a letter")]
    NoLetter,
    /// No digit.
    #[error("the password must contain a digit")]
    NoDigit,
    /// Neither a space nor a sign.
    #[error("the password must contain a character that is neither a letter nor a digit")]
    NoSpecial,
    /// One of the last passwords.
    #[error("the password must not be one of the last {0}")]
    Reused(u16),
    /// The present one, which has to be changed.
    #[error("the password must not be the present one")]
    Unchanged,
    /// Weaker than `min_strength`.
    #[error("the password is too easy to guess: {0}")]
    TooEasy(Weakness),
}

/// What makes a password easy to guess.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weakness {
    /// Names of the user or the account.
    OwnWords,
    /// Many people have it, or one that is nearly the same.
    Common,
    /// Neighbours on a keyboard.
    Keyboard,
    /// A character or a word again and again.
    Repeats,
    /// Such as `abc` or `6543`.
    Sequence,
    /// A date or a year.
    Date,
    /// One word of a language.
    Word,
    /// Names of people.
    Name,
    /// It has too little of everything.
    Simple,
}

impl fmt::Display for Weakness {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::OwnWords => "it is made of names of the user or the account",
            Self::Common => "many people have it, or one that is nearly the same",
            Self::Keyboard => "keys that are neighbours on a keyboard are tried early",
            Self::Repeats => "repetitions are tried early",
            Self::Sequence => "sequences such as abc or 6543 are tried early",
            Self::Date => "dates and years are tried early",
            Self::Word => "a single word is tried early",
            Self::Name => "names of people are tried early",
            Self::Simple => {
                "it is too short or too simple; a few words that do not belong together are better"
            }
        })
    }
}

/// The strengths of a password (contract livevox §6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Strength {
    /// 8 characters with a letter and a digit.
    Medium,
    /// The same with a special character.
    Strong,
    /// The same with 12 characters.
    VeryStrong,
}

impl PasswordPolicy {
    /// This policy with the rules of a strength in place of its own on length and classes.
    #[must_use]
    pub fn with_strength(self, strength: Strength) -> Self {
        let min_length = if strength == Strength::VeryStrong { 12 } else { 8 };
        let require_special = strength != Strength::Medium;
        Self { min_length, require_letter: true, require_digit: true, require_special, ..self }
    }

    /// Checks everything that the text alone decides; whether it was used before is the caller's to find out.
    pub fn check(&self, password: &str) -> Result<(), PasswordViolation> {
        if password.chars().count() < usize::from(self.min_length) {
            return Err(PasswordViolation::TooShort(self.min_length));
        }
        if self.max_sequence > 0 && longest_sequence(password) > usize::from(self.max_sequence) {
            return Err(PasswordViolation::Sequence(self.max_sequence));
        }
        if self.max_repeat > 0 && longest_repeat(password) > usize::from(self.max_repeat) {
            return Err(PasswordViolation::Repeat(self.max_repeat));
        }
        if self.require_letter && !password.chars().any(char::is_alphabetic) {
            return Err(PasswordViolation::NoLetter);
        }
        if self.require_digit && !password.chars().any(char::is_numeric) {
            return Err(PasswordViolation::NoDigit);
        }
        if self.require_special && password.chars().all(char::is_alphanumeric) {
            return Err(PasswordViolation::NoSpecial);
        }
        Ok(())
    }

    /// When a password that was set at `changed_at` expires; None: never.
    pub fn expires_at(&self, changed_at: Millis) -> Option<Millis> {
        let days = u64::from(self.expiry_days);
        (days > 0).then(|| changed_at.plus(Duration::from_hours(days * 24)))
    }
}

/// The length of the longest run in which each character follows the one before by one step, up or down.
fn longest_sequence(password: &str) -> usize {
    let steps = |a: char, b: char| i64::from(u32::from(b)) - i64::from(u32::from(a));
    let characters: Vec<char> = password.chars().collect();
    let up = longest_run(&characters, |a, b| steps(a, b) == 1);
    let down = longest_run(&characters, |a, b| steps(a, b) == -1);
    up.max(down)
}

fn longest_repeat(password: &str) -> usize {
    let characters: Vec<char> = password.chars().collect();
    longest_run(&characters, |a, b| a == b)
}

fn longest_run(characters: &[char], continues: impl Fn(char, char) -> bool) -> usize {
    characters.chunk_by(|a, b| continues(*a, *b)).map(<[char]>::len).max().unwrap_or(0)
}

/// When failed logins lock a user, and what unlocks them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LockoutPolicy {
    /// How many failures in a row lock; 0: none do. A successful login starts the count anew.
    pub failures: u32,
    /// What unlocks.
    pub unlock: Unlock,
}

impl Default for LockoutPolicy {
    fn default() -> Self {
        Self { failures: 5, unlock: Unlock::AfterMinutes(30) }
    }
}

/// What unlocks a locked user.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Unlock {
    /// The passing of this many minutes since the lock.
    AfterMinutes(u32),
    /// An administrator only.
    ByAdministrator,
}

impl LockoutPolicy {
    /// Whether somebody is still locked so long after they were.
    pub fn is_locked_after(&self, span: Duration) -> bool {
        match self.unlock {
            Unlock::ByAdministrator => true,
            Unlock::AfterMinutes(minutes) => span < Duration::from_mins(u64::from(minutes)),
        }
    }

    /// When a lock that was set at `locked_at` ends by itself; None: it does not.
    pub fn lock_ends(&self, locked_at: Millis) -> Option<Millis> {
        match self.unlock {
            Unlock::ByAdministrator => None,
            Unlock::AfterMinutes(minutes) => Some(locked_at.plus(Duration::from_mins(u64::from(minutes)))),
        }
    }

    /// Whether somebody locked at `locked_at` is still locked at `now`.
    pub fn is_locked(&self, locked_at: Option<Millis>, now: Millis) -> bool {
        match (locked_at, self.unlock) {
            (None, _) => false,
            (Some(_), Unlock::ByAdministrator) => true,
            (Some(at), Unlock::AfterMinutes(minutes)) => {
                let span = Duration::from_mins(u64::from(minutes));
                // A lock that lies ahead was set by a clock that ran ahead: it has ended.
                now < at.plus(span) && at < now.plus(span)
            }
        }
    }
}

/// How long sessions live and how many a user may have.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SessionPolicy {
    /// How long a session lives unused, in seconds (contract liveperson §1: 8 hours).
    #[cfg_attr(feature = "openapi", schema(minimum = 1))]
    pub idle_seconds: u32,
    /// How long a session lives however much it is used, in seconds; 0: no limit.
    pub absolute_seconds: u32,
    /// How many live sessions a user may have.
    pub concurrency: Concurrency,
    /// Which sessions of the user that counts: those opened in the same dialect, or all.
    pub reach: Reach,
    /// Whether the use of a session at a gateway keeps it alive, or a refresh only (contract liveperson §1).
    pub kept_alive_by_use: bool,
}

/// Which of a user's sessions a login meets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Reach {
    /// Those opened in its own dialect.
    SameDialect,
    /// All.
    EveryDialect,
}

impl Default for SessionPolicy {
    fn default() -> Self {
        Self {
            idle_seconds: 8 * 60 * 60,
            absolute_seconds: 0,
            concurrency: Concurrency::One,
            reach: Reach::SameDialect,
            kept_alive_by_use: true,
        }
    }
}

impl SessionPolicy {
    /// That of the service's own pages: they are looked at for a while, in several browsers, and kept open by nobody for days.
    pub const PAGES: Self = Self {
        idle_seconds: 30 * 60,
        absolute_seconds: 12 * 60 * 60,
        concurrency: Concurrency::Many { limit: 20, when_full: WhenFull::EndOldest },
        reach: Reach::SameDialect,
        kept_alive_by_use: true,
    };

    /// What the LiveVox dialect begins with: two hours, and the session that lives already (contract livevox §2, §3).
    pub fn livevox() -> Self {
        Self { idle_seconds: 2 * 60 * 60, concurrency: Concurrency::Same, ..Self::default() }
    }

    /// The idle limit.
    pub fn idle(&self) -> Duration {
        Duration::from_secs(u64::from(self.idle_seconds))
    }

    /// The absolute end of a session opened at `created`; None: no limit.
    pub fn absolute_end(&self, created: Millis) -> Option<Millis> {
        let seconds = u64::from(self.absolute_seconds);
        (seconds > 0).then(|| created.plus(Duration::from_secs(seconds)))
    }
}

/// How a login meets the sessions that its user already has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Concurrency {
    /// One: a login ends the session before (contract liveperson §1, session rules).
    One,
    /// One for each application: a login with the same application is given the session that lives already, another
    /// application has one of its own (contract livevox §2).
    Same,
    /// Several beside each other.
    Many {
        /// At most this many; 0: any number. Has to be given.
        limit: u32,
        /// What happens to a login beyond the limit.
        #[serde(default, rename = "when-full")]
        when_full: WhenFull,
    },
}

/// What happens to a login when its user has as many sessions as allowed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum WhenFull {
    /// The session that was used longest ago ends.
    #[default]
    EndOldest,
    /// The login is refused.
    Refuse,
}

#[cfg(test)]
#[path = "policy_tests.rs"]
mod tests;
