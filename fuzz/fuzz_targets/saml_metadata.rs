//! What an identity provider says of itself.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vestibule_saml::IdentityProvider;

fuzz_target!(|text: &str| {
    let _ = IdentityProvider::read(text, None);
    let _ = IdentityProvider::read(text, Some("https://idp.example"));
});
