//! What an OAuth client may ask the sentinel for.

use vestibule_auth::Rule;
use vestibule_model::ClientMetadata;
use vestibule_store::AccountRows;

use super::account::{Referrer, profiles, set};
use super::declared::DeclaredOauthClient;
use super::problem::Problem;
use super::user::resolve_all;

/// Lays over it what is declared.
pub(super) fn set_metadata(
    element: &str,
    metadata: &mut ClientMetadata,
    rows: &AccountRows,
    declared: &DeclaredOauthClient,
) -> Result<(), Problem> {
    set(&mut metadata.display_name, declared.display_name.as_ref());
    set(&mut metadata.description, declared.description.as_ref());
    set(&mut metadata.logo_uri, declared.logo_uri.as_ref());
    let grants = declared.grant_types.as_ref().map(|grants| grants.iter().copied().collect());
    set(&mut metadata.grant_types, grants.as_ref());
    set(&mut metadata.redirect_uris, declared.redirect_uris.as_ref());
    set(&mut metadata.public, declared.public.as_ref());
    set(&mut metadata.consent, declared.consent.as_ref());
    set(&mut metadata.scopes, declared.scopes.as_ref());
    set(&mut metadata.refresh_rotation, declared.refresh_rotation.as_ref());
    let by = Referrer { element, key: "enabled_for_profiles", rule: Rule::ClientProfileMissing };
    let named = resolve_all(by, || profiles(rows), declared.enabled_for_profiles.as_ref())?;
    set(&mut metadata.enabled_for_profiles, named.as_ref());
    set(&mut metadata.resource_server, declared.resource_server.as_ref());
    Ok(())
}
