//! The pages of docs/operations and the files of deploy/, against the program that they are about.
//!
//! After a change of the shipped configuration: `UPDATE_GOLDEN=1 cargo test -p vestibule --test program reference`.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::support::{Folder, Server, apply, run, vestibule};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn text(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The families of a scrape by the names that one asks for, each with its type.
fn scraped() -> BTreeSet<(String, String)> {
    let folder = Folder::new();
    let server = Server::dev(&folder);
    server.log_in("12345678", "name", "password");
    server.log_in("12345678", "name", "wrong");
    let families = server.get("admin", "/metrics").body;
    let family = |line: &str| {
        let (name, kind) = line.strip_prefix("# TYPE ")?.split_once(' ')?;
        Some((name.to_owned(), kind.to_owned()))
    };
    families.lines().filter_map(family).collect()
}

/// All names that can stand in a query.
fn samples() -> BTreeSet<String> {
    let parts = |(name, kind): (String, String)| match kind.as_str() {
        "histogram" => ["_bucket", "_sum", "_count"].map(|part| format!("{name}{part}")).to_vec(),
        _ => vec![name],
    };
    scraped().into_iter().flat_map(parts).collect()
}

/// Every word of a text that looks like the name of a metric of ours.
fn metrics_in(text: &str) -> BTreeSet<String> {
    let words = text.split(|character: char| !character.is_ascii_alphanumeric() && character != '_');
    words
        .filter(|word| ["vestibule_", "process_"].iter().any(|prefix| word.starts_with(prefix)))
        .map(str::to_owned)
        .collect()
}

/// The rows of a Markdown table whose first cell is code: that cell and the next.
fn rows(page: &str) -> BTreeSet<(String, String)> {
    let row = |line: &str| {
        let (name, rest) = line.strip_prefix("| `")?.split_once("` | ")?;
        Some((name.to_owned(), rest.split(" |").next()?.to_owned()))
    };
    page.lines().filter_map(row).collect()
}

fn all_exist(path: &str) {
    let (used, samples) = (metrics_in(&text(path)), samples());
    assert!(!used.is_empty(), "{path} asks for nothing");
    let missing: Vec<_> = used.difference(&samples).collect();
    assert!(missing.is_empty(), "{path} asks for what no scrape has: {missing:?}");
}

#[test]
fn the_configuration_reference_is_the_one_that_the_program_prints() {
    let printed = run(vestibule().args(["config", "reference"])).out;
    let path = root().join("docs/operations/configuration.md");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(&path, &printed).unwrap();
    }
    let written = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        written == printed,
        "docs/operations/configuration.md is stale: \
         UPDATE_GOLDEN=1 cargo test -p vestibule --test program reference"
    );
}

#[test]
fn every_metric_is_documented_and_every_documented_metric_exists() {
    let page = text("docs/operations/metrics.md");
    let documented: BTreeSet<_> =
        rows(&page).into_iter().filter(|(name, _)| !metrics_in(name).is_empty()).collect();
    assert_eq!(documented, scraped(), "docs/operations/metrics.md (left) and a scrape (right) differ");
}

#[test]
fn alerts_ask_for_metrics_that_exist() {
    all_exist("deploy/prometheus/alerts.yml");
}

#[test]
fn every_alert_is_explained() {
    let (alerts, page) = (text("deploy/prometheus/alerts.yml"), text("docs/operations/metrics.md"));
    let names: Vec<&str> = alerts.lines().filter_map(|line| line.trim().strip_prefix("- alert: ")).collect();
    assert!(!names.is_empty());
    for name in names {
        assert!(page.contains(&format!("| `{name}` | ")), "{name} is not in docs/operations/metrics.md");
    }
}

#[test]
fn the_dashboard_asks_for_metrics_that_exist() {
    all_exist("deploy/grafana/vestibule.json");
}

#[test]
fn every_panel_of_the_dashboard_asks_for_something() {
    let dashboard: Value = serde_json::from_str(&text("deploy/grafana/vestibule.json")).unwrap();
    let panels = dashboard["panels"].as_array().unwrap();
    assert!(!panels.is_empty());
    for panel in panels.iter().filter(|panel| panel["type"] != "row") {
        let targets = panel["targets"].as_array().unwrap();
        let asks = |target: &Value| target["expr"].as_str().is_some_and(|expression| !expression.is_empty());
        assert!(!targets.is_empty() && targets.iter().all(asks), "{}", panel["title"]);
    }
}

#[test]
fn the_service_unit_starts_what_the_program_has() {
    let unit = text("deploy/vestibule.service");
    let command = unit.lines().find_map(|line| line.strip_prefix("ExecStart=")).unwrap();
    let mut words = command.split_whitespace();
    assert_eq!(words.next(), Some("vestibule"));
    let outcome = run(vestibule().args(words).arg("--help"));
    assert_eq!(outcome.code, Some(0), "{}", outcome.err);
}

/// The keys that a table of a file for apply may have: those that the refusal of another one names.
fn fields_of(table: &str) -> BTreeSet<String> {
    let folder = Folder::new();
    let file = folder.file("a.toml", &format!("[[account]]\nid = \"one\"\n{table}\n"));
    let outcome = run(apply(&folder, &file).arg("--dry-run"));
    let (_, known) = outcome.err.split_once("unknown field `nonsense`, expected ").expect("a refusal");
    known.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

#[test]
fn the_page_on_a_file_for_apply_has_every_field_of_every_table_and_no_other() {
    let page = text("docs/operations/apply-fields.md");
    let mut titles = BTreeSet::new();
    for (title, tables) in [
        ("## `[[account]]`", &["nonsense = 1"][..]),
        ("### `look`", &["look = { nonsense = 1 }"]),
        ("### `password_policy`", &["password_policy = { nonsense = 1 }"]),
        (
            "### `lockout_policy`, `agent_lockout_policy`",
            &["lockout_policy = { nonsense = 1 }", "agent_lockout_policy = { nonsense = 1 }"],
        ),
        (
            "### `session_policy`, `livevox_session_policy`",
            &[
                "session_policy = { nonsense = 1 }",
                "livevox_session_policy = { nonsense = 1 }",
                "session_policy = { concurrency = { many = { nonsense = 1 } } }",
            ],
        ),
        ("## `[[account.profile]]`", &["[[account.profile]]\nnonsense = 1"]),
        ("## `[[account.group]]`", &["[[account.group]]\nnonsense = 1"]),
        ("## `[[account.skill]]`", &["[[account.skill]]\nnonsense = 1"]),
        ("## `[[account.service]]`", &["[[account.service]]\nnonsense = 1"]),
        ("## `[[account.api_key]]`", &["[[account.api_key]]\nnonsense = 1"]),
        ("## `[[account.oauth_client]]`", &["[[account.oauth_client]]\nnonsense = 1"]),
        ("## `[[account.application_token]]`", &["[[account.application_token]]\nnonsense = 1"]),
        ("## `[[account.connection]]`", &["[[account.connection]]\nnonsense = 1"]),
        ("### `provisioning`", &["[[account.connection]]\nname = \"x\"\nprovisioning = { nonsense = 1 }"]),
        ("### `saml`", &["[[account.connection]]\nname = \"x\"\nsaml = { nonsense = 1 }"]),
        ("### `oidc`", &["[[account.connection]]\nname = \"x\"\noidc = { nonsense = 1 }"]),
        ("## `[[account.user]]`", &["[[account.user]]\nnonsense = 1"]),
        ("## `[[gateway_rule]]`", &["[[gateway_rule]]\nnonsense = 1"]),
    ] {
        let (_, section) = page.split_once(&format!("\n{title}\n")).expect(title);
        let section = section.split("\n#").next().unwrap_or_default();
        let cells = section.lines().filter_map(|line| line.strip_prefix("| `")?.split(" |").next());
        let told =
            cells.flat_map(|cell| cell.split("`, `")).map(|name| name.trim_end_matches('`').to_owned());
        let known: BTreeSet<String> = tables.iter().flat_map(|table| fields_of(table)).collect();
        assert_eq!(told.collect::<BTreeSet<_>>(), known, "{title}");
        titles.insert(title);
    }
    let all = page.lines().filter(|line| line.starts_with("##")).collect::<BTreeSet<_>>();
    assert_eq!(titles, all);
}
