//! Requests of `LiveEngageLaravel`, whose signatures `guzzlehttp/oauth-subscriber` makes: parameters in the order of `strcmp`, the
//! signature among them, no realm, a nonce of forty digits. The package needs Composer, so its steps were followed once with PHP's
//! own `http_build_query`, `rawurlencode` and `hash_hmac`, with the client of these tests.

use crate::sent::{Sent, client};

/// The header of a request.
fn header(nonce: &str, signature: &str) -> String {
    format!(
        "OAuth oauth_consumer_key=\"1ed5a0a0d4a64c5db0f3a4a4a3b7d6ee\", oauth_nonce=\"{nonce}\", \
         oauth_signature=\"{signature}\", oauth_signature_method=\"HMAC-SHA1\", oauth_timestamp=\"1795982400\", \
         oauth_token=\"77aa1122bb33cc44dd55ee66ff008899\", oauth_version=\"1.0\""
    )
}

/// It sends the filter as JSON, which is not signed.
#[test]
fn a_search_of_conversations_by_live_engage_laravel_is_taken() {
    let url = "https://lo.msghist.liveperson.net/messaging_history/api/account/12345678/conversations/search\
               ?limit=50&offset=0&sort=start:desc";
    let header = header("86f7e437faa5a7fce15d1ddcb9eaeaea377667b8", "yuGajXXmKHiLa55BoRxIty0%2B0CY%3D");
    let sent = Sent { method: "POST".to_owned(), ..Sent::get(url).with_header(&header) };
    assert_eq!(sent.refusal(&client().secrets()), None);
}

/// It signs this one too, and sends `[]` with it.
#[test]
fn a_look_at_the_domains_by_live_engage_laravel_is_taken() {
    let url = "https://api.liveperson.net/api/account/12345678/service/msgHist/baseURI.json?version=1.0";
    let header = header("e9d71f5ee7c92d6dc9e92ffdad17b8bd49418f98", "1qAXAIV%2FH5F2XdhoSDMawlmKcfQ%3D");
    assert_eq!(Sent::get(url).with_header(&header).refusal(&client().secrets()), None);
}

#[test]
fn a_visitors_state_asked_by_live_engage_laravel_is_taken() {
    let url = "https://lo.smt.liveperson.net/api/account/12345678/monitoring/visitors/A2Mzdj~NDYx/visits/current/state\
               ?v=1&sid=T0BhYS5h-w_%20%C3%A9";
    let header = header("84a516841ba77a5b4648de2cd0dfcb30ea46dbb4", "4YBo1AoKBKfVm2NIrTIU%2BSOHS4Q%3D");
    assert_eq!(Sent::get(url).with_header(&header).refusal(&client().secrets()), None);
}
