//! `vestibule master-key …`

use clap::{Args, Subcommand};
use vestibule_model::Generation;

use super::audit::DataArguments;
use super::service::ServiceArguments;

#[derive(Debug, Subcommand)]
pub(crate) enum MasterKeyAction {
    /// Add a new generation to the file that the service reads its keys from; it is not used yet
    #[command(long_about = GENERATE_ABOUT, after_long_help = GENERATE_EXAMPLES)]
    Generate(GenerateMasterKey),
    /// Ask a service which generations it has, what they are used for, and what depends on each
    List(ServiceArguments),
    /// Have a service read its keys again, and list them
    Reload(ServiceArguments),
    /// Have a service use a new generation from now on
    #[command(long_about = ROTATE_ABOUT, after_long_help = ROTATE_EXAMPLES)]
    Rotate(RotateMasterKey),
    /// Have a service accept nothing any more that was made under an old generation
    #[command(long_about = RETIRE_ABOUT, after_long_help = RETIRE_EXAMPLES)]
    Retire(RetireMasterKey),
}

#[derive(Debug, Args)]
pub(crate) struct GenerateMasterKey {
    #[command(flatten)]
    pub(crate) data: DataArguments,
}

#[derive(Debug, Args)]
pub(crate) struct RotateMasterKey {
    #[command(flatten)]
    pub(crate) service: ServiceArguments,
    /// Which generation to use; without it the newest that the service has
    pub(crate) generation: Option<Generation>,
}

#[derive(Debug, Args)]
pub(crate) struct RetireMasterKey {
    #[command(flatten)]
    pub(crate) service: ServiceArguments,
    /// Which generation
    pub(crate) generation: Generation,
    /// End the sessions that were opened under it, your own too, and forget the answers kept for repeated requests
    #[arg(long)]
    pub(crate) end_sessions: bool,
    /// Do not ask whether the sessions are meant
    #[arg(long)]
    pub(crate) yes: bool,
}

const GENERATE_ABOUT: &str = "\
Add a new generation of the master key to the file that the service reads its keys from.

Nothing uses it yet: this is the first of the three steps of a rotation. Copy the file to every node and to where you keep \
the key, then run `vestibule master-key reload` and `vestibule master-key rotate`. Where the keys are in an environment \
variable, nothing is written: what to put there is printed.";

const GENERATE_EXAMPLES: &str = "\
Examples:
  vestibule master-key generate --config /etc/vestibule/vestibule.toml
  vestibule master-key generate --data-dir /var/lib/vestibule";

const ROTATE_ABOUT: &str = "\
Have a service use a new generation of the master key from now on: the second of the three steps of a rotation.

Refused when no GENERATION is given and the newest is in force already: there is nothing to rotate. \
Nobody is logged out and no secret stops working. The generation before it stays readable until it is retired. Generations \
go in their order: one that was used before is not used again.";

const ROTATE_EXAMPLES: &str = "\
Examples:
  vestibule master-key rotate
  vestibule master-key rotate 3";

const RETIRE_ABOUT: &str = "\
Have a service accept nothing any more that was made under an old generation of the master key: the last of the three steps \
of a rotation.

Refused while sessions, sealed secrets, digests or remembered answers depend on it; the refusal says what and whose. With \
--end-sessions its sessions end first, your own among them, and its remembered answers are forgotten. Keep the key all the same while entries of the audit or backups from its time are \
to be verified.";

const RETIRE_EXAMPLES: &str = "\
Examples:
  vestibule master-key retire 1
  vestibule master-key retire 1 --end-sessions";
