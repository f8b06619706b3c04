//! The fields of a rule of the gate, and what they mean. Lists keep their order where it counts, and where nothing was changed.

use std::str::FromStr;

use vestibule_auth::AdministrationError;
use vestibule_model::{
    AccountId, Application, ApplicationId, GatewayCredential, GatewayRuleSettings, IdentityHeader,
    Population, Rank, RefusalStyle, UserKind,
};

use super::in_words::{credential, header, refusal};
use crate::forms::{Choice, Field, Values};
use crate::words;

const CREDENTIALS: [(&str, GatewayCredential); 7] = [
    ("bearer", GatewayCredential::Bearer),
    ("livevox-id", GatewayCredential::LivevoxId),
    ("cookie", GatewayCredential::Cookie),
    ("bearer-in-target", GatewayCredential::BearerInTarget),
    ("signature", GatewayCredential::Signature),
    ("client-token", GatewayCredential::ClientToken),
    ("page", GatewayCredential::Page),
];

const KINDS: [(&str, UserKind); 3] =
    [("human", UserKind::Human), ("bot", UserKind::Bot), ("system", UserKind::System)];

const POPULATIONS: [(&str, Population); 2] = [("user", Population::User), ("agent", Population::Agent)];

const RANKS: [(&str, Rank); 5] = [
    ("agent", Rank::Agent),
    ("manager", Rank::Manager),
    ("it-user", Rank::ItUser),
    ("super-user", Rank::SuperUser),
    ("sys-admin", Rank::SysAdmin),
];

const REFUSALS: [(&str, RefusalStyle); 6] = [
    ("by-credential", RefusalStyle::ByCredential),
    ("livevox", RefusalStyle::Livevox),
    ("liveperson", RefusalStyle::Liveperson),
    ("oauth", RefusalStyle::Oauth),
    ("problem", RefusalStyle::Problem),
    ("redirect", RefusalStyle::Redirect),
];

const HEADERS: [(&str, IdentityHeader); 12] = [
    ("account", IdentityHeader::Account),
    ("user", IdentityHeader::User),
    ("user-name", IdentityHeader::UserName),
    ("application", IdentityHeader::Application),
    ("session", IdentityHeader::Session),
    ("roles", IdentityHeader::Roles),
    ("privileges", IdentityHeader::Privileges),
    ("seconds-left", IdentityHeader::SecondsLeft),
    ("skills", IdentityHeader::Skills),
    ("max-chats", IdentityHeader::MaxChats),
    ("max-async-chats", IdentityHeader::MaxAsyncChats),
    ("method", IdentityHeader::Method),
];

/// The word of one of several.
fn word<T: PartialEq + Copy>(known: &[(&'static str, T)], one: T) -> &'static str {
    known.iter().find(|(_, value)| *value == one).map_or("", |(word, _)| word)
}

/// The one of this word.
fn meant<T: Copy>(known: &[(&'static str, T)], wanted: &str) -> Option<T> {
    known.iter().find(|(word, _)| *word == wanted).map(|(_, value)| *value)
}

fn choices<T: Copy>(known: &[(&'static str, T)], label: impl Fn(T) -> &'static str) -> Vec<Choice> {
    known.iter().map(|(word, value)| Choice::new(word, label(*value))).collect()
}

pub(super) fn fields(values: &Values) -> Vec<Field> {
    let names: Vec<String> =
        CREDENTIALS.iter().map(|(word, it)| format!("{word} ({})", credential(*it))).collect();
    let takes = format!("A line each; the first that is shown counts. There are {}.", names.join(", "));
    let mut ranks = vec![Choice::new("", "any")];
    ranks.extend(choices(&RANKS, words::rank));
    vec![
        Field::area("credentials", "Takes", values).hint(takes).needed(),
        Field::area("accounts", "Accounts", values).hint("Their ids, a line each; none: any."),
        Field::checks("user_kinds", "Kinds of user", values, choices(&KINDS, words::kind))
            .hint("None: any."),
        Field::checks("populations", "Populations", values, choices(&POPULATIONS, words::population))
            .hint("None: both."),
        Field::select("minimum_rank", "Rank, at least", values, ranks),
        Field::text("privileges", "Privileges", values)
            .hint("Numbers with spaces between them; users need all of them."),
        Field::area("applications", "Opened with", values).hint(
            "A line each, such as “api-key 1234567890”; there are api-key, oauth-client, application-token and none.",
        ),
        Field::check("application_addresses", "Only from the addresses of the application", values),
        Field::area("paths", "Paths", values).hint("Patterns, a line each, such as /v1/reports/*; none: any."),
        Field::select("refusals", "Refuses", values, choices(&REFUSALS, refusal)),
        Field::checks("identity_headers", "Tells the service behind", values, choices(&HEADERS, header)),
    ]
}

pub(super) fn values(settings: &GatewayRuleSettings) -> Values {
    let mut values = Values::default();
    let lines = |lines: Vec<String>| lines.join("\n");
    values.set(
        "credentials",
        lines(settings.credentials.iter().map(|it| word(&CREDENTIALS, *it).to_owned()).collect()),
    );
    values.set("accounts", lines(settings.accounts.iter().map(ToString::to_string).collect()));
    values.choose("user_kinds", settings.user_kinds.iter().map(|it| word(&KINDS, *it)));
    values.choose("populations", settings.populations.iter().map(|it| word(&POPULATIONS, *it)));
    values.set_optional("minimum_rank", settings.minimum_rank.map(|rank| word(&RANKS, rank)));
    let privileges: Vec<String> = settings.privileges.iter().map(ToString::to_string).collect();
    values.set("privileges", privileges.join(" "));
    values.set("applications", lines(settings.applications.iter().map(|it| application(*it)).collect()));
    values.set_on("application_addresses", settings.application_addresses);
    values.set("paths", lines(settings.paths.clone()));
    values.set("refusals", word(&REFUSALS, settings.refusals));
    values.choose("identity_headers", settings.identity_headers.iter().map(|it| word(&HEADERS, *it)));
    values
}

pub(super) fn apply(values: &Values, settings: &mut GatewayRuleSettings) -> Result<(), AdministrationError> {
    let of_lines = |name| values.get(name).lines().map(str::trim).filter(|line| !line.is_empty());
    let none = |name: &'static str, line: &str| {
        AdministrationError::invalid(name, format!("“{line}” is none of them"))
    };
    settings.credentials = of_lines("credentials")
        .map(|line| meant(&CREDENTIALS, line).ok_or_else(|| none("credentials", line)))
        .collect::<Result<_, _>>()?;
    settings.accounts = of_lines("accounts")
        .map(|line| AccountId::from_str(line).map_err(|_| none("accounts", line)))
        .collect::<Result<_, _>>()?;
    choose(&KINDS, values, "user_kinds", &mut settings.user_kinds)?;
    choose(&POPULATIONS, values, "populations", &mut settings.populations)?;
    settings.minimum_rank = match values.get("minimum_rank") {
        "" => None,
        _ => Some(values.one_of("minimum_rank", &RANKS)?),
    };
    settings.privileges = values
        .get("privileges")
        .split([' ', ',', '\n'])
        .filter(|number| !number.is_empty())
        .map(|number| number.parse().map_err(|_| none("privileges", number)))
        .collect::<Result<_, _>>()?;
    settings.applications = of_lines("applications")
        .map(|line| application_of(line).ok_or_else(|| none("applications", line)))
        .collect::<Result<_, _>>()?;
    settings.application_addresses = values.is_on("application_addresses");
    settings.paths = of_lines("paths").map(str::to_owned).collect();
    settings.refusals = values.one_of("refusals", &REFUSALS)?;
    choose(&HEADERS, values, "identity_headers", &mut settings.identity_headers)
}

/// Those that are chosen: as they stand, and behind them those that are new.
fn choose<T: PartialEq + Copy>(
    known: &[(&'static str, T)],
    values: &Values,
    name: &'static str,
    list: &mut Vec<T>,
) -> Result<(), AdministrationError> {
    let chosen: Vec<String> = values.chosen(name)?;
    list.retain(|one| chosen.iter().any(|chosen| chosen == word(known, *one)));
    for (word, value) in known {
        if chosen.iter().any(|chosen| chosen == word) && !list.contains(value) {
            list.push(*value);
        }
    }
    Ok(())
}

fn application(application: Application) -> String {
    let kind = application.kind();
    application.id().map_or_else(|| kind.to_string(), |id| format!("{kind} {id}"))
}

fn application_of(line: &str) -> Option<Application> {
    if line == "none" {
        return Some(Application::None);
    }
    let (kind, id) = line.split_once(' ')?;
    let id = ApplicationId(id.trim().parse().ok()?);
    match kind {
        "api-key" => Some(Application::ApiKey(id)),
        "oauth-client" => Some(Application::OauthClient(id)),
        "application-token" => Some(Application::Token(id)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_changed_stays() {
        let settings = GatewayRuleSettings {
            credentials: CREDENTIALS.map(|(_, it)| it).into_iter().rev().collect(),
            accounts: vec!["b".parse().unwrap(), "a".parse().unwrap()],
            privileges: vec![3, -1],
            minimum_rank: Some(Rank::ItUser),
            user_kinds: vec![UserKind::Bot, UserKind::Human],
            populations: vec![Population::Agent, Population::User],
            applications: vec![
                Application::None,
                Application::ApiKey(ApplicationId(1)),
                Application::OauthClient(ApplicationId(2)),
                Application::Token(ApplicationId(3)),
            ],
            paths: vec!["/v1/*".to_owned(), "/a/**".to_owned()],
            refusals: RefusalStyle::Problem,
            identity_headers: HEADERS.map(|(_, it)| it).into_iter().rev().collect(),
            application_addresses: true,
        };
        let mut same = settings.clone();
        apply(&values(&settings), &mut same).unwrap();
        assert_eq!(same, settings);
        assert_eq!(values(&same), values(&settings));
    }

    #[test]
    fn what_is_none_is_refused_at_its_field() {
        for (name, line) in [
            ("credentials", "password"),
            ("accounts", "no account"),
            ("privileges", "1 x"),
            ("applications", "api-key"),
            ("minimum_rank", "highest"),
            ("refusals", "none"),
        ] {
            let mut values = values(&GatewayRuleSettings::default());
            values.set(name, line);
            let refused = apply(&values, &mut GatewayRuleSettings::default()).unwrap_err();
            assert!(refused.to_string().starts_with(name), "{refused}");
        }
    }
}
