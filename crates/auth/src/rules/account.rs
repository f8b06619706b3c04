//! The rules of an account itself.

use vestibule_model::{Account, AccountId, AccountState, SessionPolicy, SignOn};

use super::look::look_violations;
use super::neighbours::Installation;
use super::rule::Rule;
use super::services::service_violations;
use super::texts::name_violation;
use super::violation::{Violation, changed};
use crate::administration::HOME;
use crate::strength::STRONGEST;

/// The longest name of a time zone, in bytes.
const LONGEST_ZONE: usize = 253;

/// The longest `min_length` and `history` of passwords.
const LONGEST_MINIMUM: u16 = 128;
const LONGEST_HISTORY: u16 = 50;

/// Every rule that an account breaks. `before` is what it was; None: it is new.
pub fn account_violations(
    account: &Account,
    before: Option<&Account>,
    installation: &dyn Installation,
) -> Vec<Violation> {
    let mut found = identity(account, before, installation);
    found.extend(zone(account, before));
    found.extend(policies(account, before));
    found.extend(lock_out(account, before));
    found.extend(service_violations(account, before));
    found.extend(look_violations(account, before));
    found
}

/// What a client is refused whose id is an account's ([`super::client_id_violation`]), the other way round. Asked of accounts that
/// are new.
pub fn account_id_violation(id: AccountId, installation: &dyn Installation) -> Option<Violation> {
    installation.has_client(id.as_str()).then(|| Violation::of(Rule::AccountIdOfClient))
}

fn identity(account: &Account, before: Option<&Account>, installation: &dyn Installation) -> Vec<Violation> {
    let mut found = Vec::new();
    if changed(before, account, |account| &account.code) {
        found.extend(name_violation((Rule::AccountCodeLength, Rule::AccountCodeCharacters), &account.code));
        let is_taken = installation.has_other_code(account.id, &account.code);
        found.extend(is_taken.then(|| Violation::of(Rule::AccountCodeTaken)));
    }
    if changed(before, account, |account| &account.number) {
        let is_taken = installation.has_other_number(account.id, account.number);
        found.extend(is_taken.then(|| Violation::of(Rule::AccountNumberTaken)));
        found.extend((account.number < 0).then(|| Violation::of(Rule::AccountNumberNegative)));
    }
    found
}

fn zone(account: &Account, before: Option<&Account>) -> Option<Violation> {
    let zone = &account.time_zone;
    let is_unknown = || zone.len() > LONGEST_ZONE || jiff::tz::TimeZone::get(zone).is_err();
    let is_wrong = changed(before, account, |account| &account.time_zone) && is_unknown();
    is_wrong.then(|| Violation::of(Rule::TimeZone))
}

/// Policies under which nobody could have a password, or a session, or that would take a hash for each of many passwords.
fn policies(account: &Account, before: Option<&Account>) -> Vec<Violation> {
    let most = |rule, value: fn(&Account) -> u16, most: u16| {
        let is_another = before.is_none_or(|before| value(before) != value(account));
        (is_another && value(account) > most).then(|| Violation::with(rule, most))
    };
    let idle = |rule, policy: fn(&Account) -> &SessionPolicy| {
        let seconds = |account| policy(account).idle_seconds;
        let is_another = before.is_none_or(|before| seconds(before) != seconds(account));
        (is_another && seconds(account) == 0).then(|| Violation::of(rule))
    };
    let strength = |account: &Account| u16::from(account.password_policy.min_strength);
    let found = [
        most(Rule::PasswordStrength, strength, STRONGEST.into()),
        most(Rule::PasswordLength, |account| account.password_policy.min_length, LONGEST_MINIMUM),
        most(Rule::PasswordHistory, |account| account.password_policy.history, LONGEST_HISTORY),
        idle(Rule::IdleLimit, |account| &account.session_policy),
        idle(Rule::LiveVoxIdleLimit, |account| &account.livevox_session_policy),
    ];
    found.into_iter().flatten().collect()
}

/// Under which no administrator could log in.
fn lock_out(account: &Account, before: Option<&Account>) -> Option<Violation> {
    let is_another = changed(before, account, |account| &account.state)
        || changed(before, account, |account| &account.sign_on);
    let locks_out = account.state == AccountState::Disabled || account.sign_on == SignOn::SsoOnly;
    let is_wrong = is_another && locks_out && account.id.as_str() == HOME;
    is_wrong.then(|| Violation::of(Rule::AdministratorsLockedOut))
}
