//! The services that a user of this machine has saved, each with its session or token. A file that nobody else can read.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::address::Plaintext;
use super::secret::Secret;
use crate::input_error::InputError;
use crate::private_file;

/// The longest name of a saved service.
const LONGEST_NAME: usize = 100;

/// One saved service.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Saved {
    pub(crate) url: String,
    /// The certificate of the authority that it is trusted by; absolute.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) ca: Option<PathBuf>,
    #[serde(default)]
    pub(crate) plaintext: Plaintext,
    /// The bearer of a session, or an administration token.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) token: Option<Secret>,
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Contents {
    /// The name of the one that is asked when none is named.
    #[serde(skip_serializing_if = "Option::is_none")]
    current: Option<String>,
    #[serde(default)]
    server: BTreeMap<String, Saved>,
}

/// All saved services.
#[derive(Debug)]
pub(crate) struct Servers {
    path: PathBuf,
    contents: Contents,
}

impl Servers {
    /// Reads the file; without one there are none.
    pub(crate) fn load() -> anyhow::Result<Self> {
        let path = place(std::env::var_os("XDG_CONFIG_HOME"), std::env::var_os("HOME"))?;
        Self::read(path)
    }

    fn read(path: PathBuf) -> anyhow::Result<Self> {
        if !path.exists() {
            return Ok(Self { path, contents: Contents::default() });
        }
        let text = private_file::read(&path)?;
        let contents =
            toml::from_str(&text).map_err(|error| InputError::toml(path.display(), &text, &error))?;
        Ok(Self { path, contents })
    }

    /// Writes the file, whole or not at all.
    pub(crate) fn save(&self) -> anyhow::Result<()> {
        let shown = self.path.display();
        let text =
            toml::to_string(&self.contents).map(Zeroizing::new).context("cannot write the services")?;
        if let Some(folder) = self.path.parent() {
            DirBuilder::new()
                .recursive(true)
                .mode(0o700)
                .create(folder)
                .with_context(|| format!("cannot make {}", folder.display()))?;
        }
        private_file::replace(&self.path, &text, 0o600).with_context(|| format!("cannot write {shown}"))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = (&str, &Saved)> {
        self.contents.server.iter().map(|(name, saved)| (name.as_str(), saved))
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Saved> {
        self.contents.server.get(name)
    }

    /// The name of the one that is asked when none is named.
    pub(crate) fn current(&self) -> Option<&str> {
        self.contents.current.as_deref().filter(|name| self.contents.server.contains_key(*name))
    }

    /// Saves one, in place of the one of that name. The first one is chosen.
    pub(crate) fn put(&mut self, name: &str, saved: Saved) -> Result<(), InputError> {
        check_name(name)?;
        self.contents.server.insert(name.to_owned(), saved);
        if self.current().is_none() {
            self.choose(name);
        }
        Ok(())
    }

    /// Makes this the one that is asked when none is named.
    pub(crate) fn choose(&mut self, name: &str) {
        self.contents.current = Some(name.to_owned());
    }

    /// Gives one another token, or none.
    pub(crate) fn set_token(&mut self, name: &str, token: Option<Secret>) {
        if let Some(saved) = self.contents.server.get_mut(name) {
            saved.token = token;
        }
    }

    /// Forgets one.
    pub(crate) fn remove(&mut self, name: &str) -> Option<Saved> {
        let removed = self.contents.server.remove(name);
        if self.contents.current.as_deref() == Some(name) {
            self.contents.current = None;
        }
        removed
    }

    /// That there is none of that name.
    pub(crate) fn unknown(&self, name: &str) -> InputError {
        let known: Vec<&str> = self.all().map(|(name, _)| name).collect();
        let known = if known.is_empty() { "none is saved".to_owned() } else { known.join(", ") };
        let reason =
            format_args!("no service is saved under the name {name:?} ({known}); see `vestibule server add`");
        InputError::new("--server", reason)
    }
}

/// A name is one word and cannot be taken for a URL.
fn check_name(name: &str) -> Result<(), InputError> {
    let fits = (1..=LONGEST_NAME).contains(&name.len())
        && name.chars().all(|character| character.is_alphanumeric() || "._-:[]".contains(character));
    let reason = "a name is a word of letters, digits and . _ - :";
    if fits { Ok(()) } else { Err(InputError::new("NAME", reason)) }
}

fn place(config_home: Option<OsString>, home: Option<OsString>) -> anyhow::Result<PathBuf> {
    let absolute = |folder: Option<OsString>| folder.map(PathBuf::from).filter(|folder| folder.is_absolute());
    let folder = absolute(config_home).or_else(|| absolute(home).map(|home| home.join(".config")));
    let folder = folder
        .ok_or_else(|| anyhow!("neither XDG_CONFIG_HOME nor HOME says where the services are saved"))?;
    Ok(folder.join("vestibule").join("servers.toml"))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn saved(url: &str) -> Saved {
        Saved {
            url: url.into(),
            ca: None,
            plaintext: Plaintext::Refused,
            token: Some(Secret::new("t".into())),
        }
    }

    fn servers(folder: &Path) -> Servers {
        Servers::read(folder.join("vestibule/servers.toml")).unwrap()
    }

    #[test]
    fn what_was_saved_is_read_back_from_a_file_of_its_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let mut first = servers(folder.path());
        first.put("127.0.0.1:8081", saved("http://127.0.0.1:8081")).unwrap();
        first.save().unwrap();
        let again = servers(folder.path());
        assert_eq!(again.current(), Some("127.0.0.1:8081"));
        assert_eq!(again.get("127.0.0.1:8081").unwrap().token, Some(Secret::new("t".into())));
        assert_eq!(fs::metadata(again.path()).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn a_file_that_others_can_read_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let mut first = servers(folder.path());
        first.put("one", saved("https://one")).unwrap();
        first.save().unwrap();
        fs::set_permissions(first.path(), fs::Permissions::from_mode(0o644)).unwrap();
        assert!(Servers::read(first.path().to_owned()).unwrap_err().to_string().contains("chmod 600"));
    }

    #[test]
    fn removing_the_chosen_one_chooses_none() {
        let folder = tempfile::tempdir().unwrap();
        let mut servers = servers(folder.path());
        servers.put("one", saved("https://one")).unwrap();
        servers.put("two", saved("https://two")).unwrap();
        servers.remove("one");
        assert_eq!(servers.current(), None);
    }

    #[test]
    fn a_name_that_could_be_a_url_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["", "https://one", "a b", "a/b", &"a".repeat(101)] {
            assert!(servers(folder.path()).put(name, saved("https://one")).is_err(), "{name}");
        }
    }

    #[test]
    fn the_file_is_in_the_folder_that_the_environment_names() {
        let place = |config: Option<&str>, home: Option<&str>| {
            place(config.map(OsString::from), home.map(OsString::from)).ok()
        };
        assert_eq!(place(Some("/c"), Some("/h")), Some("/c/vestibule/servers.toml".into()));
        assert_eq!(place(Some("relative"), Some("/h")), Some("/h/.config/vestibule/servers.toml".into()));
        assert_eq!(place(None, None), None);
    }
}
