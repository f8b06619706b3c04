//! Passwords that are declared, taken over as hashes, or generated.

use vestibule_auth::{NewPassword, OwnWords, SetPasswordError, set_password};
use vestibule_model::{Account, PasswordCredential, PasswordPolicy, Rng, SignOn, User, UserKind};

use super::declared::DeclaredUser;
use super::draft::{Draft, Tools};
use super::problem::Problem;

/// Without those that look alike.
const ALPHABET: &[u8] = b"abcdefghijkmnpqrstuvwxyz23456789ABCDEFGHJKLMNPQRSTUVWXYZ";

/// The length of a generated password: 24 random characters in groups of four.
const LENGTH: usize = 24;

/// How often a generated password is drawn anew because it breaks the policy.
const DRAWS: usize = 1_000;

/// Brings the user's password into the declared state.
pub(super) fn apply(
    (draft, account): (&mut Draft, &Account),
    element: &str,
    user: &mut User,
    tools: &mut Tools<'_>,
    declared: &DeclaredUser,
) -> Result<(), Problem> {
    match (&declared.password, &declared.password_hash) {
        (Some(_), Some(_)) => {
            return Err(Problem::new(element, "password_hash", "password is there as well: choose one"));
        }
        (Some(_), None) if user.kind == UserKind::Bot => {
            return Err(Problem::new(
                element,
                "password",
                "a bot has no password, it logs in with an API key",
            ));
        }
        (None, Some(_)) if user.kind == UserKind::Bot => {
            return Err(Problem::new(
                element,
                "password_hash",
                "a bot has no password, it logs in with an API key",
            ));
        }
        (Some(password), None) => set(account, element, user, tools, password)?,
        // What is declared of the hash is no more true of what the user has chosen since.
        (None, Some(_)) if user.password.is_some() => return Ok(()),
        (None, Some(hash)) => take_over(element, user, tools, hash)?,
        (None, None) if needs_one(account, user) => {
            let password = generated(&account.password_policy, tools.rng).ok_or_else(|| {
                Problem::new(element, "password", "no password could be generated under the policy")
            })?;
            set(account, element, user, tools, &password)?;
            user.must_change_password = true;
            draft.generate(element, "password", &password);
        }
        (None, None) => {}
    }
    changed_at(element, user, tools, declared)
}

/// A person who is to log in by password and has none.
fn needs_one(account: &Account, user: &User) -> bool {
    user.kind == UserKind::Human && user.password.is_none() && account.sign_on == SignOn::Password
}

/// Sets the password, unless it is that already.
fn set(
    account: &Account,
    element: &str,
    user: &mut User,
    tools: &mut Tools<'_>,
    password: &str,
) -> Result<(), Problem> {
    let problem = |error: SetPasswordError| Problem::new(element, "password", with_source(&error));
    if let Some(present) = &user.password {
        let same = tools.hasher.verify(&present.hash, password.as_bytes());
        if same.map_err(|error| problem(error.into()))? {
            return Ok(());
        }
    }
    let Tools { hasher, params, rng, now, .. } = tools;
    let own = OwnWords::of(user, account);
    let (policy, before) = (&account.password_policy, user.password.as_ref());
    let new = NewPassword { policy, own: &own, before, text: password };
    let credential = set_password(hasher, *params, new, (*rng, *now));
    user.password = Some(credential.map_err(problem)?);
    Ok(())
}

/// Takes over a hash from elsewhere, for a user who has no password. Later the user's own counts: a login may have rewritten
/// the hash, and the user may have chosen another password.
fn take_over(element: &str, user: &mut User, tools: &mut Tools<'_>, hash: &str) -> Result<(), Problem> {
    tools.hasher.verify(hash, b"").map_err(|error| Problem::new(element, "password_hash", error))?;
    user.password =
        Some(PasswordCredential { hash: hash.to_owned(), changed_at: tools.now, history: Vec::new() });
    Ok(())
}

fn changed_at(
    element: &str,
    user: &mut User,
    tools: &Tools<'_>,
    declared: &DeclaredUser,
) -> Result<(), Problem> {
    let Some(time) = declared.password_changed else { return Ok(()) };
    if time > tools.now {
        return Err(Problem::new(element, "password_changed", "this lies in the future"));
    }
    let Some(password) = &mut user.password else {
        return Err(Problem::new(element, "password_changed", "the user has no password"));
    };
    password.changed_at = time;
    Ok(())
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

fn with_source(error: &dyn std::error::Error) -> String {
    match error.source() {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    }
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
