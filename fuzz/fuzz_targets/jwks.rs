//! A provider's keys, and what it says of itself.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vestibule_oidc::{Addresses, Keys, Provider, TokenResponse};

fuzz_target!(|text: &str| {
    let _ = Keys::read(text);
    let _ = Provider::read(text, "https://op.example", Addresses::Https);
    let _ = TokenResponse::read(text);
});
