//! What may be found at rest.

use std::fs;
use std::path::Path;

use vestibule_testkit::{Key, TestServer, session_of};

/// Everything that the server has written, one file after the other.
fn everything_at_rest(folder: &Path) -> Vec<u8> {
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    files.filter(|path| path.is_file()).flat_map(|path| fs::read(path).unwrap()).collect()
}

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    haystack.windows(needle.len()).any(|window| window == needle)
}

#[tokio::test]
async fn s10_nothing_at_rest_opens_a_session() {
    let server = TestServer::start().await;
    let body: serde_json::Value = server.log_in("name", "password").await.json().await.unwrap();
    let at_rest = everything_at_rest(server.data());
    for key in ["bearer", "csrf", "sessionId"] {
        let token = body[key].as_str().unwrap();
        assert!(!contains(&at_rest, token.as_bytes()), "{key}");
        // Nor in binary: the half that is no session id is a MAC.
        let binary: Vec<u8> =
            (32..64).step_by(2).map(|at| u8::from_str_radix(&token[at..at + 2], 16).unwrap()).collect();
        assert!(!contains(&at_rest, &binary), "{key}");
    }
}

#[tokio::test]
async fn s10_nothing_at_rest_is_a_secret_of_a_key() {
    let server = TestServer::start().await;
    session_of(server.log_in_with_key("bot", &Key::BOT).await).await;
    let at_rest = everything_at_rest(server.data());
    // The values that are no secrets are there: the search does find what is stored.
    assert!(contains(&at_rest, Key::BOT.access_token.as_bytes()));
    assert!(!contains(&at_rest, b"client-secret"));
    // The key's secret is the beginning of its public app key, so it is searched for where that is not meant.
    let secret = Key::BOT.secret.as_bytes();
    let public = Key::BOT.app_key.as_bytes();
    let stray = at_rest.windows(secret.len()).enumerate().filter(|(_, window)| *window == secret);
    let stray: Vec<_> = stray.filter(|(at, _)| !at_rest[*at..].starts_with(public)).collect();
    assert!(stray.len() <= contained(&at_rest, public), "{stray:?}");
}

fn contained(haystack: &[u8], needle: &[u8]) -> usize {
    haystack.windows(needle.len()).filter(|window| *window == needle).count()
}
