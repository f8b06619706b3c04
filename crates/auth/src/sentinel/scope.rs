//! What a client may ask for.

use vestibule_model::ClientMetadata;

use super::error::TokenError;

/// The scopes of OpenID Connect (Core §5.4, §11), which every client may ask for that comes with a user.
pub(super) const OF_USERS: [&str; 4] = ["openid", "profile", "email", "offline_access"];

/// The scope that is granted, its words each once. Who asks for none is given all that the client has (RFC 6749 §3.3).
///
/// # Errors
///
/// It asks for one that neither the client has nor `besides` are.
pub(super) fn granted(client: &ClientMetadata, besides: &[&str], asked: &str) -> Result<String, TokenError> {
    let mut words: Vec<&str> = Vec::new();
    for word in asked.split(' ').filter(|word| !word.is_empty()) {
        if !besides.contains(&word) && !client.scopes.iter().any(|scope| scope == word) {
            return Err(TokenError::InvalidScope);
        }
        if !words.contains(&word) {
            words.push(word);
        }
    }
    if words.is_empty() {
        words = client.scopes.iter().map(String::as_str).collect();
    }
    Ok(words.join(" "))
}

/// What a client may still ask for of a scope that it was granted.
pub(super) fn still_granted(client: &ClientMetadata, scope: &str) -> String {
    let words = scope.split(' ').filter(|word| client.scopes.iter().any(|scope| scope == word));
    words.collect::<Vec<_>>().join(" ")
}

/// Whether a scope that was granted has this word.
pub(super) fn has(scope: &str, word: &str) -> bool {
    scope.split(' ').any(|one| one == word)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(asked: &str) -> Option<String> {
        let client =
            ClientMetadata { scopes: ["a", "b"].map(String::from).into(), ..ClientMetadata::default() };
        granted(&client, &["openid"], asked).ok()
    }

    #[test]
    fn who_asks_for_nothing_is_given_what_the_client_has() {
        assert_eq!(asked("").as_deref(), Some("a b"));
        assert_eq!(asked("  ").as_deref(), Some("a b"));
    }

    #[test]
    fn what_is_asked_for_is_given_and_no_more() {
        assert_eq!(asked("b openid b").as_deref(), Some("b openid"));
        assert_eq!(asked("c"), None);
        assert_eq!(asked("a B"), None);
    }

    #[test]
    fn what_a_client_may_no_longer_ask_for_is_left_out() {
        let client = ClientMetadata { scopes: vec!["b".to_owned()], ..ClientMetadata::default() };
        assert_eq!(still_granted(&client, "a b"), "b");
        assert_eq!(still_granted(&client, ""), "");
    }

    #[test]
    fn a_scope_is_found_as_a_word() {
        assert!(has("openid email", "email") && !has("openid emails", "email"));
    }
}
