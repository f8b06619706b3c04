//! Refresh tokens of which each is used once.

use vestibule_model::Millis;

/// How often the refresh token of a session was used, and when last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RefreshTokenUse {
    /// How often; the token that counts carries this number.
    pub count: u32,
    /// When last.
    pub at: Millis,
}
