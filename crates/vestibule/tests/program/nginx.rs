//! A real nginx before an API, with the configuration that the documentation has.

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use serde_json::Value;

use crate::dev::shown_livevox_logins;
use crate::support::{Answer, Folder, Server, ask};

const ACCOUNT: &str = "12345678";

/// An nginx and an API behind it, which answers with what it was sent; killed when dropped.
struct Nginx {
    child: Child,
    address: String,
}

impl Drop for Nginx {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// An address where nobody listens.
fn free_address() -> String {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string()
}

/// The configuration in the documentation, with the addresses of a test.
fn documented(service: &str, nginx: &str, api: &str) -> String {
    let page = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/gateway.md")).unwrap();
    let (_, rest) = page.split_once("```nginx\n").unwrap();
    let mut text = rest.split_once("```").unwrap().0.to_owned();
    for (documented, ours) in
        [("127.0.0.1:8080", service), ("listen 443 ssl", &format!("listen {nginx}")), ("127.0.0.1:9000", api)]
    {
        assert_eq!(text.matches(documented).count(), 1, "{documented}");
        text = text.replace(documented, ours);
    }
    text
}

impl Nginx {
    fn before(service: &str, folder: &Folder) -> Self {
        let (address, api) = (free_address(), free_address());
        let documented = documented(service, &address, &api);
        let folders = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map(|name| format!("{name}_temp_path {};", folder.path(name).display()))
            .join("\n");
        let file = folder.file(
            "nginx.conf",
            &format!(
                "daemon off;\nmaster_process off;\npid {pid};\nerror_log stderr;\nevents {{}}\nhttp {{\n\
                 access_log off;\n{folders}\n{documented}\n\
                 server {{\nlisten {api};\ndefault_type application/json;\nreturn 200 '{{\
                 \"user\":\"$http_x_vestibule_user_name\",\"application\":\"$http_x_vestibule_application\",\
                 \"roles\":\"$http_x_vestibule_roles\",\"target\":\"$request_uri\",\"method\":\"$request_method\"}}';\n}}\n}}\n",
                pid = folder.path("nginx.pid").display(),
            ),
        );
        let mut command = Command::new("nginx");
        command.arg("-e").arg("stderr").arg("-c").arg(file).stdin(Stdio::null()).stderr(Stdio::null());
        let child = command.spawn().expect("nginx, of the Debian package of that name");
        let nginx = Self { child, address };
        for _ in 0..3_000 {
            if TcpStream::connect(&nginx.address).is_ok() {
                return nginx;
            }
            thread::sleep(Duration::from_millis(10));
        }
        panic!("nginx does not listen");
    }

    fn ask(&self, method: &str, target: &str, headers: &str) -> Answer {
        ask(&self.address, method, target, headers, "")
    }

    fn status(&self, target: &str, headers: &str) -> u16 {
        self.ask("GET", target, headers).status
    }
}

/// A service, an nginx before an API, and a login.
struct Site {
    folder: Folder,
    service: Server,
    nginx: Nginx,
    login: Value,
}

impl Site {
    fn start() -> Self {
        let folder = Folder::new();
        let service = Server::dev(&folder);
        let nginx = Nginx::before(&service.address("http"), &folder);
        let login = service.log_in(ACCOUNT, "name", "password");
        assert_eq!(login.status, 200, "{}", login.body);
        Self { login: login.json(), folder, service, nginx }
    }

    fn token(&self, name: &str) -> &str {
        self.login[name].as_str().unwrap()
    }

    fn bearer(&self) -> String {
        format!("Authorization: Bearer {}\r\n", self.token("bearer"))
    }
}

#[test]
fn a_request_with_a_session_reaches_the_api_which_is_told_whose_it_is() {
    let site = Site::start();
    let bearer = site.bearer();
    let cookie = format!("Cookie: a=b; session_id={}\r\n", site.token("sessionId"));
    for credential in [bearer, cookie] {
        for method in ["GET", "POST", "DELETE"] {
            let spoofed = "X-Vestibule-User-Name: root\r\nX-Vestibule-Application: 9\r\nX_Vestibule_Roles: sys-admin\r\n";
            let answer = site.nginx.ask(method, "/orders?a=b", &format!("{credential}{spoofed}"));
            assert_eq!(answer.status, 200, "{}", answer.body);
            let told = answer.json();
            assert_eq!((&told["user"], &told["application"]), (&"name".into(), &"".into()));
            assert_eq!((&told["target"], &told["method"]), (&"/orders?a=b".into(), &method.into()));
            assert_ne!(told["roles"], "");
        }
    }
    let target = format!("/ws_api/account/{ACCOUNT}/messaging/brand/{}?v=2.1", site.token("bearer"));
    assert_eq!(site.nginx.status(&target, ""), 200);
}

#[test]
fn a_request_with_a_livevox_session_reaches_it_until_the_logout() {
    let site = Site::start();
    let login = shown_livevox_logins(&site.service).remove(0).json();
    let id = login["sessionId"].as_str().unwrap();
    let shown = format!("LV-Session: {id}\r\n");
    let answer = site.nginx.ask("GET", "/orders", &shown);
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_ne!(answer.json()["application"], "", "the application token");
    let logout = format!("/session/logout/{id}");
    assert_eq!(ask(&site.service.address("http"), "DELETE", &logout, "", "").status, 204);
    assert_eq!(site.nginx.status("/orders", &shown), 401);
}

#[test]
fn a_request_without_a_session_does_not_reach_it() {
    let site = Site::start();
    let cookie_as_bearer = format!("Authorization: Bearer {}\r\n", site.token("sessionId"));
    for wrong in [
        "",
        "Authorization: Bearer forged\r\n",
        "LV-Session: no\r\n",
        "X-Vestibule-User: 1\r\n",
        &cookie_as_bearer,
    ] {
        assert_eq!(site.nginx.status("/orders", wrong), 401, "{wrong}");
    }
    assert_eq!(site.nginx.status("/vestibule-check", &site.bearer()), 404, "nobody asks by themselves");
}

/// ATTACKS G1, G6.
#[test]
fn g6_the_target_is_the_one_that_nginx_was_sent_whatever_the_client_adds() {
    let site = Site::start();
    let bearer = site.bearer();
    let (own, other) = (format!("/api/account/{ACCOUNT}/x"), "/api/account/99999999/x".to_owned());
    for name in ["X-Original-URI", "X_Original_URI", "X-Forwarded-Uri", "X-Original-URL", "X-Forwarded-Host"]
    {
        let with = |target: &str, clients: &str| {
            site.nginx.status(target, &format!("{bearer}{name}: {clients}\r\n{name}: {clients}\r\n"))
        };
        assert_eq!((with(&own, &other), with(&other, &own)), (200, 401), "{name}");
    }
    for spelling in [
        "//api/account/99999999/x",
        "/x/../api/account/99999999/x",
        "/%61pi/account/99999999/x",
        "/api%2faccount/99999999/x",
        "/api/account/12345678/..%2f99999999/x",
        "/api\\account\\99999999",
        "/api;a/account/99999999/x",
        "/API/account/99999999/x",
        "/api/account/99999999%00",
        "/a#/../api/account/99999999/x",
    ] {
        let status = site.nginx.status(spelling, &bearer);
        assert!([400, 401].contains(&status), "{spelling}: {status}");
    }
}

#[test]
fn s3_a_session_that_has_ended_does_not_pass() {
    let site = Site::start();
    let bearer = site.bearer();
    assert_eq!(site.nginx.status("/orders", &bearer), 200);
    let shown = format!("Cookie: session_id={}\r\n", site.token("sessionId"));
    let path = format!("/api/account/{ACCOUNT}/logout?v=1.3");
    let body = serde_json::json!({ "csrf": site.token("csrf") }).to_string();
    assert_eq!(ask(&site.service.address("http"), "POST", &path, &shown, &body).status, 200);
    assert_eq!(site.nginx.status("/orders", &bearer), 401);
}

#[test]
fn g3_while_the_service_is_down_nothing_passes() {
    let Site { folder, service, nginx, login } = Site::start();
    let bearer = format!("Authorization: Bearer {}\r\n", login["bearer"].as_str().unwrap());
    assert_eq!(nginx.status("/orders", &bearer), 200);
    drop(service);
    assert_eq!(nginx.status("/orders", &bearer), 500);
    drop(folder);
}

#[test]
fn g4_a_gateway_that_is_in_no_network_of_gateways_is_refused() {
    let folder = Folder::new();
    let settings = [("VESTIBULE_GATEWAYS_NETWORKS", "10.0.0.0/8, 127.0.0.2")];
    let service = Server::dev_logging_to(&folder, fs::File::create(folder.path("log")).unwrap(), &settings);
    let nginx = Nginx::before(&service.address("http"), &folder);
    let login = service.log_in(ACCOUNT, "name", "password").json();
    let bearer = format!("Authorization: Bearer {}\r\n", login["bearer"].as_str().unwrap());
    assert_eq!(nginx.status("/orders", &bearer), 403);
    let asked = ask(&service.address("http"), "GET", "/gateway/check/nginx/rule/default", &bearer, "");
    assert_eq!((asked.status, asked.json()["type"].as_str().unwrap()), (403, "urn:vestibule:not-a-gateway"));
}
