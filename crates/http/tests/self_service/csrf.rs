//! A page of another site sends the cookie along, and ends nothing.

use reqwest::Method;

use crate::{OWN, liveperson, lives, reference, start, status};

#[tokio::test]
async fn a2_a_cookie_alone_ends_nothing() {
    let server = start().await;
    let (held, other) =
        (liveperson(&server, "name", "password").await, liveperson(&server, "name", "password").await);
    let path = format!("{OWN}/{}", reference(&server, &[("cookie", &other.cookie)]).await);
    let bearer_as_csrf = held.bearer.replace("Bearer ", "");
    for path in [OWN, &path] {
        for csrf in ["", "0", &other.csrf, &bearer_as_csrf] {
            let shown = [("cookie", held.cookie.as_str()), ("x-csrf-token", csrf)];
            assert_eq!(status(&server, Method::DELETE, path, &shown).await, 403, "{path} {csrf}");
        }
        assert_eq!(status(&server, Method::DELETE, path, &[("cookie", &held.cookie)]).await, 403);
    }
    assert!(lives(&server, &held).await && lives(&server, &other).await);
}

#[tokio::test]
async fn a_cookie_with_the_csrf_value_of_its_login_ends_sessions() {
    let server = start().await;
    let (held, other) =
        (liveperson(&server, "name", "password").await, liveperson(&server, "name", "password").await);
    let shown = [("cookie", held.cookie.as_str()), ("x-csrf-token", held.csrf.as_str())];
    assert_eq!(status(&server, Method::DELETE, OWN, &shown).await, 200);
    assert!(lives(&server, &held).await && !lives(&server, &other).await);
}

#[tokio::test]
async fn of_two_cookies_the_one_that_the_csrf_value_belongs_to_counts() {
    let server = start().await;
    let (held, other) =
        (liveperson(&server, "name", "password").await, liveperson(&server, "name", "password").await);
    let both = format!("{}; {}", other.cookie, held.cookie.replace("session_id", "Session_id"));
    let shown = [("cookie", both.as_str()), ("x-csrf-token", held.csrf.as_str())];
    assert_eq!(status(&server, Method::DELETE, OWN, &shown).await, 200);
    assert!(lives(&server, &held).await && !lives(&server, &other).await);
}
