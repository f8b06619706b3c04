//! `vestibule healthcheck`: asks the service of this machine whether it answers, for supervisors that run a command to
//! find out, such as container engines.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use anyhow::Context;
use reqwest::Response;
use reqwest::redirect::Policy;
use vestibule_model::visible;

use super::small_runtime;
use crate::client::ServiceError;
use crate::command_line::HealthcheckArguments;
use crate::config::{self, Flags, ServerSettings};
use crate::input_error::InputError;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// How much of an answer is shown, in characters.
const LONGEST: usize = 300;

/// Ends well exactly when the service answers.
pub(crate) fn healthcheck(arguments: &HealthcheckArguments) -> anyhow::Result<()> {
    let loaded = config::load(arguments.config.config.as_deref(), Flags::default())?;
    let path = if arguments.ready { "/readyz" } else { "/healthz" };
    let url = format!("{}{path}", url_of(&loaded.config.server)?);
    small_runtime()?.block_on(ask(&url))
}

/// Where this machine reaches the listener for administration.
fn url_of(server: &ServerSettings) -> Result<String, InputError> {
    let listens = server.admin.0.0;
    if listens.port() == 0 {
        return Err(InputError::new(
            "server.admin",
            "port 0 is another one at each start: nothing can be asked there",
        ));
    }
    let scheme = if server.admin_tls_certificate.is_some() { "https" } else { "http" };
    Ok(format!("{scheme}://{}", reached(listens)))
}

/// A service that listens on all addresses is reached on loopback.
fn reached(listens: SocketAddr) -> SocketAddr {
    let mut address = listens;
    match listens {
        SocketAddr::V4(v4) if v4.ip().is_unspecified() => address.set_ip(Ipv4Addr::LOCALHOST.into()),
        SocketAddr::V6(v6) if v6.ip().is_unspecified() => address.set_ip(Ipv6Addr::LOCALHOST.into()),
        _ => {}
    }
    address
}

async fn ask(url: &str) -> anyhow::Result<()> {
    let client = reqwest::Client::builder()
        .no_proxy()
        .redirect(Policy::none())
        // The certificate is for the name that clients use. Nothing is sent that somebody else must not see, and the answer is
        // believed for what it is: that something answers where this service should.
        .tls_danger_accept_invalid_certs(true)
        .timeout(PATIENCE)
        .build()
        .context("cannot make a client")?;
    let answer = client.get(url).send().await.map_err(|error| {
        let reason =
            if error.is_timeout() { "no answer in time" } else { "no connection, or no answer over it" };
        ServiceError::Unreachable(format!("{url}: {reason}"))
    })?;
    let status = answer.status();
    if status.is_success() {
        return Ok(());
    }
    let words = words_of(answer).await;
    Err(ServiceError::Unreachable(format!("{url} answers {status}: {words}")).into())
}

/// The first words of an answer, which may be of a service that is not ours.
async fn words_of(mut answer: Response) -> String {
    let mut words = Vec::new();
    while words.len() < LONGEST
        && let Ok(Some(chunk)) = answer.chunk().await
    {
        words.extend_from_slice(&chunk);
    }
    let words: String = String::from_utf8_lossy(&words).chars().take(LONGEST).collect();
    visible(words.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_addresses_are_reached_on_loopback() {
        let is_reached = |listens: &str| reached(listens.parse().unwrap()).to_string();
        assert_eq!(is_reached("0.0.0.0:8081"), "127.0.0.1:8081");
        assert_eq!(is_reached("[::]:8081"), "[::1]:8081");
    }

    #[test]
    fn another_address_is_reached_where_it_is() {
        assert_eq!(reached("10.0.0.7:8081".parse().unwrap()).to_string(), "10.0.0.7:8081");
    }
}
