//! What a server says when it begins: where it answers, and in development what to paste where.

use std::net::SocketAddr;

use vestibule_auth::MadeOwner;

use crate::data_dir::DataDir;
use crate::listeners::Addresses;
use crate::screen;

const PERSON: &str = r#"{"username":"name","password":"password"}"#;

const APPLICATION: &str = r#"{"username":"bot","appKey":"0123456789abcdef0123456789abcdef","secret":"0123456789abcdef","accessToken":"fedcba9876543210fedcba9876543210","accessTokenSecret":"fedcba9876543210"}"#;

/// Application token, person and agent of the demo account.
const TOKEN: &str = "LV-Access: a0009999bcbc00001111000000000000";

const LIVEVOX_PERSON: &str = r#"{"clientName":"DEMO","userName":"name","password":"password"}"#;

const LIVEVOX_AGENT: &str =
    r#"{"clientName":"DEMO","userName":"agent1","password":"agent1-password","agent":true}"#;

/// The password of `admin` in development.
pub(super) const OWNER_PASSWORD: &str = "admin-password";

/// The first owner's password: here and nowhere else.
pub(crate) fn show_first_owner(owner: &MadeOwner) {
    let MadeOwner { name, password } = owner;
    screen::say(format_args!(
        "The first administrator is `{name}` with the password {}\n\
         It is shown once: keep it now.\n",
        password.as_str()
    ));
}

/// Where it answers, then examples.
pub(super) fn show(addresses: Addresses, data: &DataDir) {
    let (certificate, folder) = (absolute(&data.ca_certificate()), absolute(data.path()));
    let version = env!("CARGO_PKG_VERSION");
    screen::say(format_args!(
        "Vestibule {version} for development: everybody knows the passwords of the demo account.\n"
    ));
    show_addresses(addresses);
    screen::say(format_args!("ca     {certificate}"));
    screen::say(format_args!("data   {folder}"));
    if let Some(http) = addresses.http {
        show_http(http);
        show_livevox(http);
    }
    if let Some(https) = addresses.https {
        show_https(https, &certificate);
    }
    show_administration(addresses.admin);
    screen::say(format_args!(
        "\nMore users, with the password `password`: expired, mustchange, disabled; agent has `agent-password`,\n\
         and LiveVox's agent agent1 `agent1-password`.\n\
         Your own: vestibule apply FILE --data-dir '{folder}' (see vestibule apply --help).\n\
         Ctrl-C stops."
    ));
}

/// One line per listener, for people and for programs; that of operators the last.
pub(super) fn show_addresses(addresses: Addresses) {
    let listeners = [
        ("http", "http", addresses.http),
        ("https", "https", addresses.https),
        ("admin", "http", Some(addresses.admin)),
    ];
    for (name, scheme, address) in listeners {
        if let Some(address) = address {
            screen::say(format_args!("{name:<6} {scheme}://{address}"));
        }
    }
}

fn show_http(http: SocketAddr) {
    let base = format!("http://{http}/api/account/12345678");
    let json = "-H 'Content-Type: application/json'";
    screen::say(format_args!(
        "\nLog in as a person, keep the session, end it:\n  \
           curl -c jar -o login.json -H 'Content-Type: application/json' '{base}/login?v=1.3' -d '{PERSON}'\n  \
           CSRF=$(sed -n 's/.*\"csrf\" *: *\"\\([0-9a-f]*\\)\".*/\\1/p' login.json)\n  \
           curl -i -b jar -c jar {json} '{base}/refresh?v=1.3' -d '{{\"csrf\":\"'$CSRF'\"}}'\n  \
           curl -i -b jar {json} '{base}/logout?v=1.3' -d '{{\"csrf\":\"'$CSRF'\"}}'\n\
         \nLog in as an application:\n  \
           curl {json} '{base}/login?v=1.3' -d '{APPLICATION}'\n\
         \nAsk for the domains:\n  \
           curl '{base}/service/baseURI.json?version=1.0'"
    ));
}

fn show_livevox(http: SocketAddr) {
    let base = format!("http://{http}/session");
    let login = format!("-H '{TOKEN}' -H 'Content-Type: application/json' '{base}/login'");
    screen::say(format_args!(
        "\nLog in as LiveVox has it, ask whether the session lives, end it:\n  \
           curl -o session.json {login} -d '{LIVEVOX_PERSON}'\n  \
           SESSION=$(sed -n 's/.*\"sessionId\" *: *\"\\([-0-9a-f]*\\)\".*/\\1/p' session.json)\n  \
           curl -i \"{base}/validate/$SESSION\"\n  \
           curl -i -X DELETE \"{base}/logout/$SESSION\"\n\
         \nLog in as one of LiveVox's agents:\n  \
           curl {login} -d '{LIVEVOX_AGENT}'"
    ));
}

fn show_administration(admin: SocketAddr) {
    let base = format!("http://{admin}/admin/v1");
    let json = "-H 'Content-Type: application/json'";
    screen::say(format_args!(
        "\nAdminister, described by {base}/openapi.json; log in, make a token for a day, look at the sessions:\n  \
           curl -o admin.json {json} '{base}/login' -d '{{\"username\":\"admin\",\"password\":\"{OWNER_PASSWORD}\"}}'\n  \
           BEARER=$(sed -n 's/.*\"token\" *: *\"\\([0-9a-f]*\\)\".*/\\1/p' admin.json)\n  \
           curl {json} -H \"Authorization: Bearer $BEARER\" '{base}/administration-tokens' -d '{{\"name\":\"mine\",\"role\":\"owner\",\"expires\":'$(date -d tomorrow +%s)'000}}'\n  \
           curl -H \"Authorization: Bearer $BEARER\" '{base}/sessions?account=12345678'\n\
         \nThe same with the command line, which keeps the session for the commands that follow:\n  \
           echo {OWNER_PASSWORD} | vestibule login admin --password-stdin --server http://{admin}\n  \
           vestibule administration-token create mine --role owner --expires 1d\n  \
           vestibule session list --account 12345678"
    ));
}

fn show_https(https: SocketAddr, certificate: &str) {
    let host = format!("localhost:{}", https.port());
    screen::say(format_args!(
        "\nPoint clients at it; they must trust the CA above:\n  \
           curl             curl --cacert '{certificate}' 'https://{host}/api/account/12345678/service/baseURI.json?version=1.0'\n  \
           Node agent SDK   new Agent({{accountId: '12345678', csdsDomain: '{host}', username: 'name', password: 'password'}})\n                   \
                            with NODE_EXTRA_CA_CERTS='{certificate}'\n  \
           Python requests  requests.post('https://{host}/api/account/12345678/login?v=1.3', json=...)\n                   \
                            with REQUESTS_CA_BUNDLE='{certificate}'\n  \
           fixed host names curl --cacert '{certificate}' --connect-to ::{https} https://api.liveperson.net/api/account/12345678/service/baseURI.json\n                   \
                            the certificate is good for *.liveperson.net and *.livevox.com"
    ));
}

fn absolute(path: &std::path::Path) -> String {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned()).display().to_string()
}
