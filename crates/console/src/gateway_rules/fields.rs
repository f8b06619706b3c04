//! The fields of a rule of the gate, and what they mean. Lists keep their order where it counts, and where nothing was changed.

use std::str::FromStr;

use serde::Serialize;
use vestibule_auth::AdministrationError;
use vestibule_model::{
    AccountId, Application, ApplicationId, GatewayCredential, GatewayRuleSettings, IdentityHeader,
    Population, Rank, RefusalStyle, UserKind,
};

use super::in_words::{credential, header, refusal};
use crate::forms::{Choice, Field, Values, choices, lines, read, word, written};
use crate::words;

const CREDENTIALS: [GatewayCredential; 7] = [
    GatewayCredential::Bearer,
    GatewayCredential::LivevoxId,
    GatewayCredential::Cookie,
    GatewayCredential::BearerInTarget,
    GatewayCredential::Signature,
    GatewayCredential::ClientToken,
    GatewayCredential::Page,
];

const KINDS: [UserKind; 3] = [UserKind::Human, UserKind::Bot, UserKind::System];

const POPULATIONS: [Population; 2] = [Population::User, Population::Agent];

const RANKS: [Rank; 5] = [Rank::Agent, Rank::Manager, Rank::ItUser, Rank::SuperUser, Rank::SysAdmin];

const REFUSALS: [RefusalStyle; 6] = [
    RefusalStyle::ByCredential,
    RefusalStyle::Livevox,
    RefusalStyle::Liveperson,
    RefusalStyle::Oauth,
    RefusalStyle::Problem,
    RefusalStyle::Redirect,
];

pub(super) fn fields(values: &Values) -> Vec<Field> {
    let names: Vec<String> =
        CREDENTIALS.iter().map(|it| format!("{} ({})", word(it), credential(*it))).collect();
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
        Field::checks("identity_headers", "Tells the service behind", values, choices(&IdentityHeader::ALL, header)),
    ]
}

pub(super) fn values(settings: &GatewayRuleSettings) -> Values {
    let mut values = Values::default();
    values.set("credentials", written(settings.credentials.iter().map(word)));
    values.set("accounts", written(&settings.accounts));
    values.choose("user_kinds", settings.user_kinds.iter().map(word));
    values.choose("populations", settings.populations.iter().map(word));
    values.set_optional("minimum_rank", settings.minimum_rank.map(word));
    let privileges: Vec<String> = settings.privileges.iter().map(ToString::to_string).collect();
    values.set("privileges", privileges.join(" "));
    values.set("applications", written(settings.applications.iter().map(|it| application(*it))));
    values.set_on("application_addresses", settings.application_addresses);
    values.set("paths", written(&settings.paths));
    values.set("refusals", word(settings.refusals));
    values.choose("identity_headers", settings.identity_headers.iter().map(word));
    values
}

pub(super) fn apply(values: &Values, settings: &mut GatewayRuleSettings) -> Result<(), AdministrationError> {
    let none = |name: &'static str, line: &str| {
        AdministrationError::invalid(name, format!("“{line}” is none of them"))
    };
    settings.credentials = lines(values, "credentials")
        .iter()
        .map(|line| read("credentials", line).map_err(|_| none("credentials", line)))
        .collect::<Result<_, _>>()?;
    settings.accounts = lines(values, "accounts")
        .iter()
        .map(|line| AccountId::from_str(line).map_err(|_| none("accounts", line)))
        .collect::<Result<_, _>>()?;
    choose(&KINDS, values, "user_kinds", &mut settings.user_kinds)?;
    choose(&POPULATIONS, values, "populations", &mut settings.populations)?;
    let rank = values.optional("minimum_rank");
    settings.minimum_rank = rank.map(|rank| read("minimum_rank", &rank)).transpose()?;
    settings.privileges = values
        .get("privileges")
        .split([' ', ',', '\n'])
        .filter(|number| !number.is_empty())
        .map(|number| number.parse().map_err(|_| none("privileges", number)))
        .collect::<Result<_, _>>()?;
    settings.applications = lines(values, "applications")
        .iter()
        .map(|line| application_of(line).ok_or_else(|| none("applications", line)))
        .collect::<Result<_, _>>()?;
    settings.application_addresses = values.is_on("application_addresses");
    settings.paths = lines(values, "paths");
    settings.refusals = read("refusals", values.get("refusals"))?;
    choose(&IdentityHeader::ALL, values, "identity_headers", &mut settings.identity_headers)
}

/// Those that are chosen: as they stand, and behind them those that are new.
fn choose<T: PartialEq + Copy + Serialize>(
    known: &[T],
    values: &Values,
    name: &'static str,
    list: &mut Vec<T>,
) -> Result<(), AdministrationError> {
    let chosen: Vec<String> = values.chosen(name)?;
    list.retain(|one| chosen.contains(&word(*one)));
    for value in known {
        if chosen.contains(&word(*value)) && !list.contains(value) {
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
            credentials: CREDENTIALS.into_iter().rev().collect(),
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
            identity_headers: IdentityHeader::ALL.into_iter().rev().collect(),
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
