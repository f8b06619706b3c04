//! Passwords that are declared, taken over as hashes, or generated. What has to be hashed is `hash.rs`'s.

use vestibule_auth::check_password_of;
use vestibule_crypto::check_hash;
use vestibule_model::{Account, Millis, PasswordCredential, PasswordPolicy, Rng, SignOn, User, UserKind};
use zeroize::Zeroizing;

use super::declared::DeclaredUser;
use super::draft::{Draft, NewPasswordOf, Tools};
use super::problem::Problem;

/// Without those that look alike.
const ALPHABET: &[u8] = b"abcdefghijkmnpqrstuvwxyz23456789ABCDEFGHJKLMNPQRSTUVWXYZ";

/// The length of a generated password: 24 random characters in groups of four.
const LENGTH: usize = 24;

/// How often a generated password is drawn anew because it breaks the policy.
const DRAWS: usize = 1_000;

/// Where a user is.
#[derive(Clone, Copy)]
pub(super) struct Position<'a> {
    /// In the file.
    pub(super) element: &'a str,
    /// Among the account's users.
    pub(super) index: usize,
}

/// What the file says of the user's password.
pub(super) fn declare(
    draft: &mut Draft,
    account: &Account,
    at: Position<'_>,
    user: &mut User,
    tools: &Tools<'_>,
    declared: &DeclaredUser,
) -> Result<(), Problem> {
    let Position { element, index } = at;
    let since = since(element, tools, declared)?;
    let text = match (&declared.password, &declared.password_hash) {
        (Some(_), Some(_)) => {
            return Err(Problem::new(element, "password_hash", "password is there as well: choose one"));
        }
        (Some(password), None) => {
            check_password_of(user.kind).map_err(|violation| Problem::broken(element, violation))?;
            Some(password.clone())
        }
        // What is declared of the hash is no more true of what the user has chosen since.
        (None, Some(_)) if user.password.is_some() => return Ok(()),
        (None, Some(hash)) => {
            take_over(element, user, tools, hash, declared.password_history.as_deref())?;
            None
        }
        (None, None) if needs_one(account, user) && declared.generate_password != Some(false) => {
            let password = generated(&account.password_policy, tools.rng).ok_or_else(|| {
                Problem::new(element, "password", "no password could be generated under the policy")
            })?;
            user.must_change_password = true;
            draft.generate(element, "password", &password);
            Some(password)
        }
        (None, None) => None,
    };
    if let Some(text) = text {
        let (account, element, text) = (account.id, element.to_owned(), Zeroizing::new(text));
        draft.passwords.push(NewPasswordOf { account, index, element, text, since });
        return Ok(());
    }
    match (since, &mut user.password) {
        (None, _) => {}
        (Some(since), Some(password)) => password.changed_at = since,
        (Some(_), None) => {
            return Err(Problem::new(element, "password_changed", "the user has no password"));
        }
    }
    Ok(())
}

/// A person who is to log in by password and has none.
fn needs_one(account: &Account, user: &User) -> bool {
    user.kind == UserKind::Human && user.password.is_none() && account.sign_on == SignOn::Password
}

/// Takes over a hash from elsewhere, for a user who has no password. Later the user's own counts: a login may have rewritten
/// the hash, and the user may have chosen another password.
fn take_over(
    element: &str,
    user: &mut User,
    tools: &Tools<'_>,
    hash: &str,
    history: Option<&[String]>,
) -> Result<(), Problem> {
    check_password_of(user.kind).map_err(|violation| Problem::broken(element, violation))?;
    let history = history.unwrap_or_default();
    check_hash(hash).map_err(|error| Problem::new(element, "password_hash", error))?;
    history
        .iter()
        .try_for_each(|hash| check_hash(hash))
        .map_err(|error| Problem::new(element, "password_history", error))?;
    user.password =
        Some(PasswordCredential { hash: hash.to_owned(), changed_at: tools.now, history: history.to_vec() });
    Ok(())
}

fn since(element: &str, tools: &Tools<'_>, declared: &DeclaredUser) -> Result<Option<Millis>, Problem> {
    if declared.password_changed.is_some_and(|time| time > tools.now) {
        return Err(Problem::new(element, "password_changed", "this lies in the future"));
    }
    Ok(declared.password_changed)
}

/// A random password that satisfies the policy, if one can be found.
pub(crate) fn generated(policy: &PasswordPolicy, rng: &dyn Rng) -> Option<String> {
    let length = LENGTH.max(usize::from(policy.min_length));
    (0..DRAWS).map(|_| draw(length, rng)).find(|password| policy.check(password).is_ok())
}

/// Every character of the alphabet is as likely as every other: bytes beyond a multiple of its length are drawn anew.
fn draw(length: usize, rng: &dyn Rng) -> String {
    let fair = u8::MAX - u8::MAX % u8::try_from(ALPHABET.len()).unwrap_or(u8::MAX);
    let mut password = String::with_capacity(length + length / 4);
    let mut drawn = 0;
    while drawn < length {
        let mut byte = [0];
        rng.fill(&mut byte);
        if byte[0] >= fair {
            continue;
        }
        if drawn > 0 && drawn % 4 == 0 {
            password.push('-');
        }
        password.push(char::from(ALPHABET[usize::from(byte[0]) % ALPHABET.len()]));
        drawn += 1;
    }
    password
}

#[cfg(test)]
mod tests {
    use vestibule_crypto::OsRng;

    use super::*;

    #[test]
    fn a_generated_password_satisfies_a_strict_policy() {
        let policy = PasswordPolicy {
            min_length: 30,
            max_sequence: 2,
            max_repeat: 1,
            require_special: true,
            ..PasswordPolicy::default()
        };
        assert_eq!(policy.check(&generated(&policy, &OsRng).unwrap()), Ok(()));
    }

    #[test]
    fn a_generated_password_has_over_128_random_bits() {
        let bits = f64::from(u32::try_from(LENGTH).unwrap())
            * f64::from(u32::try_from(ALPHABET.len()).unwrap()).log2();
        assert!(bits > 128.0, "{bits}");
    }
}
