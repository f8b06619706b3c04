//! The fields of policies: called as the engine's errors call them.

use vestibule_auth::AdministrationError;
use vestibule_model::{Concurrency, LockoutPolicy, PasswordPolicy, Reach, SessionPolicy, Unlock, WhenFull};

use crate::forms::{Choice, Field, Values};

/// The policy of passwords.
pub(super) const PASSWORDS: &str = "password_policy";

const MIN_LENGTH: &str = "password_policy.min_length";
const MAX_SEQUENCE: &str = "password_policy.max_sequence";
const MAX_REPEAT: &str = "password_policy.max_repeat";
const LETTER: &str = "password_policy.require_letter";
const DIGIT: &str = "password_policy.require_digit";
const SPECIAL: &str = "password_policy.require_special";
const HISTORY: &str = "password_policy.history";
const EXPIRY: &str = "password_policy.expiry_days";
const STRENGTH: &str = "password_policy.min_strength";

pub(super) fn of_passwords(values: &Values) -> Vec<Field> {
    let strengths = [
        ("0", "anything goes"),
        ("1", "more than a thousand guesses"),
        ("2", "more than a million guesses"),
        ("3", "more than a hundred million guesses"),
        ("4", "more than ten thousand million guesses"),
    ];
    let strengths = strengths.map(|(value, label)| Choice::new(value, label)).into();
    vec![
        Field::number(MIN_LENGTH, "Characters, at least", values).needed(),
        Field::select(STRENGTH, "Has to take", values, strengths),
        Field::number(MAX_SEQUENCE, "Longest sequence", values).hint("Such as abc or 321; 0: any.").needed(),
        Field::number(MAX_REPEAT, "Longest run of one character", values).hint("0: any.").needed(),
        Field::check(LETTER, "A letter is needed", values),
        Field::check(DIGIT, "A digit is needed", values),
        Field::check(SPECIAL, "Something that is neither is needed", values),
        Field::number(HISTORY, "Is none of the last", values).hint("0: any may be used again.").needed(),
        Field::number(EXPIRY, "Expires after days", values).hint("0: never.").needed(),
    ]
}

pub(super) fn set_passwords(policy: &PasswordPolicy, values: &mut Values) {
    values.set(MIN_LENGTH, policy.min_length);
    values.set(MAX_SEQUENCE, policy.max_sequence);
    values.set(MAX_REPEAT, policy.max_repeat);
    values.set_on(LETTER, policy.require_letter);
    values.set_on(DIGIT, policy.require_digit);
    values.set_on(SPECIAL, policy.require_special);
    values.set(HISTORY, policy.history);
    values.set(EXPIRY, policy.expiry_days);
    values.set(STRENGTH, policy.min_strength);
}

pub(super) fn passwords(values: &Values) -> Result<PasswordPolicy, AdministrationError> {
    Ok(PasswordPolicy {
        min_length: values.number(MIN_LENGTH)?,
        max_sequence: values.number(MAX_SEQUENCE)?,
        max_repeat: values.number(MAX_REPEAT)?,
        require_letter: values.is_on(LETTER),
        require_digit: values.is_on(DIGIT),
        require_special: values.is_on(SPECIAL),
        history: values.number(HISTORY)?,
        expiry_days: values.number(EXPIRY)?,
        min_strength: values.number(STRENGTH)?,
    })
}

/// The fields of a policy of locks.
pub(super) struct Locks {
    pub(super) policy: &'static str,
    failures: &'static str,
    unlock: &'static str,
    minutes: &'static str,
}

const BY_ADMINISTRATOR: &str = "by-administrator";
const AFTER_MINUTES: &str = "after-minutes";

/// So many minutes, if somebody chooses them who had others lift locks before.
const MINUTES: u32 = 30;

macro_rules! locks {
    ($policy:literal) => {
        Locks {
            policy: $policy,
            failures: concat!($policy, ".failures"),
            unlock: concat!($policy, ".unlock"),
            minutes: concat!($policy, ".after_minutes"),
        }
    };
}

impl Locks {
    pub(super) const USERS: Self = locks!("lockout_policy");
    pub(super) const AGENTS: Self = locks!("agent_lockout_policy");

    pub(super) fn fields(&self, values: &Values) -> Vec<Field> {
        let ways = vec![
            Choice::new(AFTER_MINUTES, "by itself, after some minutes"),
            Choice::new(BY_ADMINISTRATOR, "when an administrator lifts it"),
        ];
        vec![
            Field::number(self.failures, "Failed logins that lock", values).hint("0: none do.").needed(),
            Field::select(self.unlock, "A lock ends", values, ways),
            Field::number(self.minutes, "Minutes of a lock", values)
                .hint("Where it ends by itself; 0: nobody is kept out."),
        ]
    }

    pub(super) fn set(&self, policy: &LockoutPolicy, values: &mut Values) {
        values.set(self.failures, policy.failures);
        match policy.unlock {
            Unlock::ByAdministrator => values.set(self.unlock, BY_ADMINISTRATOR),
            Unlock::AfterMinutes(minutes) => {
                values.set(self.unlock, AFTER_MINUTES);
                values.set(self.minutes, minutes);
            }
        }
    }

    pub(super) fn read(&self, values: &Values) -> Result<LockoutPolicy, AdministrationError> {
        let minutes = values.optional_number(self.minutes)?.unwrap_or(MINUTES);
        let ways =
            [(BY_ADMINISTRATOR, Unlock::ByAdministrator), (AFTER_MINUTES, Unlock::AfterMinutes(minutes))];
        let unlock = values.one_of(self.unlock, &ways)?;
        Ok(LockoutPolicy { failures: values.number(self.failures)?, unlock })
    }
}

/// The fields of a policy of sessions.
pub(super) struct Sessions {
    pub(super) policy: &'static str,
    idle: &'static str,
    absolute: &'static str,
    concurrency: &'static str,
    limit: &'static str,
    when_full: &'static str,
    reach: &'static str,
    kept_alive: &'static str,
}

macro_rules! sessions {
    ($policy:literal) => {
        Sessions {
            policy: $policy,
            idle: concat!($policy, ".idle_seconds"),
            absolute: concat!($policy, ".absolute_seconds"),
            concurrency: concat!($policy, ".concurrency"),
            limit: concat!($policy, ".limit"),
            when_full: concat!($policy, ".when_full"),
            reach: concat!($policy, ".reach"),
            kept_alive: concat!($policy, ".kept_alive_by_use"),
        }
    };
}

const ONE: &str = "one";
const SAME: &str = "same";
const MANY: &str = "many";
const FULL: [(&str, WhenFull); 2] = [("end-oldest", WhenFull::EndOldest), ("refuse", WhenFull::Refuse)];
const REACHES: [(&str, Reach); 2] =
    [("same-dialect", Reach::SameDialect), ("every-dialect", Reach::EveryDialect)];

impl Sessions {
    pub(super) const LIVEPERSON: Self = sessions!("session_policy");
    pub(super) const LIVEVOX: Self = sessions!("livevox_session_policy");

    pub(super) fn fields(&self, values: &Values) -> Vec<Field> {
        let choices =
            |all: &[(&str, &str)]| all.iter().map(|(value, label)| Choice::new(value, label)).collect();
        let beside = choices(&[
            (ONE, "one: a login ends the one before"),
            (SAME, "one for each application, which is given again"),
            (MANY, "several"),
        ]);
        let full = [(FULL[0].0, "ends the one that was used longest ago"), (FULL[1].0, "is refused")];
        let reach = [(REACHES[0].0, "those of the same dialect"), (REACHES[1].0, "those of both dialects")];
        let (full, reach) = (choices(&full), choices(&reach));
        vec![
            Field::number(self.idle, "Seconds without use after which a session ends", values).needed(),
            Field::number(self.absolute, "Seconds after which it ends however it is used", values)
                .hint("0: none.")
                .needed(),
            Field::select(self.concurrency, "Sessions of a user", values, beside),
            Field::number(self.limit, "Of several, at most", values).hint("0: any number."),
            Field::select(self.when_full, "A login beyond that", values, full),
            Field::select(self.reach, "Which sessions count for that", values, reach),
            Field::check(self.kept_alive, "Use at a gateway keeps a session alive", values),
        ]
    }

    pub(super) fn set(&self, policy: &SessionPolicy, values: &mut Values) {
        values.set(self.idle, policy.idle_seconds);
        values.set(self.absolute, policy.absolute_seconds);
        // What a browser chooses that has no choice: otherwise it would count as somebody's.
        values.set(self.when_full, FULL[0].0);
        match policy.concurrency {
            Concurrency::One => values.set(self.concurrency, ONE),
            Concurrency::Same => values.set(self.concurrency, SAME),
            Concurrency::Many { limit, when_full } => {
                values.set(self.concurrency, MANY);
                values.set(self.limit, limit);
                values.set_one_of(self.when_full, &FULL, &when_full);
            }
        }
        values.set_one_of(self.reach, &REACHES, &policy.reach);
        values.set_on(self.kept_alive, policy.kept_alive_by_use);
    }

    pub(super) fn read(&self, values: &Values) -> Result<SessionPolicy, AdministrationError> {
        let concurrency = match values.get(self.concurrency) {
            MANY => Concurrency::Many {
                limit: values.optional_number(self.limit)?.unwrap_or_default(),
                when_full: values.one_of(self.when_full, &FULL)?,
            },
            _ => values.one_of(self.concurrency, &[(ONE, Concurrency::One), (SAME, Concurrency::Same)])?,
        };
        Ok(SessionPolicy {
            idle_seconds: values.number(self.idle)?,
            absolute_seconds: values.number(self.absolute)?,
            concurrency,
            reach: values.one_of(self.reach, &REACHES)?,
            kept_alive_by_use: values.is_on(self.kept_alive),
        })
    }
}
