//! The benches, one file each, and what they have in common.
//!
//! A new bench is a file with a `BENCH`, and a line in `ALL`.

mod app_token;
mod check;
mod check_under_forgery;
mod check_under_login;
mod console;
mod directory;
mod events;
mod federated_login;
mod grpc_check;
pub(crate) mod key_login;
mod lists;
pub(crate) mod login;
mod logout;
mod memory;
mod mixed;
pub(crate) mod refresh;
mod revoke;
mod runtimes;
mod signed_check;
mod start;
mod traffic;

use anyhow::Result;
use tempfile::TempDir;
use vestibule_crypto::TokenKeys;
use vestibule_model::Session;

use crate::child::Server;
use crate::fixture::Fixture;
use crate::load::block_on;
use crate::plan::Plan;
use crate::report::{Figure, Finding};
use crate::turns::{Turn, take_turns};

/// Something to measure.
pub(crate) struct Bench {
    /// What to call it on the command line.
    pub(crate) name: &'static str,
    /// Measures it.
    pub(crate) run: fn(&Plan) -> Result<Finding>,
}

/// Every bench, in the order of the table.
const ALL: [Bench; 22] = [
    check::BENCH,
    signed_check::BENCH,
    grpc_check::BENCH,
    check_under_login::BENCH,
    check_under_forgery::BENCH,
    login::BENCH,
    key_login::BENCH,
    federated_login::SAML,
    federated_login::OIDC,
    app_token::BENCH,
    refresh::BENCH,
    logout::BENCH,
    mixed::BENCH,
    revoke::BENCH,
    events::BENCH,
    start::BENCH,
    memory::BENCH,
    lists::BENCH,
    console::BENCH,
    directory::BENCH,
    traffic::BENCH,
    runtimes::BENCH,
];

/// What can be asked for.
pub(crate) fn names() -> [&'static str; ALL.len()] {
    ALL.map(|bench| bench.name)
}

/// Those that were asked for; all, if none was.
pub(crate) fn chosen(names: &[String]) -> impl Iterator<Item = Bench> {
    ALL.into_iter().filter(|bench| names.is_empty() || names.iter().any(|name| name == bench.name))
}

/// The service with live sessions, each of a user of its own.
struct Serving {
    server: Server,
    sessions: Vec<Session>,
    tokens: TokenKeys,
    /// Holds the data; removed when dropped.
    _folder: TempDir,
}

impl Serving {
    fn sessions(plan: &Plan, count: usize) -> Result<Self> {
        let folder = plan.new_folder()?;
        let fixture = Fixture::people(count)?;
        let sessions = fixture.sessions();
        block_on(fixture.write(folder.path(), &sessions))?;
        let server = Server::vestibule(plan, folder.path(), &fixture)?;
        Ok(Self { server, sessions, tokens: TokenKeys::derive(&fixture.master), _folder: folder })
    }
}

/// Measures floors and, last of the turns, what stands on them; `goal` is what that should be of the first floor by the
/// clock.
fn compare(plan: &Plan, name: &'static str, turns: &[Turn<'_>], goal: Option<f64>) -> Result<Finding> {
    let sides = take_turns(plan, name, turns)?;
    let mut finding = Finding::new(name);
    if let [floor, others @ .., subject] = &sides[..] {
        finding = finding.against(subject, floor, goal);
        for other in others {
            let label = format!("per second: {} / {}", subject.what(), other.what());
            finding = finding.with(Figure::ratio(label, subject.rate_against(other)));
        }
    }
    Ok(finding.with_sides(sides))
}
