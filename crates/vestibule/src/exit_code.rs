//! How the program ends, in the one number that scripts see. The set is small and does not change from command to command.

use std::fmt;
use std::process::ExitCode;

use crate::client::ServiceError;
use crate::commands::RulesBroken;
use crate::commands::audit::NotAsWritten;
use crate::input_error::InputError;

/// What scripts can tell apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    /// Something did not work.
    Failed = 1,
    /// What was given is wrong: a file, a key, an argument. clap ends with the same for arguments that it refuses.
    WrongInput = 2,
    /// It could be done, and was not: something that is there, or in use, would have suffered.
    Refused = 3,
    /// The audit is not what was written.
    NotAsWritten = 4,
    /// The service does not know who asks, or their role does not allow it.
    NotAllowed = 5,
    /// The service has no such thing.
    NoSuchThing = 6,
    /// The service is not there, has failed or is too busy: the same may work later.
    Unavailable = 7,
    /// Something that is stored breaks a rule.
    RulesBroken = 8,
    /// As a shell reports a program that was ended by SIGINT.
    Interrupted = 130,
}

/// The set as the help shows it.
pub(crate) const HELP: &str = "\
Exit codes:
  0    done
  1    failed
  2    wrong arguments, or a wrong file, key or value in a file or variable
  3    refused for the sake of something that is there or in use; nothing was changed
  4    the audit is not what was written
  5    the service does not know who asks, or their role does not allow it
  6    the service has no such thing
  7    the service cannot be reached, has failed or is too busy: the same may work later
  8    something that is stored breaks a rule
  130  ended by a signal before it was done";

/// Why something that could be done was not done. The program ends with exit code 3.
#[derive(Debug)]
pub(crate) struct Refusal(String);

impl Refusal {
    pub(crate) fn new(reason: impl fmt::Display) -> Self {
        Self(reason.to_string())
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl std::error::Error for Refusal {}

/// A signal ended what had been begun. The program ends with exit code 130.
#[derive(Debug, thiserror::Error)]
#[error("stopped by a signal; nothing was changed")]
pub(crate) struct Interrupted;

impl Ended {
    /// What a failure ends with.
    pub(crate) fn of(error: &anyhow::Error) -> Self {
        if let Some(error) = error.downcast_ref::<ServiceError>() {
            error.ended()
        } else if error.is::<InputError>() {
            Self::WrongInput
        } else if error.is::<Refusal>() {
            Self::Refused
        } else if error.is::<NotAsWritten>() {
            Self::NotAsWritten
        } else if error.is::<RulesBroken>() {
            Self::RulesBroken
        } else if error.is::<Interrupted>() {
            Self::Interrupted
        } else {
            Self::Failed
        }
    }
}

impl From<Ended> for ExitCode {
    fn from(ended: Ended) -> Self {
        Self::from(ended as u8)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_help_names_every_code() {
        for code in [
            Ended::Failed,
            Ended::WrongInput,
            Ended::Refused,
            Ended::NotAsWritten,
            Ended::NotAllowed,
            Ended::NoSuchThing,
            Ended::Unavailable,
            Ended::RulesBroken,
            Ended::Interrupted,
        ] {
            let line = format!("\n  {:<5}", code as u8);
            assert!(HELP.contains(&line), "{code:?}");
        }
    }

    #[test]
    fn a_failure_with_words_around_it_keeps_its_code() {
        let error = anyhow::Error::new(Refusal::new("there")).context("around");
        assert_eq!(Ended::of(&error), Ended::Refused);
    }
}
