//! Setting a password: the policy's text rules, its history, and the hash.

use tokio::task::spawn_blocking;
use vestibule_crypto::{Argon2Params, PasswordError, PasswordHasher, check_hash};
use vestibule_model::{Millis, PasswordCredential, PasswordPolicy, PasswordViolation, Rng};
use zeroize::Zeroizing;

use crate::service::Auth;
use crate::strength::{OwnWords, check_strength};
use crate::work_pool::Overloaded;

/// The longest password that is taken, at a login and at a change, in bytes. Nobody types a longer one, and each costs
/// memory while it waits for its hash.
pub const LONGEST_PASSWORD: usize = 1_024;

/// Refuses what is longer.
pub(crate) fn expect_length(password: &[u8]) -> Result<(), PasswordViolation> {
    if password.len() > LONGEST_PASSWORD {
        return Err(PasswordViolation::TooLong(LONGEST_PASSWORD));
    }
    Ok(())
}

/// Why a password was not set.
#[derive(Debug, thiserror::Error)]
pub enum SetPasswordError {
    /// It breaks the policy.
    #[error(transparent)]
    Policy(#[from] PasswordViolation),
    /// It could not be hashed.
    #[error("the password could not be hashed")]
    Hash(#[from] PasswordError),
}

/// Why a password was not set with the service's own hash threads.
#[derive(Debug)]
pub(crate) enum NewPasswordError {
    /// It breaks the policy.
    Policy(PasswordViolation),
    /// Too many were waiting.
    Overloaded,
}

impl From<Overloaded> for NewPasswordError {
    fn from(_: Overloaded) -> Self {
        Self::Overloaded
    }
}

impl Auth {
    /// The same as [`set_password`], with the hash threads.
    pub(crate) async fn new_credential(
        &self,
        new: NewPassword<'_>,
        now: Millis,
    ) -> Result<PasswordCredential, NewPasswordError> {
        let NewPassword { policy, before, text, .. } = new;
        expect_length(text.as_bytes()).and_then(|()| policy.check(text)).map_err(NewPasswordError::Policy)?;
        self.check_strength(new).await?;
        let earlier = earlier_hashes(before);
        let bytes = || Zeroizing::new(text.as_bytes().to_vec());
        for hash in earlier.iter().take(usize::from(policy.history)) {
            if self.login_guard.matches_hash(hash.clone(), bytes()).await? {
                return Err(NewPasswordError::Policy(PasswordViolation::Reused(policy.history)));
            }
        }
        let hash = self.login_guard.hash(bytes()).await?;
        Ok(credential(hash, earlier, policy, now))
    }

    /// On a thread of its own: it takes as long as thousands of checks.
    async fn check_strength(&self, new: NewPassword<'_>) -> Result<(), NewPasswordError> {
        let wanted = new.policy.min_strength;
        if wanted == 0 {
            return Ok(());
        }
        let (own, text) = (new.own.clone(), Zeroizing::new(new.text.to_owned()));
        let checked = spawn_blocking(move || check_strength(wanted, &text, &own)).await;
        checked.map_err(|_| NewPasswordError::Overloaded)?.map_err(NewPasswordError::Policy)
    }
}

/// A password that somebody is to have.
#[derive(Clone, Copy)]
pub struct NewPassword<'a> {
    /// What it must satisfy.
    pub policy: &'a PasswordPolicy,
    /// What counts for nothing in it.
    pub own: &'a OwnWords,
    /// The one in whose place it comes.
    pub before: Option<&'a PasswordCredential>,
    /// The password.
    pub text: &'a str,
}

/// The credential that holds a password from `now` on, if its policy allows it.
///
/// Costs one hash, and one more for each password of the history that has to be compared.
pub fn set_password(
    hasher: &mut PasswordHasher,
    params: Argon2Params,
    new: NewPassword<'_>,
    rng: &dyn Rng,
    now: Millis,
) -> Result<PasswordCredential, SetPasswordError> {
    let NewPassword { policy, own, before, text: password } = new;
    expect_length(password.as_bytes())?;
    policy.check(password)?;
    check_strength(policy.min_strength, password, own)?;
    let earlier = earlier_hashes(before);
    for hash in earlier.iter().take(usize::from(policy.history)) {
        if hasher.verify(hash, password.as_bytes())? {
            return Err(PasswordViolation::Reused(policy.history).into());
        }
    }
    let mut salt = [0; 16];
    rng.fill(&mut salt);
    let hash = hasher.hash(params, salt, password.as_bytes())?;
    Ok(credential(hash, earlier, policy, now))
}

/// The hashes of the present password and of those before it, newest first. Without those against which nothing can be
/// verified: they are of no password.
fn earlier_hashes(before: Option<&PasswordCredential>) -> Vec<String> {
    let hashes = before.into_iter().flat_map(|before| std::iter::once(&before.hash).chain(&before.history));
    hashes.filter(|hash| check_hash(hash).is_ok()).cloned().collect()
}

/// A credential that remembers as many of the earlier hashes as the policy will ask for.
fn credential(
    hash: String,
    mut earlier: Vec<String>,
    policy: &PasswordPolicy,
    now: Millis,
) -> PasswordCredential {
    earlier.truncate(usize::from(policy.history.saturating_sub(1)));
    PasswordCredential { hash, changed_at: now, history: earlier }
}
