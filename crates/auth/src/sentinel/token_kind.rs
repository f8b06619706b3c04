//! Which kind of token a text is, for whoever is shown tokens of every kind.

use uuid::Uuid;
use vestibule_model::{AccountId, Millis, SessionId};

use super::error::TokenError;
use crate::authorize::Credential;
use crate::authorize::Live;
use crate::service::Auth;

/// A kind of token. Of those that name a session, one that is not genuine is of one kind or another and names none.
pub(super) enum TokenKind<'a> {
    /// A credential of a session: a bearer, a LiveVox id, or a session cookie.
    Session(Credential<'a>),
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
        TokenKind::Session(match Uuid::try_parse(token) {
            Ok(id) => Credential::LivevoxId(id.into_bytes()),
            Err(_) if tokens.read_cookie(token).is_some() => Credential::Cookies(alone),
            Err(_) => Credential::Bearer(token),
        })
    }

    /// The account that a token is of, as far as memory knows its session.
    pub(super) fn account_of_token(&self, token: &str, now: Millis) -> Option<AccountId> {
        let account = |live: &mut Live<'_>| Some(live.entry.holder.account().account.id);
        match self.kind_of(token, &[token]) {
            TokenKind::Signed => None,
            TokenKind::Refresh(id, _) => self.live.with(id, now, account)?,
            TokenKind::Session(credential) => self.find(credential, now, account),
        }
    }

    /// What `work` answers of the session that a token shows, also while the table is being filled.
    pub(super) async fn with_session_of<R>(
        &self,
        credential: Credential<'_>,
        now: Millis,
        work: impl Fn(&mut Live<'_>) -> Option<R>,
    ) -> Result<Option<R>, TokenError> {
        let recalled = self.recall_one(credential).await;
        recalled.map_err(|error| TokenError::Store(error.into_source()))?;
        Ok(self.find(credential, now, work))
    }
}
