//! What an OAuth client is registered with besides what it proves itself by (contract single-sign-on, Authorization code;
//! RFC 7591 §2).

use serde::{Deserialize, Serialize};

/// What an OAuth client may ask the sentinel for, and how. The default is that of a client which only logs bots in: it may ask
/// for nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ClientMetadata {
    /// What users read as its name; empty: its name.
    pub display_name: String,
    /// What it is for, for people.
    pub description: String,
    /// Where its logo is, for pages; empty: it has none.
    pub logo_uri: String,
    /// By which grants it may get tokens.
    pub grant_types: Vec<GrantType>,
    /// Where users may be sent back to: compared as a whole, byte by byte (RFC 9700 §4.1.3).
    pub redirect_uris: Vec<String>,
    /// Whether it can keep no secret, as programs on devices and in browsers cannot (RFC 6749 §2.1): its secret proves nothing,
    /// and it has to use PKCE.
    pub public: bool,
    /// Whether users are asked whether they agree.
    pub consent: bool,
    /// What it may ask for in `scope`, besides the scopes of OpenID Connect.
    pub scopes: Vec<String>,
    /// Whether each use of a refresh token gives another one.
    pub refresh_rotation: RefreshRotation,
    /// Whose users may use it, by profile; empty: everybody may.
    pub enabled_for_profiles: Vec<i64>,
    /// Whether it is a resource server: it may ask what tokens of its account are (RFC 7662), and revoke them (RFC 7009).
    pub resource_server: bool,
}

/// A way to get a token (RFC 6749 §1.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum GrantType {
    /// In its own name (RFC 6749 §4.4).
    ClientCredentials,
    /// In that of a user who was asked for it on the login page (RFC 6749 §4.1).
    AuthorizationCode,
    /// In that of the same user, later (RFC 6749 §6).
    RefreshToken,
}

/// Whether each use of a refresh token gives another one (RFC 9700 §4.14.2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum RefreshRotation {
    /// Of public clients only.
    #[default]
    OfPublicClients,
    /// Always.
    Always,
    /// Never, but for public clients.
    Never,
}

impl ClientMetadata {
    /// Whether it may use a grant.
    pub fn may(&self, grant: GrantType) -> bool {
        self.grant_types.contains(&grant)
    }

    /// Whether each use of a refresh token gives another one. Of a public client it does whatever is set: nothing else would tell
    /// that somebody else has it too (RFC 9700 §2.2.2).
    pub fn rotates(&self) -> bool {
        self.public || self.refresh_rotation == RefreshRotation::Always
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_earlier_version_wrote_is_the_default() {
        assert_eq!(serde_json::from_str::<ClientMetadata>("{}").unwrap(), ClientMetadata::default());
    }

    #[test]
    fn public_clients_rotate_whatever_is_said() {
        let rotates = |public, refresh_rotation| {
            ClientMetadata { public, refresh_rotation, ..ClientMetadata::default() }.rotates()
        };
        for (rotation, expected) in [
            (RefreshRotation::OfPublicClients, [false, true]),
            (RefreshRotation::Always, [true, true]),
            (RefreshRotation::Never, [false, true]),
        ] {
            assert_eq!([false, true].map(|public| rotates(public, rotation)), expected, "{rotation:?}");
        }
    }
}
