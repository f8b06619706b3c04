//! The form of API keys, and what it has in common with that of OAuth clients.

use ipnet::IpNet;
use vestibule_auth::{
    AdministrationError, GivenKey, KeyWithSecrets, LONGEST_NAME, LONGEST_VALUE, PendingCreation,
};
use vestibule_model::{AccountId, ApiKey, Network, Privilege};
use vestibule_serve::forms::Fields;
use zeroize::Zeroizing;

use super::formed::{Formed, Keyed, Offered};
use super::{Kind, Of};
use crate::forms::{Field, Made, Values, choices, lines, read_all, secret, word, written};
use crate::words;

const PRIVILEGES: [Privilege; 5] = [
    Privilege::UserLogin,
    Privilege::AccountConfigRead,
    Privilege::AccountConfigWrite,
    Privilege::DataRead,
    Privilege::AppKeyManagement,
];

/// What a program needs of a key, as pages call it.
pub(crate) const APP_KEY: &str = "App key";
pub(crate) const SECRET: &str = "Secret";
pub(crate) const ACCESS_TOKEN: &str = "Access token";
pub(crate) const ACCESS_TOKEN_SECRET: &str = "Access token secret";

/// What it may be used for.
pub(crate) fn privileges(name: &str, values: &Values) -> Field {
    Field::checks(name, "May be used for", values, choices(&PRIVILEGES, words::privilege))
        .hint("With \u{201c}User Login\u{201d}, of the category Agent Interactions, bots log in with it.")
}

/// The same as they were chosen.
pub(crate) fn read_privileges(
    name: &'static str,
    values: &Values,
) -> Result<Vec<Privilege>, AdministrationError> {
    read_all(name, values)
}

/// Chooses these.
pub(crate) fn choose_privileges(name: &str, values: &mut Values, chosen: &[Privilege]) {
    values.choose(name, chosen.iter().map(word));
}

/// A key whose secrets are shown now, and never again.
pub(crate) fn shown_key(account: AccountId, made: &KeyWithSecrets) -> Made {
    ApiKey::shown_once(account, made)
}

/// The name, and whether it may be used.
pub(super) fn name_and_state(values: &Values) -> [Field; 2] {
    [
        Field::text("name", "Name", values).needed().longest(LONGEST_NAME),
        Field::check("enabled", "It may be used", values),
    ]
}

/// What it may be used for, and from where.
pub(super) fn reach(values: &Values) -> [Field; 2] {
    [
        privileges("privileges", values),
        Field::area("addresses", "May be used from", values)
            .hint("Addresses and networks such as 10.0.0.0/8, each in a line. Without any: from everywhere."),
    ]
}

/// The addresses of the lines of a field.
pub(super) fn addresses(values: &Values) -> Result<Vec<IpNet>, AdministrationError> {
    let read = |(index, line): (usize, &String)| {
        let network = line.parse().map(|Network(network)| network);
        network.map_err(|_| {
            let reason = format!("number {} is no address and no network such as 10.0.0.0/8", index + 1);
            AdministrationError::invalid("addresses", reason)
        })
    };
    lines(values, "addresses").iter().enumerate().map(read).collect()
}

impl Formed for ApiKey {
    const OF: Kind = Kind::ApiKeys;

    fn first() -> Values {
        let mut values = Values::default();
        values.set_on("enabled", true);
        values
    }

    fn fields(values: &Values, _: &Offered) -> Vec<Field> {
        let [name, state] = name_and_state(values);
        let [privileges, addresses] = reach(values);
        vec![
            name,
            Field::text("developer", "Developer", values).hint("Who has made the program."),
            Field::text("description", "Description", values).hint("What it is for."),
            state,
            privileges,
            addresses,
        ]
    }

    fn new_fields(values: &Values, _: &Offered) -> Vec<Field> {
        const MADE: &str = "Made unless one is given.";
        vec![
            Field::text("app_key", "App key", values).hint(MADE).longest(LONGEST_VALUE),
            Field::secret("secret", "Secret")
                .hint("Made unless one is given, which needs the other as well."),
            Field::text("access_token", "Access token", values).hint(MADE).longest(LONGEST_VALUE),
            Field::secret("access_token_secret", "Access token secret").hint(MADE),
        ]
    }

    fn values(&self) -> Values {
        let mut values = Values::default();
        values.set("name", &self.name);
        values.set("developer", &self.developer);
        values.set("description", &self.description);
        values.set_on("enabled", self.enabled);
        choose_privileges("privileges", &mut values, &self.privileges);
        values.set("addresses", written(&self.addresses));
        values
    }

    fn apply(&mut self, values: &Values) -> Result<(), AdministrationError> {
        self.name = values.text("name");
        self.developer = values.text("developer");
        self.description = values.text("description");
        self.enabled = values.is_on("enabled");
        self.privileges = read_privileges("privileges", values)?;
        self.addresses = addresses(values)?;
        Ok(())
    }

    async fn make(
        of: Of<'_>,
        values: &Values,
        fields: &Fields,
        pending: PendingCreation,
    ) -> Result<Made, AdministrationError> {
        let given = GivenKey {
            app_key: values.optional("app_key"),
            secret: secret(fields, "secret"),
            access_token: values.optional("access_token"),
            access_token_secret: secret(fields, "access_token_secret"),
        };
        let fill = |mut blank: Self| {
            blank.apply(values)?;
            Ok(blank)
        };
        let stored = |made: &KeyWithSecrets| Self::shown_once(of.account, made).stored();
        let answer = pending.with_response(&stored);
        let made = of.administration.make_api_key(of.caller, of.account, given, fill, answer).await?;
        Ok(Self::shown_once(of.account, &made))
    }
}

impl Keyed<2> for ApiKey {
    fn given(made: &KeyWithSecrets) -> Vec<(&'static str, Zeroizing<String>)> {
        let [secret, token_secret] = &made.secrets;
        vec![
            (APP_KEY, made.application.app_key.clone().into()),
            (SECRET, secret.clone()),
            (ACCESS_TOKEN, made.application.access_token.clone().into()),
            (ACCESS_TOKEN_SECRET, token_secret.clone()),
        ]
    }
}
