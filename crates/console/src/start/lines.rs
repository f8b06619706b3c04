//! Lines for a shell that log somebody in with curl.

use serde_json::Value;

/// The header without which no body is read.
const JSON: &str = "-H 'Content-Type: application/json'";

/// With what a bot logs in.
#[derive(Clone, Copy, Debug)]
pub struct BotLogin<'a> {
    /// The login name.
    pub user_name: &'a str,
    /// The app key of its API key.
    pub app_key: &'a str,
    /// The secret of that.
    pub secret: &'a str,
    /// The access token of that.
    pub access_token: &'a str,
    /// The access token secret of that.
    pub access_token_secret: &'a str,
}

/// With what somebody logs in at the Session API of LiveVox.
#[derive(Clone, Copy, Debug)]
pub struct LiveVoxLogin<'a> {
    /// The application token.
    pub token: &'a str,
    /// The code of the account.
    pub client_name: &'a str,
    /// The login name.
    pub user_name: &'a str,
    /// The password.
    pub password: &'a str,
}

/// What curl is told to log a bot in, against a server at this origin.
pub fn bot_login(origin: &str, account: &str, login: &BotLogin<'_>) -> String {
    let body = object(&[
        ("username", login.user_name),
        ("appKey", login.app_key),
        ("secret", login.secret),
        ("accessToken", login.access_token),
        ("accessTokenSecret", login.access_token_secret),
    ]);
    let address = quoted(&format!("{origin}/api/account/{account}/login?v=1.3"));
    format!("{JSON} {address} -d {}", quoted(&body))
}

/// The same for somebody who logs in at the Session API of LiveVox.
pub fn livevox_login(origin: &str, login: &LiveVoxLogin<'_>) -> String {
    let body = object(&[
        ("clientName", login.client_name),
        ("userName", login.user_name),
        ("password", login.password),
    ]);
    let (token, address) =
        (quoted(&format!("LV-Access: {}", login.token)), quoted(&format!("{origin}/session/login")));
    format!("-H {token} {JSON} {address} -d {}", quoted(&body))
}

/// A line that shows the answer.
pub fn shown(arguments: &str) -> String {
    format!("curl -sS -w '\\n' {arguments}")
}

/// An object of these texts, in this order.
fn object(fields: &[(&str, &str)]) -> String {
    let text = |text: &str| Value::from(text).to_string();
    let fields = fields.iter().map(|(name, value)| format!("{}:{}", text(name), text(value)));
    format!("{{{}}}", fields.collect::<Vec<_>>().join(","))
}

/// A text as one word of a shell, in quotes only where it needs them.
pub fn quoted(text: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/._-+".contains(&byte);
    if !text.is_empty() && text.bytes().all(is_plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_quoted_where_a_shell_would_read_it_otherwise() {
        assert_eq!(quoted("/home/me/data"), "/home/me/data");
        assert_eq!(quoted("/home/it's me"), r"'/home/it'\''s me'");
        assert_eq!(quoted("$HOME"), "'$HOME'");
        assert_eq!(quoted(""), "''");
    }

    #[test]
    fn names_are_texts_of_json_and_of_the_shell() {
        let login = LiveVoxLogin { token: "t", client_name: "A\"B", user_name: "it's", password: "$x" };
        let line = livevox_login("http://127.0.0.1:1", &login);
        assert!(
            line.ends_with(r#"-d '{"clientName":"A\"B","userName":"it'\''s","password":"$x"}'"#),
            "{line}"
        );
    }
}
