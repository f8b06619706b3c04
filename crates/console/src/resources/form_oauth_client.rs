//! The form of OAuth clients.

use vestibule_auth::{AdministrationError, ClientWithSecret, GivenClient, LONGEST_VALUE, PendingCreation};
use vestibule_model::{ClientMetadata, GrantType, OauthClient, RefreshRotation};
use vestibule_serve::forms::Fields;
use zeroize::Zeroizing;

use super::form_api_key::{addresses, choose_privileges, name_and_state, reach, read_privileges};
use super::formed::{Formed, Keyed, Offered};
use super::{Kind, Of};
use crate::forms::{Choice, Field, Made, Values, choices, lines, read, read_all, secret, word, written};
use crate::words;

const GRANTS: [GrantType; 3] =
    [GrantType::ClientCredentials, GrantType::AuthorizationCode, GrantType::RefreshToken];

const ROTATIONS: [RefreshRotation; 3] =
    [RefreshRotation::OfPublicClients, RefreshRotation::Always, RefreshRotation::Never];

/// What it may ask the sentinel for, and how.
fn of_sentinel(values: &Values, offered: &Offered) -> Vec<Field> {
    let profiles = offered.profiles.iter().map(|profile| Choice::new(profile.id, &profile.name));
    let mut fields = vec![
        Field::checks("grant_types", "Grants", values, choices(&GRANTS, words::grant)),
        Field::area("redirect_uris", "Redirect addresses", values)
            .hint("Where users may be sent back to, each in a line: https, or http to their own machine. Compared as a whole."),
        Field::check("public", "It can keep no secret", values)
            .hint("As programs in browsers and on devices: its secret proves nothing, and it has to use PKCE."),
        Field::check("consent", "Users are asked whether they agree", values),
        Field::area("scopes", "Scopes", values)
            .hint("What it may ask for besides the scopes of OpenID Connect, each in a line."),
        Field::select(
            "refresh_rotation",
            "A refresh token is replaced at each use",
            values,
            choices(&ROTATIONS, words::rotation),
        ),
        Field::check("resource_server", "It is a resource server", values)
            .hint("It may ask what tokens of the account are, and revoke them."),
        Field::text("display_name", "Name for users", values).hint("The name, unless something else is said."),
        Field::text("description", "Description", values),
        Field::text("logo_uri", "Address of its logo", values),
    ];
    let profiles = Field::checks("enabled_for_profiles", "For users with", values, profiles.collect());
    fields.extend(profiles.has_choices().then(|| profiles.hint("Without any: for everybody.")));
    fields
}

impl Formed for OauthClient {
    const OF: Kind = Kind::OauthClients;

    fn first() -> Values {
        let mut values = Values::default();
        values.set_on("enabled", true);
        values.set("refresh_rotation", word(RefreshRotation::default()));
        values
    }

    fn fields(values: &Values, offered: &Offered) -> Vec<Field> {
        let mut fields: Vec<_> = name_and_state(values).into();
        fields.extend(reach(values));
        fields.extend(of_sentinel(values, offered));
        fields
    }

    fn new_fields(values: &Values, _: &Offered) -> Vec<Field> {
        const MADE: &str = "Made unless one is given.";
        vec![
            Field::text("client_id", "Client id", values).hint(MADE).longest(LONGEST_VALUE),
            Field::secret("secret", "Client secret").hint(MADE),
        ]
    }

    fn values(&self) -> Values {
        let mut values = Values::default();
        values.set("name", &self.name);
        values.set_on("enabled", self.enabled);
        choose_privileges("privileges", &mut values, &self.privileges);
        values.set("addresses", written(&self.addresses));
        let metadata = &self.metadata;
        values.choose("grant_types", metadata.grant_types.iter().map(word));
        values.set("redirect_uris", written(&metadata.redirect_uris));
        values.set_on("public", metadata.public);
        values.set_on("consent", metadata.consent);
        values.set("scopes", written(&metadata.scopes));
        values.set("refresh_rotation", word(metadata.refresh_rotation));
        values.set_on("resource_server", metadata.resource_server);
        values.set("display_name", &metadata.display_name);
        values.set("description", &metadata.description);
        values.set("logo_uri", &metadata.logo_uri);
        values.choose("enabled_for_profiles", &metadata.enabled_for_profiles);
        values
    }

    fn apply(&mut self, values: &Values) -> Result<(), AdministrationError> {
        self.name = values.text("name");
        self.enabled = values.is_on("enabled");
        self.privileges = read_privileges("privileges", values)?;
        self.addresses = addresses(values)?;
        self.metadata = ClientMetadata {
            display_name: values.text("display_name"),
            description: values.text("description"),
            logo_uri: values.text("logo_uri"),
            grant_types: read_all("grant_types", values)?,
            redirect_uris: lines(values, "redirect_uris"),
            public: values.is_on("public"),
            consent: values.is_on("consent"),
            scopes: lines(values, "scopes"),
            refresh_rotation: read("refresh_rotation", values.get("refresh_rotation"))?,
            enabled_for_profiles: values.chosen("enabled_for_profiles")?,
            resource_server: values.is_on("resource_server"),
        };
        Ok(())
    }

    async fn make(
        of: Of<'_>,
        values: &Values,
        fields: &Fields,
        pending: PendingCreation,
    ) -> Result<Made, AdministrationError> {
        let given = GivenClient { client_id: values.optional("client_id"), secret: secret(fields, "secret") };
        let fill = |mut blank: Self| {
            blank.apply(values)?;
            Ok(blank)
        };
        let stored = |made: &ClientWithSecret| Self::shown_once(of.account, made).stored();
        let answer = pending.with_response(&stored);
        let made = of.administration.make_oauth_client(of.caller, of.account, given, fill, answer).await?;
        Ok(Self::shown_once(of.account, &made))
    }
}

impl Keyed<1> for OauthClient {
    fn given(made: &ClientWithSecret) -> Vec<(&'static str, Zeroizing<String>)> {
        let [secret] = &made.secrets;
        let id = ("Client id", made.application.client_id.clone().into());
        // What would prove nothing is no use to anybody.
        let secret = (!made.application.metadata.public).then(|| ("Client secret", secret.clone()));
        [id].into_iter().chain(secret).collect()
    }
}
