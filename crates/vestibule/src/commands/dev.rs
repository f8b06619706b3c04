//! `vestibule dev`: one command to a working service, for this machine only.

use std::path::Path;

use anyhow::Context;
use vestibule_auth::FirstOwner;
use vestibule_crypto::{KeyRing, OsRng};
use vestibule_model::{Actor, Clock};
use vestibule_store::Store;
use vestibule_store_sqlite::holds_api_key;

use super::{small_runtime, welcome};
use crate::apply::{self, Declared, Tools};
use crate::certificates::{self, Development, Tls};
use crate::clock::SystemClock;
use crate::command_line::DevArguments;
use crate::config::{self, Config, Flags};
use crate::data_dir::DataDir;
use crate::exit_code::Refusal;
use crate::instance::Instance;
use crate::witness::{self, Use};
use crate::{end_journal, logging, master_key, signals};

/// The demo account.
const DEMO: &str = include_str!("../../demo.toml");

/// Its id, and an API key that no other account has.
const DEMO_ACCOUNT: &str = "12345678";
const DEMO_APP_KEY: &str = "0123456789abcdef0123456789abcdef";

/// Runs a development server until it is told to stop.
pub(crate) fn dev(arguments: &DevArguments) -> anyhow::Result<()> {
    let flags = Flags::default()
        .path("--data-dir", "server.data_dir", arguments.data_dir.as_ref())
        .address("--http", "server.http", arguments.http)
        .address("--https", "server.https", arguments.https)
        .address("--grpc", "gateways.grpc", arguments.grpc)
        .address("--admin", "server.admin", arguments.admin);
    let loaded = config::load_for_development(flags)?;
    let tls = certificates::from_files(&loaded)?;
    logging::start(&loaded.config.log)?;
    let signals = signals::listen_for_service()?;
    let data = DataDir::open(&loaded.config.server.data_dir)?;
    refuse_others_database(&data)?;
    let _lock = data.lock()?;
    let keys = master_key::load(&loaded.config.master_key, &data)?;
    let Development { tls: https, not_covered } = certificates::for_development(&data, SystemClock.now())?;
    let tls = Tls { https: Some(https), ..tls };
    small_runtime()?.block_on(async {
        let journal = end_journal::open(&loaded.config, &data, &keys)?;
        let store = witness::open_store(&loaded.config, &data, &keys, Use::Keep)?;
        let owner = FirstOwner::WithPassword(welcome::OWNER_PASSWORD.to_owned().into());
        put_demo_account(&store, &loaded.config, &keys).await?;
        let instance = Instance::open(
            &loaded,
            master_key::running(keys, &loaded.config.master_key, &data),
            store,
            journal,
            &tls,
            owner,
        )
        .await?;
        welcome::show(instance.addresses(), &data, &not_covered);
        instance.run(signals).await
    })
}

/// A database without the demo account is somebody's own, and stays so. One that has it has been made by `dev`, here or
/// where it was copied from.
fn refuse_others_database(data: &DataDir) -> anyhow::Result<()> {
    let database = data.database();
    if !database.exists() || data.ca_key().exists() {
        return Ok(());
    }
    let holds_demo = holds_api_key(&database, DEMO_ACCOUNT, DEMO_APP_KEY);
    if holds_demo.with_context(|| format!("cannot read {}", database.display()))? {
        return Ok(());
    }
    let folder = data.path().display();
    Err(Refusal::new(format_args!(
        "{folder} has a database that `vestibule dev` did not make, and the demo account would go into it: start it with \
         `vestibule serve`, or give another folder with --data-dir"
    ))
    .into())
}

async fn put_demo_account(store: &dyn Store, config: &Config, keys: &KeyRing) -> anyhow::Result<()> {
    let declared = Declared::read(Path::new("demo.toml"), DEMO)?;
    let mut tools = Tools::new(keys, &OsRng, SystemClock.now(), Actor::System, &config.hashing);
    let plan = apply::apply(store, &mut tools, &declared, "demo.toml").await;
    let plan = plan.context("cannot make the demo account")?;
    tracing::debug!(changes = plan.lines.len(), "the demo account is as declared");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_demo_account_is_a_declaration() {
        assert!(Declared::read(Path::new("demo.toml"), DEMO).is_ok());
    }
}
