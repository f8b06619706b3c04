//! A service to ask, found from arguments, environment and the file of saved services.

use std::path::{Path, PathBuf};

use anyhow::Context;

use super::address::{Address, Plaintext};
use super::environment;
use super::http::Client;
use super::output::Output;
use super::prompt::secret_from_stdin;
use super::secret::Secret;
use super::servers::{Saved, Servers};
use crate::command_line::ServiceArguments;
use crate::input_error::InputError;

/// Which service, and by what it is told who asks.
#[derive(Debug)]
pub(crate) struct Target {
    pub(crate) address: Address,
    /// The certificate of the authority to trust; None: those that the machine trusts.
    pub(crate) ca: Option<PathBuf>,
    pub(crate) plaintext: Plaintext,
    pub(crate) token: Option<Secret>,
    pub(crate) token_from: TokenFrom,
    /// The name under which it is saved.
    pub(crate) saved_as: Option<String>,
    /// Whether it was named by its URL: whoever logs in so asks it from then on.
    pub(crate) is_named_by_url: bool,
}

/// Where a token is from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TokenFrom {
    /// The file of saved services.
    File,
    Environment,
    StandardInput,
}

/// A service that can be asked, and where its answers are shown.
#[derive(Debug)]
pub(crate) struct Service {
    pub(crate) client: Client,
    pub(crate) output: Output,
}

impl Service {
    /// The service that the arguments choose.
    pub(crate) fn open(arguments: &ServiceArguments) -> anyhow::Result<Self> {
        let target = Target::find(arguments, &Servers::load()?)?;
        if target.token.is_none() {
            let reason = "nobody is logged in there: run `vestibule login`, or give a token by --token-stdin \
                          or VESTIBULE_CLIENT_TOKEN";
            return Err(super::failure::ServiceError::NotLoggedIn(reason.to_owned()).into());
        }
        Ok(Self { client: Client::new(&target)?, output: Output::of(arguments) })
    }
}

impl Target {
    /// Finds it. A saved token goes to the service that it is saved with, and to no other.
    pub(crate) fn find(arguments: &ServiceArguments, servers: &Servers) -> anyhow::Result<Self> {
        let environment = environment::read()?;
        let chosen = arguments.server.clone().or(environment.server);
        let mut target = match chosen {
            Some(text) if text.contains("://") => Self::of_url(&text, arguments, servers)?,
            Some(name) => {
                let saved = servers.get(&name).ok_or_else(|| servers.unknown(&name))?;
                Self::of_saved(&name, saved, arguments)?
            }
            None => {
                let name = servers.current().ok_or_else(none_chosen)?;
                let saved = servers.get(name).ok_or_else(none_chosen)?;
                Self::of_saved(name, saved, arguments)?
            }
        };
        if let Some(ca) = arguments.ca.clone().or(environment.ca) {
            target.ca = Some(absolute(&ca)?);
        }
        if arguments.token_stdin {
            target.token = Some(secret_from_stdin("--token-stdin")?);
            target.token_from = TokenFrom::StandardInput;
        } else if environment.token.is_some() {
            target.token = environment.token;
            target.token_from = TokenFrom::Environment;
        }
        Ok(target)
    }

    fn of_url(text: &str, arguments: &ServiceArguments, servers: &Servers) -> Result<Self, InputError> {
        let refuse = |reason| InputError::new("--server", reason);
        // It may be saved as one that may be asked without encryption.
        let url = text.trim_end_matches('/');
        if let Some((name, saved)) = servers.all().find(|(_, saved)| saved.url == url) {
            return Ok(Self { is_named_by_url: true, ..Self::of_saved(name, saved, arguments)? });
        }
        let plaintext = Plaintext::of_flag(arguments.plaintext);
        let address = Address::read(text, plaintext).map_err(refuse)?;
        Ok(Self {
            address,
            ca: None,
            plaintext,
            token: None,
            token_from: TokenFrom::File,
            saved_as: None,
            is_named_by_url: true,
        })
    }

    fn of_saved(name: &str, saved: &Saved, arguments: &ServiceArguments) -> Result<Self, InputError> {
        let plaintext = if arguments.plaintext { Plaintext::Allowed } else { saved.plaintext };
        let address = Address::read(&saved.url, plaintext)
            .map_err(|reason| InputError::new(format_args!("server {name}"), reason))?;
        Ok(Self {
            address,
            ca: saved.ca.clone(),
            plaintext,
            token: saved.token.clone(),
            token_from: TokenFrom::File,
            saved_as: Some(name.to_owned()),
            is_named_by_url: false,
        })
    }
}

/// Saved services are asked from any folder.
pub(crate) fn absolute(path: &Path) -> anyhow::Result<PathBuf> {
    std::path::absolute(path).with_context(|| format!("no path: {}", path.display()))
}

fn none_chosen() -> InputError {
    InputError::new(
        "--server",
        "no service is chosen: run `vestibule login --server URL`, where URL is that of its administration listener",
    )
}
