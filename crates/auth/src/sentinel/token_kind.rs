//! Which kind of token a text is, for whoever is shown tokens of every kind.

use uuid::Uuid;
use vestibule_model::SessionId;

use crate::authorize::Credentials;
use crate::service::Auth;

/// A kind of token. Of those that name a session, one that is not genuine is of one kind or another and names none.
pub(super) enum TokenKind<'a> {
    /// A credential of a session: a bearer, a LiveVox id, or a session cookie.
    Session(Credentials<'a>),
    /// A refresh token: of which session, and after how many uses it counts.
    Refresh(SessionId, u32),
    /// A signed one.
    Signed,
}

impl Auth {
    /// The kind of a token; `alone` has it and nothing else.
    pub(super) fn kind_of<'a>(&self, token: &'a str, alone: &'a [&'a str; 1]) -> TokenKind<'a> {
        let tokens = self.keys.tokens();
        if token.contains('.') {
            return TokenKind::Signed;
        }
        if let Some((id, uses)) = tokens.read_refresh_token(token) {
            return TokenKind::Refresh(id, uses);
        }
        let none = Credentials::default();
        TokenKind::Session(match Uuid::try_parse(token) {
            Ok(id) => Credentials { livevox_id: Some(id.into_bytes()), ..none },
            Err(_) if tokens.read_cookie(token).is_some() => Credentials { cookies: alone, ..none },
            Err(_) => Credentials { bearer: Some(token), ..none },
        })
    }
}
