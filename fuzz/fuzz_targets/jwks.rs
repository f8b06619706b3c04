//! A provider's keys, and what it says of itself.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vestibule_oidc::{Addresses, Keys, Provider, TokenResponse};

fuzz_target!(|text: &str| {
    if let Ok(keys) = Keys::read(text) {
        let _ = keys.may_have(Some("rsa-1"));
    }
    let _ = Provider::read(text, "https://op.example", Addresses::Https);
    let _ = TokenResponse::read(text);
});
