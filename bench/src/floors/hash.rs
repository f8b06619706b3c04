//! How many passwords one thread verifies when it does nothing else: same engine, same parameters, same core and the
//! same low priority as the hash thread of the service.

use std::process;
use std::time::Duration;

use anyhow::{Result, ensure};
use vestibule_crypto::{Engine, PasswordHasher};

use super::Arguments;
use crate::figures::{Round, nanos};
use crate::{cpu, fixture, timing};

pub(crate) fn measure(arguments: &Arguments) -> Result<Round> {
    let hash = fixture::hash_of_password()?;
    let mut hasher = PasswordHasher::new(Engine::default());
    cpu::yield_to_others()?;
    verify_for(arguments.warm_up(), &mut hasher, &hash)?;
    let (begun, cpu_before) = (timing::now(), cpu::time_of(process::id())?);
    let latencies = verify_for(arguments.span(), &mut hasher, &hash)?;
    let cpu = cpu::time_of(process::id())?.saturating_sub(cpu_before);
    Ok(Round::new(latencies, begun.elapsed(), cpu))
}

fn verify_for(span: Duration, hasher: &mut PasswordHasher, hash: &str) -> Result<Vec<u64>> {
    let (begun, mut latencies) = (timing::now(), Vec::new());
    while begun.elapsed() < span {
        let asked = timing::now();
        ensure!(
            hasher.verify(hash, fixture::PASSWORD.as_bytes())?,
            "the password is not the one that was hashed"
        );
        latencies.push(nanos(asked.elapsed()));
    }
    Ok(latencies)
}
