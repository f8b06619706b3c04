//! Setting a second factor up, making its recovery codes anew, and taking it away, by whoever is signed in.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tracing::Instrument as _;
use vestibule_crypto::{OneTimeSecret, SealContext, recovery_code, recovery_digest};
use vestibule_model::{
    AuditAction, AuditRecord, Means, Millis, SecondFactor, User, UserId, difference, sealed_under,
};
use vestibule_store::{Change, StoreError};
use zeroize::Zeroizing;

use crate::attempt::Failed;
use crate::audit::{self, Attempt};
use crate::directory::{SECOND_FACTOR_COLUMN, USERS_TABLE};
use crate::log_in::{LogIn, LogInError, UserCredentials};
use crate::open::Once;
use crate::page_session::PageSession;
use crate::service::Auth;

/// How long somebody may take to set it up.
const LIFE: Duration = Duration::from_mins(30);

/// How many recovery codes there are.
const RECOVERY_CODES: usize = 10;

const CONTEXT: SealContext<'_> = SealContext { table: "pages", column: "enrolment", row: &[] };

/// A second factor that somebody is about to set up.
pub struct Enrolment {
    /// The secret, as it is typed into a device: base 32.
    pub secret: Zeroizing<String>,
    /// The same as devices read it from a picture: an `otpauth` address.
    pub address: Zeroizing<String>,
    /// What the page keeps until the code comes: sealed.
    pub state: String,
}

/// Why a second factor stays as it is.
#[derive(Debug, thiserror::Error)]
pub enum EnrolmentError {
    /// There is one already, or none any more.
    #[error("the second factor is not as it was thought to be")]
    Changed,
    /// The page is too old, or not this user's.
    #[error("what the page kept is not good any more")]
    OldPage,
    /// The code does not count.
    #[error("the code was not taken")]
    Code(#[from] LogInError),
    /// The password does not count.
    #[error("the password was not taken")]
    Password(#[source] LogInError),
    /// It could not be stored.
    #[error("the second factor could not be stored")]
    Store(#[source] StoreError),
}

impl Failed for EnrolmentError {
    fn is_bad_credentials(&self) -> bool {
        matches!(self, Self::Code(error) if error.is_bad_credentials())
    }
}

impl From<StoreError> for EnrolmentError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::StaleCredentials => Self::Changed,
            // The same code twice in the same moment.
            StoreError::AlreadyConsumed => Self::Code(LogInError::BadCredentials),
            other => Self::Store(other),
        }
    }
}

#[derive(Serialize, Deserialize)]
struct Begun {
    user: UserId,
    secret: Vec<u8>,
    until: Millis,
}

impl Auth {
    /// Draws the secret of a second factor. Nothing is stored before a code of it was shown.
    pub fn begin_enrolment(&self, page: &PageSession, now: Millis) -> Enrolment {
        let secret = OneTimeSecret::generate(&*self.rng);
        self.enrolment(page, &secret, now)
    }

    /// The same that was begun before, for whoever has shown a wrong code.
    pub fn resume_enrolment(&self, page: &PageSession, state: &str, now: Millis) -> Option<Enrolment> {
        Some(self.enrolment(page, &self.begun(page, state, now)?, now))
    }

    fn enrolment(&self, page: &PageSession, secret: &OneTimeSecret, now: Millis) -> Enrolment {
        let user = &page.user;
        let begun = Begun { user: user.id, secret: secret.as_bytes().to_vec(), until: now.plus(LIFE) };
        let text = secret.to_base32();
        let escaped = |text: &str| {
            text.bytes().fold(String::new(), |mut out, byte| {
                if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
                    out.push(char::from(byte));
                } else {
                    let _ = write!(out, "%{byte:02X}");
                }
                out
            })
        };
        let (account, name) = (page.entry.account.id, escaped(&user.login_name));
        let address = format!(
            "otpauth://totp/Vestibule%20{account}:{name}?secret={}&issuer=Vestibule%20{account}",
            *text
        );
        Enrolment { secret: text, address: address.into(), state: self.seal_text(&CONTEXT, &begun) }
    }

    fn begun(&self, page: &PageSession, state: &str, now: Millis) -> Option<OneTimeSecret> {
        let begun: Begun = self.open_text(&CONTEXT, state)?;
        let is_good = begun.user == page.user.id && now < begun.until;
        OneTimeSecret::from_bytes(&begun.secret).filter(|_| is_good)
    }

    /// Sets it up with the first code of the device, and the password of whoever has one that counts; answers the recovery codes,
    /// which are told once.
    pub async fn finish_enrolment(
        self: &Arc<Self>,
        page: &PageSession,
        at: LogIn,
        state: &str,
        code: &str,
        password: &str,
    ) -> Result<Vec<Zeroizing<String>>, EnrolmentError> {
        let secret = self.begun(page, state, at.now).ok_or(EnrolmentError::OldPage)?;
        if page.user.second_factor.is_some() {
            return Err(EnrolmentError::Changed);
        }
        // Whoever guesses here guesses a code of a secret that they were told.
        let step = secret.step_of(code.trim(), at.now).ok_or(LogInError::BadCredentials)?;
        if page.has_password() {
            self.prove_to_enrol(page, at, password).await?;
        }
        let user = page.user.id;
        let row = user.0.to_be_bytes();
        let context = SealContext { table: USERS_TABLE, column: SECOND_FACTOR_COLUMN, row: &row };
        let sealed = self.keys.sealer().seal(&*self.rng, &context, secret.as_bytes());
        let (codes, recovery) = self.recovery_codes(user);
        let factor = SecondFactor { sealed, since: at.now, recovery };
        let once = Once { value: step.digest(user, at.now), expires: step.expires() };
        let expected = sealed_under(&factor.sealed).map(Change::ExpectMasterKey);
        let changes = expected.into_iter().chain([once.into()]).collect();
        self.set_second_factor(page, at, Some(factor), changes, AuditAction::SecondFactorSet).await?;
        Ok(codes)
    }

    /// Whoever found a browser signed in shall not lock its user out: the password is shown once more.
    async fn prove_to_enrol(
        self: &Arc<Self>,
        page: &PageSession,
        at: LogIn,
        password: &str,
    ) -> Result<(), EnrolmentError> {
        let attempt = Attempt::to_log_in(at, Means::Session);
        let credentials = UserCredentials {
            user_name: page.user.login_name.clone(),
            population: Some(page.user.population),
            password: Zeroizing::new(password.as_bytes().to_vec()),
        };
        let proved = async {
            credentials.expect_length()?;
            self.admit(attempt, &credentials.user_name)?;
            let auth = Arc::clone(self);
            self.settle(at, async move { auth.prove(attempt, credentials).await }).await
        };
        proved.await.map(drop).map_err(EnrolmentError::Password)
    }

    /// Makes the recovery codes anew, for whoever shows a code; those of before count no more.
    pub async fn renew_recovery_codes(
        self: &Arc<Self>,
        page: &PageSession,
        at: LogIn,
        code: &str,
    ) -> Result<Vec<Zeroizing<String>>, EnrolmentError> {
        let (codes, recovery) = self.recovery_codes(page.user.id);
        let renew = |factor| Some(SecondFactor { recovery, ..factor });
        self.change_with_code(page, at, code, renew, AuditAction::SecondFactorSet).await?;
        Ok(codes)
    }

    /// Takes the second factor away, for whoever shows a code.
    pub async fn remove_second_factor(
        self: &Arc<Self>,
        page: &PageSession,
        at: LogIn,
        code: &str,
    ) -> Result<(), EnrolmentError> {
        self.change_with_code(page, at, code, |_| None, AuditAction::SecondFactorRemoved).await
    }

    /// Makes another of the second factor, for whoever shows a code, which is used up in the same commit. A recovery code is
    /// used up by the change itself, which is made only while it is there.
    async fn change_with_code(
        self: &Arc<Self>,
        page: &PageSession,
        at: LogIn,
        code: &str,
        after: impl FnOnce(SecondFactor) -> Option<SecondFactor>,
        action: AuditAction,
    ) -> Result<(), EnrolmentError> {
        let factor = page.user.second_factor.as_deref().cloned().ok_or(EnrolmentError::Changed)?;
        let after = after(factor);
        let attempt = Attempt::to_log_in(at, Means::Session);
        self.admit(attempt, &page.user.login_name)?;
        let (auth, page, code) = (Arc::clone(self), page.clone(), code.to_owned());
        let whole = async move {
            let (entry, user) = (&page.entry, &page.user);
            let spent = match auth.prove_code(attempt, entry, user, &code)? {
                super::CodeProof::Step(once) => vec![once.into()],
                super::CodeProof::Recovery(_) => Vec::new(),
            };
            let set = auth.set_second_factor(&page, at, after, spent, action).await;
            set.map_err(|error| match error {
                // Nothing else of this counts once.
                EnrolmentError::Code(_) => auth.code_was_used(attempt, entry, user).into(),
                error => error,
            })?;
            auth.code_was_right(attempt, entry, user);
            Ok(())
        };
        self.settle(at, whole).await
    }

    fn recovery_codes(&self, user: UserId) -> (Vec<Zeroizing<String>>, Vec<[u8; 32]>) {
        let codes: Vec<_> = (0..RECOVERY_CODES).map(|_| recovery_code(&*self.rng)).collect();
        let digests = codes.iter().filter_map(|code| recovery_digest(user, code)).collect();
        (codes, digests)
    }

    /// In one commit with what is used up by it, carried to its end also when the caller goes away.
    async fn set_second_factor(
        self: &Arc<Self>,
        page: &PageSession,
        at: LogIn,
        after: Option<SecondFactor>,
        mut changes: Vec<Change>,
        action: AuditAction,
    ) -> Result<(), EnrolmentError> {
        let (user, after) = (Arc::clone(&page.user), after.map(Box::new));
        let before = user.second_factor.clone();
        changes.push(Change::SetSecondFactor { user: user.id, before, after: after.clone() });
        changes.push(Change::Audit(told(&user, after.clone(), at, action).into()));
        let (auth, account) = (Arc::clone(self), page.entry.account.id);
        let whole = async move {
            auth.store.commit(changes).await?;
            if let Some(present) = auth.directory.account(account) {
                present.update_user(user.id, |present| {
                    // Somebody may have changed it since.
                    if present.second_factor == user.second_factor {
                        present.second_factor = after;
                    }
                });
            }
            Ok(())
        };
        let ended = tokio::spawn(whole.in_current_span()).await;
        let ended: Result<(), StoreError> =
            ended.unwrap_or_else(|ended| Err(StoreError::Unavailable(Box::new(ended))));
        ended.map_err(EnrolmentError::from)
    }
}

/// What the audit says of a second factor that its user changed.
fn told(user: &User, after: Option<Box<SecondFactor>>, at: LogIn, action: AuditAction) -> AuditRecord {
    let after = User { second_factor: after, ..user.clone() };
    let (was, is) = difference(Some(user), Some(&after));
    AuditRecord {
        account: Some(user.account),
        user: Some(user.id),
        dialect: Some(at.dialect),
        address: at.address,
        before: was,
        after: is,
        ..AuditRecord::new(at.now, action, audit::actor(user), Means::Session)
    }
}
