//! What a rule of the gate lets through, in words. Rules are taken apart field by field: one that is left out does not compile.

use vestibule_model::{Application, GatewayCredential, GatewayRuleSettings, IdentityHeader, RefusalStyle};

use crate::accounts::account_address;
use crate::parts::{Cell, Fact};
use crate::words;

/// How many things of a list a sentence names.
const NAMED: usize = 3;

/// Who is let through, in a sentence.
pub(super) fn summary(settings: &GatewayRuleSettings) -> String {
    let GatewayRuleSettings {
        credentials,
        accounts,
        privileges,
        minimum_rank,
        user_kinds,
        populations,
        applications,
        paths,
        // How it is answered lets nobody through, and keeps nobody out.
        refusals: _,
        identity_headers: _,
        application_addresses,
    } = settings;
    let asked = [
        some_of("of the account", "or", accounts),
        (!user_kinds.is_empty()).then(|| {
            format!("if the user is a {}", one_of(user_kinds.iter().map(|kind| words::kind(*kind))))
        }),
        (!populations.is_empty()).then(|| {
            let names = populations.iter().map(|of| words::population(*of));
            format!("of the population of {}s", one_of(names))
        }),
        minimum_rank.map(|rank| format!("of the rank {} at least", words::rank(rank))),
        some_of(
            if privileges.len() == 1 { "with the privilege" } else { "with the privileges" },
            "and",
            privileges,
        ),
        some_of("opened with", "or", &applications.iter().map(|it| name(*it)).collect::<Vec<_>>()),
        application_addresses.then(|| "from an address of the application".to_owned()),
        some_of("for the path", "or", paths),
    ];
    let asks_of_users =
        !user_kinds.is_empty() || !populations.is_empty() || minimum_rank.is_some() || !privileges.is_empty();
    let who = who(credentials, asks_of_users);
    let asked: Vec<_> = asked.into_iter().flatten().collect();
    if asked.is_empty() { format!("{who}.") } else { format!("{who}, {}.", asked.join(", ")) }
}

/// An application is no user: where something is asked of users, none is let through.
fn who(credentials: &[GatewayCredential], asks_of_users: bool) -> String {
    let is_of_application =
        |it: &&GatewayCredential| matches!(it, GatewayCredential::Signature | GatewayCredential::ClientToken);
    let of_applications: Vec<_> =
        credentials.iter().filter(is_of_application).map(|it| of_application(*it)).collect();
    let parts = [
        (of_applications.len() < credentials.len()).then(|| "every user with a live session".to_owned()),
        (!of_applications.is_empty() && !asks_of_users).then(|| of_applications.join(" and ")),
    ];
    match parts {
        [Some(users), Some(applications)] => format!("Lets through {users}, and {applications}"),
        [Some(only), None] | [None, Some(only)] => format!("Lets through {only}"),
        [None, None] => "Lets nobody through".to_owned(),
    }
}

const fn of_application(credential: GatewayCredential) -> &'static str {
    match credential {
        GatewayCredential::ClientToken => "OAuth clients by a token of their own",
        _ => "API keys that sign their requests",
    }
}

/// The first of a list, and how many more there are; None: the list asks for nothing.
fn some_of<T: ToString>(what: &str, conjunction: &str, things: &[T]) -> Option<String> {
    let mut named: Vec<String> = things.iter().take(NAMED).map(ToString::to_string).collect();
    if things.len() > NAMED {
        named.push(format!("{} more", things.len() - NAMED));
    }
    match named.split_last()? {
        (last, []) => Some(format!("{what} {last}")),
        (last, before) => Some(format!("{what} {} {conjunction} {last}", before.join(", "))),
    }
}

fn one_of(names: impl Iterator<Item = &'static str>) -> String {
    names.collect::<Vec<_>>().join(" or ")
}

fn name(application: Application) -> String {
    let id = application.id().map(|id| id.to_string()).unwrap_or_default();
    match application {
        Application::None => "no application".to_owned(),
        Application::ApiKey(_) => format!("API key {id}"),
        Application::OauthClient(_) => format!("OAuth client {id}"),
        Application::Token(_) => format!("application token {id}"),
    }
}

/// Everything that a rule says.
pub(super) fn facts(settings: &GatewayRuleSettings) -> Vec<Fact> {
    let all = |values: Vec<Cell>, none| (values, none);
    let accounts = settings.accounts.iter().map(|id| Cell::code(id).to(account_address(*id))).collect();
    let kinds = settings.user_kinds.iter().map(|kind| Cell::words(words::kind(*kind))).collect();
    let populations = settings.populations.iter().map(|of| Cell::words(words::population(*of))).collect();
    let rank = settings.minimum_rank.map_or("any", words::rank);
    let from = if settings.application_addresses {
        "the addresses of the API key or OAuth client that the session was opened with"
    } else {
        "anywhere; a bot, from the addresses of its key"
    };
    let lists = [
        (
            "Takes",
            all(settings.credentials.iter().map(|it| Cell::words(credential(*it))).collect(), "nothing"),
        ),
        ("Accounts", all(accounts, "any")),
        ("Kinds of user", all(kinds, "any")),
        ("Populations", all(populations, "any")),
        ("Privileges, all of", all(settings.privileges.iter().map(Cell::code).collect(), "none")),
        (
            "Opened with",
            all(settings.applications.iter().map(|it| Cell::words(name(*it))).collect(), "anything"),
        ),
        ("Paths", all(settings.paths.iter().map(Cell::code).collect(), "any")),
    ];
    let mut facts: Vec<_> =
        lists.into_iter().map(|(name, (values, none))| Fact::many(name, values, none)).collect();
    let headers = settings.identity_headers.iter().map(|it| Cell::words(header(*it))).collect();
    facts.extend([
        Fact::one("Rank, at least", Cell::words(rank)),
        Fact::one("From", Cell::words(from)),
        Fact::one("Refuses", Cell::words(refusal(settings.refusals))),
        Fact::many("Tells the service behind", headers, "nothing"),
    ]);
    facts
}

pub(super) const fn credential(credential: GatewayCredential) -> &'static str {
    match credential {
        GatewayCredential::Bearer => "a bearer",
        GatewayCredential::LivevoxId => "a LiveVox id",
        GatewayCredential::Cookie => "the session cookie",
        GatewayCredential::BearerInTarget => "a bearer in the path",
        GatewayCredential::Signature => "a signature of an API key",
        GatewayCredential::ClientToken => "a token of an OAuth client",
        GatewayCredential::Page => "the cookie of the pages",
    }
}

pub(super) const fn refusal(style: RefusalStyle) -> &'static str {
    match style {
        RefusalStyle::ByCredential => "as the dialect of the credential does",
        RefusalStyle::Livevox => "as LiveVox does",
        RefusalStyle::Liveperson => "as LivePerson does",
        RefusalStyle::Oauth => "as OAuth 1.0 does",
        RefusalStyle::Problem => "with problem details",
        RefusalStyle::Redirect => "by leading browsers to the login page",
    }
}

pub(super) const fn header(header: IdentityHeader) -> &'static str {
    match header {
        IdentityHeader::Account => "the account",
        IdentityHeader::User => "the user's id",
        IdentityHeader::UserName => "the login name",
        IdentityHeader::Application => "the application",
        IdentityHeader::Session => "a name of the session",
        IdentityHeader::Roles => "the rank",
        IdentityHeader::Privileges => "the permissions",
        IdentityHeader::SecondsLeft => "when the session ends",
        IdentityHeader::Skills => "the skills",
        IdentityHeader::MaxChats => "the most conversations at once",
        IdentityHeader::MaxAsyncChats => "the most asynchronous conversations at once",
        IdentityHeader::Method => "how the session was opened",
    }
}

#[cfg(test)]
mod tests {
    use vestibule_model::{ApplicationId, Population, Rank, UserKind};

    use super::*;

    fn changed(change: impl FnOnce(&mut GatewayRuleSettings)) -> String {
        let mut settings = GatewayRuleSettings::default();
        change(&mut settings);
        summary(&settings)
    }

    #[test]
    fn a_rule_that_asks_for_nothing_says_so() {
        assert_eq!(changed(|_| ()), "Lets through every user with a live session.");
    }

    #[test]
    fn each_thing_that_is_asked_for_is_in_the_sentence() {
        let told = [
            changed(|it| it.accounts = vec!["12345678".parse().unwrap()]),
            changed(|it| it.user_kinds = vec![UserKind::Bot, UserKind::Human]),
            changed(|it| it.populations = vec![Population::Agent]),
            changed(|it| it.minimum_rank = Some(Rank::Manager)),
            changed(|it| it.privileges = vec![1, 2, 3, 4, 5]),
            changed(|it| it.applications = vec![Application::None, Application::ApiKey(ApplicationId(7))]),
            changed(|it| it.application_addresses = true),
            changed(|it| it.paths = vec!["/v1/*".to_owned()]),
        ];
        let expected = [
            "of the account 12345678",
            "if the user is a bot or person",
            "of the population of agents",
            "of the rank manager at least",
            "with the privileges 1, 2, 3 and 2 more",
            "opened with no application or API key 7",
            "from an address of the application",
            "for the path /v1/*",
        ];
        for (told, expected) in told.iter().zip(expected) {
            assert_eq!(told, &format!("Lets through every user with a live session, {expected}."));
        }
    }

    #[test]
    fn applications_that_prove_themselves_are_told_of() {
        let told = changed(|it| it.credentials.push(GatewayCredential::Signature));
        assert_eq!(
            told,
            "Lets through every user with a live session, and API keys that sign their requests."
        );
        let alone = changed(|it| it.credentials = vec![GatewayCredential::ClientToken]);
        assert_eq!(alone, "Lets through OAuth clients by a token of their own.");
        let of_users = changed(|it| {
            it.credentials.push(GatewayCredential::Signature);
            it.minimum_rank = Some(Rank::Manager);
        });
        assert_eq!(of_users, "Lets through every user with a live session, of the rank manager at least.");
    }
}
