//! What each rule of an account's policies says, in a sentence: on pages and in the documentation alike.
//!
//! The policies are taken apart field by field, so that one without a sentence does not compile.

use vestibule_model::{
    Account, Concurrency, LockoutPolicy, PasswordPolicy, Reach, SecondFactorPolicy, SessionPolicy, Unlock,
    WhenFull,
};

/// A policy of an account, rule by rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyInWords {
    /// The field of the account, by its name in the administration API.
    pub field: &'static str,
    /// What it is about.
    pub title: &'static str,
    /// Its rules, in the order of their fields.
    pub rules: Vec<RuleInWords>,
}

/// A rule of a policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleInWords {
    /// The field of the policy; empty: the policy is one value.
    pub field: &'static str,
    /// What it says.
    pub sentence: String,
}

/// Every policy of an account.
pub fn policies_in_words(account: &Account) -> Vec<PolicyInWords> {
    let policy = |field, title, rules| PolicyInWords { field, title, rules };
    vec![
        policy("password_policy", "Passwords", passwords(&account.password_policy)),
        policy("second_factor", "Second factor", second_factor(account.second_factor)),
        policy("lockout_policy", "Locks of users", locks(&account.lockout_policy, "A user")),
        policy("agent_lockout_policy", "Locks of agents", locks(&account.agent_lockout_policy, "An agent")),
        policy("session_policy", "Sessions of LivePerson", sessions(&account.session_policy)),
        policy("livevox_session_policy", "Sessions of LiveVox", sessions(&account.livevox_session_policy)),
    ]
}

fn rule(field: &'static str, sentence: impl Into<String>) -> RuleInWords {
    RuleInWords { field, sentence: sentence.into() }
}

fn passwords(policy: &PasswordPolicy) -> Vec<RuleInWords> {
    let PasswordPolicy {
        min_length,
        max_sequence,
        max_repeat,
        require_letter,
        require_digit,
        require_special,
        history,
        expiry_days,
        min_strength,
    } = policy;
    let needs = |is_needed: bool, what: &str| {
        let verb = if is_needed { "needs" } else { "may do without" };
        format!("A new password {verb} {what}.")
    };
    vec![
        rule("min_length", format!("A new password has at least {}.", counted(*min_length, "character"))),
        rule("max_sequence", longest_sequence(*max_sequence)),
        rule("max_repeat", longest_repeat(*max_repeat)),
        rule("require_letter", needs(*require_letter, "a letter")),
        rule("require_digit", needs(*require_digit, "a digit")),
        rule("require_special", needs(*require_special, "a character that is neither a letter nor a digit")),
        rule("history", reuse(*history)),
        rule("expiry_days", expiry(*expiry_days)),
        rule("min_strength", strength(*min_strength)),
    ]
}

fn longest_sequence(most: u16) -> String {
    match most {
        0 => "A new password may have sequences such as abc or 321 of any length.".to_owned(),
        most => format!(
            "A new password has no sequence such as abc or 321 of more than {}.",
            counted(most, "character")
        ),
    }
}

fn longest_repeat(most: u16) -> String {
    match most {
        0 => "A new password may repeat a character any number of times.".to_owned(),
        1 => "A new password has no character twice in a row.".to_owned(),
        most => format!("A new password has no character more than {most} times in a row."),
    }
}

fn reuse(history: u16) -> String {
    match history {
        0 => "Earlier passwords may be used again.".to_owned(),
        1 => "A new password is not the present one.".to_owned(),
        history => format!("A new password is none of the last {history}, counting the present one."),
    }
}

fn expiry(days: u16) -> String {
    match days {
        0 => "Passwords do not expire.".to_owned(),
        days => format!("A password has to be changed {} after it was set.", counted(days, "day")),
    }
}

fn strength(least: u8) -> String {
    let guesses = match least {
        0 => return "How easy a new password is to guess does not matter.".to_owned(),
        1 => "a thousand",
        2 => "a million",
        3 => "a hundred million",
        _ => "ten thousand million",
    };
    format!("A new password takes more than {guesses} guesses.")
}

fn locks(policy: &LockoutPolicy, somebody: &str) -> Vec<RuleInWords> {
    let LockoutPolicy { failures, unlock } = policy;
    let failures = match failures {
        0 => format!("{somebody} is never locked, however many logins fail."),
        1 => format!("{somebody} is locked after one failed login."),
        failures => format!("{somebody} is locked after {failures} failed logins in a row."),
    };
    let unlock = match unlock {
        Unlock::ByAdministrator => "A lock stays until an administrator lifts it.".to_owned(),
        Unlock::AfterMinutes(0) => "A lock ends as soon as it begins: nobody is kept out.".to_owned(),
        Unlock::AfterMinutes(minutes) => {
            format!("A lock ends by itself after {}.", span(u64::from(*minutes) * 60))
        }
    };
    vec![rule("failures", failures), rule("unlock", unlock)]
}

fn sessions(policy: &SessionPolicy) -> Vec<RuleInWords> {
    let SessionPolicy { idle_seconds, absolute_seconds, concurrency, reach, kept_alive_by_use } = policy;
    let absolute = match absolute_seconds {
        0 => "A session lives for as long as it is used.".to_owned(),
        seconds => format!(
            "A session ends {} after it was opened, however much it is used.",
            span(u64::from(*seconds))
        ),
    };
    let reach = match reach {
        Reach::SameDialect => "Sessions of the other dialect do not count for that.",
        Reach::EveryDialect => "Sessions of both dialects count for that.",
    };
    let use_of_it = if *kept_alive_by_use {
        "Use at a gateway keeps a session alive, and so does a refresh."
    } else {
        "Only a refresh keeps a session alive: use at a gateway does not."
    };
    vec![
        rule("idle_seconds", format!("A session ends after {} without use.", span(u64::from(*idle_seconds)))),
        rule("absolute_seconds", absolute),
        rule("concurrency", beside_each_other(*concurrency)),
        rule("reach", reach),
        rule("kept_alive_by_use", use_of_it),
    ]
}

fn beside_each_other(concurrency: Concurrency) -> String {
    match concurrency {
        Concurrency::One => "A user has one session: a login ends the one before.".to_owned(),
        Concurrency::Same => {
            "A user has one session for each application: a login with the same application is given the one that lives."
                .to_owned()
        }
        Concurrency::Many { limit: 0, .. } => "A user may have any number of sessions.".to_owned(),
        Concurrency::Many { limit, when_full } => {
            let sessions = counted(limit, "session");
            match when_full {
                WhenFull::EndOldest => {
                    format!("A user has at most {sessions}: a further login ends the one that was used longest ago.")
                }
                WhenFull::Refuse => {
                    format!("A user has at most {sessions}: a further login is refused.")
                }
            }
        }
    }
}

fn second_factor(policy: SecondFactorPolicy) -> Vec<RuleInWords> {
    let sentence = match policy {
        SecondFactorPolicy::Optional => "Each user decides whether a code is asked for besides the password.",
        SecondFactorPolicy::Required => {
            "Whoever shows a password needs a second factor besides, and sets one up first if there is none."
        }
    };
    vec![rule("", sentence)]
}

fn counted(count: impl Into<u64>, one: &str) -> String {
    match count.into() {
        1 => format!("1 {one}"),
        count => format!("{count} {one}s"),
    }
}

/// So many seconds in the units that people use: `1 hour and 30 minutes`.
fn span(seconds: u64) -> String {
    let units = [(86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second")];
    let mut left = seconds;
    let mut parts = Vec::new();
    for (size, name) in units {
        if left >= size {
            parts.push(counted(left / size, name));
        }
        left %= size;
    }
    match parts.split_last() {
        None => counted(0_u64, "second"),
        Some((last, [])) => last.clone(),
        Some((last, before)) => format!("{} and {last}", before.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde::Serialize;

    use super::*;
    use crate::administration::new_account;

    fn account() -> Account {
        new_account("acme".parse().unwrap(), None)
    }

    fn fields(policy: impl Serialize) -> BTreeSet<String> {
        let policy = serde_json::to_value(policy).unwrap();
        policy.as_object().unwrap().keys().cloned().collect()
    }

    /// The sentence of a field of an account's policies.
    fn said(account: &Account, policy: &str, field: &str) -> String {
        let policies = policies_in_words(account);
        let policy = policies.iter().find(|told| told.field == policy).unwrap();
        policy.rules.iter().find(|rule| rule.field == field).unwrap().sentence.clone()
    }

    #[test]
    fn each_rule_has_one_sentence() {
        let account = account();
        let told = policies_in_words(&account);
        let known = [
            fields(&account.password_policy),
            [String::new()].into(),
            fields(&account.lockout_policy),
            fields(&account.agent_lockout_policy),
            fields(&account.session_policy),
            fields(&account.livevox_session_policy),
        ];
        assert_eq!(told.len(), known.len());
        for (policy, known) in told.iter().zip(known) {
            let names: Vec<&str> = policy.rules.iter().map(|rule| rule.field).collect();
            let distinct: BTreeSet<String> = names.iter().map(|name| (*name).to_owned()).collect();
            assert_eq!((distinct, names.len()), (known.clone(), known.len()), "{}", policy.field);
        }
    }

    #[test]
    fn a_sentence_begins_and_ends_as_one() {
        for rule in policies_in_words(&account()).iter().flat_map(|policy| &policy.rules) {
            let sentence = &rule.sentence;
            assert!(sentence.starts_with(char::is_uppercase) && sentence.ends_with('.'), "{sentence}");
        }
    }

    #[test]
    fn a_sentence_says_what_the_rule_is_set_to() {
        let mut changed = account();
        changed.password_policy = PasswordPolicy {
            min_length: 12,
            max_sequence: 4,
            max_repeat: 3,
            require_special: true,
            require_letter: false,
            history: 5,
            expiry_days: 90,
            min_strength: 3,
            ..changed.password_policy
        };
        for (field, part) in [
            ("min_length", "at least 12 characters"),
            ("max_sequence", "more than 4 characters"),
            ("max_repeat", "more than 3 times"),
            ("require_letter", "may do without a letter"),
            ("require_special", "needs a character that is neither"),
            ("history", "the last 5,"),
            ("expiry_days", "90 days after"),
            ("min_strength", "a hundred million guesses"),
        ] {
            let sentence = said(&changed, "password_policy", field);
            assert!(sentence.contains(part), "{sentence}");
            assert_ne!(sentence, said(&account(), "password_policy", field));
        }
    }

    #[test]
    fn locks_are_told_of_users_and_of_agents() {
        let mut changed = account();
        changed.agent_lockout_policy = LockoutPolicy { failures: 3, unlock: Unlock::ByAdministrator };
        assert_eq!(
            said(&changed, "lockout_policy", "failures"),
            "A user is locked after 5 failed logins in a row."
        );
        assert_eq!(
            said(&changed, "agent_lockout_policy", "failures"),
            "An agent is locked after 3 failed logins in a row."
        );
        assert!(said(&changed, "agent_lockout_policy", "unlock").contains("administrator"));
        changed.lockout_policy = LockoutPolicy { failures: 0, unlock: Unlock::AfterMinutes(0) };
        assert!(said(&changed, "lockout_policy", "failures").contains("never locked"));
        assert!(said(&changed, "lockout_policy", "unlock").contains("nobody is kept out"));
    }

    #[test]
    fn how_many_sessions_a_user_has_is_told_with_what_happens_beyond() {
        let told = |concurrency| {
            let mut changed = account();
            changed.session_policy.concurrency = concurrency;
            said(&changed, "session_policy", "concurrency")
        };
        let many = |limit, when_full| Concurrency::Many { limit, when_full };
        assert!(told(Concurrency::One).contains("ends the one before"));
        assert!(told(many(3, WhenFull::Refuse)).contains("at most 3 sessions: a further login is refused"));
        assert!(told(many(1, WhenFull::EndOldest)).contains("at most 1 session: a further login ends"));
        assert!(told(many(0, WhenFull::Refuse)).contains("any number"));
    }

    #[test]
    fn spans_are_in_the_units_that_people_use() {
        let told = [0, 1, 90, 1_800, 28_800, 90_061].map(span);
        let expected = [
            "0 seconds",
            "1 second",
            "1 minute and 30 seconds",
            "30 minutes",
            "8 hours",
            "1 day, 1 hour, 1 minute and 1 second",
        ];
        assert_eq!(told, expected);
    }
}
