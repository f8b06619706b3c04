//! `vestibule doctor`: which stored rows cannot be decoded, what breaks a rule of the directory, and how it is repaired. Changes
//! nothing.

use anyhow::Context;
use vestibule_auth::{Kind, Rule};
use vestibule_crypto::Sealer;
use vestibule_model::visible;
use vestibule_store_sqlite::UndecodableRow;

use super::{count, small_runtime};
use crate::apply::{self as engine, Broken, Problem};
use crate::command_line::DoctorArguments;
use crate::config::{self, Flags};
use crate::data_dir::DataDir;
use crate::witness::{self, Use};
use crate::{master_key, screen};

const UNWRITTEN: &str = "cannot write what was found";

/// Something breaks a rule. The program ends with an exit code of its own.
#[derive(Debug, thiserror::Error)]
#[error("{0}, see above")]
pub(crate) struct RulesBroken(String);

/// Looks at everything, and says what is wrong.
pub(crate) fn doctor(arguments: &DoctorArguments) -> anyhow::Result<()> {
    let flags = Flags::default().path("--data-dir", "server.data_dir", arguments.data_dir.as_ref());
    let config = config::load(arguments.config.as_deref(), flags)?.config;
    let data = DataDir::open_existing(&config.server.data_dir)?;
    let keys = master_key::load(&config.master_key, &data)?;
    let store = witness::open_store(&config, &data, &keys, Use::LeaveAsItIs)?;
    let stored = small_runtime()?.block_on(store.decodable_rows()).context("cannot read what is stored")?;
    let mut told: Vec<String> = stored.undecodable.iter().map(undecodable).collect();
    told.extend(engine::broken(stored, &Sealer::derive(&keys)).iter().map(broken));
    if told.is_empty() {
        return screen::write("sound    everything that is stored keeps the rules\n").context(UNWRITTEN);
    }
    screen::write(&told.concat()).context(UNWRITTEN)?;
    let found = u64::try_from(told.len()).unwrap_or(u64::MAX);
    Err(RulesBroken(count(found, "finding")).into())
}

fn undecodable(row: &UndecodableRow) -> String {
    let advice = "a newer version wrote this, or another program changed it: use that version, or put back a backup (`vestibule \
                  restore`)";
    format!("{}\n    {advice}\n", visible(&row.to_string()))
}

fn broken(broken: &Broken) -> String {
    let Problem { place, reason, .. } = &broken.problem;
    format!("{place}: {reason}\n    {}\n", repair(broken))
}

/// What to do about it, in words.
fn repair(broken: &Broken) -> String {
    let Broken { problem, entry, .. } = broken;
    let field = problem.place.rsplit(": ").next().unwrap_or_default();
    let Some(rule) = problem.rule else {
        let others = if field == "secret" {
            "another `secret` and `access_token_secret`"
        } else {
            "another `password`"
        };
        return format!("declare {others} in a file for `vestibule apply`: {entry}");
    };
    match rule {
        Rule::OwnerLeft => "start the service: it makes an owner where none may log in".to_owned(),
        Rule::AdministratorsLockedOut => {
            format!("declare `state = \"enabled\"` and `sign_on = \"password\"` in a file for `vestibule apply`: {entry}")
        }
        Rule::ProfileMissing | Rule::SkillMissing | Rule::ManagedGroupMissing => {
            format!("give it `{field}` without that one, over the API or in a file for `vestibule apply`: {entry}")
        }
        Rule::GroupMissing | Rule::KeyOfNoBot => {
            format!("give it another `{field}`, or none (\"\" in a file for `vestibule apply`): {entry}")
        }
        Rule::ProfileId | Rule::GroupId | Rule::SkillId | Rule::PasswordOfBot => {
            format!("this does not change: make another one in its place, and remove this one: {entry}")
        }
        _ if rule.kind() == Kind::Conflict => {
            "remove those that are not needed, over the API or with `removed = true` in a file for `vestibule apply`".to_owned()
        }
        _ => format!("give it another `{field}`, over the API or in a file for `vestibule apply`: {entry}"),
    }
}
