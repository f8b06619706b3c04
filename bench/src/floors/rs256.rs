//! How many signatures of RS256 one thread makes when it does nothing else: same library, same size of key, same core and the
//! same low priority as the threads of the service that sign.

use std::process;
use std::time::Duration;

use anyhow::Result;
use vestibule_crypto::SigningPair;

use super::Arguments;
use crate::figures::{Round, nanos};
use crate::{cpu, timing};

/// As long as the header and the claims of a token.
const MESSAGE: [u8; 300] = [b'x'; 300];

pub(crate) fn measure(arguments: &Arguments) -> Result<Round> {
    let pair = SigningPair::generate()?;
    cpu::yield_to_others()?;
    sign_for(arguments.warm_up(), &pair)?;
    let (begun, cpu_before) = (timing::now(), cpu::time_of(process::id())?);
    let latencies = sign_for(arguments.span(), &pair)?;
    let cpu = cpu::time_of(process::id())?.saturating_sub(cpu_before);
    Ok(Round::new(latencies, begun.elapsed(), cpu))
}

fn sign_for(span: Duration, pair: &SigningPair) -> Result<Vec<u64>> {
    let (begun, mut latencies) = (timing::now(), Vec::new());
    while begun.elapsed() < span {
        let asked = timing::now();
        pair.sign(&MESSAGE)?;
        latencies.push(nanos(asked.elapsed()));
    }
    Ok(latencies)
}
