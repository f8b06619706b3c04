//! Setting a second factor up, making its recovery codes anew, and taking it away, by whoever is signed in.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use vestibule_crypto::{OneTimeSecret, SealContext, recovery_code, recovery_digest};
use vestibule_model::{AuditAction, Means, Millis, SecondFactor, SecondFactorPolicy, UserId, sealed_under};
use vestibule_store::{Change, StoreError};
use zeroize::Zeroizing;

use crate::attempt::{Failed, ProvedUser};
use crate::audit::Attempt;
use crate::directory::{SECOND_FACTOR_COLUMN, USERS_TABLE};
use crate::log_in::{LogIn, LogInError, LoginScope, UserCredentials};
use crate::open::Once;
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

/// What is shown to set a second factor up.
#[derive(Clone, Copy)]
pub struct ShownEnrolment<'a> {
    /// What was kept since it was begun.
    pub state: &'a str,
    /// The first code of the device.
    pub code: &'a str,
    /// The password; of whoever has none that counts it is not looked at.
    pub password: &'a str,
}

/// A second factor that is not stored yet.
pub(crate) struct NewFactor {
    pub(crate) factor: SecondFactor,
    /// What has to stand in the transaction that stores it.
    pub(crate) expected: Vec<Change>,
    /// The recovery codes, which are told once.
    pub(crate) codes: Vec<Zeroizing<String>>,
}

/// Why a second factor stays as it is.
#[derive(Debug, thiserror::Error)]
pub enum EnrolmentError {
    /// There is one already, or none any more; or its user was changed since what is shown was looked at.
    #[error("it was changed in the meantime")]
    Changed,
    /// The account asks for one, and it stays.
    #[error("the account asks for a second factor")]
    Required,
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
    pub fn begin_enrolment(&self, holder: &ProvedUser, now: Millis) -> Enrolment {
        let secret = OneTimeSecret::generate(&*self.rng);
        self.enrolment(holder, &secret, now)
    }

    /// The same that was begun before, for whoever has shown a wrong code.
    pub fn resume_enrolment(&self, holder: &ProvedUser, state: &str, now: Millis) -> Option<Enrolment> {
        Some(self.enrolment(holder, &self.begun(holder, state, now)?, now))
    }

    fn enrolment(&self, holder: &ProvedUser, secret: &OneTimeSecret, now: Millis) -> Enrolment {
        let user = &holder.user;
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
        let (account, name) = (holder.entry.account.id, escaped(&user.login_name));
        let address = format!(
            "otpauth://totp/Vestibule%20{account}:{name}?secret={}&issuer=Vestibule%20{account}",
            *text
        );
        Enrolment { secret: text, address: address.into(), state: self.seal_text(&CONTEXT, &begun) }
    }

    fn begun(&self, holder: &ProvedUser, state: &str, now: Millis) -> Option<OneTimeSecret> {
        let begun: Begun = self.open_text(&CONTEXT, state)?;
        let is_good = begun.user == holder.user.id && now < begun.until;
        OneTimeSecret::from_bytes(&begun.secret).filter(|_| is_good)
    }

    /// Sets it up with the first code of the device, and the password of whoever has one that counts; answers the recovery codes,
    /// which are told once.
    pub async fn finish_enrolment(
        self: &Arc<Self>,
        holder: &ProvedUser,
        at: LogIn,
        shown: ShownEnrolment<'_>,
    ) -> Result<Vec<Zeroizing<String>>, EnrolmentError> {
        let NewFactor { factor, expected, codes } = self.new_factor(holder, at, shown).await?;
        let by = (AuditAction::SecondFactorSet, Means::Session);
        self.set_second_factor(holder, at, Some(factor), expected, by).await?;
        Ok(codes)
    }

    /// The second factor that is to be set up, for whoever shows what is needed for it.
    pub(crate) async fn new_factor(
        self: &Arc<Self>,
        holder: &ProvedUser,
        at: LogIn,
        shown: ShownEnrolment<'_>,
    ) -> Result<NewFactor, EnrolmentError> {
        let new = self.factor_shown(holder, at, shown)?;
        self.prove_password_again(holder, at, shown.password).await?;
        Ok(new)
    }

    /// The same of somebody who has just shown the password; that of `shown` is not looked at.
    pub(super) fn factor_shown(
        &self,
        holder: &ProvedUser,
        at: LogIn,
        shown: ShownEnrolment<'_>,
    ) -> Result<NewFactor, EnrolmentError> {
        let secret = self.begun(holder, shown.state, at.now).ok_or(EnrolmentError::OldPage)?;
        if holder.user.second_factor.is_some() {
            return Err(EnrolmentError::Changed);
        }
        // Whoever guesses here guesses a code of a secret that they were told.
        let step = secret.step_of(shown.code.trim(), at.now).ok_or(LogInError::BadCredentials)?;
        let user = holder.user.id;
        let row = user.0.to_be_bytes();
        let context = SealContext { table: USERS_TABLE, column: SECOND_FACTOR_COLUMN, row: &row };
        let sealed = self.keys.sealer().seal(&*self.rng, &context, secret.as_bytes());
        let (codes, recovery) = self.recovery_codes(user);
        let factor = SecondFactor { sealed, since: at.now, recovery };
        let once = Once { value: step.digest(user, at.now), expires: step.expires() };
        let expected = sealed_under(&factor.sealed).map(Change::ExpectMasterKey);
        let expected = expected.into_iter().chain([once.into()]).collect();
        Ok(NewFactor { factor, expected, codes })
    }

    /// Whoever found somebody signed in shall not lock them out: the password is shown once more, by whoever has one that counts.
    /// Everybody else shows nothing here; what is changed takes a code of the second factor in any case.
    pub(crate) async fn prove_password_again(
        self: &Arc<Self>,
        holder: &ProvedUser,
        at: LogIn,
        password: &str,
    ) -> Result<(), EnrolmentError> {
        if !holder.has_password() {
            return Ok(());
        }
        let attempt = Attempt::to_log_in(at, Means::Session);
        let credentials = UserCredentials {
            user_name: holder.user.login_name.clone(),
            population: Some(holder.user.population),
            password: Zeroizing::new(password.as_bytes().to_vec()),
        };
        let proved = async {
            credentials.expect_length()?;
            self.admit(attempt, &credentials.user_name)?;
            let auth = Arc::clone(self);
            self.settle(at, async move { auth.prove(attempt, credentials).await }).await
        };
        proved.await.map(drop).map_err(|error| match error {
            // What was shown may be right, of the password of before.
            LogInError::BadCredentials if !self.has_same_credentials(holder) => EnrolmentError::Changed,
            error => EnrolmentError::Password(error),
        })
    }

    /// Makes the recovery codes anew, for whoever shows a code; those of before count no more.
    pub async fn renew_recovery_codes(
        self: &Arc<Self>,
        holder: &ProvedUser,
        at: LogIn,
        code: &str,
    ) -> Result<Vec<Zeroizing<String>>, EnrolmentError> {
        let (codes, recovery) = self.recovery_codes(holder.user.id);
        let renew = |factor| Some(SecondFactor { recovery, ..factor });
        self.change_with_code(holder, at, code, renew, AuditAction::SecondFactorSet).await?;
        Ok(codes)
    }

    /// Takes the second factor away, for whoever shows a code, unless the account asks for one.
    pub async fn remove_second_factor(
        self: &Arc<Self>,
        holder: &ProvedUser,
        at: LogIn,
        code: &str,
    ) -> Result<(), EnrolmentError> {
        let is_required = holder.entry.account.second_factor == SecondFactorPolicy::Required;
        if is_required && at.scope != LoginScope::Administration {
            return Err(EnrolmentError::Required);
        }
        self.change_with_code(holder, at, code, |_| None, AuditAction::SecondFactorRemoved).await
    }

    /// Makes another of the second factor, for whoever shows a code, which is used up in the same commit. A recovery code is
    /// used up by the change itself, which is made only while it is there.
    async fn change_with_code(
        self: &Arc<Self>,
        holder: &ProvedUser,
        at: LogIn,
        code: &str,
        after: impl FnOnce(SecondFactor) -> Option<SecondFactor>,
        action: AuditAction,
    ) -> Result<(), EnrolmentError> {
        let factor = holder.user.second_factor.as_deref().cloned().ok_or(EnrolmentError::Changed)?;
        let after = after(factor);
        let attempt = Attempt::to_log_in(at, Means::Session);
        self.admit(attempt, &holder.user.login_name)?;
        let (auth, holder, code) = (Arc::clone(self), holder.clone(), code.to_owned());
        let whole = async move {
            let (entry, user) = (&holder.entry, &holder.user);
            let spent = match auth.prove_code(attempt, entry, user, &code)? {
                super::CodeProof::Step(once) => vec![once.into()],
                super::CodeProof::Recovery(_) => Vec::new(),
            };
            let set = auth.set_second_factor(&holder, at, after, spent, (action, Means::Session)).await;
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
}
