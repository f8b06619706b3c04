//! `vestibule serve`: the real thing.

use std::sync::OnceLock;

use vestibule_auth::{FirstOwner, MadeOwner};

use super::{small_runtime, welcome};
use crate::command_line::ConfigArguments;
use crate::config::{self, Flags};
use crate::data_dir::DataDir;
use crate::instance::Instance;
use crate::witness::{self, Use};
use crate::{certificates, end_journal, logging, master_key, private_file, signals};

/// Runs the service until it is told to stop.
pub(crate) fn serve(arguments: &ConfigArguments) -> anyhow::Result<()> {
    let loaded = config::load(arguments.config.as_deref(), Flags::default())?;
    let tls = certificates::from_files(&loaded)?;
    logging::start(&loaded.config.log)?;
    let signals = signals::listen_for_service()?;
    let data = DataDir::open(&loaded.config.server.data_dir)?;
    let _lock = data.lock()?;
    let keys = master_key::load(&loaded.config.master_key, &data)?;
    if data.ca_key().exists() {
        tracing::warn!(
            "this data directory was used by `vestibule dev`: it may have an account with public passwords"
        );
    }
    let file = data.first_owner();
    small_runtime()?.block_on(async {
        let journal = end_journal::open(&loaded.config, &data, &keys)?;
        let store = witness::open_store(&loaded.config, &data, &keys, Use::Keep)?;
        let made = OnceLock::new();
        let keep = |owner: &MadeOwner| {
            private_file::replace(&file, &welcome::first_owner_file(owner), 0o600)?;
            welcome::show_first_owner(&owner.name, &file);
            let _ = made.set(owner.name.clone());
            Ok(())
        };
        let owner = FirstOwner::Generated(&keep);
        let instance = Instance::open(
            &loaded,
            master_key::running(keys, &loaded.config.master_key, &data),
            store,
            journal,
            &tls,
            owner,
        )
        .await?;
        let addresses = instance.addresses();
        welcome::show_addresses(addresses);
        if let Some(name) = made.get() {
            welcome::show_first_login(name, &file, addresses);
        }
        tracing::info!(
            http = addresses.http.map(tracing::field::display),
            https = addresses.https.map(tracing::field::display),
            grpc = addresses.grpc.map(tracing::field::display),
            admin = %addresses.admin,
            version = env!("CARGO_PKG_VERSION"),
            "answering"
        );
        instance.run(signals).await
    })
}
