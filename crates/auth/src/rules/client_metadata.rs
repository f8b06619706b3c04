//! The rules of what an OAuth client is registered with.

use vestibule_model::{ClientMetadata, GrantType, OauthClient};

use super::neighbours::{Neighbours, Reference};
use super::rule::Rule;
use super::texts::text_violation;
use super::violation::{Field, Violation, changed};

/// The longest address, in characters.
const LONGEST_ADDRESS: usize = 1_000;

/// How many redirect URIs, and how many scopes, a client may have.
const MOST: usize = 100;

/// The longest scope, in characters.
const LONGEST_SCOPE: usize = 128;

/// Puts its lists in their order, each value once.
pub(super) fn tidy(metadata: &mut ClientMetadata) {
    metadata.grant_types.sort_unstable();
    metadata.grant_types.dedup();
    metadata.enabled_for_profiles.sort_unstable();
    metadata.enabled_for_profiles.dedup();
    for texts in [&mut metadata.redirect_uris, &mut metadata.scopes] {
        let mut kept = Vec::with_capacity(texts.len());
        for text in texts.drain(..) {
            if !kept.contains(&text) {
                kept.push(text);
            }
        }
        *texts = kept;
    }
}

pub(super) fn violations(
    client: &OauthClient,
    before: Option<&OauthClient>,
    neighbours: &dyn Neighbours,
) -> Vec<Violation> {
    let (after, before) = (&client.metadata, before.map(|before| &before.metadata));
    let mut found = Vec::new();
    let texts: [Field<ClientMetadata, String>; 2] = [
        (Rule::ClientDisplayName, |metadata| &metadata.display_name),
        (Rule::ClientDescription, |metadata| &metadata.description),
    ];
    let another = texts.into_iter().filter(|(_, text)| changed(before, after, text));
    found.extend(another.filter_map(|(rule, text)| text_violation(rule, text(after))));
    if changed(before, after, |metadata| &metadata.logo_uri) && !after.logo_uri.is_empty() {
        let is_address = is_address(&after.logo_uri) && after.logo_uri.starts_with("https://");
        found.extend((!is_address).then(|| Violation::with(Rule::ClientLogo, LONGEST_ADDRESS)));
    }
    found.extend(of_grants(after, before));
    if changed(before, after, |metadata| &metadata.scopes) {
        found.extend(of_scopes(&after.scopes));
    }
    // Those that it names already may have been taken away by another program.
    let had = |id: &i64| before.is_some_and(|before| before.enabled_for_profiles.contains(id));
    let missing = |id: &&i64| !had(id) && !neighbours.has(Reference::Profile(**id));
    let missing = after.enabled_for_profiles.iter().filter(missing);
    found.extend(missing.map(|id| Violation::with(Rule::ClientProfileMissing, format_args!("id {id}"))));
    found
}

fn of_grants(after: &ClientMetadata, before: Option<&ClientMetadata>) -> Vec<Violation> {
    let mut found = Vec::new();
    if changed(before, after, |metadata| &metadata.redirect_uris) {
        let wrong = after.redirect_uris.iter().position(|uri| !is_redirect_uri(uri));
        found.extend(wrong.map(|index| Violation::with(Rule::ClientRedirectUri, index + 1)));
        let are_many = after.redirect_uris.len() > MOST;
        found.extend(are_many.then(|| Violation::with(Rule::ClientRedirectUriCount, MOST)));
    }
    if after.may(GrantType::AuthorizationCode) && after.redirect_uris.is_empty() {
        found.push(Violation::of(Rule::ClientRedirectUriMissing));
    }
    if after.may(GrantType::ClientCredentials) && after.public {
        found.push(Violation::of(Rule::ClientGrantOfPublic));
    }
    if after.resource_server && after.public {
        found.push(Violation::of(Rule::ClientResourceServerPublic));
    }
    found
}

fn of_scopes(scopes: &[String]) -> Option<Violation> {
    if scopes.len() > MOST {
        return Some(Violation::with(Rule::ClientScopeCount, MOST));
    }
    let is_wrong = |scope: &String| scope.len() > LONGEST_SCOPE || !is_scope(scope);
    scopes.iter().any(is_wrong).then(|| Violation::with(Rule::ClientScope, LONGEST_SCOPE))
}

/// A scope (RFC 6749 §3.3): visible ASCII but `"` and `\`.
fn is_scope(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_graphic() && byte != b'"' && byte != b'\\';
    !text.is_empty() && text.bytes().all(fits)
}

/// Where codes may be sent: over TLS, or to this very machine (RFC 8252 §7.3), and without a fragment (RFC 6749 §3.1.2).
pub(super) fn is_redirect_uri(text: &str) -> bool {
    const LOOPBACK: [&str; 3] = ["127.0.0.1", "[::1]", "localhost"];
    let is_loopback = |text: &str| {
        let host =
            text.strip_prefix("http://").map(authority).map(|authority| match authority.rsplit_once(':') {
                Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
                _ => authority,
            });
        host.is_some_and(|host| LOOPBACK.contains(&host))
    };
    is_address(text) && (text.starts_with("https://") || is_loopback(text))
}

/// An absolute address of http or https in ASCII with a host, and with neither user information nor a fragment.
fn is_address(text: &str) -> bool {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let is_plain = |byte: u8| byte.is_ascii_graphic() && !br#""<>\^`{|}#"#.contains(&byte);
    let has_host = |rest: &str| {
        let authority = authority(rest);
        !authority.is_empty() && !authority.starts_with(':') && !authority.contains('@')
    };
    text.len() <= LONGEST_ADDRESS && rest.is_some_and(has_host) && text.bytes().all(is_plain)
}

/// What stands behind the scheme, up to the path or the query.
fn authority(rest: &str) -> &str {
    rest.split(['/', '?']).next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn x10_codes_are_sent_over_tls_or_to_this_machine() {
        for text in [
            "https://app.example/back?x=1",
            "https://app.example:8443/",
            "https://app.example",
            "http://127.0.0.1:9099/callback",
            "http://[::1]:80/",
            "http://[::1]/",
            "http://localhost/x",
        ] {
            assert!(is_redirect_uri(text), "{text}");
        }
        for text in [
            "",
            "https://",
            "https:///x",
            "https://:80/",
            "http://app.example/back",
            "http://localhost.example/",
            "http://127.0.0.1.example/",
            "http://localhost@app.example/",
            "https://user@app.example/",
            "https://app.example/#token",
            "https://app.example\\@other/",
            "https://app.example/ x",
            "https://äpp.example/",
            "javascript:alert(1)",
            "com.example.app:/back",
            "//app.example/back",
            "HTTPS://app.example/",
            "http://localhost:x/",
        ] {
            assert!(!is_redirect_uri(text), "{text}");
        }
        assert!(!is_redirect_uri(&format!("https://a/{}", "x".repeat(LONGEST_ADDRESS))));
    }

    #[test]
    fn a_scope_is_one_word_of_ascii() {
        assert!(is_scope("faas.lambda.invoke") && is_scope("a:b/*"));
        for text in ["", "a b", "a\"b", "a\\b", "ä", "a\n"] {
            assert!(!is_scope(text), "{text:?}");
        }
    }

    #[test]
    fn lists_have_each_value_once_and_addresses_stay_in_their_order() {
        let mut metadata = ClientMetadata {
            grant_types: vec![GrantType::RefreshToken, GrantType::ClientCredentials, GrantType::RefreshToken],
            redirect_uris: ["b", "a", "b"].map(String::from).into(),
            enabled_for_profiles: vec![3, 1, 3],
            ..ClientMetadata::default()
        };
        tidy(&mut metadata);
        assert_eq!(metadata.grant_types, [GrantType::ClientCredentials, GrantType::RefreshToken]);
        assert_eq!(metadata.redirect_uris, ["b", "a"]);
        assert_eq!(metadata.enabled_for_profiles, [1, 3]);
    }
}
