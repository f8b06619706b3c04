//! The first start: the administrators' account and its first owner.

use std::io;

use vestibule_model::{
    Account, Actor, Administrator, AdministratorRole, AuditAction, AuditRecord, AuditTarget, Concurrency,
    Means, Millis, NamedPolicy, PasswordCredential, PasswordPolicy, Population, SessionPolicy, TargetKind,
    User, UserId, WhenFull,
};
use vestibule_store::{Change, StoreError};
use zeroize::Zeroizing;

use super::Administration;
use super::accounts::new_account;
use super::caller::administrators_account;
use super::random::ten_digits;
use super::users::new_user;
use crate::directory::AccountEntry;

/// The id of the account that administrators are users of. An ordinary account; only owners may look into it.
pub const HOME: &str = "administrators";

/// How many characters an administrator's password has at the least, as long as nobody gives that account another policy.
pub const MIN_PASSWORD_LENGTH: u16 = 12;

/// The login name of the first owner.
const NAME: &str = "admin";

/// LiveVox client numbers are unique, and other accounts count on from the greatest.
const NUMBER: i32 = 0;

/// The first owner's password.
pub enum FirstOwner<'a> {
    /// One that everybody knows: for development.
    WithPassword(Zeroizing<String>),
    /// One that is generated, kept where this puts it, and to be changed at the first login. If it cannot be kept, no owner
    /// is made: nobody would know the password.
    Generated(&'a (dyn Fn(&MadeOwner) -> io::Result<()> + Sync)),
}

/// An owner who is made, with the password, which is nowhere else.
pub struct MadeOwner {
    /// The login name.
    pub name: String,
    /// The password.
    pub password: Zeroizing<String>,
}

/// Why no owner was made.
#[derive(Debug, thiserror::Error)]
pub enum FirstOwnerError {
    /// The password could not be kept.
    #[error("the first owner's password cannot be kept")]
    Keep(#[source] io::Error),
    /// The owner could not be stored.
    #[error("an owner cannot be made")]
    Store(#[from] StoreError),
}

impl Administration<'_> {
    /// Makes the administrators' account unless there is one, and an owner unless somebody who may log in is one: a
    /// database from elsewhere may have the account and nobody who administers.
    pub async fn make_administrators_account(
        &self,
        owner: FirstOwner<'_>,
        now: Millis,
    ) -> Result<(), FirstOwnerError> {
        let mut owners = self.auth.store.administrators().await?;
        owners.retain(|administrator| administrator.role == AdministratorRole::Owner);
        if owners.iter().any(|owner| self.may_log_in(owner.user)) {
            return Ok(());
        }
        let entry = self.auth.directory.account(administrators_account());
        let name = free_name(entry.as_deref());
        let (password, must_change_password) = match owner {
            FirstOwner::WithPassword(password) => (password, false),
            FirstOwner::Generated(keep) => {
                let made = MadeOwner { name: name.clone(), password: self.generated_password() };
                keep(&made).map_err(FirstOwnerError::Keep)?;
                (made.password, true)
            }
        };
        let bytes = Zeroizing::new(password.as_bytes().to_vec());
        let hash = self.auth.login_guard.hash(bytes).await;
        let hash =
            hash.map_err(|_| StoreError::Unavailable("the first owner's password was not hashed".into()))?;
        let mut pid = [0; 16];
        self.auth.rng.fill(&mut pid);
        let password = PasswordCredential { hash, changed_at: now, history: Vec::new() };
        let id = UserId(ten_digits(&*self.auth.rng));
        let user = User {
            number: entry
                .as_ref()
                .and_then(|entry| entry.highest_user_number())
                .unwrap_or(0)
                .saturating_add(1),
            login_name: name.clone(),
            full_name: "Administrator".to_owned(),
            nickname: NAME.to_owned(),
            password: Some(password),
            must_change_password,
            ..new_user(id, administrators_account(), uuid::Builder::from_random_bytes(pid).into_uuid())
        };
        let administrator = Administrator { user: user.id, role: AdministratorRole::Owner };
        let mut changes = Vec::new();
        if entry.is_none() {
            changes.push(Change::PutAccount(Box::new(account())));
            changes.push(created(now, TargetKind::Account, HOME.to_owned(), HOME, None));
        }
        changes.extend([
            Change::PutUser(Box::new(user.clone())),
            created(now, TargetKind::User, user.id.to_string(), &name, Some(user.id)),
            Change::PutAdministrator(administrator),
            created(now, TargetKind::Administrator, user.id.to_string(), &name, Some(user.id)),
        ]);
        self.auth.store.commit(changes).await?;
        self.auth.follow().await?;
        tracing::info!(
            account = HOME,
            owner = name,
            "an owner was made, because there was none who may log in"
        );
        Ok(())
    }

    /// 30 characters that are not mistaken for each other, with 150 random bits, in groups.
    pub(super) fn generated_password(&self) -> Zeroizing<String> {
        const ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
        let mut random = Zeroizing::new([0; 30]);
        let mut password = Zeroizing::new(String::with_capacity(36));
        // A password needs a digit under the default policy: drawn until there is one.
        while !password.bytes().any(|byte| byte.is_ascii_digit()) {
            self.auth.rng.fill(random.as_mut_slice());
            password.clear();
            for (index, byte) in random.iter().enumerate() {
                if index > 0 && index % 5 == 0 {
                    password.push('-');
                }
                password.push(char::from(ALPHABET[usize::from(byte & 31)]));
            }
        }
        password
    }
}

fn created(now: Millis, kind: TargetKind, id: String, name: &str, user: Option<UserId>) -> Change {
    let target = Some(AuditTarget { kind, id, name: name.to_owned() });
    let record = AuditRecord::new(now, AuditAction::Created, Actor::System, Means::System);
    Change::Audit(Box::new(AuditRecord { account: Some(administrators_account()), user, target, ..record }))
}

fn account() -> Account {
    let session_policy = SessionPolicy {
        idle_seconds: 30 * 60,
        absolute_seconds: 12 * 60 * 60,
        concurrency: Concurrency::Many { limit: 20, when_full: WhenFull::EndOldest },
        ..SessionPolicy::default()
    };
    Account {
        number: NUMBER,
        password_policy: PasswordPolicy {
            min_length: MIN_PASSWORD_LENGTH,
            ..NamedPolicy::Modern.password_policy()
        },
        session_policy,
        ..new_account(administrators_account(), None)
    }
}

/// `admin`, or the first of `admin-2`, `admin-3`, … that nobody has.
fn free_name(entry: Option<&AccountEntry>) -> String {
    let is_free =
        |name: &String| entry.is_none_or(|entry| entry.user_named(Some(Population::User), name).is_none());
    let others = (2..u32::MAX).map(|number| format!("{NAME}-{number}"));
    [NAME.to_owned()].into_iter().chain(others).find(is_free).unwrap_or_default()
}
