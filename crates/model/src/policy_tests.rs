use proptest::prelude::*;

use super::*;

fn policy() -> PasswordPolicy {
    PasswordPolicy { max_sequence: 3, max_repeat: 2, require_special: true, ..PasswordPolicy::default() }
}

#[test]
fn a_password_that_satisfies_every_rule_passes() {
    assert_eq!(policy().check("Tr1cky-pass"), Ok(()));
}

#[test]
fn each_rule_is_named_when_broken() {
    let cases = [
        ("Sh0rt-", PasswordViolation::TooShort(8)),
        ("abcd-1-tree", PasswordViolation::Sequence(3)),
        ("tree-1-4321", PasswordViolation::Sequence(3)),
        ("treee-1-trunk", PasswordViolation::Repeat(2)),
        ("1-2-3-5-7-11", PasswordViolation::NoLetter),
        ("tree-and-leaf", PasswordViolation::NoDigit),
        ("treeandleaf1", PasswordViolation::NoSpecial),
    ];
    for (password, violation) in cases {
        assert_eq!(policy().check(password), Err(violation), "{password}");
    }
}

#[test]
fn a_policy_without_expiry_never_expires() {
    assert_eq!(PasswordPolicy::default().expires_at(Millis::EPOCH), None);
}

#[test]
fn a_timed_lock_ends_to_the_millisecond() {
    let policy = LockoutPolicy { failures: 5, unlock: Unlock::AfterMinutes(1) };
    let locked_at = Some(Millis::EPOCH);
    assert!(policy.is_locked(locked_at, Millis::from_unix(59_999)));
    assert!(!policy.is_locked(locked_at, Millis::from_unix(60_000)));
}

#[test]
fn a_lock_by_policy_of_the_administrator_stays() {
    let policy = LockoutPolicy { failures: 5, unlock: Unlock::ByAdministrator };
    assert!(policy.is_locked(Some(Millis::EPOCH), Millis::from_unix(i64::MAX)));
}

proptest! {
    #[test]
    fn checking_never_panics(password in ".*") {
        let _ = policy().check(&password);
    }

    #[test]
    fn longer_sequences_are_found_wherever_they_stand(before in "[x]{0,5}", after in "[x]{0,5}") {
        let password = format!("{before}1234{after}");
        prop_assert!(longest_sequence(&password) >= 4);
    }
}
