//! `vestibule second-factor …`: one's own.

use clap::{Args, Subcommand};

#[derive(Debug, Subcommand)]
pub(crate) enum SecondFactorAction {
    /// Say whether there is one, and how many recovery codes are left
    Show,
    /// Set one up: shows a picture and a secret for an authenticator app, then ten recovery codes
    #[command(long_about = SET_UP_ABOUT, after_long_help = SET_UP_EXAMPLES)]
    SetUp(PasswordAndCode),
    /// Make the recovery codes anew; those of before count no more
    RecoveryCodes(PasswordAndCode),
    /// Take it away
    Remove(PasswordAndCode),
}

#[derive(Debug, Args)]
pub(crate) struct PasswordAndCode {
    /// Read the password from the first line of standard input and the code from the second, instead of asking
    #[arg(long, conflicts_with = "token_stdin")]
    pub(crate) password_stdin: bool,
}

pub(crate) const ABOUT: &str = "\
One's own second factor, as an administrator: show, set up, recovery codes, remove.

A login asks for a code of it beside the password from then on: one that an authenticator app shows, which counts once, or a \
recovery code, for when the app is lost. Administration tokens ask for none. That of another administrator is taken away by an \
owner: `vestibule user reset-second-factor administrators NAME`.";

const SET_UP_ABOUT: &str = "\
Set one up: shows a picture and a secret for an authenticator app, then ten recovery codes.

Asks for the password, shows the secret, and asks for the first code that the app shows. The recovery codes are shown once: keep \
them where the app is not. All sessions of the administrator end; the one that takes their place is kept as `vestibule login` keeps \
it. With --json the secret and the recovery codes are one JSON object each.";

const SET_UP_EXAMPLES: &str = "\
Examples:
  vestibule second-factor set-up
  vestibule second-factor set-up > recovery-codes.txt";
