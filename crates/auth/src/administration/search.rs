//! One question for everything: what an administrator typed or pasted, and what it may mean.
//!
//! The text may be a credential: it is compared, and kept nowhere.

use std::net::IpAddr;
use std::sync::Arc;

use vestibule_model::{AccountId, Application, ApplicationId, ConnectionId, SessionReference};

use super::live_sessions::SessionFilter;
use super::ordered_page::OrderedPage;
use super::user_search::{SearchText, visit_users};
use super::{Administration, AdministrationError, Caller, Scope};
use crate::directory::{AccountEntry, UserEntry};

/// The most of each kind that are told.
pub const MOST_FINDS: usize = 20;

/// The longest text that is looked for by name.
const LONGEST_NAME: usize = 256;

/// What a text may mean, as far as the caller may see it. At most [`MOST_FINDS`] of a kind, those that are called exactly so first.
#[derive(Default)]
pub struct SearchFinds {
    /// A session, by its reference or by something that opens it: whether it lives or not. Any UUID that is no name is taken for the
    /// reference of one that does not live.
    pub session: Option<FoundSession>,
    /// An address, with how many live sessions were opened from it.
    pub address: Option<(IpAddr, usize)>,
    /// Accounts by id, code or number.
    pub accounts: Vec<AccountId>,
    /// Users by id, or by how their login name, full name or e-mail address begins.
    pub users: Vec<Arc<UserEntry>>,
    /// Connections by id, or by how their name begins, or that for people.
    pub connections: Vec<FoundConnection>,
    /// API keys, OAuth clients and application tokens by id, app key, client id, or how their name begins.
    pub applications: Vec<FoundApplication>,
    /// How many accounts, users, connections and applications are called exactly so.
    exact: [usize; 4],
}

impl SearchFinds {
    /// What is called exactly so, if that is one account, user, connection or application and the text means nothing else; else everything.
    #[must_use]
    pub fn or_the_only_exact(mut self) -> Self {
        if self.session.is_none() && self.address.is_none() && self.exact.iter().sum::<usize>() == 1 {
            let [accounts, users, connections, applications] = self.exact;
            self.accounts.truncate(accounts);
            self.users.truncate(users);
            self.connections.truncate(connections);
            self.applications.truncate(applications);
        }
        self
    }

    /// Whether the text is a name or an id of something, or the beginning of one.
    pub fn has_names(&self) -> bool {
        !(self.accounts.is_empty()
            && self.users.is_empty()
            && self.connections.is_empty()
            && self.applications.is_empty())
    }
}

/// A session that was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FoundSession {
    /// Its reference, by which `why` tells its life.
    pub reference: SessionReference,
    /// Whether it is among the live sessions that the caller may see.
    pub lives: bool,
}

/// An application that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundApplication {
    /// Of which account.
    pub account: AccountId,
    /// Of which kind, and its id.
    pub application: Application,
    /// Its name.
    pub name: String,
}

/// A connection that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundConnection {
    /// Of which account.
    pub account: AccountId,
    /// Its id.
    pub id: ConnectionId,
    /// Its name in addresses.
    pub name: String,
    /// What people are shown as its name.
    pub display_name: String,
    /// Whether somebody logs in by it.
    pub enabled: bool,
}

/// Whether something is called exactly so; the lesser is told first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Match {
    Exact,
    Beginning,
}

impl Administration<'_> {
    /// What a text may mean.
    pub async fn search(&self, caller: &Caller, text: &str) -> Result<SearchFinds, AdministrationError> {
        caller.expect_second_factor()?;
        let text = text.trim();
        if text.is_empty() {
            return Ok(SearchFinds::default());
        }
        let mut found =
            SearchFinds { session: self.found_session(caller, text).await, ..SearchFinds::default() };
        if let Ok(address) = text.parse() {
            let filter = SessionFilter { address: Some(address), ..SessionFilter::default() };
            found.address = Some((address, self.count_live_sessions(caller, &filter).await?));
        }
        if let Some(name) = SearchText::new(text).filter(|_| text.len() <= LONGEST_NAME) {
            self.find_named(caller, &name, &mut found).await;
        }
        // An id or an app key may look like the reference of a session: it is one if that lives, or if it is nothing else.
        let is_a_name = found.has_names();
        found.session = found.session.filter(|session| session.lives || !is_a_name);
        Ok(found)
    }

    async fn found_session(&self, caller: &Caller, text: &str) -> Option<FoundSession> {
        self.auth.loaded().await;
        let pasted = self.auth.pasted_session(text, caller.now)?;
        let lives = self.session_of_reference(caller, pasted.reference).await.is_ok();
        let reference = if lives { pasted.reference } else { pasted.shown };
        Some(FoundSession { reference, lives })
    }

    async fn find_named(&self, caller: &Caller, name: &SearchText, found: &mut SearchFinds) {
        let mut ids = self.auth.directory.account_ids();
        ids.retain(|id| caller.require(Scope::ReadAccount(*id)).is_ok());
        ids.sort_unstable();
        let (mut accounts, mut users) = (Vec::new(), Vec::new());
        let (mut connections, mut applications) = (Vec::new(), Vec::new());
        for id in ids {
            let Some(entry) = self.auth.directory.account(id) else { continue };
            let account = &entry.account;
            let of_account = name.matches(&[id.as_str(), &account.code], &[i64::from(account.number)]);
            accounts.extend(of_account.map(|how| (how, id)));
            find_users(&entry, name, &mut users).await;
            find_connections(&entry, name, &mut connections);
            find_applications(&entry, name, &mut applications);
            tokio::task::yield_now().await;
        }
        found.exact = [exact(&accounts), exact(&users), exact(&connections), exact(&applications)];
        found.accounts = first(accounts);
        found.users = first(users);
        found.connections = first(connections);
        found.applications = first(applications);
    }
}

type Finds<T> = Vec<(Match, T)>;

fn exact<T>(finds: &[(Match, T)]) -> usize {
    finds.iter().filter(|(how, _)| *how == Match::Exact).count()
}

/// Of everything that is called so the first, those that are called exactly so before the others.
fn first<T>(mut finds: Finds<T>) -> Vec<T> {
    finds.sort_by_key(|(how, _)| *how);
    finds.into_iter().take(MOST_FINDS).map(|(_, thing)| thing).collect()
}

async fn find_users(entry: &AccountEntry, name: &SearchText, users: &mut Finds<Arc<UserEntry>>) {
    let mut page = OrderedPage::new(MOST_FINDS, None);
    visit_users(entry, |user| {
        let names = [&*user.login_name, &user.full_name, &user.email];
        if let Some(how) = name.matches(&names, &[user.id.0]) {
            page.offer((how, user.id), || ());
        }
    })
    .await;
    let finds = page.select().page.into_iter();
    users.extend(finds.filter_map(|((how, id), ())| Some((how, entry.user(id)?))));
}

fn find_connections(entry: &AccountEntry, name: &SearchText, found: &mut Finds<FoundConnection>) {
    for usable in entry.connections() {
        let of = &usable.connection;
        if let Some(how) = name.matches(&[&of.name, &of.display_name], &[of.id.0]) {
            let connection = FoundConnection {
                account: entry.account.id,
                id: of.id,
                name: of.name.clone(),
                display_name: of.shown_name().to_owned(),
                enabled: of.enabled,
            };
            found.push((how, connection));
        }
    }
}

fn find_applications(entry: &AccountEntry, name: &SearchText, found: &mut Finds<FoundApplication>) {
    let account = entry.account.id;
    let mut add = |application: Application, id: ApplicationId, of: &str, public: &str| {
        if let Some(how) = name.matches(&[of, public], &[id.0]) {
            found.push((how, FoundApplication { account, application, name: of.to_owned() }));
        }
    };
    for key in entry.api_keys() {
        add(Application::ApiKey(key.id), key.id, &key.name, &key.app_key);
    }
    for client in entry.oauth_clients() {
        add(Application::OauthClient(client.id), client.id, &client.name, &client.client_id);
    }
    for token in entry.application_tokens() {
        add(Application::Token(token.id), token.id, &token.name, "");
    }
}

impl SearchText {
    /// How the text is met by something of these names and numbers; None: it is not.
    fn matches(&self, names: &[&str], numbers: &[i64]) -> Option<Match> {
        if numbers.iter().any(|number| self.is_number(*number)) || names.iter().any(|name| self.is(name)) {
            return Some(Match::Exact);
        }
        names.iter().any(|name| self.begins(name)).then_some(Match::Beginning)
    }
}
