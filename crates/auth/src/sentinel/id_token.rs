//! What an ID token says (contract single-sign-on, Authorization code; OpenID Connect Core §2).

use std::time::Duration;

use serde::Serialize;
use vestibule_model::{Millis, RoleType};

use super::{scope, seconds};
use crate::directory::{AccountEntry, UserEntry};

/// How long an ID token counts (contract single-sign-on).
const LIFE: Duration = Duration::from_mins(10);

/// The claims.
#[derive(Serialize)]
pub(super) struct IdClaims<'a> {
    sub: String,
    aud: &'a str,
    iss: &'a str,
    iat: i64,
    exp: i64,
    /// When the user proved who they are.
    auth_time: i64,
    is_admin: bool,
    is_lpa: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    nonce: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    preferred_username: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
}

/// For whom a token is, and what it answers.
pub(super) struct Of<'a> {
    pub(super) issuer: &'a str,
    pub(super) client_id: &'a str,
    pub(super) nonce: Option<&'a str>,
    pub(super) scope: &'a str,
    pub(super) authenticated: Millis,
    pub(super) now: Millis,
}

impl<'a> IdClaims<'a> {
    pub(super) fn new(entry: &AccountEntry, user: &'a UserEntry, of: &Of<'a>) -> Self {
        let asked =
            |word, text: &'a str| Some(text).filter(|text| scope::has(of.scope, word) && !text.is_empty());
        Self {
            sub: user.id.to_string(),
            aud: of.client_id,
            iss: of.issuer,
            iat: seconds(of.now),
            exp: seconds(of.now.plus(LIFE)),
            auth_time: seconds(of.authenticated),
            is_admin: entry.has_role(user, RoleType::Administrator),
            is_lpa: entry.has_role(user, RoleType::Lpa),
            nonce: of.nonce,
            email: asked("email", &user.email),
            preferred_username: asked("profile", &user.login_name),
            name: asked("profile", &user.full_name),
        }
    }
}
