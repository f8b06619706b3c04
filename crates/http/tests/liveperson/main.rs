//! The Login Service and the Domain API over the wire: a real server, a real store, real HTTP.
//!
//! A file per operation, and one for each group of attacks.

#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::unchecked_time_subtraction,
    reason = "a test that cannot be set up has failed, and says where"
)]

mod application_login;
mod base_uri;
mod following;
mod guessed_keys;
mod last_uses;
mod limits;
mod lockout;
mod login;
mod logout;
mod names;
mod policy;
mod refresh;
mod secrecy;
mod unstored_ends;
mod work;

use reqwest::Response;
use serde_json::Value;

/// Status and JSON body of an answer.
async fn told(response: Response) -> (u16, Value) {
    let status = response.status().as_u16();
    (status, response.json().await.expect("a JSON body"))
}
