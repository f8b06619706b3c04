//! What a server says when it begins: where it answers, and in development what to paste where.
//!
//! In development all of it can be pasted into a shell at once: whatever is no command is a comment.

use std::net::SocketAddr;
use std::path::Path;

use vestibule_auth::MadeOwner;
use vestibule_console::lines::{BotLogin, LiveVoxLogin, bot_login, livevox_login, quoted, shown};
use zeroize::Zeroizing;

use crate::data_dir::DataDir;
use crate::listeners::{Addresses, from_here as seen_from_here};
use crate::screen;

const PERSON: &str = r#"{"username":"name","password":"password"}"#;

/// The key of the demo account's bot.
const APP_KEY: &str = "0123456789abcdef0123456789abcdef";
const SECRET: &str = "0123456789abcdef";
const ACCESS_TOKEN: &str = "fedcba9876543210fedcba9876543210";
const ACCESS_TOKEN_SECRET: &str = "fedcba9876543210";

/// Application token and agent of the demo account.
const TOKEN: &str = "a0009999bcbc00001111000000000000";

const LIVEVOX_AGENT: &str =
    r#"{"clientName":"DEMO","userName":"agent1","password":"agent1-password","agent":true}"#;

/// The OAuth client of the demo account, and where its users come back.
const CLIENT: &str = "-d client_id=0a1b2c3d4e5f60718293a4b5c6d7e8f9 -d client_secret=demo-client-secret";

/// The resource server of the demo account.
const RESOURCE_SERVER: &str = "-u 9f8e7d6c5b4a39281706f5e4d3c2b1a0:demo-resource-server-secret";

/// The header without which no body is read.
const JSON: &str = "-H 'Content-Type: application/json'";

/// The password of `admin` in development.
pub(super) const OWNER_PASSWORD: &str = "admin-password";

/// Where the first owner's password is. The password itself is not printed: what is printed may be kept in a journal.
pub(crate) fn show_first_owner(name: &str, file: &Path) {
    screen::say(format_args!(
        "The first administrator is `{name}`. The password is in {}, and has to be changed at the first login.\n",
        file.display()
    ));
}

/// How the first owner logs in, now that it is known where.
pub(crate) fn show_first_login(name: &str, file: &Path, addresses: Addresses) {
    screen::say(format_args!(
        "\nLog in for the first time, then remove {}:\nvestibule login {name} --server {}",
        file.display(),
        from_here(addresses)
    ));
}

/// The URL at which this machine reaches administration. Over TLS the host has to be one that the certificate names.
fn from_here(Addresses { admin, admin_scheme: scheme, .. }: Addresses) -> String {
    if scheme == "https" {
        return format!("https://HOST:{}", admin.port());
    }
    format!("{scheme}://{}", seen_from_here(admin))
}

/// What the file says.
pub(crate) fn first_owner_file(owner: &MadeOwner) -> Zeroizing<String> {
    let MadeOwner { name, password } = owner;
    format!("name: {name}\npassword: {}\n", password.as_str()).into()
}

/// Where it answers, then examples.
pub(super) fn show(addresses: Addresses, data: &DataDir, not_covered: &[&str]) {
    let (certificate, folder) = (absolute(&data.ca_certificate()), absolute(data.path()));
    let version = env!("CARGO_PKG_VERSION");
    remark(format_args!(
        "Vestibule {version} for development: everybody knows the passwords of the demo account.\n\n{}\n\
         ca     {certificate}\ndata   {folder}\n\n\
         {}",
        listing(addresses),
        console(addresses)
    ));
    if !not_covered.is_empty() {
        show_narrow_authority(not_covered, data);
    }
    if let Some(http) = addresses.http {
        show_http(http);
        show_livevox(http);
        show_sentinel(http);
    }
    if let Some(https) = addresses.https {
        show_https(https, &certificate);
    }
    show_administration(addresses);
    if let Some(http) = addresses.http {
        show_signed_requests(http);
    }
    screen::say("");
    remark(format_args!(
        "More users, with the password `password`: expired, mustchange, disabled; agent has `agent-password`,\n\
         and LiveVox's agent agent1 `agent1-password`.\n\
         Your own: vestibule apply FILE --data-dir {} (see vestibule apply --help).\n\
         Ctrl-C stops.",
        quoted(&folder)
    ));
}

/// Lines for people, which a shell passes over.
fn remark(text: impl std::fmt::Display) {
    for line in text.to_string().lines() {
        screen::say(if line.is_empty() { String::new() } else { format!("# {line}") });
    }
}

/// A remark, and the commands that it is about.
fn example(about: &str, commands: &[String]) {
    screen::say("");
    remark(about);
    commands.iter().for_each(screen::say);
}

/// One line per listener, for people and for programs; that of operators the last.
pub(super) fn show_addresses(addresses: Addresses) {
    screen::say(listing(addresses));
}

fn listing(addresses: Addresses) -> String {
    let listeners = [
        ("http", "http", addresses.http),
        ("https", "https", addresses.https),
        ("grpc", addresses.grpc_scheme, addresses.grpc),
        ("admin", addresses.admin_scheme, Some(addresses.admin)),
    ];
    let line = |(name, scheme, address): (&str, &str, Option<SocketAddr>)| {
        address.map(|address| format!("{name:<6} {scheme}://{address}"))
    };
    listeners.into_iter().filter_map(line).collect::<Vec<_>>().join("\n")
}

/// Where administrators look at it in a browser.
fn console(addresses: Addresses) -> String {
    let Addresses { admin_scheme, admin, .. } = addresses;
    format!("The console, for a browser: {admin_scheme}://{admin}/console/  (admin, {OWNER_PASSWORD})")
}

fn show_narrow_authority(not_covered: &[&str], data: &DataDir) {
    let (certificate, key) = (quoted(&absolute(&data.ca_certificate())), quoted(&absolute(&data.ca_key())));
    screen::say("");
    remark(format_args!(
        "An older version made the CA above: it is not good for names under {}.\n\
         To have one that is, stop, run `rm {certificate} {key}`, start again,\n\
         and let clients trust the new ca.pem in place of the old one.",
        not_covered.join(" and ")
    ));
}

fn show_http(http: SocketAddr) {
    let base = format!("http://{http}/api/account/12345678");
    let bot = BotLogin {
        user_name: "bot",
        app_key: APP_KEY,
        secret: SECRET,
        access_token: ACCESS_TOKEN,
        access_token_secret: ACCESS_TOKEN_SECRET,
    };
    example(
        "Log in as a person, keep the session, end it:",
        &[
            format!("curl -sS -c jar -o login.json {JSON} '{base}/login?v=1.3' -d '{PERSON}'"),
            r#"CSRF=$(sed -n 's/.*"csrf" *: *"\([0-9a-f]*\)".*/\1/p' login.json)"#.to_owned(),
            format!(r#"curl -sS -i -b jar -c jar {JSON} '{base}/refresh?v=1.3' -d '{{"csrf":"'$CSRF'"}}'"#),
            format!(r#"curl -sS -i -b jar {JSON} '{base}/logout?v=1.3' -d '{{"csrf":"'$CSRF'"}}'"#),
        ],
    );
    example("Log in as an application:", &[shown(&bot_login(&format!("http://{http}"), "12345678", &bot))]);
    example(
        "Ask for the domains:",
        &[format!("curl -sS -w '\\n' '{base}/service/baseURI.json?version=1.0'")],
    );
}

fn show_livevox(http: SocketAddr) {
    let base = format!("http://{http}/session");
    let login = format!("-H 'LV-Access: {TOKEN}' {JSON} '{base}/login'");
    let person = LiveVoxLogin { token: TOKEN, client_name: "DEMO", user_name: "name", password: "password" };
    let person = livevox_login(&format!("http://{http}"), &person);
    example(
        "Log in as LiveVox has it, ask whether the session lives, end it:",
        &[
            format!("curl -sS -o session.json {person}"),
            r#"SESSION=$(sed -n 's/.*"sessionId" *: *"\([-0-9a-f]*\)".*/\1/p' session.json)"#.to_owned(),
            format!(r#"curl -sS -i "{base}/validate/$SESSION""#),
            format!(r#"curl -sS -i -X DELETE "{base}/logout/$SESSION""#),
        ],
    );
    example(
        "Log in as one of LiveVox's agents:",
        &[format!("curl -sS -w '\\n' {login} -d '{LIVEVOX_AGENT}'")],
    );
}

fn show_sentinel(http: SocketAddr) {
    let base = format!("http://{http}/sentinel/api/account/12345678");
    example(
        "Get a token for a program from the sentinel, and the keys that verify it:",
        &[
            format!("curl -sS -w '\\n' -d grant_type=client_credentials {CLIENT} '{base}/app/token?v=2.0'"),
            format!("curl -sS -w '\\n' 'http://{http}/.well-known/jwks.json'"),
        ],
    );
    example(
        "Ask, as an API that is shown such a token, what it is:",
        &[
            format!(
                "TOKEN=$(curl -sS -d grant_type=client_credentials {CLIENT} '{base}/app/token?v=2.0' | sed 's/.*\"access_token\":\"\\([^\"]*\\).*/\\1/')"
            ),
            format!("curl -sS -w '\\n' {RESOURCE_SERVER} -d token=$TOKEN 'http://{http}/oauth2/introspect'"),
        ],
    );
    let (login, back) = (format!("http://{http}/me/12345678/login"), "http://127.0.0.1:9099/callback");
    let authorize = format!(
        "{base}/authorize?v=1.0&response_type=code&client_id=0a1b2c3d4e5f60718293a4b5c6d7e8f9&redirect_uri={back}"
    );
    example(
        &format!(
            "Sign a user in for a program, as a browser does, and change the code into a bearer\n\
             (in a browser, where nothing answers at {back}, the code is in the address):"
        ),
        &[
            format!("curl -sS -c page.jar -o page.html '{login}'"),
            r#"CSRF=$(sed -n 's/.*name="csrf" value="\([0-9a-f]*\)".*/\1/p' page.html | head -n 1)"#
                .to_owned(),
            format!(
                "curl -sS -b page.jar -c page.jar -o page.html -H 'Origin: http://{http}' '{login}' -d csrf=$CSRF -d user_name=name -d password=password"
            ),
            format!(
                r"CODE=$(curl -sS -b page.jar -o page.html -w '%{{redirect_url}}' '{authorize}' | sed 's/.*[?&]code=\([^&]*\).*/\1/')"
            ),
            format!(
                "curl -sS -w '\\n' -d grant_type=authorization_code -d code=$CODE -d redirect_uri={back} {CLIENT} '{base}/token?v=1.0'"
            ),
        ],
    );
}

/// The check by kind, since what is signed is a request that a gateway holds.
fn show_signed_requests(http: SocketAddr) {
    let held = [
        "X-Original-Method: GET",
        "X-Original-URI: /orders",
        "X-Forwarded-Host: api.example",
        "X-Forwarded-Proto: https",
        "X-Forwarded-For: 192.0.2.7",
    ];
    let held = held.map(|header| format!("-H '{header}'")).join(" ");
    example(
        "Sign a request for https://api.example/orders with the bot's key, and ask as nginx before that API would:",
        &[
            // A second ahead: what was signed before the start is refused, in whole seconds.
            "TIME=$(($(date +%s) + 1))".to_owned(),
            format!(
                r#"SIGNED="oauth_consumer_key={APP_KEY}&oauth_nonce=$TIME&oauth_signature_method=HMAC-SHA256&oauth_timestamp=$TIME&oauth_token={ACCESS_TOKEN}""#
            ),
            r#"BASE="GET&https%3A%2F%2Fapi.example%2Forders&$(echo "$SIGNED" | sed 's/=/%3D/g; s/&/%26/g')""#
                .to_owned(),
            format!(
                r#"SIGNATURE=$(printf %s "$BASE" | openssl dgst -sha256 -hmac '{SECRET}&{ACCESS_TOKEN_SECRET}' -binary | openssl base64 -A | sed 's/+/%2B/g; s,/,%2F,g; s/=/%3D/g')"#
            ),
            r#"OAUTH=$(echo "$SIGNED&oauth_signature=$SIGNATURE" | sed 's/=\([^&]*\)/="\1"/g; s/&/, /g')"#
                .to_owned(),
            format!(
                r#"curl -sS -i {held} -H "Authorization: OAuth $OAUTH" 'http://{http}/gateway/check/nginx/rule/signed'"#
            ),
        ],
    );
}

fn show_administration(addresses: Addresses) {
    let server = format!("{}://{}", addresses.admin_scheme, addresses.admin);
    let base = format!("{server}/admin/v1");
    let bearer = r#"-H "Authorization: Bearer $BEARER""#;
    example(
        &format!(
            "Administer, described by {base}/openapi.json; log in, make a token for a day, look at the sessions:"
        ),
        &[
            format!(
                r#"curl -sS -o admin.json {JSON} '{base}/login' -d '{{"username":"admin","password":"{OWNER_PASSWORD}"}}'"#
            ),
            r#"BEARER=$(sed -n 's/.*"token" *: *"\([0-9a-f]*\)".*/\1/p' admin.json)"#.to_owned(),
            format!(
                r#"curl -sS -w '\n' {JSON} {bearer} '{base}/administration-tokens' -d '{{"name":"mine","role":"owner","expires":'$(($(date +%s) + 86400))'000}}'"#
            ),
            format!("curl -sS -w '\\n' {bearer} '{base}/sessions?account=12345678'"),
        ],
    );
    let program = program();
    example(
        "The same with the command line, which keeps the session for the commands that follow:",
        &[
            format!("echo {OWNER_PASSWORD} | {program} login admin --password-stdin --server {server}"),
            format!("{program} administration-token create mine-too --role owner --expires 1d"),
            format!("{program} session list --account 12345678"),
        ],
    );
}

fn show_https(https: SocketAddr, certificate: &str) {
    let (host, ca) = (format!("localhost:{}", https.port()), quoted(certificate));
    let domains = "/api/account/12345678/service/baseURI.json?version=1.0";
    example(
        "Point clients at it; they must trust the CA above:",
        &[format!("curl -sS -w '\\n' --cacert {ca} 'https://{host}{domains}'")],
    );
    example(
        "Host names of the vendors that are written into clients: the certificate is made for whatever name under\n\
         liveperson.net, liveperson.com, lpsnmedia.net and livevox.com is asked for:",
        &[format!(
            "curl -sS -w '\\n' --cacert {ca} --connect-to ::{https} 'https://lo.agentvep.liveperson.net{domains}'"
        )],
    );
    screen::say("");
    remark(format_args!(
        "Node agent SDK   new Agent({{accountId: '12345678', csdsDomain: '{host}', username: 'name', password: 'password'}})\n                 \
                          with NODE_EXTRA_CA_CERTS={ca}\n\
         Python requests  requests.post('https://{host}/api/account/12345678/login?v=1.3', json=...)\n                 \
                          with REQUESTS_CA_BUNDLE={ca}"
    ));
}

/// This program as a shell can start it, wherever it was started from.
fn program() -> String {
    let path = std::env::current_exe().map_or_else(|_| "vestibule".into(), |path| path.display().to_string());
    quoted(&path)
}

fn absolute(path: &Path) -> String {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned()).display().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn administration_is_reached_where_this_machine_finds_it() {
        let at = |admin: &str, admin_scheme| {
            from_here(Addresses {
                http: None,
                https: None,
                grpc: None,
                grpc_scheme: "http",
                admin: admin.parse().unwrap(),
                admin_scheme,
            })
        };
        assert_eq!(at("127.0.0.1:8081", "http"), "http://127.0.0.1:8081");
        assert_eq!(at("0.0.0.0:8081", "http"), "http://127.0.0.1:8081");
        assert_eq!(at("[::]:8081", "http"), "http://[::1]:8081");
        assert_eq!(at("[fd00::5]:81", "http"), "http://[fd00::5]:81");
        assert_eq!(at("10.0.0.5:8081", "https"), "https://HOST:8081");
    }
}
