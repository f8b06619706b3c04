//! Administration tokens: secrets by which programs administer, each with a role and an end.

use std::time::Duration;

use vestibule_model::{AdministrationToken, AdministrationTokenId, AdministratorRole, Millis, Rng};
use vestibule_store::Change;
use zeroize::Zeroizing;

use super::audited_write::{AuditDetails, AuditedWrite};
use super::random::ten_digits;
use super::{Administration, AdministrationError, Caller, Idempotency, Scope};
use crate::rules::name_fault;

/// What every administration token begins with, so that it is recognised in texts where it must not be.
pub(crate) const PREFIX: &str = "vat_";

/// How many random characters follow: 258 bits.
const LENGTH: usize = 43;

/// 64 characters that stand for themselves in URLs.
const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// The longest life of a token.
const LONGEST: Duration = Duration::from_hours(24 * 366);

/// How many valid ones there may be.
const MOST: usize = 1_000;

/// How many that are expired or revoked are kept in the list; the audit keeps what is told of the others.
const MOST_DEAD: usize = 200;

/// A token that somebody wants.
#[derive(Clone, Debug)]
pub struct NewToken {
    /// What it is for; unique in the installation.
    pub name: String,
    /// What its holder may do.
    pub role: AdministratorRole,
    /// When it stops working.
    pub expires: Millis,
}

/// A token that was made, with its secret, which is nowhere else.
pub struct MadeToken {
    /// The token.
    pub token: AdministrationToken,
    /// The secret.
    pub secret: Zeroizing<String>,
}

impl Administration<'_> {
    /// Every administration token, by id.
    pub async fn administration_tokens(
        &self,
        caller: &Caller,
    ) -> Result<Vec<AdministrationToken>, AdministrationError> {
        caller.require(Scope::ReadInstallation)?;
        Ok(self.auth.store.administration_tokens().await?)
    }

    /// One administration token.
    pub async fn administration_token_of_id(
        &self,
        caller: &Caller,
        id: AdministrationTokenId,
    ) -> Result<AdministrationToken, AdministrationError> {
        let all = self.administration_tokens(caller).await?;
        let found = all.into_iter().find(|token| token.id == id);
        found.ok_or(AdministrationError::NotFound("administration token"))
    }

    /// Makes an administration token.
    pub async fn make_administration_token(
        &self,
        caller: &Caller,
        new: NewToken,
        idempotency: Idempotency<'_, MadeToken>,
    ) -> Result<MadeToken, AdministrationError> {
        caller.require(Scope::WriteInstallation)?;
        self.check_role(new.role)?;
        check(&new, caller.now)?;
        let _turn = self.state().lock_administrators().await;
        let present = self.auth.store.administration_tokens().await?;
        if present.iter().filter(|token| token.is_valid(caller.now)).count() >= MOST {
            return Err(AdministrationError::Conflict(format!(
                "there are {MOST} administration tokens already"
            )));
        }
        if present.iter().any(|token| token.name == new.name) {
            return Err(AdministrationError::Taken("name"));
        }
        let secret = new_secret(&*self.auth.rng);
        let token = AdministrationToken {
            id: AdministrationTokenId(ten_digits(&*self.auth.rng)),
            name: new.name,
            secret: self.auth.keys.secrets().digest(secret.as_bytes()),
            role: new.role,
            created_by: caller.name().to_owned(),
            created: caller.now,
            expires: new.expires,
            last_used: None,
            revoked: None,
        };
        let details = AuditDetails::made(&token).in_account(token.role.account());
        let change = Change::PutAdministrationToken(Box::new(token.clone()));
        let made = MadeToken { token, secret };
        let mut written =
            AuditedWrite::one(change, details).remembered_under(self, caller, &idempotency, &made);
        written.changes.extend(forgotten(present, caller.now).map(Change::DeleteAdministrationToken));
        self.write(caller, written).await?;
        Ok(made)
    }

    /// Makes a token stop working. It stays in the list. Does nothing to one that was revoked before.
    pub async fn revoke_administration_token(
        &self,
        caller: &Caller,
        id: AdministrationTokenId,
        unchanged: impl Fn(&AdministrationToken) -> Result<(), AdministrationError>,
    ) -> Result<(), AdministrationError> {
        caller.require(Scope::WriteInstallation)?;
        let _turn = self.state().lock_administrators().await;
        let token = self.administration_token_of_id(caller, id).await?;
        unchanged(&token)?;
        if token.revoked.is_some() {
            return Ok(());
        }
        let revoked = AdministrationToken { revoked: Some(caller.now), ..token.clone() };
        let details = AuditDetails::changed(&token, &revoked).in_account(token.role.account());
        self.write(caller, AuditedWrite::one(Change::PutAdministrationToken(Box::new(revoked)), details))
            .await
    }
}

/// The dead tokens that are not kept, those that have been dead for longest first.
fn forgotten(tokens: Vec<AdministrationToken>, now: Millis) -> impl Iterator<Item = AdministrationTokenId> {
    let mut dead: Vec<AdministrationToken> =
        tokens.into_iter().filter(|token| !token.is_valid(now)).collect();
    dead.sort_by_key(|token| token.revoked.unwrap_or(token.expires).min(token.expires));
    let too_many = dead.len().saturating_sub(MOST_DEAD);
    dead.into_iter().take(too_many).map(|token| token.id)
}

fn check(new: &NewToken, now: Millis) -> Result<(), AdministrationError> {
    if let Some(reason) = name_fault(&new.name) {
        return Err(AdministrationError::invalid("name", reason));
    }
    if new.expires <= now {
        return Err(AdministrationError::invalid("expires", "this lies in the past"));
    }
    if new.expires > now.plus(LONGEST) {
        return Err(AdministrationError::invalid("expires", "a token lives a year at most"));
    }
    Ok(())
}

/// Each character is as likely as every other: there are as many as six bits tell apart.
fn new_secret(rng: &dyn Rng) -> Zeroizing<String> {
    let mut random = Zeroizing::new([0; LENGTH]);
    rng.fill(random.as_mut_slice());
    let mut secret = Zeroizing::new(String::with_capacity(PREFIX.len() + LENGTH));
    secret.push_str(PREFIX);
    secret.extend(random.iter().map(|byte| char::from(ALPHABET[usize::from(byte & 63)])));
    secret
}

#[cfg(test)]
mod tests {
    use vestibule_crypto::OsRng;

    use super::*;

    #[test]
    fn a_secret_has_its_prefix_and_43_characters_that_urls_keep() {
        let secret = new_secret(&OsRng);
        let random = secret.strip_prefix("vat_").unwrap();
        assert_eq!(random.len(), 43);
        assert!(random.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')));
    }

    #[test]
    fn two_secrets_differ() {
        assert_ne!(*new_secret(&OsRng), *new_secret(&OsRng));
    }

    #[test]
    fn a_token_without_an_end_in_a_year_is_refused() {
        let new = |expires| NewToken { name: "a".into(), role: AdministratorRole::Owner, expires };
        assert!(check(&new(Millis::from_unix(1)), Millis::EPOCH).is_ok());
        assert!(check(&new(Millis::EPOCH), Millis::EPOCH).is_err());
        assert!(check(&new(Millis::EPOCH.plus(LONGEST * 2)), Millis::EPOCH).is_err());
    }
}
