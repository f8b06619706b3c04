//! How many signed responses one thread verifies when it does nothing else: the library alone, the bytes of a login, same core and
//! the same low priority as the thread of the service that verifies.

use std::process;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use bergshamra::keys::loader::load_x509_cert_der;
use bergshamra::{DsigContext, KeysManager, VerifyResult, verify};

use super::Arguments;
use crate::figures::{Round, nanos};
use crate::fixture::federated;
use crate::{cpu, timing};

pub(crate) fn measure(arguments: &Arguments) -> Result<Round> {
    let document = federated::document(0, "user-00001");
    let mut keys = KeysManager::new();
    let key = load_x509_cert_der(&federated::certificate()).context("the certificate is not read")?;
    keys.add_key(key);
    let context = DsigContext::new(keys);
    cpu::yield_to_others()?;
    verify_for(arguments.warm_up(), &context, &document)?;
    let (begun, cpu_before) = (timing::now(), cpu::time_of(process::id())?);
    let latencies = verify_for(arguments.span(), &context, &document)?;
    let cpu = cpu::time_of(process::id())?.saturating_sub(cpu_before);
    Ok(Round::new(latencies, begun.elapsed(), cpu))
}

fn verify_for(span: Duration, context: &DsigContext, document: &str) -> Result<Vec<u64>> {
    let (begun, mut latencies) = (timing::now(), Vec::new());
    while begun.elapsed() < span {
        let asked = timing::now();
        let verified = verify(context, document)?;
        ensure!(matches!(verified, VerifyResult::Valid { .. }), "the signature is not the certificate's");
        latencies.push(nanos(asked.elapsed()));
    }
    Ok(latencies)
}
