//! The command line: what a person can ask of the program, and the help that teaches it.

mod account;
mod administration;
mod audit;
mod backup;
mod connection;
mod directory;
mod gateway_rule;
mod master_key;
mod policy;
mod second_factor;
mod server;
mod service;
mod session;
mod signing_key;
mod thing;
mod traffic;
mod user;
mod witness;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use clap_complete::Shell;

use crate::config::ListenAddress;
use crate::exit_code;
pub(crate) use account::{AccountAction, LookArguments, SetAccount};
pub(crate) use administration::{AdministrationTokenAction, AdministratorAction, RoleArguments};
pub(crate) use audit::{
    AuditCommand, DataArguments, DownloadArguments, EntryFilter, ExportArguments, ListEntries,
    VerifyArguments,
};
pub(crate) use backup::{BackupAction, BackupArguments, RestoreArguments, VerifyBackupArguments};
pub(crate) use connection::{
    AddConnection, CertificateAction, ConnectionAction, ConnectionFields, OneCertificate, SetConnection,
    TestConnection,
};
pub(crate) use directory::{DoctorArguments, ExportDirectory};
pub(crate) use gateway_rule::{GatewayRuleAction, SetGatewayRule};
pub(crate) use master_key::{GenerateMasterKey, MasterKeyAction, RetireMasterKey, RotateMasterKey};
pub(crate) use policy::PolicyAction;
pub(crate) use second_factor::{PasswordAndCode, SecondFactorAction};
pub(crate) use server::{AddServer, LogInArguments, LogOutArguments, OwnPasswordArguments, ServerAction};
pub(crate) use service::{Asking, PageArguments, ServiceArguments};
pub(crate) use session::{EndSessions, ListEnded, ListSessions, SessionAction, WhoseSessions, WhyArguments};
pub(crate) use signing_key::SigningKeyAction;
pub(crate) use thing::{
    ClientFields, GroupFields, KeyFields, OneThing, ProfileFields, RenewThing, SecretAction, SkillFields,
    Switch, ThingAction, TokenFields, UseFields,
};
pub(crate) use traffic::TrafficArguments;
pub(crate) use user::{
    AddUser, ListUsers, OneUser, PasswordArguments, RemoveUser, SetPassword, UserAction, UserFields,
};
pub(crate) use witness::{RenewArguments, WitnessAction};

/// A login and session service that you host yourself: it speaks the LivePerson Login Service and Domain API, and LiveVox
/// Session Management, so that clients written for them work without a change.
///
/// To try it, run `vestibule dev`. To run it for others, write a configuration, declare your accounts and users in a
/// file, and run `vestibule apply` and `vestibule serve`. To administer one that runs, here or elsewhere, run
/// `vestibule login` and then the commands from `account` on.
#[derive(Debug, Parser)]
#[command(
    name = "vestibule",
    version,
    max_term_width = 100,
    after_long_help = exit_code::HELP
)]
pub(crate) struct CommandLine {
    #[command(subcommand)]
    pub(crate) action: Action,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Action {
    /// Run a development server with a demo account, for this machine only
    #[command(long_about = DEV_ABOUT, after_long_help = DEV_EXAMPLES)]
    Dev(DevArguments),
    /// Run the service
    #[command(long_about = SERVE_ABOUT, after_long_help = SERVE_EXAMPLES)]
    Serve(ConfigArguments),
    /// Bring accounts, users and keys into the state that a file declares
    #[command(long_about = APPLY_ABOUT, after_long_help = APPLY_EXAMPLES)]
    Apply(ApplyArguments),
    /// Write accounts, users and keys as a file that `apply` takes back
    #[command(long_about = directory::EXPORT_ABOUT, after_long_help = directory::EXPORT_EXAMPLES)]
    Export(ExportDirectory),
    /// Say what is stored and breaks a rule, and how it is repaired
    #[command(long_about = directory::DOCTOR_ABOUT, after_long_help = directory::DOCTOR_EXAMPLES)]
    Doctor(DoctorArguments),
    /// Copy the database into a file, while the service runs; also verify
    #[command(long_about = backup::BACKUP_ABOUT, after_long_help = backup::BACKUP_EXAMPLES)]
    Backup(BackupArguments),
    /// Make a data directory from a backup and its master key
    #[command(long_about = backup::RESTORE_ABOUT, after_long_help = backup::RESTORE_EXAMPLES)]
    Restore(RestoreArguments),
    /// Ask the service of this machine whether it answers: exit code 0 if it does
    #[command(long_about = HEALTHCHECK_ABOUT, after_long_help = HEALTHCHECK_EXAMPLES)]
    Healthcheck(HealthcheckArguments),
    /// The witness, which notices an older database that was put back
    #[command(subcommand)]
    Witness(WitnessAction),
    /// Look at configurations
    #[command(subcommand)]
    Config(ConfigAction),
    /// Print a completion script for a shell
    #[command(
        after_long_help = "Example:\n  vestibule completions bash > ~/.local/share/bash-completion/completions/vestibule"
    )]
    Completions {
        /// Which shell
        shell: Shell,
    },
    #[command(flatten)]
    Ask(Box<AskAction>),
    /// The audit: ask a service for it, verify or export that of a data directory
    #[command(subcommand)]
    Audit(AuditCommand),
}

/// What is asked of a running service.
#[derive(Debug, Subcommand)]
pub(crate) enum AskAction {
    /// Log in to a running service as an administrator
    #[command(long_about = server::LOG_IN_ABOUT, after_long_help = server::LOG_IN_EXAMPLES)]
    Login(LogInArguments),
    /// End the session that `login` has kept
    #[command(long_about = server::LOG_OUT_ABOUT)]
    Logout(LogOutArguments),
    /// Change one's own password, as an administrator
    #[command(long_about = server::PASSWORD_ABOUT, after_long_help = server::PASSWORD_EXAMPLES)]
    Password(OwnPasswordArguments),
    /// One's own second factor, as an administrator: show, set up, recovery codes, remove
    #[command(long_about = second_factor::ABOUT)]
    SecondFactor(Asking<SecondFactorAction>),
    /// Services to ask, saved under names
    Server(Asking<ServerAction>),
    /// Accounts: list, show, add, set, remove
    Account(Asking<AccountAction>),
    /// Policies that accounts are made after: list, show
    Policy(Asking<PolicyAction>),
    /// Users, agents and bots of an account: also disable, enable, unlock, password, end-sessions
    User(Asking<UserAction>),
    /// Profiles of an account: the permissions that users carry
    Profile(Asking<ThingAction<ProfileFields>>),
    /// Groups of an account
    Group(Asking<ThingAction<GroupFields>>),
    /// Skills of an account
    Skill(Asking<ThingAction<SkillFields>>),
    /// API keys of an account, with which bots log in
    Key(Asking<SecretAction<KeyFields>>),
    /// OAuth clients of an account
    Client(Asking<SecretAction<ClientFields>>),
    /// Application tokens of an account, which LiveVox's clients show as LV-Access
    Token(Asking<SecretAction<TokenFields>>),
    /// Connections of an account to identity providers: SAML and OpenID Connect
    Connection(Asking<ConnectionAction>),
    /// Rules of the gate, by which gateways let requests through: list, show, set, remove
    GatewayRule(Asking<GatewayRuleAction>),
    /// Live sessions: list, show, end, end-all
    Session(Asking<SessionAction>),
    /// Say why somebody was logged out
    #[command(long_about = session::WHY_ABOUT, after_long_help = session::WHY_EXAMPLES)]
    Why(WhyArguments),
    /// Say how many requests applications made, and which of them nobody needs any more
    #[command(long_about = traffic::ABOUT, after_long_help = traffic::EXAMPLES)]
    Traffic(TrafficArguments),
    /// Administrators and their roles
    Administrator(Asking<AdministratorAction>),
    /// Tokens by which programs administer
    AdministrationToken(Asking<AdministrationTokenAction>),
    /// The master key: generate, list, reload, rotate, retire
    #[command(subcommand)]
    MasterKey(MasterKeyAction),
    /// The keys that the sentinel signs its tokens with: list, rotate, delete
    #[command(subcommand)]
    SigningKey(SigningKeyAction),
}

#[derive(Debug, Subcommand)]
pub(crate) enum ConfigAction {
    /// Say whether a configuration is right; if not, which file, key and why
    ///
    /// Looks at the same things as `serve`: the file, the environment, and the certificate files that they name.
    Check(ConfigArguments),
    /// Print the default configuration: every key with its meaning
    Default,
    /// Print the reference of all keys and environment variables, in Markdown
    Reference,
}

#[derive(Debug, Args)]
pub(crate) struct ConfigArguments {
    /// The configuration, in TOML [default: the defaults and the environment only]
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct HealthcheckArguments {
    /// Ask whether it takes logins (/readyz), too, and not only whether it answers (/healthz)
    #[arg(long)]
    pub(crate) ready: bool,
    #[command(flatten)]
    pub(crate) config: ConfigArguments,
}

#[derive(Debug, Args)]
pub(crate) struct DevArguments {
    /// Where to keep the database, the master key and the development CA [default: data]
    #[arg(long, value_name = "DIR")]
    pub(crate) data_dir: Option<PathBuf>,
    /// Where to answer without TLS; port 0 takes a free one [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDR")]
    pub(crate) http: Option<ListenAddress>,
    /// Where to answer with TLS; port 0 takes a free one [default: 127.0.0.1:8443]
    #[arg(long, value_name = "ADDR")]
    pub(crate) https: Option<ListenAddress>,
    /// Where to answer Envoy over gRPC; port 0 takes a free one [default: 127.0.0.1:8082]
    #[arg(long, value_name = "ADDR")]
    pub(crate) grpc: Option<ListenAddress>,
    /// Where to administer (/admin/v1), and to answer /healthz, /readyz and /metrics; port 0 takes a free one
    /// [default: 127.0.0.1:8081]
    #[arg(long, value_name = "ADDR")]
    pub(crate) admin: Option<ListenAddress>,
}

#[derive(Debug, Args)]
pub(crate) struct ApplyArguments {
    /// What shall be there, in TOML; - is standard input
    pub(crate) file: PathBuf,
    /// Say what would change, and change nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// The data directory to change [default: the configuration's]
    #[arg(long, value_name = "DIR")]
    pub(crate) data_dir: Option<PathBuf>,
    /// The configuration that names the data directory, the master key and the cost of password hashes
    /// [default: the defaults and the environment only]
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}

const DEV_ABOUT: &str = "\
Run a development server with a demo account, for this machine only.

Everything it needs is made in the data directory: a database, a master key, and a certificate authority of its own, \
whose certificate is ca.pem. The demo account 12345678 is put back into its declared state at each start; whatever \
else you put into the database stays. Passwords and keys of the demo account are public, so the server refuses to \
listen on anything but loopback addresses.

Administrators look at it in a browser at /console/ of the address of administration, which is printed at the start with \
the owner's password.

The settings of `vestibule config default` can be changed by environment variables, as for `serve`.";

const DEV_EXAMPLES: &str = "\
Examples:
  vestibule dev
  vestibule dev --data-dir /tmp/try --http 127.0.0.1:0 --https 127.0.0.1:0 --grpc 127.0.0.1:0 \
    --admin 127.0.0.1:0";

const SERVE_ABOUT: &str = "\
Run the service.

Settings come from the defaults (see `vestibule config default`), then from the file, then from environment variables \
such as VESTIBULE_SERVER_HTTP. Unknown keys and bad values are refused.

The addresses it listens on are printed at the start. Administrators look at it in a browser at /console/ of that of \
administration.

SIGTERM or SIGINT: no new connections, requests under way finish, everything is written, exit code 0. A second signal \
ends at once.";

const SERVE_EXAMPLES: &str = "\
Examples:
  vestibule config check --config vestibule.toml
  vestibule serve --config vestibule.toml
  VESTIBULE_SERVER_DATA_DIR=data VESTIBULE_LOG_LEVEL=debug vestibule serve";

const HEALTHCHECK_ABOUT: &str = "\
Ask the service of this machine whether it answers: exit code 0 if it does, 7 if not.

Asks at `server.admin` of the configuration, the one that `serve` runs with; over loopback where that is all addresses. For \
supervisors that run a command to find out, such as the HEALTHCHECK of a container. It logs nobody in and changes nothing.";

const HEALTHCHECK_EXAMPLES: &str = "\
Examples:
  vestibule healthcheck --config vestibule.toml
  vestibule healthcheck --ready --config vestibule.toml";

const APPLY_ABOUT: &str = "\
Bring accounts, users, keys and rules of the gate into the state that a file declares.

Applying a file twice changes nothing the second time. A field that is left out keeps its present value, or has its \
default when the thing is new. Nothing that the file does not name is changed or deleted. `removed = true` in an entry \
removes the thing, and ends its sessions; to keep somebody out, declare `enabled = false`. What the administration API would refuse, a file is refused in the same words; what is there from \
before a rule may stay while other fields of it change. All is done in one transaction, or nothing at all. A running server on the same data \
directory follows within half a second, and ends the sessions of users who are disabled or get another password.

An `id` finds a thing whatever its name is, and so gives it another name; profiles, groups and skills may be referred to \
by it as well. One that is new gets the id.

A human user without `password` or `password_hash` gets a generated password, to be changed at the first login; API \
keys, OAuth clients and application tokens without values get generated ones. What was generated is shown once, and \
never again. Secrets that were renewed are not put back during their overlap, but after it: take the new ones into the file.

An account that is new begins with the `policy` that the file names, which is its own from then on; without one, passwords \
are not asked how hard they are to guess. `vestibule policy list` has the policies.

A `password` in the file is put back at each run when the user has changed it: leave it out once people choose their \
own. A `password_hash` is for moving in: it is taken, with the `password_changed` beside it, only while the user has no password.";

const APPLY_EXAMPLES: &str = r##"Example of a file (only the ids and names are required):
  [[account]]
  id = "12345678"                       # LivePerson's account id
  code = "ACME"                         # LiveVox's client code
  number = 1
  time_zone = "Europe/Athens"
  state = "enabled"                     # or "disabled"
  sign_on = "password"                  # or "sso-only"
  second_factor = "optional"            # or "required"
  features = ["User Type - Bot"]
  policy = "modern"                     # for a new account; or "liveperson", "livevox"
  password_strength = "very-strong"     # or "medium", "strong"; password_policy goes over it
  password_policy = { history = 4, expiry_days = 90, min_strength = 3 }
  lockout_policy = { failures = 5, unlock = { after-minutes = 30 } }
  agent_lockout_policy = { failures = 9, unlock = "by-administrator" }
  session_policy = { idle_seconds = 28800, absolute_seconds = 43200, concurrency = "one" }
  livevox_session_policy = { concurrency = { many = { limit = 3, when-full = "refuse" } } }
  look = { name = "Acme", accent = "#2b5797", contact = "help@acme.example" }

  [[account.profile]]
  name = "Administrator"
  role = "administrator"                # agent, agent-manager, campaign-manager, lpa
  rank = "sys-admin"                    # super-user, it-user, manager, agent; "": the role's
  permissions = [100, 101]

  [[account.group]]
  id = -1
  name = "Main Group"

  [[account.skill]]
  name = "sales"

  [[account.service]]
  name = "agentVep"                     # without base_uri: this server

  [[account.api_key]]
  name = "Bots"
  privileges = ["user-login"]
  addresses = ["10.0.0.0/8"]

  [[account.oauth_client]]
  name = "Web"
  privileges = ["user-login"]

  [[account.application_token]]         # what LiveVox's clients show as LV-Access; at most 5
  name = "dialer"

  # [[account.connection]]              # an identity provider: by its own metadata, or by fields
  # name = "adfs"                       # of [account.connection.saml] or .oidc
  # metadata = '''<EntityDescriptor>'''

  [[account.user]]
  login_name = "alice"                  # population = "agent" for LiveVox agents
  profiles = ["Administrator"]
  group = "Main Group"
  skills = ["sales"]

  [[account.user]]
  login_name = "helper"
  kind = "bot"
  allowed_app_key = "Bots"              # a key or client, by name or app_key

  [[account.user]]
  login_name = "mallory"
  removed = true                        # in an entry of any kind, also an account's

  [[gateway_rule]]                      # of no account: what gateways let through by this name
  name = "reports"
  accounts = ["12345678"]
  minimum_rank = "manager"              # "": any
  paths = ["/v1/reports/**"]

Examples:
  vestibule apply accounts.toml --dry-run
  vestibule apply accounts.toml --config vestibule.toml
  vestibule apply accounts.toml --data-dir data"##;
