//! `vestibule user …`

use clap::{Args, Subcommand};
use vestibule_model::AccountId;

use super::service::PageArguments;
use super::thing::{OtherFields, Switch};

#[derive(Debug, Subcommand)]
pub(crate) enum UserAction {
    /// List users of an account
    List(ListUsers),
    /// Show one with all fields
    Show(OneUser),
    /// Make one
    #[command(visible_alias = "create", after_long_help = ADD_EXAMPLES)]
    Add(Box<AddUser>),
    /// Change fields of one
    Set(Box<SetUser>),
    /// Keep one out: sessions end, no login
    Disable(OneUser),
    /// Let one in again
    Enable(OneUser),
    /// Lift the lock that failed logins have set
    Unlock(OneUser),
    /// Take the second factor away, of one who lost the device
    ResetSecondFactor(OneUser),
    /// Set the password of one; sessions end
    #[command(long_about = PASSWORD_ABOUT)]
    Password(SetPassword),
    /// Remove one; sessions end
    Remove(RemoveUser),
    /// End all sessions of one
    EndSessions(OneUser),
}

#[derive(Debug, Args)]
pub(crate) struct ListUsers {
    /// The account's id
    pub(crate) account: AccountId,
    /// Only those whose login name, full name, nickname or e-mail address has this in it, or whose id or number it is
    #[arg(long)]
    pub(crate) text: Option<String>,
    /// Only those of this namespace of login names
    #[arg(long, value_parser = ["user", "agent"])]
    pub(crate) population: Option<String>,
    /// Only those whose login names begin so
    #[arg(long, value_name = "PREFIX")]
    pub(crate) name: Option<String>,
    /// Only those of this kind
    #[arg(long, value_parser = ["human", "bot", "system"])]
    pub(crate) kind: Option<String>,
    /// Only those who may log in, or may not
    #[arg(long)]
    pub(crate) enabled: Option<Switch>,
    /// Only those whom failed logins keep out at present, or do not
    #[arg(long)]
    pub(crate) locked: Option<Switch>,
    /// In which order
    #[arg(long, default_value = "id", value_parser = ["id", "login-name", "last-login"])]
    pub(crate) order: String,
    #[command(flatten)]
    pub(crate) pages: PageArguments,
}

#[derive(Debug, Args)]
pub(crate) struct OneUser {
    /// The account's id
    pub(crate) account: AccountId,
    /// The user's id or login name
    #[arg(value_name = "ID|LOGIN_NAME")]
    pub(crate) user: String,
}

#[derive(Debug, Args)]
pub(crate) struct RemoveUser {
    #[command(flatten)]
    pub(crate) one: OneUser,
    /// Do not ask whether it is meant
    #[arg(long)]
    pub(crate) yes: bool,
}

#[derive(Debug, Args)]
pub(crate) struct AddUser {
    /// The account's id
    pub(crate) account: AccountId,
    /// What the user types to log in
    pub(crate) login_name: String,
    /// Which of the two namespaces the login name stands in: LivePerson's users, or LiveVox's agents
    #[arg(long, value_parser = ["user", "agent"], default_value = "user")]
    pub(crate) population: String,
    /// What kind of user it is
    #[arg(long, value_parser = ["human", "bot", "system"], default_value = "human")]
    pub(crate) kind: String,
    #[command(flatten)]
    pub(crate) fields: UserFields,
    #[command(flatten)]
    pub(crate) password: PasswordArguments,
    #[command(flatten)]
    pub(crate) other: OtherFields,
}

#[derive(Debug, Args)]
pub(crate) struct SetUser {
    #[command(flatten)]
    pub(crate) one: OneUser,
    /// Another login name
    #[arg(long, value_name = "NAME")]
    pub(crate) login_name: Option<String>,
    #[command(flatten)]
    pub(crate) fields: UserFields,
    #[command(flatten)]
    pub(crate) other: OtherFields,
}

#[derive(Debug, Args)]
pub(crate) struct UserFields {
    /// The name for people
    #[arg(long, value_name = "NAME")]
    pub(crate) full_name: Option<String>,
    /// What consumers see
    #[arg(long, value_name = "NAME")]
    pub(crate) nickname: Option<String>,
    /// The address for mail
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) email: Option<String>,
    /// Whether the user may log in and keep sessions
    #[arg(long)]
    pub(crate) enabled: Option<Switch>,
    /// Of a bot: the one API key or OAuth client that it logs in with, by name, app key or client id; none: no one
    #[arg(long, value_name = "KEY")]
    pub(crate) app_key: Option<String>,
    /// How many chats at once
    #[arg(long, value_name = "NUMBER")]
    pub(crate) max_chats: Option<i32>,
    /// How many asynchronous conversations at once
    #[arg(long, value_name = "NUMBER")]
    pub(crate) max_async_chats: Option<i32>,
    /// A profile, by id or name; may be given several times; none: no profile
    #[arg(long = "profile", value_name = "ID|NAME")]
    pub(crate) profiles: Vec<String>,
    /// A skill, by id or name; may be given several times; none: no skill
    #[arg(long = "skill", value_name = "ID|NAME")]
    pub(crate) skills: Vec<String>,
    /// The group that the user is a member of, by id or name; none: no group
    #[arg(long, value_name = "ID|NAME", allow_negative_numbers = true)]
    pub(crate) group: Option<String>,
    /// A group that the user manages, by id or name; may be given several times; none: no group
    #[arg(long = "manages", value_name = "ID|NAME", allow_negative_numbers = true)]
    pub(crate) manages: Vec<String>,
    /// As whom the identity provider of a connection, by id or name, knows the user; may be given several times; none: nobody
    #[arg(long = "identity", value_name = "CONNECTION=SUBJECT")]
    pub(crate) identities: Vec<String>,
}

#[derive(Debug, Args)]
pub(crate) struct SetPassword {
    #[command(flatten)]
    pub(crate) one: OneUser,
    #[command(flatten)]
    pub(crate) password: PasswordArguments,
}

#[derive(Debug, Args)]
#[group(skip)]
pub(crate) struct PasswordArguments {
    /// Ask for the password at the terminal
    #[arg(long, group = "from")]
    pub(crate) ask_password: bool,
    /// Read the password from the first line of standard input
    #[arg(long, group = "from", conflicts_with = "token_stdin")]
    pub(crate) password_stdin: bool,
    /// Make a password that satisfies the account's policy, and show it once
    #[arg(long, group = "from")]
    pub(crate) generate_password: bool,
    /// Whether the password has to be changed at the next login
    #[arg(long, default_value = "yes")]
    pub(crate) must_change: Switch,
}

const ADD_EXAMPLES: &str = "\
Examples:
  vestibule user add 12345678 jane --full-name 'Jane Roe' --profile Administrator --generate-password
  vestibule user add 12345678 helper --kind bot --app-key Bots
  vestibule user add 12345678 agent7 --population agent --ask-password --must-change no";

const PASSWORD_ABOUT: &str = "\
Set the password of one; sessions end.

Asks for it at the terminal, unless told otherwise. With --must-change no it is the user's own from then on.";
