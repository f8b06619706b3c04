//! How long an operator waits for a page of a list, with many sessions and users: the first page of everything, pages of
//! what few or none are, which cost looks at those that are passed over. One at a time.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use vestibule_crypto::{MasterKey, SecretHasher};
use vestibule_model::{AdministrationToken, AdministrationTokenId, AdministratorRole, Clock as _};
use vestibule_store::{Change, Store as _};

use super::Bench;
use crate::child::{Server, Target};
use crate::data::{Instance, Size};
use crate::figures::Spread;
use crate::fixture::{Place, open_store};
use crate::load::{self, Connection, block_on};
use crate::plan::Plan;
use crate::report::{Figure, Finding, grouped};
use crate::timing::{self, SystemClock};

pub(super) const BENCH: Bench = Bench { name: "lists", run };

/// The administration token that asks.
pub(super) const TOKEN: &str = "vat_bench";

/// How often each page is asked for in a round.
const TIMES: usize = 20;

/// The longest that a page may take, in milliseconds, for each million sessions: each is a look at all that may be wanted.
const BOUND: f64 = 100.0;

fn run(plan: &Plan) -> Result<Finding> {
    let mut finding = Finding::new(BENCH.name);
    for size in plan.large() {
        let instance = plan.instance(Size::of(size))?;
        block_on(put_token(instance.folder(), &instance.fixture.master))?;
        let server = Server::vestibule(plan, instance.folder(), &instance.fixture)?;
        let millions = u32::try_from(size.div_ceil(1_000_000)).unwrap_or(u32::MAX);
        let bound = BOUND * f64::from(millions);
        for (what, path) in lists(&instance) {
            let rounds = (0..plan.rounds).map(|_| block_on(slowest(server.target(), &path)));
            let rounds = rounds.collect::<Result<Vec<Duration>>>().with_context(|| path.clone())?;
            let millis = rounds.iter().map(|span| span.as_secs_f64() * 1_000.0);
            let label = format!("{what}: slowest of {TIMES}, {} sessions", grouped(size));
            finding = finding.with(Figure::new(label, "ms", Spread::of(millis)).at_most(bound));
        }
    }
    Ok(finding)
}

fn lists(instance: &Instance) -> Vec<(&'static str, String)> {
    let (account, application) = (Place(0).id(), Place(0).token());
    let user = instance.fixture.users.first().map_or(0, |user| user.id.0);
    vec![
        ("sessions", "sessions".into()),
        ("1,000 sessions", "sessions?limit=1000".into()),
        ("sessions, the longest unused first", "sessions?order=long-unused".into()),
        ("sessions of an account", format!("sessions?account={account}")),
        ("sessions of a user", format!("sessions?user={user}")),
        ("sessions of an application", format!("sessions?application={application}")),
        ("sessions from an address that none are from", "sessions?address=203.0.113.7".into()),
        ("sessions of a time in which none were opened", "sessions?opened_before=1".into()),
        ("accounts", "accounts".into()),
        ("users", format!("accounts/{account}/users")),
        ("users by login name", format!("accounts/{account}/users?order=login-name")),
        ("users with a text in their names", format!("accounts/{account}/users?text=ser-00")),
        ("users whose names begin alike", format!("accounts/{account}/users?name=user-0")),
    ]
}

async fn slowest(target: Target, path: &str) -> Result<Duration> {
    let mut connection = Connection::open(target.address).await?;
    let request = load::get(&format!("/admin/v1/{path}"), TOKEN);
    let mut slowest = Duration::ZERO;
    for _ in 0..TIMES {
        let asked = timing::now();
        let status = connection.status_of(&request).await?;
        slowest = slowest.max(asked.elapsed());
        ensure!(status == "200", "it is answered {status}");
    }
    Ok(slowest)
}

/// Puts the token that asks into a database.
pub(super) async fn put_token(folder: &Path, master: &MasterKey) -> Result<()> {
    let now = SystemClock.now();
    let token = AdministrationToken {
        id: AdministrationTokenId(1),
        name: "bench".into(),
        secret: SecretHasher::derive(master).digest(TOKEN.as_bytes()),
        role: AdministratorRole::Owner,
        created_by: "bench".into(),
        created: now,
        expires: now.plus(Duration::from_hours(24)),
        last_used: None,
        revoked: None,
    };
    let store = open_store(folder, master)?;
    store.commit(vec![Change::PutAdministrationToken(token.into())]).await?;
    Ok(())
}
