//! The passwords of a file, hashed on every core: that is what applying a long file takes its time for.

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use vestibule_auth::{NewPassword, OwnWords, SetPasswordError, Violation, set_password};
use vestibule_crypto::{PasswordHasher, check_hash};
use vestibule_model::PasswordCredential;

use super::draft::{Draft, NewPasswordOf, Tools};
use super::problem::Problem;
use crate::progress::Bar;

/// From how many passwords on it is worth telling how far it is.
const SHOWN_FROM: usize = 50;

/// What a password comes to; None: the user has it already.
type Hashed = Result<Option<PasswordCredential>, Problem>;

/// Sets the passwords that were declared or generated.
pub(super) fn set_passwords(draft: &mut Draft, tools: &Tools<'_>) -> Result<(), Problem> {
    let hashed = hash_all(draft, tools)?;
    for (new, credential) in std::mem::take(&mut draft.passwords).into_iter().zip(hashed) {
        let rows = draft.accounts.get_mut(&new.account);
        let Some(user) = rows.and_then(|rows| rows.users.get_mut(new.index)) else { continue };
        if credential.is_some() {
            user.password = credential;
        }
        if let (Some(since), Some(password)) = (new.since, &mut user.password) {
            password.changed_at = since;
        }
    }
    Ok(())
}

/// In the order of the passwords. The first that is refused ends it: those behind it are not begun any more.
fn hash_all(draft: &Draft, tools: &Tools<'_>) -> Result<Vec<Option<PasswordCredential>>, Problem> {
    let total = draft.passwords.len();
    let (next, done, refused) = (AtomicUsize::new(0), AtomicUsize::new(0), AtomicBool::new(false));
    let bar = (total >= SHOWN_FROM).then(|| Bar::of_passwords("hashing"));
    let work = || {
        let mut hasher = PasswordHasher::new(tools.engine);
        let mut done_here: Vec<(usize, Hashed)> = Vec::new();
        while !refused.load(Ordering::Relaxed) {
            let place = next.fetch_add(1, Ordering::Relaxed);
            let Some(new) = draft.passwords.get(place) else { break };
            let outcome = hash(draft, tools, &mut hasher, new);
            refused.fetch_or(outcome.is_err(), Ordering::Relaxed);
            done_here.push((place, outcome));
            let done = done.fetch_add(1, Ordering::Relaxed) + 1;
            if let Some(bar) = &bar {
                bar.at(u64::try_from(done).unwrap_or(u64::MAX), u64::try_from(total).unwrap_or(u64::MAX));
            }
        }
        done_here
    };
    let threads = thread::available_parallelism().map_or(1, NonZeroUsize::get).min(total);
    let mut hashed: Vec<(usize, Hashed)> = thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(work)).collect();
        let mine = work();
        others.into_iter().flat_map(|other| other.join().unwrap_or_default()).chain(mine).collect()
    });
    hashed.sort_unstable_by_key(|(place, _)| *place);
    hashed.into_iter().map(|(_, outcome)| outcome).collect()
}

fn hash(draft: &Draft, tools: &Tools<'_>, hasher: &mut PasswordHasher, new: &NewPasswordOf) -> Hashed {
    let rows = draft.accounts.get(&new.account);
    let Some((rows, user)) = rows.and_then(|rows| Some((rows, rows.users.get(new.index)?))) else {
        return Ok(None);
    };
    let problem = |error: SetPasswordError| match error {
        SetPasswordError::Policy(violation) => Problem::broken(&new.element, Violation::from(violation)),
        SetPasswordError::Hash(error) => {
            Problem::new(&new.element, "password", format_args!("it could not be hashed: {error}"))
        }
    };
    // One that cannot be verified is that of no password.
    if let Some(present) = user.password.as_ref().filter(|present| check_hash(&present.hash).is_ok()) {
        let same = hasher.verify(&present.hash, new.text.as_bytes());
        if same.map_err(|error| problem(error.into()))? {
            return Ok(None);
        }
    }
    let own = OwnWords::of(user, &rows.account);
    let (policy, before) = (&rows.account.password_policy, user.password.as_ref());
    let wanted = NewPassword { policy, own: &own, before, text: &new.text };
    set_password(hasher, tools.params, wanted, tools.rng, tools.now).map(Some).map_err(problem)
}
