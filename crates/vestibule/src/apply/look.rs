//! How an account's pages look, read from a file and written to one.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use toml::Table;
use vestibule_model::{Logo, Look, NoColour};

use super::account::set_optional;
use super::declared::DeclaredLook;
use super::problem::Problem;

/// What the file says of it.
pub(super) fn look(element: &str, look: &mut Look, declared: Option<&DeclaredLook>) -> Result<(), Problem> {
    let Some(declared) = declared else { return Ok(()) };
    set_optional(&mut look.name, declared.name.as_ref());
    set_optional(&mut look.contact, declared.contact.as_ref());
    if let Some(text) = &declared.accent {
        let accent = Some(text.as_str()).filter(|text| !text.is_empty()).map(str::parse).transpose();
        look.accent = accent.map_err(|error: NoColour| Problem::new(element, "look.accent", error))?;
    }
    if let Some(text) = &declared.logo {
        let bytes = STANDARD.decode(text.split_ascii_whitespace().collect::<String>());
        let bytes = bytes.map_err(|_| Problem::new(element, "look.logo", "this is no base64"))?;
        look.logo = Some(bytes).filter(|bytes| !bytes.is_empty()).map(Logo::new);
    }
    Ok(())
}

/// The table that brings it about; None: there is nothing to say.
pub(super) fn exported(look: &Look) -> Option<Table> {
    let values = [
        ("name", look.name.clone()),
        ("accent", look.accent.map(|accent| accent.to_string())),
        ("contact", look.contact.clone()),
        ("logo", look.logo.as_ref().map(|logo| STANDARD.encode(logo.bytes()))),
    ];
    let known = values.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?.into())));
    let table: Table = known.collect();
    (!table.is_empty()).then_some(table)
}
