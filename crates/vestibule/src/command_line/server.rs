//! `vestibule server …`, `login` and `logout`: the services that are asked, and who asks.

use clap::{Args, Subcommand};

use super::service::ServiceArguments;

#[derive(Debug, Subcommand)]
pub(crate) enum ServerAction {
    /// List the saved services
    List,
    /// Save a service under a name
    #[command(long_about = ADD_ABOUT, after_long_help = ADD_EXAMPLES)]
    Add(AddServer),
    /// Choose the one that is asked when none is named
    Use(OneServer),
    /// Forget a service, and the session or token that is saved with it
    Remove(OneServer),
}

#[derive(Debug, Args)]
pub(crate) struct OneServer {
    /// The name under which it is saved
    pub(crate) name: String,
}

#[derive(Debug, Args)]
pub(crate) struct AddServer {
    /// The name to save it under
    pub(crate) name: String,
    /// The URL of its administration listener, without /admin/v1
    pub(crate) url: String,
}

#[derive(Debug, Args)]
pub(crate) struct LogInArguments {
    #[command(flatten)]
    pub(crate) service: ServiceArguments,
    /// Who logs in [default: asked for]
    pub(crate) name: Option<String>,
    /// Read the password from the first line of standard input instead of asking for it
    #[arg(long, conflicts_with = "token_stdin")]
    pub(crate) password_stdin: bool,
}

#[derive(Debug, Args)]
pub(crate) struct OwnPasswordArguments {
    #[command(flatten)]
    pub(crate) service: ServiceArguments,
    /// Whose password [default: asked for]
    pub(crate) name: Option<String>,
    /// Read the present password from the first line of standard input and the new one from the second, instead of asking
    #[arg(long, conflicts_with = "token_stdin")]
    pub(crate) password_stdin: bool,
}

#[derive(Debug, Args)]
pub(crate) struct LogOutArguments {
    #[command(flatten)]
    pub(crate) service: ServiceArguments,
}

pub(crate) const LOG_IN_ABOUT: &str = "\
Log in as an administrator, and keep the session for the commands that follow.

The session is kept in a file that nobody else can read, $XDG_CONFIG_HOME/vestibule/servers.toml or \
~/.config/vestibule/servers.toml. A service that is given as a URL is saved there, and is the one that is asked from then \
on when none is named.

Whoever has a second factor is asked for a code of it, and whoever must change the password first, as the first owner of an \
installation must, for a new one. With --password-stdin what is asked for stands on the lines behind the password, in that order.";

pub(crate) const PASSWORD_ABOUT: &str = "\
Change the password with which one administers, and log in with the new one.

The present password is all the proof that is needed, also when it has expired or must be changed; whoever has a second \
factor is asked for a code of it, and for the next one to log in: with --password-stdin the third line and the fourth, which may be a recovery code. \
Where the second of them is missing or not taken, the password is changed all the same, and the message says so: log in with \
`vestibule login`. All sessions of the administrator end; the new one is kept as `vestibule login` keeps it. For the password of somebody else, see \
`vestibule user password`.";

pub(crate) const PASSWORD_EXAMPLES: &str = "\
Examples:
  vestibule password admin
  cat old-and-new | vestibule password admin --password-stdin";

pub(crate) const LOG_IN_EXAMPLES: &str = "\
Examples:
  vestibule login --server http://127.0.0.1:8081 admin
  vestibule login --server https://admin.example.com --ca ca.pem
  pass show vestibule | vestibule login admin --password-stdin";

pub(crate) const LOG_OUT_ABOUT: &str = "\
End the session that `vestibule login` has kept, and forget it.

An administration token that is saved with a service is forgotten, and works on until it expires or is revoked.";

const ADD_ABOUT: &str = "\
Save a service under a name.

With --token-stdin an administration token is saved with it; otherwise log in. --ca and --plaintext are saved too. A \
service that is there under that name gets the new values.";

const ADD_EXAMPLES: &str = "\
Examples:
  vestibule server add production https://admin.example.com --ca ca.pem
  vestibule server add staging https://admin.staging.example.com --token-stdin < token
  vestibule user list 12345678 --server production";
