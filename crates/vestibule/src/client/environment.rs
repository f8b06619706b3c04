//! What the environment says about the service to ask. These names are no settings of a server, so that both can be set in
//! one shell.

use std::path::PathBuf;

use super::secret::Secret;
use crate::input_error::InputError;

/// The service to ask: its name or its URL.
const SERVER: &str = "VESTIBULE_CLIENT_SERVER";

/// The certificate of the authority to trust.
const CA: &str = "VESTIBULE_CLIENT_CA";

/// A bearer or an administration token.
pub(super) const TOKEN: &str = "VESTIBULE_CLIENT_TOKEN";

/// The variables of the command line as a client.
pub(crate) const KNOWN: [&str; 3] = [SERVER, CA, TOKEN];

/// What is set.
#[derive(Debug, Default)]
pub(super) struct Environment {
    pub(super) server: Option<String>,
    pub(super) ca: Option<PathBuf>,
    pub(super) token: Option<Secret>,
}

/// Reads them. One that is set to nothing is not set.
pub(super) fn read() -> Result<Environment, InputError> {
    let text = |name: &str| match std::env::var(name) {
        Ok(text) if text.trim().is_empty() => Ok(None),
        Ok(text) => Ok(Some(text.trim().to_owned())),
        Err(std::env::VarError::NotPresent) => Ok(None),
        Err(std::env::VarError::NotUnicode(_)) => Err(InputError::new(name, "this is no UTF-8")),
    };
    Ok(Environment {
        server: text(SERVER)?,
        ca: text(CA)?.map(PathBuf::from),
        token: text(TOKEN)?.map(Secret::new),
    })
}
