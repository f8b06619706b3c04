//! `vestibule audit verify`: walks the chain and says what it found.

use std::path::Path;

use anyhow::{Context, bail};
use vestibule_crypto::{AuditKey, KeyRing};
use vestibule_store_sqlite::{Finding, Verification, Witness, verify_audit};

use super::open;
use crate::command_line::VerifyArguments;
use crate::input_error::InputError;
use crate::progress::Bar;
use crate::{master_key, screen};

/// The audit is not what was written. The program ends with an exit code of its own.
#[derive(Debug, thiserror::Error)]
#[error("the audit is not what was written: {first}{others}")]
pub(crate) struct NotAsWritten {
    first: Finding,
    /// How many more there are, in words.
    others: String,
}

/// The file of `--key` beside the keys that are in their place.
fn add_keys(ring: &KeyRing, file: &Path) -> Result<(), InputError> {
    let refused = |error: anyhow::Error| InputError::new("--key", format_args!("{error:#}"));
    let keys = master_key::read(file).map_err(refused)?;
    ring.add(&keys).map(drop).map_err(|error| refused(error.into()))
}

/// Verifies, and says what the newest entry is.
pub(crate) fn verify(arguments: &VerifyArguments) -> anyhow::Result<()> {
    let witness = arguments.witness.as_deref().map(read_witness).transpose()?;
    let (data, keys) = open(&arguments.data)?;
    if let Some(file) = &arguments.key {
        add_keys(&keys, file)?;
    }
    let key = AuditKey::derive(&keys);
    let path = data.database();
    let bar = Bar::of_entries("verifying");
    let outcome = verify_audit(&path, keys.check_values(), &key, witness, |done, total| bar.at(done, total));
    drop(bar);
    let outcome = outcome
        .with_context(|| format!("cannot verify the audit of {}{}", path.display(), data.why_unusable()))?;
    say(&outcome);
    match outcome.finding {
        None if outcome.unverifiable.is_empty() => Ok(()),
        None => {
            let words: Vec<String> = outcome.unverifiable.iter().map(ToString::to_string).collect();
            bail!(
                "{}. What can be verified is what was written; give the key with --key FILE",
                words.join("; ")
            )
        }
        Some(first) => {
            let others = match outcome.findings - 1 {
                0 => String::new(),
                more => format!(" (and {more} more)"),
            };
            Err(NotAsWritten { first, others }.into())
        }
    }
}

fn say(outcome: &Verification) {
    let entries = outcome.entries;
    let range = match (entries, outcome.newest) {
        (0, _) | (_, None) => String::new(),
        (_, Some(newest)) => format!(", {} to {}", outcome.first, newest.sequence),
    };
    screen::say(format_args!("entries  {entries}{range}"));
    if let Some(newest) = outcome.newest {
        screen::say(format_args!("newest   {newest}"));
    }
    if outcome.finding.is_none() && outcome.unverifiable.is_empty() {
        screen::say("sound    nothing was changed, removed or put in another order");
    }
}

/// `1234:9f86…`: an entry and its tag.
fn read_witness(text: &str) -> Result<Witness, InputError> {
    let read = || {
        let (sequence, tag) = text.split_once(':')?;
        let digits: &[u8; 64] = tag.as_bytes().try_into().ok()?;
        let mut mac = [0; 32];
        for (byte, pair) in mac.iter_mut().zip(digits.as_chunks::<2>().0) {
            let pair = std::str::from_utf8(pair).ok().filter(|pair| !pair.starts_with('+'))?;
            *byte = u8::from_str_radix(pair, 16).ok()?;
        }
        Some(Witness { sequence: sequence.parse().ok().filter(|sequence| *sequence > 0)?, mac })
    };
    read().ok_or_else(|| {
        InputError::new(
            "--witness",
            "this is no entry and tag, as `vestibule audit verify` names its newest one",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_witness_is_read_as_it_was_printed() {
        let witness = Witness { sequence: 12, mac: [0xa5; 32] };
        assert_eq!(read_witness(&witness.to_string()).unwrap(), witness);
    }

    #[test]
    fn what_is_no_witness_is_refused() {
        let tag = "a5".repeat(32);
        for text in ["", "12", "12:", "12:a5", &format!("0:{tag}"), &format!("-1:{tag}"), &format!("x:{tag}")]
        {
            assert!(read_witness(text).is_err(), "{text}");
        }
        assert!(read_witness(&format!("1:+{}", &tag[1..])).is_err());
        assert!(read_witness(&format!("1:é{}", &tag[2..])).is_err());
    }
}
