//! How long an administrator waits for a page of the console, with many sessions, users and entries of the audit: every page
//! that a link leads to from the overview, a few of each route, and the lists that cost the most. One at a time.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use http::Method;
use vestibule_auth::{Auth, FirstOwner, Settings};
use vestibule_console::ROUTES;
use vestibule_crypto::OsRng;
use vestibule_model::{Clock as _, Connection};
use vestibule_store::{Change, MemoryEndJournal, Store as _};
use vestibule_testkit::Browser;
use vestibule_testkit::identity_provider::saml_connection;

use super::Bench;
use crate::child::Server;
use crate::data::{Instance, Size};
use crate::figures::Spread;
use crate::fixture::{PASSWORD, Place, open_store};
use crate::load::block_on;
use crate::plan::Plan;
use crate::report::{Figure, Finding, grouped};
use crate::timing::{self, SystemClock};

pub(super) const BENCH: Bench = Bench { name: "console", run };

/// How often each page is asked for in a round.
const TIMES: usize = 20;

/// The longest that a page may take, in milliseconds, for each million sessions.
const BOUND: f64 = 100.0;

/// As many entries of the audit are there for each live session.
const ENTRIES: usize = 10;

/// At the most as many pages of each route with the same fields in their queries.
const PAGES: usize = 2;

/// The owner who looks.
const OWNER: &str = "admin";

fn run(plan: &Plan) -> Result<Finding> {
    let mut finding = Finding::new(BENCH.name);
    for size in plan.large() {
        let instance = Instance::build(plan.new_folder()?, Size::of(size))?;
        instance.put_past(ENTRIES * size)?;
        let connection = saml_connection();
        instance.put_federated_logins(connection.id)?;
        block_on(put_owner(&instance, connection))?;
        let server = Server::vestibule(plan, instance.folder(), &instance.fixture)?;
        let browser = Browser::at(server.target().address);
        let spans = block_on(async {
            log_in(&browser).await?;
            let pages = pages(&browser, &instance).await?;
            let mut spans: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
            for _ in 0..plan.rounds {
                for (route, slowest) in slowest_of_each(&browser, &pages).await? {
                    spans.entry(route).or_default().push(slowest.as_secs_f64() * 1_000.0);
                }
            }
            Ok(spans)
        })?;
        let millions = u32::try_from(size.div_ceil(1_000_000)).unwrap_or(u32::MAX);
        for (route, spans) in spans {
            let label = format!("{route}: slowest of {TIMES}, {} sessions", grouped(size));
            let figure = Figure::new(label, "ms", Spread::of(spans)).at_most(BOUND * f64::from(millions));
            finding = finding.with(figure);
        }
    }
    Ok(finding)
}

/// Makes the administrators' account and its owner, who has everybody's password, and the connection by which everybody of
/// the first account came in.
async fn put_owner(instance: &Instance, connection: Connection) -> Result<()> {
    let master = &instance.fixture.master;
    let store = open_store(instance.folder(), master)?;
    store.commit(vec![Change::PutConnection(Place(0).id(), Box::new(connection))]).await?;
    let journal = Arc::new(MemoryEndJournal::default());
    let (clock, settings) = (Arc::new(SystemClock), Settings::default());
    let auth = Auth::start(store, journal, master, Arc::new(OsRng), clock, settings).await?;
    let owner = FirstOwner::WithPassword(PASSWORD.to_owned().into());
    auth.administration().make_administrators_account(owner, SystemClock.now()).await?;
    Ok(())
}

async fn log_in(browser: &Browser) -> Result<()> {
    let csrf = browser.get("/console/login").await.hidden("csrf");
    let fields = [("csrf", &*csrf), ("next", "/console/"), ("user_name", OWNER), ("password", PASSWORD)];
    let answer = browser.post("/console/login", &fields).await;
    ensure!(answer.status == 303, "a login is answered {}", answer.status);
    Ok(())
}

/// A page that is asked for.
struct Page {
    /// The path of its route.
    route: &'static str,
    address: String,
    /// As it was answered at first.
    status: u16,
}

/// Every page that is asked for.
async fn pages(browser: &Browser, instance: &Instance) -> Result<Vec<Page>> {
    let mut pages = Vec::new();
    let mut seen: BTreeMap<(&str, Vec<String>), usize> = BTreeMap::new();
    let mut known = BTreeSet::new();
    let mut waiting: VecDeque<String> = VecDeque::from(["/console/".to_owned()]);
    waiting.extend(lists(instance));
    while let Some(address) = waiting.pop_front() {
        let Some(route) = route_of(&address) else { continue };
        let count = seen.entry((route, names_in_query(&address))).or_default();
        if !known.insert(address.clone()) || *count >= PAGES {
            continue;
        }
        *count += 1;
        let shown = browser.get(&address).await;
        ensure!([200, 422].contains(&shown.status), "{address} is answered {}", shown.status);
        waiting.extend(links(&shown.html));
        pages.push(Page { route, address, status: shown.status });
    }
    Ok(pages)
}

/// Lists to which no link leads that cost a look at all that there is.
fn lists(instance: &Instance) -> Vec<String> {
    let account = Place(0).id();
    let user = instance.fixture.users.first().map_or(0, |user| user.id.0);
    vec![
        "/console/sessions?order=long-unused".to_owned(),
        "/console/sessions?address=203.0.113.7".to_owned(),
        format!("/console/sessions?account={account}"),
        format!("/console/sessions?account={account}&user={user}"),
        format!("/console/accounts/{account}/users?text=ser-00"),
    ]
}

/// The addresses of the console that a page links to.
fn links(html: &str) -> impl Iterator<Item = String> {
    let hrefs = html.split(r#"href=""#).skip(1).filter_map(|rest| rest.split('"').next());
    hrefs
        .filter(|href| href.starts_with("/console/"))
        .map(|href| href.replace("&amp;", "&").replace("&#38;", "&"))
}

/// The path of the route that answers a `GET` of this address.
fn route_of(address: &str) -> Option<&'static str> {
    let path = address.split(['?', '#']).next()?;
    let is_at = |pattern: &str| {
        let (mut segments, mut expected) = (path.split('/'), pattern.split('/'));
        loop {
            match (segments.next(), expected.next()) {
                (None, None) => return true,
                (Some(segment), Some(name)) if segment == name || name.starts_with('{') => {}
                _ => return false,
            }
        }
    };
    let mut routes = ROUTES.iter().filter(|route| route.method == Method::GET && is_at(route.path));
    // A route that names every segment goes before one that leaves some open.
    let by_openness = |route: &&vestibule_console::Route| route.path.matches('{').count();
    let first = routes.next()?;
    let least = routes.fold(
        first,
        |least, route| {
            if by_openness(&route) < by_openness(&least) { route } else { least }
        },
    );
    (!least.path.contains("/-/")).then_some(least.path)
}

fn names_in_query(address: &str) -> Vec<String> {
    let query = address.split_once('?').map_or("", |(_, query)| query);
    let mut names: Vec<_> =
        query.split('&').filter_map(|pair| pair.split('=').next()).map(str::to_owned).collect();
    names.sort_unstable();
    names
}

/// How long the slowest answer of each route took.
async fn slowest_of_each(browser: &Browser, pages: &[Page]) -> Result<BTreeMap<&'static str, Duration>> {
    let mut slowest: BTreeMap<&str, (Duration, &str)> = BTreeMap::new();
    for Page { route, address, status } in pages {
        for _ in 0..TIMES {
            let asked = timing::now();
            let shown = browser.get(address).await;
            let took = asked.elapsed();
            ensure!(shown.status == *status, "{address} is answered {}", shown.status);
            let entry = slowest.entry(route).or_default();
            *entry = (*entry).max((took, address));
        }
    }
    let told = slowest.iter().map(|(route, (span, _))| (*route, *span)).collect();
    let worst = slowest.values().max().context("no page")?;
    crate::screen::note(format_args!("the slowest page: {} in {} ms", worst.1, worst.0.as_millis()));
    Ok(told)
}
